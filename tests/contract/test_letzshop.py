"""The marketplace API 2.1 under /v2.1: each documented operation, called as the document does."""

import csv
import io
from typing import Any

import httpx

from orion.plumbing.runtime import Runtime
from tests.contract.conftest import as_user, work_off
from tests.contract.documents import LETZSHOP
from tests.contract.walk import Walk
from tests.factories.people import PASSWORD

GTIN = "4006381333931"
SHOP = {
    "shop_code": "TECHSTORE",
    "shop_name": "Tech Store Luxembourg",
    "description": "Electronics and gadgets for Luxembourg",
    "contact_email": "info@techstore.lu",
    "contact_phone": "+352 123 456 789",
    "website": "https://techstore.lu",
}
LAPTOP = {"product_id": "LAPTOP123", "title": "Laptop", "brand": "Apple", "google_product_category": "Electronics"}
OVERRIDES = {
    "product_id": "LAPTOP123",
    "shop_price": 999.99,
    "shop_currency": "EUR",
    "shop_availability": "in stock",
    "shop_condition": "new",
    "is_featured": True,
    "min_quantity": 1,
    "max_quantity": 5,
}


async def test_the_walk(client: httpx.AsyncClient, runtime: Runtime, admin: str, feed: str) -> None:
    client.base_url = httpx.URL("http://testserver/v2.1")
    walk = Walk(LETZSHOP, client)
    await walk.call("GET /", gives={"name": str, "version": "2.1"})
    await walk.call("GET /health", gives={"status": "healthy"})

    vendor = await enter(walk)
    boss = as_user(await walk.call("POST /login", json={"username": admin, "password": PASSWORD}))
    await keep_shops(walk, vendor)
    await keep_products(walk, vendor)
    await sell_products(walk, vendor)
    await keep_stock(walk, vendor)
    await bring_products_in(walk, runtime, vendor, feed)
    await walk.call(
        "GET /stats",
        by=vendor,
        gives={
            "total_products": 4, "unique_brands": 4, "total_shops": 2,
            "total_stock_entries": 1, "total_stock_quantity": 50, "computed_at": str,
        },
    )  # fmt: skip
    vendor = await administer(walk, vendor, boss)
    await walk.call("DELETE /products/{product_id}", {"product_id": "LAPTOP123"}, by=vendor, gives={"deleted": True})
    await walk.call("GET /products/{product_id}", {"product_id": "LAPTOP123"}, by=vendor, status=404)
    walk.finish()


async def enter(walk: Walk) -> dict[str, str]:
    """Register and log in; without a token nothing else answers."""
    someone = {"email": "vendor@example.com", "username": "newvendor", "password": "securepassword123"}
    await walk.call("POST /register", json=someone, status=201, gives={"id": int, "username": "newvendor"})
    del someone["email"]
    user = {"id": int, "username": "newvendor", "email": "vendor@example.com", "role": "user", "is_active": True}
    token = {"access_token": str, "token_type": "bearer", "expires_in": 1800, "user": user}
    headers = as_user(await walk.call("POST /login", json=someone, gives=token))
    await walk.call("GET /me", by=headers, gives=user)
    for row in ("GET /me", "GET /shops", "GET /products", "GET /export-csv", "GET /stats"):
        await walk.call(row, status=401)
    return headers


async def keep_shops(walk: Walk, vendor: dict[str, str]) -> None:
    """Create two shops and change one; codes are stored in upper case."""
    shown = SHOP | {"is_verified": False, "is_active": True}
    await walk.call("POST /shops", json=SHOP | {"shop_code": "techstore"}, by=vendor, status=201, gives=shown)
    other = {"shop_code": "MYSHOP", "shop_name": "My shop"}
    await walk.call("POST /shops", json=other, by=vendor, status=201, gives=other)
    await walk.call("GET /shops", by=vendor, gives={"shops": [other, shown], "total": 2})
    at = {"shop_code": "techstore"}
    await walk.call("GET /shops/{shop_code}", at, by=vendor, gives=shown)
    changes = {"description": "Gadgets", "business_address": "1, rue du Fort, Luxembourg"}
    await walk.call("PUT /shops/{shop_code}", at, json=changes, by=vendor, gives=shown | changes)


