"""A marketplace in this process, for what no real protocol lets a test choose: its clock, its paging, its limits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from orion.channels import (
    ChannelClient,
    ChannelError,
    MalformedItem,
    Manifest,
    OrderPage,
    ProductPage,
    RemoteLine,
    RemoteOrder,
    RemoteProduct,
    Window,
)
from orion.kernel import Channel

START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)


def an_order(number: int, *, at: datetime | None = None, status: str = "PAID", quantity: int = 1) -> RemoteOrder:
    """Order `number`, made and changed so many seconds after START unless `at` says otherwise."""
    moment = at or START + timedelta(seconds=number)
    line = RemoteLine(
        channel_line_id=f"L{number}",
        title="Lamp",
        quantity=quantity,
        sku="LAMP-1",
        unit_price_minor=2990,
        subtotal_minor=2990 * quantity,
        total_minor=2990 * quantity,
    )
    return RemoteOrder(
        channel_order_id=f"O{number}",
        number=f"#{number}",
        raw_status=status,
        status="confirmed" if status == "PAID" else "shipped",
        ordered_at=moment,
        updated_at=moment,
        currency="EUR",
        lines=(line,),
        raw={"id": f"O{number}", "status": status, "at": moment.isoformat(), "quantity": quantity},
        subtotal_minor=2990 * quantity,
        total_minor=2990 * quantity,
    )


def a_product(number: int, **changes: object) -> RemoteProduct:
    product = RemoteProduct(f"P{number}", f"Key {number}", "en", currency="EUR", price_minor=1000 + number, quantity=3)
    return replace(product, **changes)  # type: ignore[arg-type]  # fields by name


@dataclass
class Market:
    """Pages of `size` entries by offset, in the order of their last change; `asked` are the windows and cursors.

    `before` may do something at each call (raise a ChannelError, change an order). `says_watermark`: pages tell up to
    when they are complete, by the market's clock.
    """

    size: int = 3
    orders: dict[str, RemoteOrder] = field(default_factory=dict)
    malformed: dict[str, MalformedItem] = field(default_factory=dict)
    nameless: list[MalformedItem] = field(default_factory=list)
    products: dict[str, RemoteProduct] = field(default_factory=dict)
    asked: list[tuple[Window, str | None]] = field(default_factory=list)
    singles: list[str] = field(default_factory=list)
    errors: list[ChannelError] = field(default_factory=list)
    before: Callable[[str | None], None] | None = None
    says_watermark: bool = False
    clock: timedelta = timedelta(0)
    spares: list[float] = field(default_factory=list)

    def put(self, *orders: RemoteOrder) -> None:
        self.orders |= {order.channel_order_id: order for order in orders}

    def touch(self, number: int, status: str = "SHIPPED") -> None:
        """Order `number` changes now, and so moves behind all others."""
        newest = max(order.updated_at for order in self.orders.values())
        old = self.orders[f"O{number}"]
        self.put(replace(an_order(number, status=status), ordered_at=old.ordered_at, updated_at=newest + _SECOND))

    def _page(self, window: Window, cursor: str | None) -> OrderPage:
        found = sorted(
            (
                order
                for order in self.orders.values()
                if (window.since is None or order.updated_at >= window.since)
                and (window.until is None or order.updated_at < window.until)
            ),
            key=lambda order: (order.updated_at, order.channel_order_id),
        )
        offset = int(cursor or 0)
        some = found[offset : offset + self.size]
        bad = [self.malformed[order.channel_order_id] for order in some if order.channel_order_id in self.malformed]
        good = [order for order in some if order.channel_order_id not in self.malformed]
        more = offset + self.size < len(found)
        watermark = datetime.now(UTC) + self.clock if self.says_watermark else None
        bad += self.nameless if not more else []
        return OrderPage(good, bad, str(offset + self.size) if more else None, watermark)


_SECOND = timedelta(seconds=1)


@dataclass
class MarketAdapter:
    """Speaks to the market that `Market.current` is, as an adapter speaks to its channel."""

    client: ChannelClient
    market: Market

    async def check(self) -> str:
        return "market"

    async def orders_page(self, window: Window, cursor: str | None = None) -> OrderPage:
        market = self.market
        market.asked.append((window, cursor))
        market.spares.append(self.client.spare)
        if market.before is not None:
            market.before(cursor)
        if market.errors:
            raise market.errors.pop(0)
        return market._page(window, cursor)

    async def order(self, channel_order_id: str) -> RemoteOrder | None:
        self.market.singles.append(channel_order_id)
        if self.market.errors:
            raise self.market.errors.pop(0)
        if channel_order_id in self.market.malformed:
            raise ChannelError("unreadable", "still broken")
        return self.market.orders.get(channel_order_id)

    async def acknowledge(self, channel_order_id: str, line_ids: Sequence[str], *, accepted: bool) -> None:
        if self.market.errors:
            raise self.market.errors.pop(0)
        order = self.market.orders[channel_order_id]
        self.market.touch(int(order.channel_order_id[1:]), "SHIPPED" if accepted else "PAID")

    async def products_page(self, since: datetime | None, cursor: str | None = None) -> ProductPage:
        market = self.market
        market.asked.append((Window(since), cursor))
        if market.errors:
            raise market.errors.pop(0)
        offset = int(cursor or 0)
        found = [
            product
            for _, product in sorted(market.products.items())
            if since is None or (product.updated_at or START) >= since
        ]
        more = offset + market.size < len(found)
        watermark = datetime.now(UTC) if market.says_watermark else None
        return ProductPage(
            found[offset : offset + market.size], (), str(offset + market.size) if more else None, watermark
        )


def manifest_for(channel: Channel, market: Market) -> Manifest:
    """A manifest whose adapter speaks to the market."""

    class Bound(MarketAdapter):
        def __init__(self, client: ChannelClient) -> None:
            super().__init__(client, market)

    return Manifest(channel=channel, adapter=Bound)
