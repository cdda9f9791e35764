"""What adapters tell channels, for the matrix of faults: parcels, stock, prices, and keys that are bought."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from orion.channels import (
    ChannelError,
    CredentialsRefused,
    KeyWanted,
    Refused,
    RemoteProduct,
    RemoteShipment,
    ReplyLost,
    ScopeMissing,
    ShippedLine,
    SlowDown,
    StockOffer,
    open_adapter,
)
from orion.simulators.amazon.listings import listings_of
from orion.simulators.codeswholesale.content import product_id_of
from orion.simulators.kit import Fault
from tests.sync.bench import Bench
from tests.sync.operations import AMAZON, SHIPMENTS, Operation

AT = datetime(2026, 5, 3, 12, 30, tzinfo=UTC)
NOTHING_DONE: tuple[type[ChannelError], ...] = (Refused, CredentialsRefused, ScopeMissing, SlowDown)


@dataclass
class Send(Operation):
    """The caller tries until it is taken; each error says truly whether something may have been done."""

    alerts: tuple[str, ...] = ()
    number: int = 0
    both_databases: ClassVar[bool] = False

    async def prepare(self, bench: Bench, call: str, *, paged: bool) -> None:
        """Something else is to be told."""
        self.number += 1
        self.may_be_done = False
        self.want(bench.simulator)
        assert self.times_done(bench.simulator) == 0

    @abstractmethod
    def want(self, simulator: Any) -> None:
        """What is to be told, number `number`."""

    @abstractmethod
    async def tell(self, adapter: Any) -> list[str]:
        """Tell it; what the channel did not take. Raises ChannelError."""

    @abstractmethod
    def times_done(self, simulator: Any) -> int:
        """How often the channel holds just what was asked."""

    def says_nothing_done(self, error: ChannelError) -> bool:
        """Whether the error promises that; of absolute values none does but a refusal."""
        return isinstance(error, NOTHING_DONE if self.once else Refused)

    async def attempt(self, bench: Bench) -> bool:
        """One try of the caller."""
        bench.hurry()
        await bench.desk.wait_for_quota()
        async with open_adapter(bench.desk.runtime, await bench.desk.connection()) as adapter:
            try:
                problems, failure = await self.tell(adapter), None
            except ChannelError as error:
                problems, failure = [], error
        assert problems == []
        if failure is None:
            return True
        bench.seen.add(type(failure).__name__)
        if not self.says_nothing_done(failure):
            self.may_be_done = True
        elif not self.may_be_done:
            assert self.times_done(bench.simulator) == 0, failure.detail
        return False

    async def check(self, bench: Bench, wanted: str) -> None:
        """It was done, once."""
        assert self.times_done(bench.simulator) == 1, wanted


@dataclass
class Ships(Send):
    """A parcel."""

    once: ClassVar[bool] = True
    ready: dict[str, Any] | None = None

    def want(self, simulator: Any) -> None:
        """One unit of the first line of a new order."""
        (self.name,) = simulator.place_orders(1)
        if self.ready:
            simulator.change_order(self.name, self.ready)
        self.line = simulator.truth()[-1]["lines"][0]["id"]

    async def tell(self, adapter: Any) -> list[str]:
        """The parcel, under the same reference each time."""
        lines = (ShippedLine(self.line, 1),)
        tracking = f"T{self.number}"
        await adapter.ship(RemoteShipment(self.name, f"{self.number}", lines, "DHL", tracking, AT))
        return []

    def times_done(self, simulator: Any) -> int:
        """Parcels of this number; where there are none, the changes that brought it to the order."""
        number = f"T{self.number}"
        if self.channel == "letzshop":
            book = simulator.shipments if self.settings else simulator.orders
            versions = [*book.earlier[self.name], book.entries[self.name]]
            parcels = [(version["tracking"] if self.settings else version["fulfillment"]) or {} for version in versions]
            return sum(number in (parcel.get("code"), parcel.get("trackingNumber")) for parcel in parcels)
        if self.channel == "ebay":
            return sum(parcel["shipmentTrackingNumber"] == number for parcel in simulator.parcels.get(self.name, ()))
        packages = simulator.book.entries[self.name]["order"].get("packages", [])
        return sum(package["trackingNumber"] == number for package in packages)


@dataclass
class Stocks(Send):
    """Quantities of two listings; `many` goes by a feed where a channel has one."""

    count: int = 2

    def want(self, simulator: Any) -> None:
        """Other quantities than before."""
        self.wanted = {one.sku: 100 + self.number for one in simulator.catalogue[: self.count]}

    async def tell(self, adapter: Any) -> list[str]:
        """All of them."""
        answers = await adapter.publish_stock([StockOffer(sku, quantity) for sku, quantity in self.wanted.items()])
        assert [answer.sku for answer in answers] == list(self.wanted)
        return [answer.problem for answer in answers if answer.problem]

    def times_done(self, simulator: Any) -> int:
        """1 when all quantities are these."""
        if self.channel == "amazon":
            held = {sku: listing.quantity for sku, listing in listings_of(simulator).items()}
        else:
            held = simulator.stock if self.channel == "ebay" else simulator.inventory
        return int(all(held.get(sku) == quantity for sku, quantity in self.wanted.items()))


@dataclass
class Prices(Send):
    """The price of a listing."""

    def want(self, simulator: Any) -> None:
        """Another price than before."""
        self.sku = simulator.catalogue[0].sku

    async def tell(self, adapter: Any) -> list[str]:
        """The price."""
        (answer,) = await adapter.offer([RemoteProduct(self.sku, "Thing", "de", "EUR", 500 + self.number, self.sku)])
        return [answer.problem] if answer.problem else []

    def times_done(self, simulator: Any) -> int:
        """1 when the price is this."""
        if self.channel == "ebay":
            return int(simulator.prices.get(self.sku) == f"{(500 + self.number) / 100:.2f}")
        return int(listings_of(simulator)[self.sku].prices.get("A1PA6795UKMFR9") == 500 + self.number)


@dataclass
class Buys(Send):
    """Keys: money is spent once. The caller looks before it buys again, where something may have been bought."""

    once: ClassVar[bool] = True

    async def prepare(self, bench: Bench, call: str, *, paged: bool) -> None:
        """Those who look for a purchase have lost the reply to it."""
        await super().prepare(bench, call, paged=paged)
        if call == "orders":
            bench.simulator.faults.add(Fault("lost_reply", "createOrder"))

    def want(self, simulator: Any) -> None:
        """Two keys for a new line of an order."""
        simulator.shape({"products": [{"identifier": "GAME", "quantity": 100}]})
        self.since, self.before = simulator.now(), simulator.balance

    async def tell(self, adapter: Any) -> list[str]:
        """Look if need be, then buy."""
        name = f"line-{self.number}"
        purchase = await adapter.find_purchase(name, self.since) if self.may_be_done else None
        purchase = purchase or await adapter.buy_keys(name, [KeyWanted(product_id_of("GAME"), 2, 2000)])
        return [] if purchase.complete and len(purchase.keys) == 2 else [purchase.status]

    def times_done(self, simulator: Any) -> int:
        """How often it was bought; each time money was spent."""
        bought = [order for order in simulator.truth() if order["client_order_id"] == f"line-{self.number}"]
        spent = (self.before - simulator.balance) * 100
        assert spent == sum(order["total_minor"] for order in bought)
        return len(bought)

    def says_nothing_done(self, error: ChannelError) -> bool:
        """Only a lost reply leaves it open."""
        return not isinstance(error, ReplyLost)


FEED = ("createFeedDocument", "document", "createFeed", "getFeed", "getFeedDocument")
SENDS: dict[str, Operation] = {
    "letzshop ships": Ships("letzshop", ("updateOrderFulfillment",), ready={"status": "PAID"}),
    "letzshop ships shipments": Ships("letzshop", ("setShipmentTracking",), SHIPMENTS, ready={"state": "CONFIRMED"}),
    "letzshop stock": Stocks("letzshop", ("updateInventory",)),
    "amazon ships": Ships("amazon", ("confirmShipment",), AMAZON),
    "amazon stock": Stocks("amazon", ("patchListingsItem",), AMAZON),
    "amazon stock by a feed": Stocks("amazon", FEED, AMAZON, count=5),
    "amazon prices": Prices("amazon", ("patchListingsItem",), AMAZON),
    "ebay ships": Ships("ebay", ("getShippingFulfillments", "createShippingFulfillment")),
    "ebay stock": Stocks("ebay", ("getOffers", "bulkUpdatePriceQuantity")),
    "ebay prices": Prices("ebay", ("bulkUpdatePriceQuantity",)),
    "codeswholesale keys": Buys("codeswholesale", ("createOrder", "createOrder.done", "orders")),
}
