"""A store's products, and the shared catalogue, over JSON and CSV."""

import csv
import io
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from orion.catalog import exporting
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.stores import make_store

STORE = "/api/v1/store/products"
SHARED = "/api/v1/marketplace/product"


@pytest.fixture
async def access(runtime: Runtime) -> StoreAccess:
    async with runtime.database.transaction() as session:
        return await make_store(session)


@pytest.fixture
async def headers(runtime: Runtime, access: StoreAccess) -> dict[str, str]:
    return await bearer(runtime, access.user)


async def test_a_list_takes_two_turns_to_the_server_however_the_store_is_named(
    client: httpx.AsyncClient, runtime: Runtime, access: StoreAccess, headers: dict[str, str]
) -> None:
    named = headers | {"X-Store-Code": access.store.code.lower()}
    engine = runtime.database.reading_engine.sync_engine
    turns: list[str] = []

    def note(*said: Any) -> None:
        turns.append(said[2])

    for sent in (headers, named):  # connections are made, statements prepared
        assert (await client.get(STORE, headers=sent)).status_code == 200
    event.listen(engine, "before_cursor_execute", note)
    for sent in (headers, named):
        turns.clear()
        assert (await client.get(STORE, headers=sent)).json()["total"] == 0
        assert [turn.split()[0] for turn in turns if turn != "BEGIN"] == ["SELECT", "WITH"]  # SQLite needs no turn
    if not runtime.database.is_sqlite:  # nothing around them either
        async with runtime.database.reading() as session:
            connection = await session.connection()
            await connection.execute(sa.text("SELECT 1"))
            driver: Any = (await connection.get_raw_connection()).driver_connection
            assert not driver.is_in_transaction()


async def test_a_product_in_effect(
    client: httpx.AsyncClient, runtime: Runtime, access: StoreAccess, headers: dict[str, str]
) -> None:
    async with runtime.database.transaction() as session:
        listed = await make_marketplace_product(
            session, "SKU-1", titles={"en": "Lamp", "fr": "Lampe"}, sale_price_minor=1990, brand="Lumo"
        )
        product = await make_product(session, access.store, listed, price_minor=2700, currency="EUR")
        foreign = await make_product(session, (await make_store(session, "OTHER")).store, listed)
    shown = (await client.get(f"{STORE}/{product.id}", headers=headers, params={"language": "fr"})).json()
    assert {name: shown[name] for name in ("title", "language", "price", "sale_price", "currency", "availability")} == {
        "title": "Lampe",
        "language": "fr",
        "price": "27.00",
        "sale_price": "19.90",
        "currency": "EUR",
        "availability": "in_stock",
    }
    assert shown["overrides"] == {
        "price": "27.00",
        "sale_price": None,
        "currency": "EUR",
        "availability": None,
        "condition": None,
    }
    assert shown["created_at"].endswith("Z")
    page = (await client.get(STORE, headers=headers, params={"language": "fr", "search": "lampe"})).json()
    listed_there = page.pop("items")
    rest = {"total_estimate": None, "searched": None, "next_cursor": None}
    assert page == {"total": 1, "page": 1, "limit": 50, **rest}
    assert [{**shown, **item} for item in listed_there] == [shown]  # the single answer has more, and says the same
    for product_id in (foreign.id, 999):
        hidden = await client.get(f"{STORE}/{product_id}", headers=headers)
        assert (hidden.status_code, hidden.json()["code"]) == (404, "product_not_found")


