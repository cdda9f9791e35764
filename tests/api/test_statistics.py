"""Figures say what is there, each caller their own, in a number of statements that does not grow."""

import httpx
import pytest
import sqlalchemy as sa

from orion import inventory
from orion.inventory import ItemKey
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.feeds import make_import
from tests.factories.stores import make_admin, make_store, make_user

GTIN, OTHER_GTIN = "4006381333931", "5901234123457"


async def a_platform(runtime: Runtime, products: int = 1) -> dict[str, dict[str, str]]:
    """Two stores with products, stock and imports; the headers of an owner, another one, and an administrator."""
    async with runtime.database.transaction() as session:
        demo, other = await make_store(session), await make_store(session, "OTHER")
        demo.store.low_stock_threshold = 5
        mine = {"source_store_id": demo.store.id, "brand": "Lumo", "google_product_category": "Lamps"}
        for _ in range(products):
            lamp = await make_marketplace_product(session, gtin=GTIN, **mine)
            await make_product(session, demo.store, lamp)
        gone = await make_marketplace_product(session, availability="out_of_stock", **mine)
        await make_product(session, demo.store, gone, is_active=False)
        preorder = await make_marketplace_product(session, marketplace="Amazon", brand="Tass", availability=None)
        await make_product(session, demo.store, preorder, availability="preorder", is_featured=True)
        await make_product(session, other.store, preorder)
        for access, quantity in ((demo, 5), (other, 70)):
            room = inventory.stockroom(access)
            await inventory.set_level(session, room, ItemKey(gtin=GTIN), "MAIN", quantity)
            await inventory.set_level(session, room, ItemKey(gtin=OTHER_GTIN), "MAIN", 0)
        await make_import(session, demo)
        await make_import(session, demo, status="failed", language="fr")
        admin = (await make_admin(session)).user
        people = {"owner": demo.user, "other": other.user, "admin": admin, "nobody": await make_user(session)}
    return {name: await bearer(runtime, user) for name, user in people.items()}


async def test_each_caller_sees_the_catalogue_and_the_stock_of_their_own_stores(
    client: httpx.AsyncClient,
    runtime: Runtime,
) -> None:
    people = await a_platform(runtime)
    general = (await client.get("/api/v1/stats", headers=people["owner"])).json()
    assert (
        general.pop("computed_at") <= (await client.get("/api/v1/stats", headers=people["owner"])).json()["computed_at"]
    )
    assert general == {
        "total_products": 3,
        "unique_brands": 2,
        "unique_categories": 1,
        "unique_marketplaces": 2,
        "unique_stores": 1,
        "total_inventory_entries": 1,
        "total_inventory_quantity": 5,
        "available_inventory_quantity": 5,
        "low_stock_items": 2,
    }
    for name, quantity in (("other", 70), ("admin", 75), ("nobody", 0)):
        answer = (await client.get("/api/v1/stats", headers=people[name])).json()
        assert (answer["total_products"], answer["total_inventory_quantity"]) == (3, quantity), name

    by_marketplace = (await client.get("/api/v1/stats/marketplace-stats", headers=people["nobody"])).json()
    assert by_marketplace["items"] == [
        {"marketplace": "Amazon", "total_products": 1, "unique_stores": 0, "unique_brands": 1},
        {"marketplace": "Letzshop", "total_products": 2, "unique_stores": 1, "unique_brands": 1},
    ]

    store = (await client.get("/api/v1/store/stats", headers=people["owner"])).json()
    assert (store["store_code"], store["products"]) == (
        "DEMO",
        {
            "total": 3, "published": 2, "unpublished": 1, "featured": 1,
            "in_stock": 1, "out_of_stock": 1, "preorder": 1, "backorder": 0, "unknown": 0,
        },
    )  # fmt: skip
    assert store["stock"] == {
        "items": 2, "entries": 1, "on_hand": 5, "reserved": 0, "available": 5, "low_stock": 2, "empty": 1,
    }  # fmt: skip
    assert (store["imports"]["total"], store["imports"]["failed"], store["imports"]["last_status"]) == (2, 1, "failed")

    platform = (await client.get("/api/v1/admin/statistics", headers=people["admin"])).json()
    assert platform["users"] == {"total": 4, "active": 4}
    assert platform["stores"] == {"total": 2, "active": 2, "verified": 0, "merchants": 2}
    assert platform["products"] == {"marketplace_products": 3, "store_products": 4, "published": 3}
    assert (platform["stock"]["on_hand"], platform["stock"]["low_stock"]) == (75, 2)
    assert (platform["imports"]["total"], platform["imports"]["completed"]) == (2, 1)
    assert platform["imports"]["last_at"] is not None
    refused = await client.get("/api/v1/stats?marketplace=Amazon", headers=people["owner"])
    assert refused.status_code == 422


@pytest.mark.parametrize("path", ["/api/v1/stats", "/api/v1/store/stats"])
async def test_more_products_need_no_more_statements(
    client: httpx.AsyncClient,
    runtime: Runtime,
    path: str,
) -> None:
    people = await a_platform(runtime)
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    counts = []
    engine = runtime.database.reading_engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    for _ in range(2):
        statements.clear()
        assert (await client.get(path, headers=people["owner"])).status_code == 200
        counts.append(len(statements))
        async with runtime.database.transaction() as session:
            for _ in range(20):
                await make_marketplace_product(session)
    sa.event.remove(engine, "before_cursor_execute", note)
    assert counts[1] <= counts[0] <= 10
