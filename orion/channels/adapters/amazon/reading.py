"""An order of the Orders API 2026-01-01 as ours.

Status (fulfilment -> ours): PENDING_AVAILABILITY and PENDING -> pending, UNSHIPPED -> confirmed, PARTIALLY_SHIPPED ->
processing, SHIPPED -> shipped, or delivered once every package is, CANCELLED -> cancelled; UNFULFILLABLE -> cancelled,
which a person should look at. What packages and refunds add stands behind a slash in `raw_status`. An order that Amazon
fulfils (`fulfilledBy` AMAZON, "FBA") is sent by the channel. One with another `channelName` than AMAZON was placed
elsewhere, and Amazon only delivers it ("Multi-Channel Fulfillment"): it is no order of this channel.

Amounts are the proceeds' breakdowns: ITEM is the goods, DISCOUNT and TAX are themselves, and all other charges
(SHIPPING, GIFT_WRAP, COD_FEE, DELIVERY_TIP, OTHER, ...) are counted as shipping. The documentation does not say whether
ITEM holds the tax: what adds up to the total decides it, order by order.
"""

from dataclasses import dataclass, replace
from typing import Any

from orion.channels.adapters.values import Odd, count, entries, identifier, minor, moment, part, text
from orion.channels.ports import RemoteAddress, RemoteLine, RemoteOrder
from orion.kernel import CURRENCIES, OrderStatus

DATA_SETS = ("BUYER", "RECIPIENT", "PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX")
"""What we ask for with each order; what the app's roles do not allow is left out of the answer."""

STATUSES: dict[str, OrderStatus] = {
    "PENDING_AVAILABILITY": "pending",
    "PENDING": "pending",
    "UNSHIPPED": "confirmed",
    "PARTIALLY_SHIPPED": "processing",
    "SHIPPED": "shipped",
    "CANCELLED": "cancelled",
    "UNFULFILLABLE": "cancelled",
}
_GOODS = "ITEM"


@dataclass(frozen=True, slots=True)
class _Proceeds:
    """Amounts in minor units; `goods` is None where the answer does not say what the goods cost."""

    currency: str | None = None
    total: int | None = None
    goods: int | None = None
    charges: int = 0
    tax: int = 0
    discount: int = 0
    goods_tax: int = 0
    goods_discount: int = 0


def read_order(node: dict[str, Any]) -> RemoteOrder:
    """The order of a node; `refunded_minor` is None, for orders do not say it. Raises Odd."""
    order_id = identifier(node, "orderId")
    nodes = entries(node, "orderItems")
    whole = _proceeds(part(node, "proceeds"), "grandTotal")
    parts = [_proceeds(part(item, "proceeds"), "proceedsTotal") for item in nodes]
    amounts = _sum_up(whole, parts)
    currency = amounts.currency or _price_currency(nodes) or ""
    included = _tax_is_included(amounts)
    raw_status, status = _status(node)
    lines = tuple(
        _line(item, proceeds, raw_status, included=included) for item, proceeds in zip(nodes, parts, strict=True)
    )
    buyer = part(node, "buyer") or {}
    address = _address(part(part(node, "recipient") or {}, "deliveryAddress"))
    problems = []
    unpriced = amounts.total is None or any(line.subtotal_minor is None and line.quantity for line in lines)
    if unpriced and status != "pending":  # prices come with the payment
        problems.append("price_missing")
    if currency not in CURRENCIES and (currency or status != "pending"):
        problems.append("currency_unknown")
    if raw_status.startswith("UNFULFILLABLE"):
        problems.append("unfulfillable")
    return RemoteOrder(
        channel_order_id=order_id,
        number=order_id,
        raw_status=raw_status,
        status=status,
        ordered_at=moment(node, "createdTime"),
        updated_at=moment(node, "lastUpdatedTime"),
        currency=currency,
        lines=lines,
        raw=node,
        url=f"https://sellercentral.amazon.com/orders-v3/order/{order_id}",
        buyer_name=text(buyer, "buyerName"),
        buyer_email=text(buyer, "buyerEmail"),
        buyer_phone=address.phone if address else None,
        buyer_reference=text(buyer, "buyerPurchaseOrderNumber"),
        shipping_address=address,
        subtotal_minor=amounts.goods,
        shipping_minor=amounts.charges,
        tax_minor=amounts.tax,
        discount_minor=amounts.discount,
        total_minor=amounts.total,
        refunded_minor=None,
        prices_include_tax=included,
        sent_by_channel=text(part(node, "fulfillment") or {}, "fulfilledBy") == "AMAZON",
        cancel_requested=status != "cancelled" and any(_wishes_to_cancel(item) for item in nodes),
        problems=tuple(problems),
    )


