"""Plausible orders in the words of the Fulfillment API, and what a person may hand in or change."""

import copy
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from orion.kernel import amount_text, currency_exponent
from orion.simulators.ebay.login import USERNAME
from orion.simulators.kit import Article, Buyer

Order = dict[str, Any]

CURRENCIES = dict.fromkeys(("EBAY_DE", "EBAY_FR", "EBAY_IT"), "EUR") | {"EBAY_GB": "GBP", "EBAY_US": "USD"}
_SHIPPING = 490
_FREE_FROM = 5000


def moment_text(moment: datetime) -> str:
    """As eBay writes moments: in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def amount(minor: int, currency: str) -> dict[str, str]:
    """An Amount."""
    return {"value": amount_text(minor, currency), "currency": currency}


def minor(told: dict[str, Any] | None) -> int:
    """An Amount in minor units; 0 for none."""
    if told is None:
        return 0
    return int(Decimal(told["value"]).scaleb(currency_exponent(told["currency"])))


def make_order(
    random: Random,
    number: int,
    buyer: Buyer,
    basket: Sequence[tuple[Article, int]],
    at: datetime,
    marketplace: str,
    *,
    collected_tax_percent: int = 0,
    sent_by: str = "SELLER",
) -> Order:
    """A paid order; tax that eBay collects and remits comes on top, where there is any.

    `sent_by`: SELLER, EBAY (from a stock of its own, to where it does not tell) or HUB (the seller, to a hub of eBay's
    that sends it on abroad).
    """
    currency = CURRENCIES[marketplace]
    goods = sum(article.price_minor * quantity for article, quantity in basket)
    shipping = 0 if goods >= _FREE_FROM else _SHIPPING
    street, name = buyer.street, f"{buyer.first_name} {buyer.last_name}"
    address = {
        "addressLine1": street,
        "city": buyer.city,
        "postalCode": buyer.postal_code,
        "countryCode": buyer.country,
    }
    contact = {
        "fullName": name,
        "contactAddress": address,
        "primaryPhone": {"phoneNumber": buyer.phone},
        "email": buyer.email,
    }
    lines = []
    for place, (article, quantity) in enumerate(basket):
        cost = article.price_minor * quantity
        delivery = shipping if place == 0 else 0
        tax = round(Decimal(cost) * collected_tax_percent / 100)
        line: dict[str, Any] = {
            "lineItemId": f"{10_000_000_000 + number * 10 + place}",
            "legacyItemId": f"{110_000_000_000 + sum(article.sku.encode())}",
            "sku": article.sku,
            "title": article.title,
            "lineItemCost": amount(cost, currency),
            "quantity": quantity,
            "soldFormat": "FIXED_PRICE",
            "listingMarketplaceId": marketplace,
            "purchaseMarketplaceId": marketplace,
            "lineItemFulfillmentStatus": "NOT_STARTED",
            "total": amount(cost + delivery + tax, currency),
            "deliveryCost": {"shippingCost": amount(delivery, currency)},
            "appliedPromotions": [],
            "taxes": [],
            "refunds": [],
            "properties": {"buyerProtection": True},
            "lineItemFulfillmentInstructions": {
                "minEstimatedDeliveryDate": moment_text(at + timedelta(days=2)),
                "maxEstimatedDeliveryDate": moment_text(at + timedelta(days=5)),
                "shipByDate": moment_text(at + timedelta(days=1)),
                "guaranteedDelivery": False,
            },
        }
        if tax:
            line["taxes"] = [{"taxType": "VAT", "amount": amount(tax, currency)}]
            line["ebayCollectAndRemitTaxes"] = [
                {"taxType": "VAT", "amount": amount(tax, currency), "collectionMethod": "NET"}
            ]
        lines.append(line)
    order: Order = {
        "orderId": f"{number % 90 + 10:02}-{number // 90 + 10000:05}-{random.randrange(10**5):05}",
        "creationDate": moment_text(at),
        "lastModifiedDate": moment_text(at),
        "orderFulfillmentStatus": "NOT_STARTED",
        "orderPaymentStatus": "PAID",
        "sellerId": USERNAME,
        "buyer": {"username": f"buyer_{random.getrandbits(40):010x}", "buyerRegistrationAddress": contact},
        "pricingSummary": {},
        "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
        "paymentSummary": {"payments": [], "refunds": []},
        "fulfillmentStartInstructions": [
            {
                "fulfillmentInstructionsType": "SHIP_TO",
                "minEstimatedDeliveryDate": moment_text(at + timedelta(days=2)),
                "maxEstimatedDeliveryDate": moment_text(at + timedelta(days=5)),
                "ebaySupportedFulfillment": False,
                "shippingStep": {
                    "shipTo": contact,
                    "shippingCarrierCode": "DHL",
                    "shippingServiceCode": "DE_DHLPaket",
                },
            }
        ],
        "fulfillmentHrefs": [],
        "lineItems": lines,
        "salesRecordReference": str(number),
    }
    if any(line["taxes"] for line in lines):
        order["ebayCollectAndRemitTax"] = True
    way = order["fulfillmentStartInstructions"][0]
    if sent_by == "EBAY":
        order["program"] = {"fulfillmentProgram": {"fulfilledBy": "EBAY"}}
        way["fulfillmentInstructionsType"] = "FULFILLED_BY_EBAY"
        del way["shippingStep"]["shipTo"]
    elif sent_by == "HUB":
        hub = {"addressLine1": "1, Hub Road", "city": "Halle", "postalCode": "06116", "countryCode": "DE"}
        way |= {"ebaySupportedFulfillment": True, "finalDestinationAddress": address}
        step = {"shipTo": {**contact, "contactAddress": hub}, "shipToReferenceId": f"{900_000 + number}"}
        way["shippingStep"] |= step
    add_up(order)
    return order


def add_up(order: Order) -> None:
    """Make the summaries what the lines say."""
    lines = order["lineItems"]
    currency = lines[0]["lineItemCost"]["currency"]
    goods = sum(minor(line["lineItemCost"]) for line in lines)
    discount = goods - sum(minor(line.get("discountedLineItemCost", line["lineItemCost"])) for line in lines)
    delivery = sum(minor(line["deliveryCost"]["shippingCost"]) for line in lines)
    off_delivery = sum(minor(line["deliveryCost"].get("discountAmount")) for line in lines)
    tax = sum(minor(each["amount"]) for line in lines for each in line["taxes"])
    total = goods - discount + delivery - off_delivery + tax
    pricing = {"priceSubtotal": amount(goods, currency), "deliveryCost": amount(delivery, currency)}
    if discount:
        pricing["priceDiscount"] = amount(-discount, currency)
    if off_delivery:
        pricing["deliveryDiscount"] = amount(-off_delivery, currency)
    if tax:
        pricing["tax"] = amount(tax, currency)
    order["pricingSummary"] = pricing | {"total": amount(total, currency)}
    paid = {
        "paymentMethod": "EBAY",
        "paymentReferenceId": f"pay-{order['orderId']}",
        "paymentDate": order["creationDate"],
        "amount": amount(total, currency),
        "paymentStatus": "PAID",
    }
    order["paymentSummary"] = {
        "totalDueSeller": amount(total, currency),
        "refunds": order["paymentSummary"].get("refunds", []),
        "payments": [paid],
    }


def status_of(order: Order) -> str:
    """The three states of an order in one text."""
    cancel = order["cancelStatus"]["cancelState"]
    states = [order["orderPaymentStatus"], order["orderFulfillmentStatus"]]
    return "/".join([*([] if cancel == "NONE_REQUESTED" else [cancel]), *states])


def shown(order: Order, *, breakdown: bool, alone: bool) -> Order:
    """The order as it is told: what eBay collects is in amounts only with the tax breakdown (fieldGroups).

    Requests to cancel come only with an order that is asked for `alone`.
    """
    told = order if alone else {**order, "cancelStatus": {**order["cancelStatus"], "cancelRequests": []}}
    if breakdown or not order.get("ebayCollectAndRemitTax"):
        return told
    told = copy.deepcopy(told)
    for line in told["lineItems"]:
        collected = {each["taxType"]: minor(each["amount"]) for each in line.get("ebayCollectAndRemitTaxes", ())}
        line["taxes"] = [each for each in line["taxes"] if each["taxType"] not in collected]
        line["total"] = amount(minor(line["total"]) - sum(collected.values()), line["total"]["currency"])
    add_up(told)
    return told


def truth_of(order: Order) -> dict[str, Any]:
    """An order as `truth` tells it; what eBay collects is part of it. Refunds are those that are done."""
    total = order["pricingSummary"]["total"]
    whole = order["orderPaymentStatus"] == "FULLY_REFUNDED"
    datetime.fromisoformat(order["creationDate"])
    return {
        "id": order["orderId"],
        "number": order["orderId"],
        "status": status_of(order),
        "updated_at": order["lastModifiedDate"],
        "currency": total["currency"],
        "total_minor": minor(total),
        "refunded_minor": max(refunded_of(order), minor(total) if whole else 0),
        "buyer_reference": order["buyer"]["username"],
        "lines": [
            {
                "id": line["lineItemId"],
                "sku": line.get("sku"),
                "quantity": line["quantity"],
                "unit_price_minor": minor(line["lineItemCost"]) // line["quantity"],
                "total_minor": minor(line.get("discountedLineItemCost", line["lineItemCost"]))
                + sum(minor(each["amount"]) for each in line["taxes"]),
            }
            for line in order["lineItems"]
        ],
    }


def changed(order: Order, changes: dict[str, Any], now: str) -> Order:
    """The order with fields replaced, or told what happened to it. Raises ValueError.

    `cancelState`; `cancel_request` (a reason); `refund` (an amount as text that the buyer gets; `refund_status`, and
    `refund_line`, the id of a line that it is of); statuses of fulfilment take the lines with them.
    """
    order, changes = copy.deepcopy(order), dict(changes)
    if state := changes.pop("cancelState", None):
        order["cancelStatus"]["cancelState"] = state
        if state == "CANCELED":
            order["cancelStatus"]["cancelledDate"] = now
            for each in order["cancelStatus"]["cancelRequests"]:
                each |= {"cancelRequestState": "COMPLETED", "cancelCompletedDate": now}
    if reason := changes.pop("cancel_request", None):
        made = {
            "cancelRequestId": f"5{len(order['orderId'])}000001",
            "cancelInitiator": "BUYER",
            "cancelReason": reason,
            "cancelRequestState": "REQUESTED",
            "cancelRequestedDate": now,
        }
        order["cancelStatus"] |= {"cancelState": "IN_PROGRESS", "cancelRequests": [made]}
    status = changes.pop("refund_status", "REFUNDED")
    if (refund := changes.pop("refund", None)) is not None:
        _refund(order, str(refund), status, now, changes.pop("refund_line", None))
    for name, value in changes.items():
        if name not in order or name == "orderId":
            raise ValueError(f"{name} cannot be changed")
        order[name] = value
        if name == "orderFulfillmentStatus" and value in ("NOT_STARTED", "FULFILLED"):
            for line in order["lineItems"]:
                line["lineItemFulfillmentStatus"] = value
    return order


def _refund(order: Order, text: str, status: str, now: str, line_id: Any) -> None:
    """Told as what the seller gives: tax that eBay collects is not in it. That of a line stands with the line alone."""
    total = order["pricingSummary"]["total"]
    currency = total["currency"]
    given = Decimal(text).scaleb(currency_exponent(currency))
    collected = sum(
        minor(each["amount"]) for line in order["lineItems"] for each in line.get("ebayCollectAndRemitTaxes", ())
    )
    own = round(given * (minor(total) - collected) / minor(total))
    refunds = order["paymentSummary"]["refunds"]
    number = len(refunds) + sum(len(line["refunds"]) for line in order["lineItems"]) + 1
    refund = {
        "refundId": f"rfd-{number}",
        "refundDate": now,
        "refundReferenceId": f"ref-{order['orderId']}-{number}",
        "amount": amount(own, currency),
    }
    of_line = next((line for line in order["lineItems"] if line["lineItemId"] == line_id), None)
    if line_id is not None and of_line is None:
        raise ValueError(f"there is no line {line_id}")
    if of_line is not None:
        of_line["refunds"].append({name: refund[name] for name in ("refundDate", "refundId", "amount")})
    else:
        refunds.append(refund | {"refundStatus": status})
    if status == "REFUNDED":
        all_of_it = refunded_of(order) >= minor(total) - collected
        order["orderPaymentStatus"] = "FULLY_REFUNDED" if all_of_it else "PARTIALLY_REFUNDED"


def refunded_of(order: Order) -> int:
    """What the seller has given back, in minor units."""
    done = [each for each in order["paymentSummary"]["refunds"] if each["refundStatus"] == "REFUNDED"]
    of_lines = [each for line in order["lineItems"] for each in line["refunds"]]
    return sum(minor(each["amount"]) for each in [*done, *of_lines])
