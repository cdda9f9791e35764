"""Plausible orders, in the words of the Orders API 2026-01-01, and what may be done to one."""

import copy
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from orion.kernel import currency_exponent
from orion.simulators.kit import Article, Buyer, stamp

Order = dict[str, Any]

MARKETPLACES = {
    "A1PA6795UKMFR9": ("Amazon.de", "DE", "EUR", "de_DE", "www.amazon.de"),
    "A13V1IB3VIYZZH": ("Amazon.fr", "FR", "EUR", "fr_FR", "www.amazon.fr"),
    "AMEN7PMS3EDWL": ("Amazon.com.be", "BE", "EUR", "fr_BE", "www.amazon.com.be"),
    "A1F83G8C2ARO7P": ("Amazon.co.uk", "GB", "GBP", "en_GB", "www.amazon.co.uk"),
    "ATVPDKIKX0DER": ("Amazon.com", "US", "USD", "en_US", "www.amazon.com"),
}
"""Where the simulated seller sells: name, country, currency, language, domain."""

STATUSES = (
    "PENDING_AVAILABILITY",
    "PENDING",
    "UNSHIPPED",
    "PARTIALLY_SHIPPED",
    "SHIPPED",
    "CANCELLED",
    "UNFULFILLABLE",
)
PACKAGE_STATUSES = ("PENDING", "IN_TRANSIT", "SHIPPED", "DELIVERED", "CANCELLED", "UNDELIVERABLE")
_NEW = ("PENDING", "UNSHIPPED", "UNSHIPPED", "UNSHIPPED", "UNSHIPPED", "UNSHIPPED")
_SHIPPING = 499
_FREE_FROM = 3900


def money(minor: int, currency: str) -> dict[str, str]:
    """An amount as Amazon writes it."""
    exponent = currency_exponent(currency)
    return {"amount": str(Decimal(minor).scaleb(-exponent)), "currencyCode": currency}


def minor(amount: Any) -> int:
    """The minor units of an amount as Amazon writes it."""
    return int(Decimal(amount["amount"]).scaleb(currency_exponent(amount["currencyCode"])))


def asin_of(sku: str) -> str:
    """The ASIN under which a SKU is listed."""
    return "B0" + f"{sum((place + 1) * ord(letter) * 7919 for place, letter in enumerate(sku)) % 10**8:08}"


def make_order(
    random: Random,
    number: int,
    buyer: Buyer,
    articles: list[tuple[Article, int]],
    at: datetime,
    marketplace_id: str,
    *,
    tax_percent: int = 0,
    fulfilled_by: str = "MERCHANT",
) -> Order:
    """An order of that marketplace; of one that Amazon fulfils it tells neither the buyer's e-mail nor their phone.

    Prices hold the tax, as in the examples for European marketplaces; with `tax_percent` it comes on top, as in the US.
    """
    name, country, currency, _, _ = MARKETPLACES[marketplace_id]
    goods = sum(article.price_minor * quantity for article, quantity in articles)
    shipping = 0 if goods >= _FREE_FROM else _SHIPPING
    items = []
    for place, (article, quantity) in enumerate(articles, 1):
        amounts = {"ITEM": article.price_minor * quantity, "SHIPPING": shipping if place == 1 else 0}
        amounts["TAX"] = round(Decimal(sum(amounts.values())) * tax_percent / 100)
        items.append(_item(f"{number:011}{place:03}", article, quantity, amounts, currency))
    status = random.choice(_NEW)
    order: Order = {
        "orderId": f"{random.randrange(300, 409)}-{number:07}-{random.randrange(10**7):07}",
        "createdTime": stamp(at),
        "lastUpdatedTime": stamp(at),
        "programs": [],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": marketplace_id, "marketplaceName": name},
        "buyer": {
            "buyerName": f"{buyer.first_name} {buyer.last_name}",
            "buyerEmail": f"{buyer.email.split('@')[0]}@marketplace.amazon.{country.lower()}",
        },
        "recipient": {
            "deliveryAddress": {
                "name": f"{buyer.first_name} {buyer.last_name}",
                "addressLine1": buyer.street,
                "city": buyer.city,
                "postalCode": buyer.postal_code,
                "countryCode": buyer.country,
                "phone": buyer.phone,
                "addressType": "RESIDENTIAL",
            }
        },
        "fulfillment": {
            "fulfillmentStatus": status,
            "fulfilledBy": fulfilled_by,
            "fulfillmentServiceLevel": "STANDARD",
            "shipByWindow": {
                "earliestDateTime": stamp(at),
                "latestDateTime": stamp(at + timedelta(days=2)),
            },
        },
        "orderItems": items,
        "packages": [],
    }
    if fulfilled_by == "AMAZON":
        del order["buyer"]["buyerEmail"], order["recipient"]["deliveryAddress"]["phone"]
    return add_up(order)


