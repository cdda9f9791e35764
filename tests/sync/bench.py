"""A simulator and the desk of a store that is connected to it, and what is compared between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from orion.catalog import MarketplaceProduct, MarketplaceProductTranslation, Product
from orion.orders import Order, OrderLine
from orion.simulators.amazon import Amazon
from orion.simulators.amazon.content import asin_of
from orion.simulators.amazon.listings import listings_of
from orion.simulators.codeswholesale import CodesWholesale
from orion.simulators.ebay import Ebay
from orion.simulators.ebay.inventory import START_QUANTITY
from orion.simulators.kit import Simulator
from tests.simulators.running import HANG_SECONDS
from tests.sync.desk import Desk

Sold = dict[str, tuple[str, int | None, str | None]]
"""What is sold by the channel's id: title, price (or what we pay) in minor units, availability."""


@dataclass
class Bench:
    """`seen` are the statuses of runs and the states of the connection that there were; `placed` are orders."""

    simulator: Simulator
    desk: Desk
    seen: set[str] = field(default_factory=set)
    placed: list[str] = field(default_factory=list)
    _patience: float = HANG_SECONDS / 3
    _hung: int = -1

    def __post_init__(self) -> None:
        self.desk.before_try = self.hurry

    def hurry(self) -> None:
        """Wait for answers shorter than the simulator hangs, while it does; a busy machine is no fault.

        Where no call came to where it would hang since last time, others were too slow for that: they get more time.
        """
        simulator = self.simulator
        hangs = any(fault.kind == "timeout" for fault in simulator.faults.active)
        hung = simulator.faults.struck.get("timeout", 0)
        if hangs and hung == self._hung:
            self._patience *= 2
        self._hung = hung if hangs else -1
        simulator.hang_seconds = 3 * self._patience
        self.desk.runtime.settings.channel_read_seconds = self._patience if hangs else 20.0

    async def check_orders(self, wanted: str) -> None:
        """The inbox is what the channel holds: every order, none twice, with its lines, amounts and what was sent."""
        inbox = await self.desk.inbox()
        assert inbox == told_of(self.simulator), wanted
        for order in self.simulator.truth():
            shipped = {line["id"]: line["shipped"] for line in order["lines"] if "shipped" in line}
            if shipped:
                assert await _shipped(self.desk, order["id"]) == shipped, wanted

    async def check_products(self, wanted: str) -> None:
        """What is on sale in the store is what the channel sells."""
        assert await _on_sale(self.desk) == sold_at(self.simulator), wanted


def told_of(simulator: Simulator) -> dict[str, dict[str, Any]]:
    """The simulator's truth in the shape of `Desk.inbox`."""
    return {
        order["id"]: {
            "status": order["status"],
            "currency": order["currency"],
            "total_minor": order["total_minor"],
            "lines": {(line["id"], line["sku"], line["quantity"], line["total_minor"]) for line in order["lines"]},
        }
        for order in simulator.truth()
    }


def sold_at(simulator: Simulator) -> Sold:
    """What the simulator sells."""
    if isinstance(simulator, Ebay):
        return {
            one.sku: (
                one.title,
                int(simulator.prices.get(one.sku, f"{one.price_minor / 100:.2f}").replace(".", "")),
                _availability(simulator.stock.get(one.sku, START_QUANTITY)),
            )
            for one in simulator.catalogue
        }
    if isinstance(simulator, Amazon):
        return {
            asin_of(sku): (
                listing.article.title,
                listing.price_in(simulator.shaped["marketplace"]),
                _availability(listing.quantity),
            )
            for sku, listing in listings_of(simulator).items()
        }
    assert isinstance(simulator, CodesWholesale)
    return {
        entry["id"]: (
            entry["product"]["name"],
            round(float(entry["product"]["prices"][0]["value"]) * 100),
            _availability(entry["product"]["quantity"]),
        )
        for entry in simulator.shelf.entries.values()
        if not entry["hidden"]
    }


def _availability(quantity: int) -> str:
    return "in_stock" if quantity else "out_of_stock"


async def _on_sale(desk: Desk) -> Sold:
    """Products that were told of as hidden stay listed, out of stock and without what they cost: they are left out."""
    product, text = MarketplaceProduct, MarketplaceProductTranslation
    query = (
        sa.select(product, text.title)
        .join(Product, Product.marketplace_product_id == product.id)
        .join(text, text.marketplace_product_id == product.id)
        .where(Product.store_id == desk.access.store.id, Product.is_active)
    )
    found: Sold = {}
    async with desk.runtime.database.reading() as session:
        for row, title in (await session.execute(query)).all():
            assert row.marketplace_product_id not in found
            paid = row.cost_of_goods_sold
            price = int(paid.partition(" ")[0].replace(".", "")) if paid else row.price_minor
            if price is not None:
                found[row.marketplace_product_id] = (title, price, row.availability)
    return found


async def _shipped(desk: Desk, name: str) -> Mapping[str, int]:
    query = sa.select(OrderLine.channel_line_id, OrderLine.shipped_quantity).join(Order, Order.id == OrderLine.order_id)
    mine = (Order.connection_id == desk.connection_id, Order.channel_order_id == name)
    async with desk.runtime.database.reading() as session:
        return {row[0]: row[1] for row in await session.execute(query.where(*mine))}
