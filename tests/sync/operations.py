"""What is done with channels, for the matrix of faults: reads by the real jobs, and answers to what channels ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import sqlalchemy as sa

from orion import sync
from orion.channels import Connection
from orion.kernel import Channel
from orion.orders import Order, OrderHistory, OrderLine
from orion.simulators.amazon import SELLER_ID, Amazon
from orion.simulators.amazon.listings import listings_of
from orion.simulators.codeswholesale import CodesWholesale
from orion.simulators.ebay import Ebay
from orion.simulators.kit import Article
from orion.simulators.letzshop import Letzshop
from tests.sync.bench import Bench, told_of

AMAZON: dict[str, Any] = {"region": "eu", "marketplace_ids": ["A1PA6795UKMFR9"], "seller_id": SELLER_ID}
SHIPMENTS: dict[str, Any] = {"dialect": "shipments"}

PAGE = 4
"""Entries on a page in these tests, so that a few are more than one page."""


@dataclass
class Operation:
    """One thing that is done with a channel. `calls` are those of the protocol that faults strike.

    `pages` is the one that comes in pages, where one does. `lacks`: faults that cannot be. `alerts`: what people are
    told of, one of them, when it never works. `once`: what it does is done when it succeeds, and not done again.
    """

    channel: Channel
    calls: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    pages: str = ""
    lacks: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ("sync_failing", "connection_broken")
    once: ClassVar[bool] = False
    both_databases: ClassVar[bool] = True
    job_type: ClassVar[str] = "order_import"

    async def prepare(self, bench: Bench, call: str, *, paged: bool) -> None:
        """Something is to be done: there are new orders, others have changed; `paged`: more than a page of them.

        `call` is what the fault will strike.
        """
        raise NotImplementedError

    async def attempt(self, bench: Bench) -> bool:
        """One try, as a worker makes it; whether it is done."""
        raise NotImplementedError

    async def check(self, bench: Bench, wanted: str) -> None:
        """We and the channel hold the same."""
        await bench.check_orders(wanted)


@dataclass
class Polls(Operation):
    """Runs that read orders; `changed` is what a paid order becomes when it is changed."""

    changed: Mapping[str, Any] = field(default_factory=dict)

    async def prepare(self, bench: Bench, call: str, *, paged: bool) -> None:
        """One order is new, and one has changed; for faults of pages there are more than one page."""
        simulator = bench.simulator
        lacking = (PAGE + 3 if paged else 2) - len(bench.placed)
        if lacking > 0:
            bench.placed += simulator.place_orders(lacking)
            assert (await self._run(bench)) == "success"
        newest = bench.placed[-1]
        bench.placed += simulator.place_orders(1)
        if "getShippingFulfillments" in self.calls:
            send_partly(simulator)
        else:
            simulator.change_order(newest, dict(self.changed))
        if "token" in self.calls:
            await _forget_token(bench)

    async def attempt(self, bench: Bench) -> bool:
        """One run."""
        if "token" in self.calls and bench.simulator.faults.active:
            await _forget_token(bench)
        return await self._run(bench) == "success"

    async def _run(self, bench: Bench) -> str:
        run = await bench.desk.poll(self.job_type)
        bench.seen |= {run.status, (await bench.desk.connection()).state}
        return run.status


@dataclass
class Pulls(Polls):
    """Runs that read products."""

    job_type: ClassVar[str] = "product_pull"

    async def prepare(self, bench: Bench, call: str, *, paged: bool) -> None:
        """One product is new, one is gone, one is sold out and one has another price; everything is read again."""
        change_goods(bench.simulator, len(bench.simulator.faults.struck))
        await bench.desk.let_pass(timedelta(days=1))
        if "token" in self.calls:
            await _forget_token(bench)

    async def check(self, bench: Bench, wanted: str) -> None:
        """On sale is what the channel sells."""
        await bench.check_products(wanted)


@dataclass
class SingleReads(Operation):
    """An order that was changed (to `changed`) is read because of a push, and when a person asks."""

    alerts: tuple[str, ...] = ("order_refresh_failed",)
    changed: Mapping[str, Any] = field(default_factory=dict)
    tries: int = 0

    async def prepare(self, bench: Bench, call: str, *, paged: bool) -> None:
        """An order that we know has changed."""
        (self._name,) = bench.simulator.place_orders(1)
        assert (await bench.desk.poll()).status == "success"
        bench.simulator.change_order(self._name, dict(self.changed))

    async def attempt(self, bench: Bench) -> bool:
        """A push, or a person's wish, with the job that follows."""
        self.tries += 1
        desk = bench.desk
        async with desk.runtime.database.transaction() as session:
            if self.tries % 2:
                event = f"push-{self.tries}"
                assert await sync.take_push(session, self.channel, event, "push", desk.connection_id, self._name)
            else:
                order_id = await session.scalar(sa.select(Order.id).where(Order.channel_order_id == self._name)) or 0
                await sync.refresh_order(session, desk.access, order_id)
        await desk.do_jobs("read_order", newest=1)
        bench.seen.add((await desk.connection()).state)
        return (await desk.inbox())[self._name] == told_of(bench.simulator)[self._name]


