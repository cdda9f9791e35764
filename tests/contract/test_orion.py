"""The platform's API 2.2: each documented operation, called as the document does, gives the documented answer."""

import csv
import io

import httpx

from orion.plumbing.runtime import Runtime
from tests.contract.conftest import as_user, work_off
from tests.contract.documents import ORION
from tests.contract.walk import Walk
from tests.factories.people import PASSWORD

PRODUCT = "/api/v1/marketplace/product"
GTIN = "1234567890123"
WIDGET = {
    "marketplace_product_id": "PROD001",
    "title": "Amazing MarketplaceProduct",
    "description": "An amazing product description",
    "price": "29.99",
    "currency": "EUR",
    "brand": "BrandName",
    "gtin": GTIN,
    "availability": "in inventory",
    "marketplace": "Letzshop",
    "shop_name": "MyShop",
}


async def test_the_walk(client: httpx.AsyncClient, runtime: Runtime, admin: str, feed: str) -> None:
    walk = Walk(ORION, client)
    await walk.call("GET /", gives={"name": "Orion", "version": str})
    await walk.call("GET /health", gives={"status": "healthy"})
    for page in ("GET /docs", "GET /redoc"):
        assert "/openapi.json" in await walk.call(page)

    ada = await enter(walk)
    await open_shop(walk, ada)
    await keep_products(walk, ada)
    await bring_products_in(walk, runtime, ada, feed)
    await keep_stock(walk, ada)
    await walk.call(
        "GET /api/v1/stats",
        by=ada,
        gives={
            "total_products": 2, "unique_brands": 2, "unique_marketplaces": 1, "unique_stores": 1,
            "total_inventory_entries": 1, "total_inventory_quantity": 115, "computed_at": str,
        },
    )  # fmt: skip
    figures = {"marketplace": "Amazon", "total_products": 2, "unique_stores": 1, "unique_brands": 2}
    await walk.call("GET /api/v1/stats/marketplace-stats", by=ada, gives={"items": [figures]})
    await administer(walk, ada, admin)
    walk.finish()


async def enter(walk: Walk) -> dict[str, str]:
    """Register and log in."""
    someone = {"email": "user@example.com", "username": "testuser", "password": "securepassword123"}
    known = {"email": "user@example.com", "username": "testuser", "role": "user", "is_active": True}
    await walk.call("POST /api/v1/auth/register", json=someone, status=201, gives={"id": int, **known})
    await walk.call("GET /api/v1/auth/me", status=401)
    del someone["email"]
    token = {"access_token": str, "token_type": "bearer", "expires_in": 1800}
    headers = as_user(await walk.call("POST /api/v1/auth/login", json=someone, gives=token))
    await walk.call("GET /api/v1/auth/me", by=headers, gives=known)
    return headers


async def open_shop(walk: Walk, owner: dict[str, str]) -> None:
    """Create a shop, which is not verified yet."""
    shop = {"shop_code": "MYSHOP", "shop_name": "MyShop"}
    shown = {**shop, "id": int, "is_active": True, "is_verified": False}
    await walk.call("POST /api/v1/shop", json=shop, by=owner, status=201, gives=shown)
    await walk.call("POST /api/v1/shop", json=shop, by=owner, status=409)
    await walk.call("GET /api/v1/shop", by=owner, gives={"shops": [shown], "total": 1})
    await walk.call("GET /api/v1/shop/{shop_code}", {"shop_code": "myshop"}, by=owner, gives=shown)


async def keep_products(walk: Walk, owner: dict[str, str]) -> None:
    """Create, find, export, change and delete a marketplace product."""
    shown = WIDGET | {"availability": "in_stock", "gtin": None, "id": int}  # the check digit of the GTIN is wrong
    made = await walk.call(f"POST {PRODUCT}", json=WIDGET, by=owner, status=201, gives=shown)
    assert [warning["code"] for warning in made["warnings"]] == ["invalid_gtin"]
    await walk.call(f"GET {PRODUCT}", by=owner, gives={"items": [shown], "total": 1})
    for query, found in (
        ("marketplace=Letzshop&limit=50", 1),
        ("marketplace=Amazon&limit=50", 0),
        ("search=Amazing&brand=BrandName", 1),
        ("search=Amazing&brand=Another", 0),
        ("marketplace=Letzshop&shop_name=MyShop", 1),
        ("skip=1", 0),
    ):
        answer = await walk.call(f"GET {PRODUCT}", by=owner, params=httpx.QueryParams(query))
        assert len(answer["items"]) == found, query
    await walk.call(f"GET {PRODUCT}", by=owner, params={"colour": "red"}, status=422)
    text = await walk.call(f"GET {PRODUCT}", by=owner | {"Accept": "text/csv"}, params={"shop_name": "MyShop"})
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["product_id"], row["title"], row["price"]) == ("PROD001", "Amazing MarketplaceProduct", "29.99")

    at = {"product_id": "PROD001"}
    one = f"{PRODUCT}/{{product_id}}"
    await walk.call(f"GET {one}", at, by=owner, gives=shown)
    await walk.call(f"PUT {one}", at, json={"price": "19.99"}, by=owner, gives=shown | {"price": "19.99"})
    await walk.call(f"DELETE {one}", at, by=owner, gives={"deleted": True})
    await walk.call(f"GET {one}", at, by=owner, status=404)


