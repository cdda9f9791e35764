"""What the API says of orders. Amounts are decimals of the order's currency, null where the channel did not say."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from orion.kernel import amount_text
from orion.orders import NO_CURRENCY, HistoryView, LineView, NoteView, Order, OrderDetails, OrderLine, OrderSummary

FLAG_MEANINGS: dict[str, str] = {
    "unknown_status": "The channel says a status that Orion does not know: see raw_status",
    "total_differs": "The amounts do not add up to the total: see totals.difference",
    "price_missing": "A line, or the order, has no price",
    "currency_unknown": "The currency is none of ISO 4217: amounts are in the payload alone",
    "unmatched_lines": "A line is no product of the store: match it",
    "stock_short": "There is not enough stock for a line",
    "changed_after_shipping": "Lines or the address were changed after the order had left",
    "cancel_requested": "The buyer asks to cancel the order",
    "cancelled_while_picked": "The order was cancelled while somebody prepared it",
    "status_conflict": "The channel says a status that cannot follow on ours",
    "unfulfillable": "The channel says that the order cannot be sent",
    "channel_problem": "The channel's answer is odd: the history names it",
}


class _OrderFacts(BaseModel):
    """What lists and single orders say alike."""

    id: int = Field(examples=[311])
    connection_id: int | None = Field(description="the connection it came in by", examples=[7])
    channel: str = Field(examples=["letzshop"])
    channel_order_id: str = Field(examples=["0d52bd7c-…"])
    number: str = Field(description="as people read it", examples=["R532332163"])
    url: str | None = Field(description="the order at the channel")
    status: str = Field(examples=["confirmed"])
    raw_status: str = Field(description="the channel's own word", examples=["unconfirmed"])
    flags: list[str] = Field(description="what a person should look at", examples=[["unmatched_lines"]])
    needs_attention: bool
    awaits_acknowledgement: bool = Field(description="the channel waits for lines to be accepted or rejected")
    sent_by_channel: bool = Field(description="the channel sends it, from a stock of its own: nothing is held")
    is_partly_shipped: bool = Field(description="some of it has left, and some is still to be sent")
    customer_name: str | None = Field(examples=["Josée Müller"])
    currency: str = Field(description="XXX: none that is known, and no amounts", examples=["EUR"])
    total: str | None = Field(examples=["34.80"])
    refunded: str | None = Field(examples=["0.00"])
    ordered_at: datetime
    remote_updated_at: datetime = Field(description="the channel's stamp of this version")
    last_synced_at: datetime = Field(description="when this version was read")
    updated_at: datetime


class OrderAnswer(_OrderFacts):
    """An order in a list."""

    lines: int = Field(description="how many it has", examples=[2])
    units: int = Field(examples=[3])
    title: str | None = Field(description="of the first line", examples=["Desk lamp"])

    @classmethod
    def of(cls, summary: OrderSummary, **more: Any) -> Self:
        """The answer for one order."""
        facts = _facts(summary.order, is_partly_shipped=summary.is_partly_shipped)
        return cls(lines=summary.lines, units=summary.units, title=summary.title, **facts, **more)


class OrderPage(BaseModel):
    """A stretch of the orders, the newest first."""

    items: list[OrderAnswer]
    total: int | None = Field(description="null beyond 10,000 orders, and on pages read by cursor", examples=[1])
    total_estimate: int | None = Field(description="where there are more", examples=[None])
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


class OrderCountsAnswer(BaseModel):
    """How many orders a store has."""

    total: int = Field(examples=[120])
    by_status: dict[str, int] = Field(examples=[{"confirmed": 8, "shipped": 112}])
    to_send: int = Field(description="paid, and for you to send", examples=[8])
    needs_attention: int = Field(examples=[2])
    awaits_acknowledgement: int = Field(examples=[1])
    unmatched_lines: int = Field(examples=[3])


class LineProduct(BaseModel):
    """The store's product that a line is."""

    id: int = Field(examples=[42])
    sku: str | None = Field(examples=["L-17"])
    marketplace_product_id: str | None = Field(examples=["SKU-17"])
    title: str | None = Field(examples=["Desk lamp"])