def _item(item_id: str, article: Article, quantity: int, amounts: dict[str, int], currency: str) -> dict[str, Any]:
    return {
        "orderItemId": item_id,
        "quantityOrdered": quantity,
        "product": {
            "asin": asin_of(article.sku),
            "title": article.title,
            "sellerSku": article.sku,
            "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
            "price": {"unitPrice": money(article.price_minor, currency)},
        },
        "proceeds": {
            "proceedsTotal": money(sum(amounts.values()), currency),
            "breakdowns": [
                {"type": kind, "subtotal": money(amount, currency)} for kind, amount in amounts.items() if amount
            ],
        },
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": quantity},
    }


def add_up(order: Order) -> Order:
    """The order with the proceeds that its items make."""
    sums: dict[str, int] = {}
    currency = None
    for item in order["orderItems"]:
        for part in item.get("proceeds", {}).get("breakdowns", []):
            currency = part["subtotal"]["currencyCode"]
            sums[part["type"]] = sums.get(part["type"], 0) + minor(part["subtotal"])
    if currency:
        total = sum(-abs(amount) if kind == "DISCOUNT" else amount for kind, amount in sums.items())
        breakdowns = [{"type": kind, "subtotal": money(amount, currency)} for kind, amount in sums.items()]
        order["proceeds"] = {"grandTotal": money(total, currency), "breakdowns": breakdowns}
    return order


def settle(order: Order) -> Order:
    """The order with the quantities and the status that its packages make of it."""
    sent: dict[str, int] = {}
    for package in order.get("packages", []):
        for part in package.get("packageItems", []):
            sent[part["orderItemId"]] = sent.get(part["orderItemId"], 0) + part["quantity"]
    for item in order["orderItems"]:
        done = min(sent.get(item["orderItemId"], 0), item["quantityOrdered"])
        item["fulfillment"] = {
            **item.get("fulfillment", {}),
            "quantityFulfilled": done,
            "quantityUnfulfilled": item["quantityOrdered"] - done,
        }
    left = sum(item["fulfillment"]["quantityUnfulfilled"] for item in order["orderItems"])
    order["fulfillment"]["fulfillmentStatus"] = "PARTIALLY_SHIPPED" if left else "SHIPPED"
    return order


def changed(order: Order, changes: dict[str, Any]) -> Order:
    """The order with changes.

    These are `status` (with the quantities that go with it), `package_status` of all packages, `cancel_requested`, or
    whole fields by their names. Raises ValueError.
    """
    order = copy.deepcopy(order)
    for name, value in changes.items():
        if name == "status":
            _set_status(order, value)
        elif name == "package_status":
            if value not in PACKAGE_STATUSES:
                raise ValueError(f"package_status is one of {', '.join(PACKAGE_STATUSES)}")
            for package in order["packages"]:
                package["packageStatus"] = {"status": value}
        elif name == "cancel_requested":
            wish = {"cancellationRequest": {"requester": "BUYER", "cancelReason": "NO_LONGER_NEEDED"}} if value else {}
            for item in order["orderItems"]:
                item["cancellation"] = wish
        elif name in order and name != "orderId":
            order[name] = value
        else:
            raise ValueError(f"{name} cannot be changed")
    return order