async def keep_products(walk: Walk, vendor: dict[str, str]) -> None:
    """Create a product of the catalogue, look at it and change it."""
    own = {"currency": "EUR", "gtin": GTIN}
    sent = LAPTOP | {
        "price": 1099.9,
        "currency": "EUR",
        "gtin": GTIN,
        "availability": "in stock",
        "shop_code": "MYSHOP",
    }
    shown = LAPTOP | own | {"price": "1099.90", "availability": "in_stock"}
    await walk.call("POST /products", json=sent, by=vendor, status=201, gives=shown | {"shop_code": "MYSHOP"})
    await walk.call("POST /products", json=sent, by=vendor, status=409)
    box = {"product_id": "BOX", "title": "Box", "brand": "Boxer", "availability": "preorder", "shop_code": "TECHSTORE"}
    await walk.call("POST /products", json=box, by=vendor, status=201)
    at = {"product_id": "LAPTOP123"}
    changed = shown | {"price": "1049.00"}
    await walk.call("PUT /products/{product_id}", at, json={"price": "1049"}, by=vendor, gives=changed)
    await walk.call("GET /products", by=vendor, gives={"products": [changed, {"product_id": "BOX"}], "total": 2})


async def sell_products(walk: Walk, vendor: dict[str, str]) -> None:
    """Add a product of the catalogue to a shop, at its own price; then find it by every filter."""
    at = {"shop_code": "TECHSTORE"}
    shown = OVERRIDES | {"shop_price": "999.99", "shop_availability": "in_stock", "price": "999.99", "title": "Laptop"}
    row = "POST /shops/{shop_code}/products"
    await walk.call(row, at, json=OVERRIDES, by=vendor, status=201, gives=shown)
    await walk.call(row, at, json=OVERRIDES, by=vendor, status=409)
    row = "GET /shops/{shop_code}/products"
    await walk.call(row, at, by=vendor, gives={"products": [shown, {"product_id": "BOX"}], "total": 2})
    await walk.call(
        row, at, params={"search": "lap", "availability": "in stock"}, by=vendor, gives={"products": [shown]}
    )
    for query, found in (
        ({"shop_code": "TECHSTORE"}, ["LAPTOP123", "BOX"]),
        ({"shop_code": "MYSHOP"}, ["LAPTOP123"]),
        ({"shop_code": "TECHSTORE", "search": "laptop"}, ["LAPTOP123"]),
        ({"search": "laptop", "availability": "in stock"}, ["LAPTOP123"]),
        ({"availability": "out of stock"}, []),
        ({"brand": "Apple", "category": "Electronics"}, ["LAPTOP123"]),
    ):
        answer = await walk.call("GET /products", by=vendor, params=query)
        assert [each["product_id"] for each in answer["products"]] == found, query
    await walk.call("GET /products", by=vendor, params={"colour": "red"}, status=422)
    await walk.call("GET /products", by=vendor, params={"availability": "perhaps"}, status=422)


async def keep_stock(walk: Walk, vendor: dict[str, str]) -> None:
    """Set what a shop has of a GTIN; the product shows it, and the shops that list it."""
    sent = {"gtin": GTIN, "location": "MYSHOP_WAREHOUSE", "quantity": 50}
    await walk.call("POST /stock", json=sent | {"shop_code": "MYSHOP"}, by=vendor, gives=sent)
    await walk.call("POST /stock", json=sent, by=vendor, status=422)  # of which of two shops?
    level = {"location": "MYSHOP_WAREHOUSE", "quantity": 50}
    summary = {"gtin": GTIN, "total_quantity": 50, "locations": [level]}
    await walk.call("GET /stock/{gtin}", {"gtin": GTIN}, params={"shop_code": "MYSHOP"}, by=vendor, gives=summary)
    listings = [
        {"shop_code": "MYSHOP", "shop_price": "1049.00"},
        {"shop_code": "TECHSTORE", "shop_price": "999.99", "is_featured": True},
    ]
    await walk.call(
        "GET /products/{product_id}",
        {"product_id": "LAPTOP123"},
        by=vendor | {"X-Store-Code": "MYSHOP"},
        gives=LAPTOP | {"stock_info": summary, "shop_listings": listings},
    )