class LineFacts(BaseModel):
    """What the channel says of a line."""

    id: int = Field(examples=[1207])
    channel_line_id: str
    title: str = Field(description="as the channel says it", examples=["Lampe de bureau"])
    sku: str | None = Field(examples=["L-17"])
    gtin: str | None = Field(examples=["4006381333931"])
    channel_product_id: str | None
    image_url: str | None
    quantity: int = Field(examples=[2])
    shipped_quantity: int = Field(examples=[0])
    cancelled_quantity: int = Field(examples=[0])
    open_quantity: int = Field(description="neither sent nor cancelled", examples=[2])
    unit_price: str | None = Field(examples=["14.95"])
    subtotal: str | None = Field(examples=["29.90"])
    tax: str | None = Field(examples=["4.34"])
    discount: str | None = Field(examples=["0.00"])
    total: str | None = Field(examples=["29.90"])
    refunded: str | None = Field(examples=["0.00"])
    is_digital: bool
    raw_status: str | None = Field(description="the channel's own word for the line")


class LineAnswer(LineFacts):
    """A line of an order."""

    product: LineProduct | None = Field(description="null while nobody knows which it is")
    matched_by: str | None = Field(
        description="sku, marketplace_id, gtin, person, or remembered (as a person matched an earlier line)",
        examples=["sku"],
    )
    stock_state: str = Field(description="none, reserved, short, deducted or released", examples=["reserved"])
    reserved_quantity: int = Field(examples=[2])

    @classmethod
    def of(cls, view: LineView, currency: str) -> Self:
        """The answer for one line."""
        line, product = view.line, None
        if line.product_id is not None:
            product = LineProduct(
                id=line.product_id,
                sku=view.product_sku,
                marketplace_product_id=view.marketplace_product_id,
                title=view.product_title,
            )
        return cls(
            product=product,
            matched_by=line.matched_by,
            stock_state=line.stock_state,
            reserved_quantity=line.reserved_quantity,
            **line_facts(line, currency),
        )


class FlagAnswer(BaseModel):
    """Why a person should look at an order."""

    flag: str = Field(examples=["stock_short"])
    meaning: str = Field(examples=["There is not enough stock for a line"])


class TotalsAnswer(BaseModel):
    """What an order costs."""

    subtotal: str | None = Field(examples=["29.90"])
    shipping: str | None = Field(examples=["4.90"])
    tax: str | None = Field(description="of lines and shipping", examples=["5.06"])
    discount: str | None = Field(description="of lines and shipping", examples=["0.00"])
    total: str | None = Field(examples=["34.80"])
    refunded: str | None = Field(examples=["0.00"])
    prices_include_tax: bool
    difference: str | None = Field(
        description="the total minus what items - discount + shipping (+ tax, if prices do not include it) come to: "
        "0, or the order is flagged",
        examples=["0.00"],
    )


class AddressAnswer(BaseModel):
    """An address as the channel tells it; marketplaces hide parts."""

    name: str | None = Field(None, examples=["Josée Müller"])
    organization: str | None = None
    street: list[str] = Field([], examples=[["1, rue du Pont"]])
    postal_code: str | None = Field(None, examples=["1111"])
    city: str | None = Field(None, examples=["Luxembourg"])
    region: str | None = None
    country: str | None = Field(None, description="ISO 3166-1 alpha-2", examples=["LU"])
    phone: str | None = None


class HistoryAnswer(BaseModel):
    """Something that happened to an order."""

    at: datetime
    kind: str = Field(description="created, status, changed, flagged, cleared, matched, unmatched, ...")
    from_status: str | None = Field(examples=["confirmed"])
    to_status: str | None = Field(examples=["processing"])
    actor: str = Field(description="user, system or the channel", examples=["channel:letzshop"])
    user: str | None = Field(description="which user", examples=[None])
    reason: str | None
    details: dict[str, Any] | None

    @classmethod
    def of(cls, view: HistoryView) -> Self:
        """The answer for one entry."""
        facts = {name: getattr(view.entry, name) for name in cls.model_fields if name != "user"}
        return cls(user=view.user, **facts)


