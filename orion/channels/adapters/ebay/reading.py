"""An order of the Fulfillment API as an order of ours.

Amounts: the contract's `pricingSummary` adds up as priceSubtotal + priceDiscount (negative) + adjustment + deliveryCost
+ deliveryDiscount (negative) + tax + fee = total. Tax that eBay collects and remits is a part of it only with the tax
breakdown, for which we ask (fieldGroups=TAX_BREAKDOWN).
"""

from typing import Any

from orion.channels.adapters import values
from orion.channels.adapters.values import Odd
from orion.channels.ports import RemoteAddress, RemoteLine, RemoteOrder
from orion.kernel import OrderStatus

_PAYMENTS: dict[str, OrderStatus | None] = {
    "FULLY_REFUNDED": "refunded",
    "PARTIALLY_REFUNDED": "partially_refunded",
    "PENDING": "pending",
    "FAILED": "pending",
}
_FULFILLMENTS: dict[str, OrderStatus] = {
    "NOT_STARTED": "confirmed",
    "IN_PROGRESS": "processing",
    "FULFILLED": "shipped",
}
_CANCELS = ("NONE_REQUESTED", "IN_PROGRESS", "CANCELED")


def read_order(node: dict[str, Any]) -> RemoteOrder:
    """The order. Raises Odd."""
    order_id = values.identifier(node, "orderId")
    lines = values.entries(node, "lineItems")
    pricing = values.part(node, "pricingSummary") or {}
    currency, problems = _currency(pricing, lines)
    raw_status, status, cancel = _status(node)
    total = _amount(pricing, "total", currency)
    subtotal = _amount(pricing, "priceSubtotal", currency)
    delivery = _amount(pricing, "deliveryCost", currency) or 0
    off = sum(_amount(pricing, name, currency) or 0 for name in ("priceDiscount", "deliveryDiscount", "adjustment"))
    told_tax = (_amount(pricing, "tax", currency) or 0) + (_amount(pricing, "fee", currency) or 0)
    collected = sum(_collected_beside(line, currency) for line in lines)
    before_tax = None if subtotal is None else subtotal + delivery + off
    # What eBay collects is in the total, and not always in the tax beside it: the sum tells.
    is_beside = before_tax is not None and total == before_tax + told_tax + collected
    on_top = collected if is_beside else 0
    tax = told_tax + on_top
    if total is None:
        problems = (*problems, "price_missing")
    buyer = values.part(node, "buyer") or {}
    ship_to = _ship_to(node)
    registered = values.part(buyer, "buyerRegistrationAddress")
    ways = {values.text(step, "fulfillmentInstructionsType") for step in _listed(node, "fulfillmentStartInstructions")}
    digital = ways == {"DIGITAL"}
    shipping_address, billing_address = _address(ship_to), _address(registered)
    contact = ship_to or registered or {}
    return RemoteOrder(
        channel_order_id=order_id,
        number=order_id,
        raw_status=raw_status,
        status=status,
        ordered_at=values.moment(node, "creationDate"),
        updated_at=values.moment(node, "lastModifiedDate"),
        currency=currency,
        lines=tuple(
            _line(line, currency, cancelled=status == "cancelled", on_top=on_top > 0, digital=digital) for line in lines
        ),
        raw=node,
        buyer_name=values.text(contact, "fullName") or values.text(contact, "companyName"),
        buyer_email=values.text(contact, "email") or (values.text(registered, "email") if registered else None),
        buyer_phone=shipping_address.phone if shipping_address else None,
        buyer_reference=values.text(buyer, "username"),
        shipping_address=shipping_address,
        billing_address=billing_address,
        subtotal_minor=subtotal,
        shipping_minor=delivery,
        tax_minor=tax,
        discount_minor=-off,
        total_minor=total,
        refunded_minor=_refunded(node, currency, total),
        prices_include_tax=tax == 0,
        sent_by_channel=_is_sent_by_ebay(node, ways),
        cancel_requested=status != "cancelled" and (cancel == "IN_PROGRESS" or _asks_to_cancel(node)),
        problems=problems,
    )


def _status(node: dict[str, Any]) -> tuple[str, OrderStatus | None, str]:
    """Its three states in one text, what they mean (the first that decides it), and the state of its cancellation.

    Raises Odd.
    """
    payment, fulfillment = values.text(node, "orderPaymentStatus"), values.text(node, "orderFulfillmentStatus")
    if payment is None or fulfillment is None:
        raise Odd("orderPaymentStatus or orderFulfillmentStatus is missing")
    cancel = values.text(values.part(node, "cancelStatus"), "cancelState") or "NONE_REQUESTED"
    raw = "/".join([*([] if cancel == "NONE_REQUESTED" else [cancel]), payment, fulfillment])
    if cancel == "CANCELED":
        return raw, "cancelled", cancel
    if cancel not in _CANCELS:
        return raw, None, cancel
    if payment == "PAID":
        return raw, _FULFILLMENTS.get(fulfillment), cancel
    return raw, _PAYMENTS.get(payment), cancel


def _is_sent_by_ebay(node: dict[str, Any], ways: set[str | None]) -> bool:
    """Whether eBay or its partner sends it from a stock of theirs: the program says so, or every instruction does."""
    program = values.part(values.part(node, "program") or {}, "fulfillmentProgram") or {}
    return values.text(program, "fulfilledBy") == "EBAY" or ways == {"FULFILLED_BY_EBAY"}


def _asks_to_cancel(node: dict[str, Any]) -> bool:
    requests = (values.part(node, "cancelStatus") or {}).get("cancelRequests")
    if not isinstance(requests, list):
        return False
    return any(isinstance(one, dict) and one.get("cancelRequestState") == "REQUESTED" for one in requests)