async def bring_products_in(walk: Walk, runtime: Runtime, vendor: dict[str, str], feed: str) -> None:
    """Import a feed into a shop, and send products out again."""
    wanted: dict[str, Any] = {"url": feed, "shop_code": "TECHSTORE", "batch_size": 1000}
    job = await walk.call(
        "POST /import-csv", json=wanted, by=vendor, status=202, gives={"job_id": int, "status": "pending"}
    )
    await work_off(runtime, job)
    done = {"status": "completed_with_errors", "imported_count": 2, "error_count": 1, "store_code": "TECHSTORE"}
    await walk.call("GET /import-status/{job_id}", {"job_id": job["job_id"]}, by=vendor, gives=done)
    for query, expected in (
        ({}, ["LAPTOP123", "BOX", "PROD001", "PROD002"]),
        ({"shop_code": "MYSHOP"}, ["LAPTOP123"]),
    ):
        text = await walk.call("GET /export-csv", by=vendor, params=query)
        assert [row["product_id"] for row in csv.DictReader(io.StringIO(text))] == expected


async def administer(walk: Walk, vendor: dict[str, str], boss: dict[str, str]) -> dict[str, str]:
    """Look at everything, switch users and shops off and on, and let the public see a shop; the vendor's new token."""
    for row in ("GET /admin/users", "GET /admin/shops", "GET /admin/import-jobs"):
        await walk.call(row, by=vendor, status=403)
    await walk.call("GET /admin/import-jobs", by=boss, gives={"items": [{"store_code": "TECHSTORE"}], "total": 1})
    users = await walk.call("GET /admin/users", by=boss, gives={"total": 2})
    (vendor_id,) = (user["id"] for user in users["users"] if user["username"] == "newvendor")
    shops = await walk.call("GET /admin/shops", by=boss, gives={"total": 2})
    (shop_id,) = (shop["id"] for shop in shops["shops"] if shop["shop_code"] == "TECHSTORE")
    switch = "PUT /admin/users/{user_id}/status"
    await walk.call(switch, {"user_id": vendor_id}, json={"is_active": False}, by=boss, gives={"is_active": False})
    await walk.call("GET /me", by=vendor, status=401)
    await walk.call(switch, {"user_id": vendor_id}, json={"is_active": True}, by=boss, gives={"is_active": True})
    again = {"username": "newvendor", "password": "securepassword123"}
    vendor = as_user(await walk.call("POST /login", json=again))

    passer_by = {"email": "buyer@example.com", "username": "passerby", "password": "securepassword123"}
    await walk.call("POST /register", json=passer_by, status=201)
    del passer_by["email"]
    other = as_user(await walk.call("POST /login", json=passer_by))
    at = {"shop_code": "TECHSTORE"}
    public = ("GET /shops/{shop_code}", "GET /shops/{shop_code}/products")
    for row in public:
        await walk.call(row, at, by=other, status=404)
    await walk.call("GET /shops", by=other, gives={"total": 0})
    verify = "PUT /admin/shops/{shop_id}/verify"
    await walk.call(verify, {"shop_id": shop_id}, json={"is_verified": True}, by=boss, gives={"is_verified": True})
    await walk.call("GET /shops", by=other, gives={"shops": [{"shop_code": "TECHSTORE"}], "total": 1})
    for row in public:
        await walk.call(row, at, by=other)
    seen = await walk.call("GET /products/{product_id}", {"product_id": "LAPTOP123"}, by=other)
    assert [listing["shop_code"] for listing in seen["shop_listings"]] == ["TECHSTORE"]
    assert seen["stock_info"] is None
    status = "PUT /admin/shops/{shop_id}/status"
    await walk.call(status, {"shop_id": shop_id}, json={"is_active": False}, by=boss, gives={"is_active": False})
    for row in public:
        await walk.call(row, at, by=vendor, status=404)
    await walk.call(status, {"shop_id": shop_id}, json={"is_active": True}, by=boss, gives={"is_active": True})
    return vendor
