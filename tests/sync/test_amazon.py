"""Amazon from the marketplace to the inbox and the catalogue: refunds, which change no order there, and reports."""

import pytest
import sqlalchemy as sa

from orion.catalog import MarketplaceProduct, MarketplaceProductTranslation, Product
from orion.orders import Order, OrderLine
from orion.plumbing.runtime import Runtime
from orion.simulators.amazon import SELLER_ID, Amazon
from orion.simulators.amazon.content import asin_of
from orion.simulators.kit import Article
from tests.simulators.running import Simulators
from tests.sync.desk import Desk, open_desk

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def desk(runtime: Runtime, simulators: Simulators) -> Desk:
    runtime.settings.simulator_url = simulators.url
    runtime.settings.simulator_rate_factor = 1000
    runtime.settings.channel_retry_seconds = 0
    settings = {"region": "eu", "marketplace_ids": ["A1PA6795UKMFR9"], "seller_id": SELLER_ID}
    return await open_desk(runtime, "amazon", settings=settings, secrets=simulators["amazon"].credentials)


@pytest.fixture
def seller(simulators: Simulators) -> Amazon:
    found = simulators["amazon"]
    assert isinstance(found, Amazon)
    return found


@only_sqlite
async def test_a_refund_arrives_and_stays(runtime: Runtime, desk: Desk, seller: Amazon) -> None:
    async def polled() -> tuple[str, str, int, int | None, list[str]]:
        assert (await desk.poll()).status == "success"
        async with runtime.database.reading() as session:
            order = (await session.scalars(sa.select(Order))).one()
            return order.status, order.raw_status, order.refunded_minor, order.total_minor, order.flags

    [order_id] = seller.place_orders(1)
    seller.change_order(order_id, {"status": "SHIPPED"})
    status, _, refunded, total, flags = await polled()
    assert (status, refunded) == ("shipped", 0)
    assert total is not None
    seller.change_order(order_id, {"refund": "1.00"})
    assert await polled() == ("partially_refunded", "SHIPPED/PARTIALLY_REFUNDED", 100, total, flags)
    seller.change_order(order_id, {"package_status": "DELIVERED"})
    assert (await polled())[2:] == (100, total, flags), "the order's own answer says nothing of refunds"
    seller.change_order(order_id, {"refund": f"{(total - 100) / 100:.2f}"})
    status, raw_status, refunded, total_now, flags_now = await polled()
    assert (status, raw_status, refunded, total_now) == ("refunded", "SHIPPED/DELIVERED/REFUNDED", total, total)
    assert (flags, flags_now) == (["unmatched_lines"], []), "nobody has to match what was given back"


async def test_listings_become_products_that_orders_match(runtime: Runtime, desk: Desk, seller: Amazon) -> None:
    seller.catalogue = tuple(Article(f"S{number}", f"Thing {number}", 1000 + number) for number in range(3))
    seller.shape({"polls": 8})
    waiting = await desk.poll("product_pull")
    assert waiting.status == "deferred"
    done = await desk.poll("product_pull")
    assert (done.id, done.status, done.created) == (waiting.id, "success", 3), "the same run goes on"
    assert seller.calls["createReport"] == 1
    async with runtime.database.reading() as session:
        query = sa.select(
            MarketplaceProduct.marketplace_product_id,
            MarketplaceProductTranslation.title,
            MarketplaceProduct.price_minor,
            MarketplaceProduct.currency,
            MarketplaceProduct.brand,
        ).join(Product, Product.marketplace_product_id == MarketplaceProduct.id)
        query = query.join(MarketplaceProductTranslation)
        found = {tuple(row) for row in await session.execute(query)}
    assert found == {(asin_of(f"S{n}"), f"Thing {n}", 1000 + n, "EUR", "Simulated") for n in range(3)}
    seller.place_orders(2)
    assert (await desk.poll()).status == "success"
    async with runtime.database.reading() as session:
        assert {line.matched_by for line in await session.scalars(sa.select(OrderLine))} == {"marketplace_id"}