@pytest.mark.parametrize(
    ("query", "found"),
    [("search=100%25", 1), ("search=_", 0), ("search=", 2), ("is_active=false", 0), ("page=200", 0)],
)
async def test_odd_searches_and_pages(
    client: httpx.AsyncClient,
    runtime: Runtime,
    access: StoreAccess,
    headers: dict[str, str],
    query: str,
    found: int,
) -> None:
    async with runtime.database.transaction() as session:
        for title in ("Lamp", "100% mug"):
            listed = await make_marketplace_product(session, titles={"en": title})
            await make_product(session, access.store, listed)
    answer = await client.get(f"{STORE}?{query}", headers=headers)
    assert (answer.status_code, len(answer.json()["items"])) == (200, found)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{STORE}?serach=x", "query.serach"),
        (f"{STORE}?page=0", "query.page"),
        (f"{STORE}?page=10001", "query.page"),
        (f"{STORE}?limit=1000", "query.limit"),
        (f"{STORE}?search={'x' * 201}", "query.search"),
        (f"{STORE}/1?lang=fr", "query.lang"),
        (f"{STORE}/abc", "path.product_id"),
        (f"{SHARED}?shop=x", "query.shop"),
        (f"{SHARED}?skip=-1", "query.skip"),
        (f"{SHARED}?skip=99999999999999999999", "query.skip"),
        (f"{SHARED}?limit=201", "query.limit"),
        (f"{SHARED}/X?shop=x", "query.shop"),
    ],
)
async def test_unknown_and_impossible_parameters_are_refused(
    client: httpx.AsyncClient, headers: dict[str, str], path: str, field: str
) -> None:
    answer = await client.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{STORE}?availability=soon", "unknown_availability"),
        (f"{STORE}?marketplace=Etsy", "unknown_marketplace"),
        (f"{STORE}?language=xx", "unknown_language"),
        (f"{STORE}?search=a%00b", "invalid_search"),
        (f"{SHARED}?marketplace=Etsy", "unknown_marketplace"),
        (f"{SHARED}?search=%00", "invalid_search"),
        (f"{SHARED}?language=xx", "unknown_language"),
    ],
)
async def test_unknown_values_are_refused(
    client: httpx.AsyncClient, headers: dict[str, str], path: str, code: str
) -> None:
    answer = await client.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_shared_catalogue(
    client: httpx.AsyncClient, runtime: Runtime, access: StoreAccess, headers: dict[str, str]
) -> None:
    async with runtime.database.transaction() as session:
        await make_marketplace_product(
            session,
            "A/1 é",
            titles={"en": "Amazing widget", "de": "Ding"},
            source_store_id=access.store.id,
            brand="BrandName",
            product_highlight=["bright"],
            attributes={"shelf": "7"},
        )
        await make_marketplace_product(session, "B", marketplace="Amazon")
        stranger = (await make_store(session, "OTHER")).user
    of_stranger = await bearer(runtime, stranger)  # everyone who is logged in may read
    params = {"search": "amazing", "brand": "BrandName", "marketplace": "letzshop", "shop_name": "store demo"}
    page = (await client.get(SHARED, params=params, headers=of_stranger)).json()
    rest = {"total_estimate": None, "searched": None, "next_cursor": None}
    assert {**page, "items": []} == {"items": [], "total": 1, "skip": 0, "limit": 100, **rest}
    product = page["items"][0]
    assert product["marketplace_product_id"] == "A/1 é"
    assert (product["price"], product["currency"], product["shop_name"]) == ("29.90", "EUR", "Store DEMO")
    assert (product["product_highlight"], product["attributes"]) == (["bright"], {"shelf": "7"})
    assert "color" not in product  # the feed said nothing
    details = (await client.get(f"{SHARED}/{quote('A/1 é', safe='')}", headers=headers)).json()
    assert [details.pop(name) for name in ("category", "variant_axes", "variants")] == [None, [], []]
    assert details.pop("translations") == [
        {"language": "de", "title": "Ding", "description": None},
        {"language": "en", "title": "Amazing widget", "description": None},
    ]
    assert details.pop("offers")["items"] == []  # the store whose feed it comes from has not published it
    assert details == product
    rest = (await client.get(SHARED, params={"skip": 1, "limit": 1}, headers=headers)).json()
    assert ([item["marketplace_product_id"] for item in rest["items"]], rest["total"]) == (["B"], 2)
    missing = await client.get(f"{SHARED}/NONE", headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "marketplace_product_not_found")