async def bring_products_in(walk: Walk, runtime: Runtime, owner: dict[str, str], feed: str) -> None:
    """Import a feed: of three rows, one has no title."""
    wanted = {"url": feed, "marketplace": "Amazon", "shop_code": "MYSHOP", "batch_size": 1000}
    started = {"job_id": int, "status": "pending", "marketplace": "Amazon", "batch_size": 1000}
    job = await walk.call("POST /api/v1/marketplace/import-product", json=wanted, by=owner, status=202, gives=started)
    await work_off(runtime, job)
    done = {"status": "completed_with_errors", "imported_count": 2, "updated_count": 0, "error_count": 1}
    at = {"job_id": job["job_id"]}
    await walk.call("GET /api/v1/marketplace/import-status/{job_id}", at, by=owner, gives=done)
    await walk.call("GET /api/v1/marketplace/import-jobs", by=owner, gives={"items": [done], "total": 1})


async def keep_stock(walk: Walk, owner: dict[str, str]) -> None:
    """Set a quantity, add to it, take from it, and look."""
    there = {"gtin": GTIN, "location": "WAREHOUSE_A"}
    stock = "/api/v1/inventory"
    await walk.call(f"POST {stock}", json=there | {"quantity": 100}, by=owner, gives=there | {"quantity": 100})
    await walk.call(f"POST {stock}/add", json=there | {"quantity": 25}, by=owner, gives=there | {"quantity": 125})
    await walk.call(f"POST {stock}/remove", json=there | {"quantity": 10}, by=owner, gives=there | {"quantity": 115})
    await walk.call(f"POST {stock}/remove", json=there | {"quantity": 116}, by=owner, status=409)
    level = {"location": "WAREHOUSE_A", "quantity": 115, "available": 115}
    at = {"gtin": GTIN}
    await walk.call(f"GET {stock}/{{gtin}}", at, by=owner, gives={**at, "total_quantity": 115, "locations": [level]})
    await walk.call(f"GET {stock}/{{gtin}}/total", at, by=owner, gives={**at, "total_quantity": 115})
    await walk.call(f"GET {stock}", by=owner, gives={"items": [there | level]})


async def administer(walk: Walk, user: dict[str, str], admin: str) -> None:
    """List users and shops, deactivate a user, verify a shop; nobody but administrators may."""
    password = {"username": admin, "password": PASSWORD}
    boss = as_user(await walk.call("POST /api/v1/auth/login", json=password))
    for row in ("GET /api/v1/admin/users", "GET /api/v1/admin/shops"):
        await walk.call(row, by=user, status=403)
    found = await walk.call("GET /api/v1/admin/users", by=boss, gives={"total": 2})
    ids = {each["username"]: each["id"] for each in found["users"]}
    shops = await walk.call("GET /api/v1/admin/shops", by=boss, gives={"total": 1})
    at = {"shop_id": shops["shops"][0]["id"]}
    verify = "PUT /api/v1/admin/shops/{shop_id}/verify"
    for verified in (True, False, True):
        await walk.call(verify, at, json={"is_verified": verified}, by=boss, gives={"is_verified": verified})
    await walk.call("GET /api/v1/shop/{shop_code}", {"shop_code": "MYSHOP"}, by=user, gives={"is_verified": True})
    at = {"user_id": ids["testuser"]}
    status = "PUT /api/v1/admin/users/{user_id}/status"
    await walk.call(status, at, json={"is_active": False}, by=boss, gives={"username": "testuser", "is_active": False})
    await walk.call("GET /api/v1/auth/me", by=user, status=401)
    await walk.call(status, at, json={"is_active": True}, by=boss, gives={"is_active": True})