class NoteAnswer(BaseModel):
    """What a member wrote on an order, for colleagues."""

    id: int = Field(examples=[9])
    text: str = Field(examples=["Ring twice"])
    author: str | None = Field(description="null when that user is gone", examples=["ada"])
    created_at: datetime

    @classmethod
    def of(cls, note: NoteView) -> Self:
        """The answer for one note."""
        return cls(**{name: getattr(note, name) for name in cls.model_fields})


class NoteList(BaseModel):
    """The notes of an order, the oldest first."""

    items: list[NoteAnswer]


class OrderDetailsAnswer(_OrderFacts):
    """An order with all that belongs to it."""

    store_code: str = Field(examples=["DEMO"])
    connection: str | None = Field(description="what the connection is called", examples=["Letzshop"])
    reasons: list[FlagAnswer] = Field(description="the flags in words")
    reachable: list[str] = Field(
        description="what staff can say it is now", examples=[["processing", "ready_for_shipment"]]
    )
    customer_email: str | None
    customer_phone: str | None
    customer_reference: str | None = Field(description="who the channel says the buyer is")
    shipping_address: AddressAnswer | None
    billing_address: AddressAnswer | None
    requires_shipping: bool
    is_fully_digital: bool
    totals: TotalsAnswer
    lines: list[LineAnswer]
    history: list[HistoryAnswer] = Field(description="the oldest first")
    notes: list[NoteAnswer]
    confirmed_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    fulfilled_at: datetime | None
    cancelled_at: datetime | None
    forgotten_at: datetime | None = Field(description="when the buyer's data were erased")
    payload: dict[str, Any] | None = Field(None, description="with `include=payload`: what the channel last told")

    @classmethod
    def of(cls, found: OrderDetails, payload: dict[str, Any] | None = None) -> Self:
        """The answer for one order."""
        order = found.order
        minor = ("subtotal", "shipping", "tax", "discount", "total", "refunded")
        totals = {name: amount(getattr(order, f"{name}_minor"), order.currency) for name in minor}
        plain = (
            "customer_email customer_phone customer_reference shipping_address billing_address requires_shipping "
            "is_fully_digital confirmed_at shipped_at delivered_at fulfilled_at cancelled_at forgotten_at"
        )
        return cls(
            **_facts(order, is_partly_shipped=found.is_partly_shipped),
            **{name: getattr(order, name) for name in plain.split()},
            store_code=found.store_code,
            connection=found.connection,
            reasons=[FlagAnswer(flag=flag, meaning=FLAG_MEANINGS[flag]) for flag in order.flags],
            reachable=list(found.reachable),
            totals=TotalsAnswer(
                **totals,
                prices_include_tax=order.prices_include_tax,
                difference=amount(order.total_difference_minor, order.currency),
            ),
            lines=[LineAnswer.of(view, order.currency) for view in found.lines],
            history=[HistoryAnswer.of(view) for view in found.history],
            notes=[NoteAnswer.of(note) for note in found.notes],
            payload=payload,
        )


def amount(minor: int | None, currency: str) -> str | None:
    """So many minor units as a decimal; nothing in a currency that is none."""
    return None if minor is None or currency == NO_CURRENCY else amount_text(minor, currency)


def line_facts(line: OrderLine, currency: str) -> dict[str, Any]:
    """What every answer with a line says of it."""
    amounts = ("unit_price", "subtotal", "tax", "discount", "total", "refunded")
    plain = [name for name in LineFacts.model_fields if name not in amounts]
    facts: dict[str, Any] = {name: getattr(line, name) for name in plain}
    return facts | {name: amount(getattr(line, f"{name}_minor"), currency) for name in amounts}


def _facts(order: Order, *, is_partly_shipped: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "total": amount(order.total_minor, order.currency),
        "refunded": amount(order.refunded_minor, order.currency),
        "is_partly_shipped": is_partly_shipped,
    }
    return made | {name: getattr(order, name) for name in _OrderFacts.model_fields if name not in made}