async def test_an_id_on_two_marketplaces_needs_one_named(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    async with runtime.database.transaction() as session:
        await make_marketplace_product(session, "SAME")
        await make_marketplace_product(session, "SAME", marketplace="Amazon")
    unclear = await client.get(f"{SHARED}/SAME", headers=headers)
    assert (unclear.status_code, unclear.json()["code"]) == (409, "marketplace_needed")
    clear = await client.get(f"{SHARED}/SAME?marketplace=amazon", headers=headers)
    assert clear.json()["marketplace"] == "Amazon"


async def test_the_catalogue_as_csv(
    client: httpx.AsyncClient,
    runtime: Runtime,
    access: StoreAccess,
    headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "FIRST_STEP", 2)
    monkeypatch.setattr(exporting, "NUMBERS_AT_ONCE", 50)
    async with runtime.database.transaction() as session:
        for number in range(107):
            await make_marketplace_product(
                session, f"N-{number}", titles={"en": f'Thing "{number}"\nnew'}, source_store_id=access.store.id
            )
        await make_marketplace_product(session, "B", marketplace="Amazon")
    answer = await client.get(SHARED, headers=headers | {"Accept": "text/csv"}, params={"marketplace": "Letzshop"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["product_id"] for row in rows] == [f"N-{number}" for number in range(107)]
    assert {name: rows[3][name] for name in ("title", "price", "currency", "marketplace", "shop_name", "brand")} == {
        "title": 'Thing "3"\nnew',
        "price": "29.90",
        "currency": "EUR",
        "marketplace": "Letzshop",
        "shop_name": "Store DEMO",
        "brand": "",
    }
    some = await client.get(SHARED, headers=headers, params={"format": "csv", "skip": 105, "limit": 2})
    assert [row["product_id"] for row in csv.DictReader(io.StringIO(some.text))] == ["N-105", "N-106"]
    usual = await client.get(SHARED, headers=headers | {"Accept": "application/json, text/csv"})
    assert usual.headers["Content-Type"] == "application/json"


async def test_cursors_are_good_for_one_list_of_one_store(
    client: httpx.AsyncClient, runtime: Runtime, access: StoreAccess, headers: dict[str, str]
) -> None:
    async with runtime.database.transaction() as session:
        other = await make_store(session, "OTHER")
        for number in range(5):
            listed = await make_marketplace_product(session, f"N-{number}", brand="Lumo", gtin="4006381333931")
            await make_product(session, access.store, listed)
            await make_product(session, other.store, listed)
    theirs = await bearer(runtime, other.user)
    asked = {"limit": "2", "brand": "Lumo", "sort": "price_desc"}
    for path in (STORE, SHARED):
        seen, page = [], (await client.get(path, headers=headers, params=asked)).json()
        assert page["total"] == 5
        first = page["next_cursor"]
        seen += [item["marketplace_product_id"] for item in page["items"]]
        while page["next_cursor"]:
            page = (await client.get(path, headers=headers, params=asked | {"cursor": page["next_cursor"]})).json()
            seen += [item["marketplace_product_id"] for item in page["items"]]
        assert sorted(seen) == [f"N-{number}" for number in range(5)]
        forged = [
            (path, headers, asked | {"cursor": first[:-2] + "xx"}),
            (path, headers, asked | {"cursor": "WzBd"}),
            (path, headers, asked | {"cursor": first, "brand": "Tass"}),
            (path, headers, asked | {"cursor": first, "sort": "newest"}),
            (SHARED if path == STORE else STORE, headers, asked | {"cursor": first}),
        ]
        if path == STORE:
            forged.append((path, theirs, asked | {"cursor": first}))
        for where, who, params in forged:
            refused = await client.get(where, headers=who, params=params)
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_cursor"), params
            assert refused.json()["errors"][0]["field"] == "cursor"
    for path, field in ((f"{STORE}?page=201", "page"), (f"{SHARED}?skip=9999&limit=2", "skip")):
        refused = await client.get(path, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_page")
        assert refused.json()["errors"][0]["field"] == field
    for path in (f"{STORE}/facets", "/api/v1/marketplace/facets"):
        facets = (await client.get(path, headers=headers, params={"search": "thing", "brand": "Tass"})).json()
        assert (facets["total"], facets["brand"]) == (0, [{"value": "Lumo", "label": None, "count": 5}])
        unknown = await client.get(path, headers=headers, params={"colour": "red"})
        assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "query.colour")
    number = (await client.get(STORE, headers=headers)).json()["items"][0]["id"]
    offers = (await client.get(f"{STORE}/{number}", headers=headers)).json()["offers"]
    assert (offers["matched_by_gtin"], len(offers["items"])) == ("04006381333931", 5)  # OTHER is not verified
    assert {offer["shop_code"] for offer in offers["items"]} == {access.store.code}
    bulk = {"action": "feature", "filter": {"search": "thing", "max_price": "29.90"}, "dry_run": True}
    meant = await client.post(f"{STORE}/bulk", headers=headers, json=bulk)
    assert (meant.status_code, meant.json()["matched"]) == (200, 5)