def is_of_amazon(node: Any) -> bool:
    """Whether the order was placed at Amazon; so is one that does not say."""
    channel = node.get("salesChannel") if isinstance(node, dict) else None
    return not isinstance(channel, dict) or channel.get("channelName") in (None, "AMAZON")


def with_refunds(order: RemoteOrder, refunded_minor: int) -> RemoteOrder:
    """The order once it is known what was refunded: of a cancelled one the amount alone counts."""
    order = replace(order, refunded_minor=refunded_minor)
    if refunded_minor <= 0 or order.status in (None, "pending", "cancelled"):
        return order
    everything = order.total_minor is not None and refunded_minor >= order.total_minor
    word: OrderStatus = "refunded" if everything else "partially_refunded"
    return replace(order, status=word, raw_status=f"{order.raw_status}/{word.upper()}")


def _status(node: dict[str, Any]) -> tuple[str, OrderStatus | None]:
    raw = text(part(node, "fulfillment") or {}, "fulfillmentStatus")
    if raw is None:
        raise Odd("fulfillment.fulfillmentStatus is missing")
    packages = entries(node, "packages") if node.get("packages") is not None else []
    words = [text(part(package, "packageStatus") or {}, "status") for package in packages]
    travelling = [word for word in words if word != "CANCELLED"]
    if raw == "SHIPPED" and travelling and all(word == "DELIVERED" for word in travelling):
        return f"{raw}/DELIVERED", "delivered"
    return raw, STATUSES.get(raw)


def _line(item: dict[str, Any], proceeds: _Proceeds, raw_status: str, *, included: bool) -> RemoteLine:
    product = part(item, "product") or {}
    quantity = count(item, "quantityOrdered")
    price = _money(part(part(product, "price") or {}, "unitPrice"))[0]
    subtotal = proceeds.goods
    if subtotal is None and price is not None:
        subtotal = price * quantity
    if price is None and subtotal is not None and quantity and subtotal % quantity == 0:
        price = subtotal // quantity
    total = None
    if subtotal is not None:
        total = subtotal - proceeds.goods_discount + (0 if included else proceeds.goods_tax)
    shipped, cancelled = _quantities(item, quantity, raw_status)
    item_id, sku, asin = identifier(item, "orderItemId"), text(product, "sellerSku"), text(product, "asin")
    return RemoteLine(
        channel_line_id=item_id,
        title=text(product, "title") or sku or asin or item_id,
        quantity=quantity,
        sku=sku,
        channel_product_id=asin,
        unit_price_minor=price,
        subtotal_minor=subtotal,
        discount_minor=proceeds.goods_discount,
        tax_minor=proceeds.goods_tax,
        total_minor=total,
        shipped_quantity=shipped,
        cancelled_quantity=cancelled,
    )


def _quantities(item: dict[str, Any], quantity: int, raw_status: str) -> tuple[int, int]:
    """Shipped and cancelled units. What is neither sent nor to be sent was cancelled, if anything says cancelled."""
    told = part(item, "fulfillment") or {}
    shipped = count(told, "quantityFulfilled") if told.get("quantityFulfilled") is not None else 0
    shipped = min(shipped, quantity)
    whole = raw_status.startswith(("CANCELLED", "UNFULFILLABLE"))
    executed = bool((part(item, "cancellation") or {}).get("cancellationExecution"))
    if not whole and not executed:
        return shipped, 0
    open_ = count(told, "quantityUnfulfilled") if told.get("quantityUnfulfilled") is not None else 0
    return shipped, max(0, quantity - shipped - (0 if whole else open_))