def _set_status(order: Order, status: Any) -> None:
    if not isinstance(status, str):
        raise ValueError("status is a text")
    order["fulfillment"]["fulfillmentStatus"] = status
    for item in order["orderItems"]:
        quantity = item["quantityOrdered"]
        if status == "SHIPPED":
            item["fulfillment"] = {"quantityFulfilled": quantity, "quantityUnfulfilled": 0}
        elif status in ("CANCELLED", "UNFULFILLABLE"):
            done = item["fulfillment"]["quantityFulfilled"]
            item["fulfillment"] = {"quantityFulfilled": done, "quantityUnfulfilled": 0}
            item["cancellation"] = {"cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "BUYER_CANCELED"}}
    if status == "SHIPPED" and not order.get("packages") and order["fulfillment"].get("fulfilledBy") != "AMAZON":
        order["packages"] = [
            {
                "packageReferenceId": "1",
                "packageStatus": {"status": "SHIPPED"},
                "carrier": "DHL",
                "trackingNumber": "SIM" + order["orderId"].replace("-", ""),
                "packageItems": [
                    {"orderItemId": item["orderItemId"], "quantity": item["quantityOrdered"]}
                    for item in order["orderItems"]
                ],
            }
        ]


def truth_of(order: Order, refunded: int) -> dict[str, Any]:
    """An order as `truth` tells it; `status` is the fulfilment's, then what packages and refunds make of it."""
    order = without_amounts(order)
    proceeds = order.get("proceeds", {})
    total = proceeds.get("grandTotal")
    status = order["fulfillment"]["fulfillmentStatus"]
    packages = [package.get("packageStatus", {}).get("status") for package in order.get("packages", [])]
    if status == "SHIPPED" and packages and set(packages) == {"DELIVERED"}:
        status += "/DELIVERED"
    return {
        "id": order["orderId"],
        "number": order["orderId"],
        "status": status,
        "updated_at": order["lastUpdatedTime"],
        "currency": total["currencyCode"] if total else "XXX",
        "total_minor": minor(total) if total else None,
        "refunded_minor": refunded,
        "lines": [_line_truth(item) for item in order["orderItems"]],
    }


def _line_truth(item: dict[str, Any]) -> dict[str, Any]:
    product = item["product"]
    price = product.get("price", {}).get("unitPrice")
    parts = {part["type"]: minor(part["subtotal"]) for part in item.get("proceeds", {}).get("breakdowns", [])}
    return {
        "id": item["orderItemId"],
        "sku": product.get("sellerSku"),
        "quantity": item["quantityOrdered"],
        "unit_price_minor": minor(price) if price else None,
        "total_minor": parts.get("ITEM"),
    }


def without_amounts(order: Order) -> Order:
    """The order as it is told before its payment is authorised: without prices, as it is documented of Orders v0."""
    if order["fulfillment"]["fulfillmentStatus"] not in ("PENDING", "PENDING_AVAILABILITY"):
        return order
    bare = {name: value for name, value in order.items() if name != "proceeds"}
    bare["orderItems"] = [
        {name: value for name, value in item.items() if name != "proceeds"}
        | {"product": {name: value for name, value in item["product"].items() if name != "price"}}
        for item in order["orderItems"]
    ]
    return bare


def without_personal_data(order: Order) -> Order:
    """The order as an app without the restricted roles gets it."""
    bare = {**order}
    if "buyer" in bare:
        bare["buyer"] = {
            name: value for name, value in bare["buyer"].items() if name not in ("buyerName", "buyerEmail")
        }
    if address := bare.get("recipient", {}).get("deliveryAddress"):
        kept = ("city", "stateOrRegion", "countryCode", "addressType")
        bare["recipient"] = {"deliveryAddress": {name: address[name] for name in kept if name in address}}
    return bare


_OF_ORDER = {
    "BUYER": "buyer",
    "RECIPIENT": "recipient",
    "PROCEEDS": "proceeds",
    "FULFILLMENT": "fulfillment",
    "PACKAGES": "packages",
    "TAX": "tax",
    "PAYMENT": "payment",
    "FULFILLMENT_ORDERS": "fulfillmentOrders",
}
_OF_ITEM = {
    "PROCEEDS": "proceeds",
    "EXPENSE": "expense",
    "PROMOTION": "promotion",
    "CANCELLATION": "cancellation",
    "FULFILLMENT": "fulfillment",
    "TAX": "tax",
}
DATA_SETS = (*_OF_ORDER, "EXPENSE", "PROMOTION", "CANCELLATION")


def included(order: Order, data_sets: list[str]) -> Order:
    """The order with these data sets alone."""
    hidden = {name for data_set, name in _OF_ORDER.items() if data_set not in data_sets}
    hidden_of_items = {name for data_set, name in _OF_ITEM.items() if data_set not in data_sets}
    shown = {name: value for name, value in order.items() if name not in hidden}
    if isinstance(items := shown.get("orderItems"), list):
        shown["orderItems"] = [
            {name: value for name, value in item.items() if name not in hidden_of_items} for item in items
        ]
    return shown