@dataclass
class Answers(Operation):
    """Lines of a shipment are accepted and rejected: what was asked is done at the channel, or who asked is told."""

    alerts: tuple[str, ...] = ("order_acknowledge_failed",)

    async def prepare(self, bench: Bench, call: str, *, paged: bool) -> None:
        """Two of three units are accepted, and nothing was said of the third; then it is rejected."""
        shop = bench.simulator
        assert isinstance(shop, Letzshop)
        while True:
            (self._name,) = shop.place_orders(1)
            self._units = [unit["id"] for unit in shop.shipments.entries[self._name]["inventoryUnits"]]
            if len(self._units) > 2:
                break
        assert (await bench.desk.poll()).status == "success"
        self._asked: list[bool] = []

    async def attempt(self, bench: Bench) -> bool:
        """Ask for what was not taken yet, do the jobs, and read the order."""
        desk = bench.desk
        order_id, lines, taken = await self._held(bench)
        for accepted in (True, False):
            if accepted not in taken:
                async with desk.runtime.database.transaction() as session:
                    chosen = [lines[unit] for unit in self._units[:2]] if accepted else None
                    await sync.acknowledge_order(session, desk.access, order_id, accepted=accepted, line_ids=chosen)
                self._asked.append(accepted)
                await desk.do_jobs("acknowledge_lines", newest=1)
                await desk.do_jobs("read_order", newest=1)
                if accepted not in (await self._held(bench))[2]:
                    return False
        await desk.do_jobs("read_order", newest=1)
        return True

    async def check(self, bench: Bench, wanted: str) -> None:
        """Each unit is what was asked for, and nothing else."""
        shop = bench.simulator
        assert isinstance(shop, Letzshop)
        states = {unit["id"]: unit["state"] for unit in shop.shipments.entries[self._name]["inventoryUnits"]}
        asked = {unit: "CONFIRMED" if at < 2 else "REJECTED" for at, unit in enumerate(self._units)}
        assert states == asked, wanted
        _, _, taken = await self._held(bench)
        assert sorted(taken) == [False, True], wanted
        told = [kind for kind in await bench.desk.told() if kind == "order_acknowledge_failed"]
        assert len(told) >= len(self._asked) - 2, "whoever had to ask again was told why"
        await bench.check_orders(wanted)

    async def _held(self, bench: Bench) -> tuple[int, dict[str, int], list[bool]]:
        """Our id of the order, those of its lines by the channel's, and which answers the channel has taken."""
        async with bench.desk.runtime.database.reading() as session:
            order_id = await session.scalar(sa.select(Order.id).where(Order.channel_order_id == self._name)) or 0
            lines = sa.select(OrderLine.channel_line_id, OrderLine.id).where(OrderLine.order_id == order_id)
            said = sa.select(OrderHistory.details).where(
                OrderHistory.order_id == order_id, OrderHistory.kind == "acknowledged"
            )
            taken = [details["accepted"] for details in await session.scalars(said)]
            return order_id, {row[0]: row[1] for row in await session.execute(lines)}, taken


