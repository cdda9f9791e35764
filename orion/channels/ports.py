"""What a channel can do for us, as narrow ports; an adapter implements those that its marketplace has.

Capabilities are read from what an adapter implements (`capabilities_of`), so the matrix that people see cannot
promise what the code does not do. Everything here is a plain value: amounts are minor units of the order's currency,
moments are aware and in UTC, and each order carries the payload it was read from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from orion.kernel import OrderStatus


@dataclass(frozen=True, slots=True)
class RemoteAddress:
    """Where goods or a bill go, as the channel tells it; `country` is ISO 3166-1 alpha-2. Marketplaces hide parts."""

    name: str | None = None
    organization: str | None = None
    street: tuple[str, ...] = ()
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """One line of an order; an amount is None where the channel does not say it.

    `total_minor` is what the buyer pays for the line's goods: subtotal - discount + tax not included in the price.
    """

    channel_line_id: str
    title: str
    quantity: int
    sku: str | None = None
    channel_product_id: str | None = None
    gtin: str | None = None
    unit_price_minor: int | None = None
    subtotal_minor: int | None = None
    discount_minor: int = 0
    tax_minor: int = 0
    total_minor: int | None = None
    shipped_quantity: int = 0
    cancelled_quantity: int = 0
    refunded_minor: int = 0
    is_digital: bool = False
    image_url: str | None = None
    raw_status: str | None = None


@dataclass(frozen=True, slots=True)
class RemoteOrder:
    """An order as a channel tells it now.

    `status` is None when `raw_status` is one that the adapter does not know: it is kept and flagged, never guessed.
    `updated_at` is the channel's own stamp of this version; an older one never overwrites a newer one. `currency` is
    as the channel says it, also when it is none that we know. `problems` are codes of what the adapter found odd
    (`price_missing`, `currency_unknown`, ...). `prices_include_tax`: `tax_minor` is a part of the total, not on top.
    `discount_minor` and `tax_minor` are those of everything, lines and shipping too; `subtotal_minor` is the sum of the
    lines' subtotals, before them. So subtotal - discount + shipping (+ tax where prices do not hold it) = total.
    `refunded_minor` is None where this answer does not say it: what is known of it stays.
    `sent_by_channel`: from a stock of the channel's own, so that there is nothing for us to hold or to ship.
    """

    channel_order_id: str
    number: str
    raw_status: str
    status: OrderStatus | None
    ordered_at: datetime
    updated_at: datetime
    currency: str
    lines: tuple[RemoteLine, ...]
    raw: Mapping[str, Any]
    url: str | None = None
    buyer_name: str | None = None
    buyer_email: str | None = None
    buyer_phone: str | None = None
    buyer_reference: str | None = None
    shipping_address: RemoteAddress | None = None
    billing_address: RemoteAddress | None = None
    subtotal_minor: int | None = None
    shipping_minor: int = 0
    tax_minor: int = 0
    discount_minor: int = 0
    total_minor: int | None = None
    refunded_minor: int | None = 0
    prices_include_tax: bool = True
    cancel_requested: bool = False
    awaits_acknowledgement: bool = False
    sent_by_channel: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MalformedItem:
    """An entry of a page that cannot be read; it never sinks the others. `channel_id` as far as it could be told."""

    channel_id: str | None
    problem: str
    raw: Any


@dataclass(frozen=True, slots=True)
class Window:
    """Changes from `since` (inclusive) up to `until` (exclusive); None: no bound on that side."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of orders that changed in a window, and how to go on.

    `cursor` is None on the last page. `watermark` is up to when the *server* says that this read is complete; None
    where it does not say, then the newest `updated_at` counts.
    """

    orders: Sequence[RemoteOrder]
    malformed: Sequence[MalformedItem] = ()
    cursor: str | None = None
    watermark: datetime | None = None


@dataclass(frozen=True, slots=True)
class RemoteTier:
    """A unit price from so many units on (`to` None: and more)."""

    from_quantity: int
    to_quantity: int | None
    price_minor: int


@dataclass(frozen=True, slots=True)
class RemoteProduct:
    """A product as a channel lists it. `attributes` are Google product attributes (`brand`, `mpn`, `image_link`, ...).

    `quantity` is what the channel says is there; None where it does not say. `tiers`: what we pay, by quantity.
    """

    channel_product_id: str
    title: str
    language: str
    currency: str | None = None
    price_minor: int | None = None
    sku: str | None = None
    gtin: str | None = None
    description: str | None = None
    availability: str | None = None
    quantity: int | None = None
    is_digital: bool = False
    tiers: tuple[RemoteTier, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """One page of products, and how to go on. `watermark` as in `OrderPage`."""

    products: Sequence[RemoteProduct]
    malformed: Sequence[MalformedItem] = ()
    cursor: str | None = None
    watermark: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """How many units of a line leave."""

    channel_line_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class RemoteShipment:
    """A parcel to tell the channel of. `carrier` is the channel's code for it, `carrier_name` the words.

    `reference` is ours (digits), the same on every try, so that trying again is safe where the channel knows it.
    """

    channel_order_id: str
    reference: str
    lines: tuple[ShippedLine, ...]
    carrier: str
    tracking_number: str | None
    shipped_at: datetime
    carrier_name: str | None = None
    completes_order: bool = True


@dataclass(frozen=True, slots=True)
class StockOffer:
    """How many units of `sku` the channel may sell; `channel_ref` is what else it needs (eBay's offer id)."""

    sku: str
    quantity: int
    channel_ref: str | None = None


@dataclass(frozen=True, slots=True)
class StockAnswer:
    """What became of one StockOffer: `problem` is None when it was taken."""

    sku: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class KeyWanted:
    """So many keys of a supplier's product, at most at this unit price (minor units of the account's currency)."""

    channel_product_id: str
    quantity: int
    max_price_minor: int


@dataclass(frozen=True, slots=True, repr=False)
class RemoteKey:
    """A licence key: a secret, so it has no repr. `kind`: text, image (base64), or preorder (paid, comes later)."""

    key_id: str
    channel_product_id: str
    kind: Literal["text", "image", "preorder"]
    code: str | None
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class KeyPurchase:
    """An order of keys at a supplier; prices in minor units.

    `complete` when every key is there as far as the supplier tells: count them against what was wanted. `failed` when
    none will come any more (`status`, in the supplier's words, says why), so that a person has to see to the money.
    """

    supplier_order_id: str
    client_order_id: str
    status: str
    complete: bool
    keys: tuple[RemoteKey, ...]
    total_minor: int | None
    currency: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left of the money at a supplier, in minor units."""

    amount_minor: int
    currency: str


@runtime_checkable
class Adapter(Protocol):
    """Every adapter. Built for one connection; closed with the client it was given."""

    async def check(self) -> str:
        """Ask the channel who we are, by a call that changes nothing; the answer in words for people.

        Raises ChannelError.
        """


@runtime_checkable
class Learner(Protocol):
    """An adapter whose `check` finds out settings by itself (whose account it is), which the connection then keeps."""

    learned: Mapping[str, Any]


@runtime_checkable
class OrderSource(Protocol):
    """Orders can be read."""

    async def orders_page(self, window: Window, cursor: str | None = None) -> OrderPage:
        """Orders whose last change is in the window, oldest change first where the channel can. Raises ChannelError."""

    async def order(self, channel_order_id: str) -> RemoteOrder | None:
        """One order as it is now; None when the channel has no such order. Raises ChannelError."""


@runtime_checkable
class OrderAcknowledger(Protocol):
    """The channel wants to know which lines of an order are accepted before it goes on."""

    async def acknowledge(self, channel_order_id: str, line_ids: Sequence[str], *, accepted: bool) -> None:
        """Confirm or reject lines. Saying the same twice changes nothing. Raises ChannelError."""


@runtime_checkable
class ProductSource(Protocol):
    """Products can be read."""

    async def products_page(self, since: datetime | None, cursor: str | None = None) -> ProductPage:
        """Products that changed since (all for None). Raises ChannelError."""


@runtime_checkable
class ProductSink(Protocol):
    """Products can be offered by the API; price and title of known listings."""

    async def offer(self, products: Sequence[RemoteProduct]) -> Sequence[StockAnswer]:
        """Set price of listings by `sku`; absolute, so repeating is safe. Raises ChannelError."""


@runtime_checkable
class FulfillmentSink(Protocol):
    """Shipments can be told."""

    async def ship(self, shipment: RemoteShipment) -> str | None:
        """Tell of a parcel; the channel's own id of it, if it gives one. Trying again does not make a second one.

        Raises ChannelError.
        """


@runtime_checkable
class InventorySink(Protocol):
    """Stock can be set."""

    async def publish_stock(self, offers: Sequence[StockOffer]) -> Sequence[StockAnswer]:
        """Set absolute quantities, any number; one answer each, in the same order. Raises ChannelError."""


@runtime_checkable
class KeySupplier(Protocol):
    """Licence keys can be bought."""

    async def buy_keys(self, client_order_id: str, wanted: Sequence[KeyWanted]) -> KeyPurchase:
        """Spend money, once: one POST. Store the intent under `client_order_id` before.

        Raises ReplyLost when the outcome is unknown, and so it is after a crash: look by `find_purchase` then, not at
        once, for a call whose answer was lost may still be worked on. Any other ChannelError: nothing was bought.
        """

    async def find_purchase(self, client_order_id: str, since: datetime) -> KeyPurchase | None:
        """The purchase made under our id since then as it is now; None when there certainly is none.

        Raises ChannelError, also when that cannot be told.
        """

    async def balance(self) -> Balance:
        """What can still be spent. Raises ChannelError."""


PORTS: dict[str, type] = {
    "products_in": ProductSource,
    "products_out": ProductSink,
    "orders_in": OrderSource,
    "acknowledge": OrderAcknowledger,
    "fulfillment_out": FulfillmentSink,
    "inventory_out": InventorySink,
    "keys": KeySupplier,
}
"""The columns of the capability matrix."""


def capabilities_of(adapter: type) -> tuple[str, ...]:
    """Which of PORTS the adapter class implements."""
    return tuple(name for name, port in PORTS.items() if issubclass(adapter, port))