def _line(node: dict[str, Any], currency: str, *, cancelled: bool, on_top: bool, digital: bool) -> RemoteLine:
    line_id, quantity = values.identifier(node, "lineItemId"), values.count(node, "quantity")
    cost = _amount(node, "lineItemCost", currency)
    reduced = _amount(node, "discountedLineItemCost", currency)
    discount = cost - reduced if cost is not None and reduced is not None else 0
    tax = sum(_amounts(node, "taxes", currency)) + (_collected_beside(node, currency) if on_top else 0)
    status = values.text(node, "lineItemFulfillmentStatus")
    sku = values.text(node, "sku")
    item, variation = values.text(node, "legacyItemId"), values.text(node, "legacyVariationId")
    # The price of one is the cost of all by their number, which eBay made it from.
    unit = divmod(cost, quantity) if cost is not None and quantity else None
    return RemoteLine(
        channel_line_id=line_id,
        title=values.text(node, "title") or sku or line_id,
        quantity=quantity,
        sku=sku,
        channel_product_id=f"{item}-{variation}" if item and variation else item,
        unit_price_minor=unit[0] if unit and not unit[1] else None,
        subtotal_minor=cost,
        discount_minor=discount,
        tax_minor=tax,
        total_minor=None if cost is None else cost - discount + tax,
        shipped_quantity=quantity if status == "FULFILLED" else 0,  # of a part that was sent, `parcels` says how many
        cancelled_quantity=quantity if cancelled else 0,
        refunded_minor=sum(_amounts(node, "refunds", currency)),
        is_digital=digital,
        raw_status=status,
    )


def _collected_beside(node: dict[str, Any], currency: str) -> int:
    """Tax that eBay collects for a line and that is not among its `taxes`."""
    told = {values.text(tax, "taxType") for tax in _listed(node, "taxes")}
    beside = [tax for tax in _listed(node, "ebayCollectAndRemitTaxes") if values.text(tax, "taxType") not in told]
    return sum(_amount(tax, "amount", currency) or 0 for tax in beside)


def _amounts(node: dict[str, Any], name: str, currency: str) -> list[int]:
    return [_amount(each, "amount", currency) or 0 for each in _listed(node, name)]


def _listed(node: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [] if node.get(name) is None else values.entries(node, name)


def _refunded(node: dict[str, Any], currency: str, total: int | None) -> int:
    """What the buyer has got back; refunds that are pending or failed are not.

    Those of the order as a whole stand in its payments, those of a line with the line, and either may be in both: by
    their ids they count once. They are without tax that eBay collects, so of an order that is wholly refunded the
    buyer got the total.
    """
    told = _listed(values.part(node, "paymentSummary") or {}, "refunds")
    of_lines = [one for line in values.entries(node, "lineItems") for one in _listed(line, "refunds")]
    known = {values.text(one, "refundId") for one in told}
    done = [one for one in told if one.get("refundStatus") in (None, "REFUNDED")]
    done += [one for one in of_lines if values.text(one, "refundId") not in known and (one.get("refundId") or not told)]
    refunded = sum(_amount(one, "amount", currency) or 0 for one in done)
    whole = values.text(node, "orderPaymentStatus") == "FULLY_REFUNDED"
    return max(refunded, total) if whole and total is not None else refunded


def _currency(pricing: dict[str, Any], lines: list[dict[str, Any]]) -> tuple[str, tuple[str, ...]]:
    """The currency of the total, or of the first line's cost; and the problem with it. Raises Odd."""
    amounts = [values.part(pricing, "total"), *(values.part(line, "lineItemCost") for line in lines)]
    first = next((amount for amount in amounts if amount and amount.get("currency")), None)
    if first is None:
        raise Odd("there is no currency")
    return values.currency(first)


def _amount(node: dict[str, Any], name: str, currency: str) -> int | None:
    """An Amount (`value` as text, `currency`) in minor units; None when there is none. Raises Odd."""
    amount = values.part(node, name)
    if amount is None:
        return None
    told = values.text(amount, "currency")
    if told not in (None, currency):
        raise Odd(f"{name} is in {told!r:.20}, and the order in {currency}")
    try:
        return values.minor(amount, "value", currency)
    except Odd as odd:
        raise Odd(f"{name}: {odd}") from None


def _ship_to(node: dict[str, Any]) -> dict[str, Any] | None:
    """Where the parcel goes, which may be a hub of eBay's that forwards it: then with the number it knows it by."""
    for each in _listed(node, "fulfillmentStartInstructions"):
        step = values.part(each, "shippingStep") or {}
        if found := values.part(step, "shipTo"):
            return {**found, "reference": values.text(step, "shipToReferenceId")}
    return None


def _address(contact: dict[str, Any] | None) -> RemoteAddress | None:
    if contact is None:
        return None
    node = values.part(contact, "contactAddress") or {}
    country = values.text(node, "countryCode")
    lines = [values.text(node, "addressLine1"), values.text(node, "addressLine2")]
    reference = values.text(contact, "reference")
    if reference and not any(line and reference in line for line in lines):
        lines.append(f"Reference {reference}")
    return RemoteAddress(
        name=values.text(contact, "fullName"),
        organization=values.text(contact, "companyName"),
        street=tuple(line for line in lines if line),
        postal_code=values.text(node, "postalCode"),
        city=values.text(node, "city"),
        region=values.text(node, "stateOrProvince") or values.text(node, "county"),
        country=country.upper() if country else None,
        phone=values.text(values.part(contact, "primaryPhone"), "phoneNumber"),
    )