AMAZON_CHANGES = {"status": "SHIPPED"}
EBAY_CHANGES = {"orderFulfillmentStatus": "FULFILLED"}
LETZSHOP_CHANGES = {"status": "SHIPPED"}
SHIPMENT_CHANGES = {"state": "CONFIRMED"}

OPERATIONS: dict[str, Operation] = {
    "amazon polls": Polls("amazon", ("searchOrders",), {"region": "eu"}, "searchOrders", changed=AMAZON_CHANGES),
    "ebay polls": Polls("ebay", ("getOrders",), {}, "getOrders", changed=EBAY_CHANGES),
    "ebay polls of orders that are partly sent": Polls("ebay", ("getShippingFulfillments", "token"), {}),
    "letzshop polls": Polls("letzshop", ("orders",), {}, "orders", changed=LETZSHOP_CHANGES),
    "letzshop polls of shipments": Polls("letzshop", ("shipments",), SHIPMENTS, "shipments", changed=SHIPMENT_CHANGES),
    "amazon single reads": SingleReads("amazon", ("getOrder",), {"region": "eu"}, changed=AMAZON_CHANGES),
    "ebay single reads": SingleReads("ebay", ("getOrder",), changed=EBAY_CHANGES),
    "letzshop single reads": SingleReads("letzshop", ("order",), changed=LETZSHOP_CHANGES),
    "letzshop single reads of shipments": SingleReads("letzshop", ("shipment",), SHIPMENTS, changed=SHIPMENT_CHANGES),
    "letzshop answers": Answers("letzshop", ("confirmInventoryUnits",), SHIPMENTS),
    "amazon pulls": Pulls(
        "amazon",
        ("createReport", "getReport", "getReportDocument", "document", "searchCatalogItems", "token"),
        AMAZON,
        "getReport",
        lacks=("duplicated_page", "page_drift"),
    ),
    "ebay pulls": Pulls("ebay", ("getInventoryItems", "getOffers"), {}, "getInventoryItems"),
    "codeswholesale pulls": Pulls("codeswholesale", ("products", "token"), {}, "products"),
}


def send_partly(simulator: Any) -> None:
    """An order of which three of four units have left, in two parcels."""
    assert isinstance(simulator, Ebay)
    (name,) = simulator.place_orders(1)
    order = simulator.book.entries[name]["order"]
    lines = [{**order["lineItems"][0], "quantity": 4}, *order["lineItems"][1:]]
    simulator.change_order(name, {"lineItems": lines})
    for units in (1, 2):
        parcel = {"lineItemId": lines[0]["lineItemId"], "quantity": units}
        simulator.change_order(name, {"parcel": {"lineItems": [parcel]}})


def change_goods(simulator: Any, number: int) -> None:
    """Another catalogue: one is new, one is gone, one is sold out and one has another price."""
    if isinstance(simulator, CodesWholesale):
        goods = [entry["product"]["identifier"] for entry in simulator.shelf.entries.values() if not entry["hidden"]]
        new = f"NEW{number}{len(simulator.shelf.entries)}"
        prices = [{"from": 1, "to": None, "value": 3 + number / 100}]
        changes: list[dict[str, Any]] = [{"identifier": new}, {"identifier": goods[0], "hidden": True}]
        changes += [{"identifier": goods[1], "quantity": 0}, {"identifier": goods[2], "prices": prices}]
        simulator.shape({"products": changes})
        return
    _, second, third, *rest = simulator.catalogue
    new = f"N{int(rest[-1].sku[1:]) + 1}"
    third = Article(third.sku, third.title, third.price_minor + 1, third.gtin)
    simulator.catalogue = (second, third, *rest, Article(new, f"Thing {new}", 999))
    if isinstance(simulator, Ebay):
        simulator.stock[second.sku] = 0
    else:
        assert isinstance(simulator, Amazon)
        listings_of(simulator)[second.sku].quantity = 0


async def _forget_token(bench: Bench) -> None:
    """The access token has come to its end."""
    async with bench.desk.runtime.database.transaction() as session:
        mine = sa.update(Connection).where(Connection.id == bench.desk.connection_id)
        await session.execute(mine.values(access_token=None, access_expires_at=None))
