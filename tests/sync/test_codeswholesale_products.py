"""A supplier's products, from its API to the store's catalogue: what they cost us, what is hidden, and what stays."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from orion.simulators.codeswholesale import CodesWholesale
from orion.simulators.codeswholesale.content import product_id_of
from orion.simulators.kit import Article
from orion.sync import SyncSchedule
from tests.simulators.running import Simulators
from tests.sync.desk import open_desk

_HELD = """SELECT m.gtin, m.availability, m.brand, m.cost_of_goods_sold, m.is_digital, m.attributes, m.price_minor
FROM marketplace_products m ORDER BY m.id"""


async def test_what_a_supplier_sells_is_in_the_catalogue(runtime: Runtime, simulators: Simulators) -> None:
    runtime.settings.simulator_url = simulators.url
    runtime.settings.simulator_rate_factor = 1000
    house = simulators["codeswholesale"]
    assert isinstance(house, CodesWholesale)
    house.catalogue = tuple(Article(f"G{number:02}", f"Game {number}", 1000 + number) for number in range(40))
    house.restock()
    desk = await open_desk(runtime, "codeswholesale", secrets=house.credentials)

    async def pulled() -> tuple[str, int, int, int]:
        run = await desk.poll("product_pull")
        assert run.problem is None
        return run.status, run.created, run.updated, run.failed

    async def held() -> list[Any]:
        async with runtime.database.reading() as session:
            return list((await session.execute(sa.text(_HELD))).all())

    assert await pulled() == ("success", 40, 0, 0)
    first = (await held())[0]
    assert (first.gtin, first.availability, first.cost_of_goods_sold) == (None, "in_stock", "10.00 EUR")
    assert (bool(first.is_digital), first.price_minor) == (True, None)
    for said in ("platform", "regions", "languages", "release_date", "tiers", "price_minor"):
        assert f'"{said}"' in str(first.attributes).replace("'", '"')

    house.shape({"products": [{"identifier": "G00", "quantity": 0}, {"identifier": "G01", "hidden": True}]})
    ean = house.shelf.entries[product_id_of("G00")]["description"]["eans"][0]
    assert await pulled() == ("success", 0, 2, 0)
    found = await held()
    assert [(one.gtin, one.availability) for one in found[:3]] == [
        (ean, "out_of_stock"),
        (None, "out_of_stock"),
        (None, "in_stock"),
    ]
    assert found[0].brand == "Game Works"
    assert house.calls["products"] == 2, "the second time only what has changed"
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(SyncSchedule).values(full_at=utcnow() - timedelta(days=2)))
    await pulled()
    found = await held()
    assert (found[0].gtin, found[0].brand) == (ean, "Game Works"), "a complete pull says nothing of these"