def _wishes_to_cancel(item: dict[str, Any]) -> bool:
    cancellation = part(item, "cancellation") or {}
    return bool(cancellation.get("cancellationRequest")) and not cancellation.get("cancellationExecution")


def _proceeds(node: dict[str, Any] | None, total_name: str) -> _Proceeds:
    if node is None:
        return _Proceeds()
    total, currency = _money(part(node, total_name))
    sums: dict[str, int] = {}
    of_goods: dict[str, int] = {}
    for breakdown in entries(node, "breakdowns") if node.get("breakdowns") is not None else ():
        kind = text(breakdown, "type") or ""
        amount, said = _money(part(breakdown, "subtotal"))
        if amount is None:
            continue
        currency = currency or said
        sums[kind] = sums.get(kind, 0) + amount
        of_goods[kind] = of_goods.get(kind, 0) + _share_of_goods(breakdown, amount)
    others = [amount for kind, amount in sums.items() if kind not in (_GOODS, "TAX", "DISCOUNT")]
    return _Proceeds(
        currency=currency,
        total=total,
        goods=sums.get(_GOODS),
        charges=sum(others),
        tax=sums.get("TAX", 0),
        discount=abs(sums.get("DISCOUNT", 0)),
        goods_tax=of_goods.get("TAX", 0),
        goods_discount=abs(of_goods.get("DISCOUNT", 0)),
    )


def _share_of_goods(breakdown: dict[str, Any], amount: int) -> int:
    """What of a tax or discount is on the goods, as far as it is said; else all of it."""
    details = entries(breakdown, "detailedBreakdowns") if breakdown.get("detailedBreakdowns") else []
    if not details:
        return amount
    values = [_money(part(one, "value"))[0] or 0 for one in details if text(one, "subtype") in (_GOODS, "DISCOUNT")]
    return sum(values)


def _sum_up(whole: _Proceeds, parts: list[_Proceeds]) -> _Proceeds:
    """The order's own proceeds; what they do not say, as the sum of the lines'."""
    goods = [one.goods for one in parts]
    totals = [one.total for one in parts]
    known_goods = [amount for amount in goods if amount is not None]
    known_totals = [amount for amount in totals if amount is not None]
    said = whole.goods is not None
    return _Proceeds(
        currency=whole.currency or next((one.currency for one in parts if one.currency), None),
        total=whole.total
        if whole.total is not None
        else (sum(known_totals) if parts and len(known_totals) == len(parts) else None),
        goods=whole.goods if said else (sum(known_goods) if parts and len(known_goods) == len(parts) else None),
        charges=whole.charges if said else sum(one.charges for one in parts),
        tax=whole.tax if said else sum(one.tax for one in parts),
        discount=whole.discount if said else sum(one.discount for one in parts),
    )


def _tax_is_included(amounts: _Proceeds) -> bool:
    """Whether the total adds up without the tax. Where it adds up neither way, tax is on top, as it is documented."""
    if not amounts.tax or amounts.goods is None or amounts.total is None:
        return not amounts.tax
    return amounts.total == amounts.goods + amounts.charges - amounts.discount


def _money(node: dict[str, Any] | None) -> tuple[int | None, str | None]:
    """Minor units and currency of {amount, currencyCode}."""
    if node is None:
        return None, None
    currency = text(node, "currencyCode")
    return minor(node, "amount", currency or ""), currency


def _price_currency(items: list[dict[str, Any]]) -> str | None:
    for item in items:
        price = part(part(part(item, "product") or {}, "price") or {}, "unitPrice")
        if price and (currency := text(price, "currencyCode")):
            return currency
    return None


def _address(node: dict[str, Any] | None) -> RemoteAddress | None:
    if node is None:
        return None
    lines = [text(node, f"addressLine{number}") for number in (1, 2, 3)]
    country = text(node, "countryCode")
    return RemoteAddress(
        name=text(node, "name"),
        organization=text(node, "companyName"),
        street=tuple(line for line in lines if line),
        postal_code=text(node, "postalCode"),
        city=text(node, "city"),
        region=text(node, "stateOrRegion"),
        country=country.upper() if country else None,
        phone=text(node, "phone"),
    )
