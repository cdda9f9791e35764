"""Plausible orders and shipments, and what a person may hand in or change."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from orion.kernel import currency_exponent
from orion.simulators.kit import Article, Buyer
from orion.simulators.kit.book import Entry, stamp

STATUSES = ("PENDING", "PAID", "PAID", "PAID", "PAID", "PROCESSING")
_SHIPPING = 590
_FREE_FROM = 5000


def amount(cents: int) -> str:
    """Cents as Letzshop writes amounts: "12.50"."""
    return str(Decimal(cents).scaleb(-2))


def make_order(random: Random, number: int, buyer: Buyer, articles: list[tuple[Article, int]], at: datetime) -> Entry:
    """An order in EUR; prices include 17 % of tax, as in Luxembourg."""
    subtotal = sum(article.price_minor * quantity for article, quantity in articles)
    shipping = 0 if subtotal >= _FREE_FROM else _SHIPPING
    total = subtotal + shipping
    return {
        "id": f"ord_{number:08}",
        "orderNumber": f"L{100000 + number}",
        "status": random.choice(STATUSES),
        "createdAt": stamp(at),
        "updatedAt": stamp(at),
        "customer": {
            "email": buyer.email,
            "firstName": buyer.first_name,
            "lastName": buyer.last_name,
            "phone": buyer.phone,
        },
        "shippingAddress": {
            "street": buyer.street,
            "city": buyer.city,
            "postalCode": buyer.postal_code,
            "country": buyer.country,
        },
        "items": [
            {
                "product": {"id": f"prd_{article.sku}", "sku": article.sku, "name": article.title},
                "quantity": quantity,
                "unitPrice": amount(article.price_minor),
                "totalPrice": amount(article.price_minor * quantity),
            }
            for article, quantity in articles
        ],
        "totals": {
            "subtotal": amount(subtotal),
            "shipping": amount(shipping),
            "tax": amount(round(Decimal(total) * 17 / 117)),
            "total": amount(total),
            "currency": "EUR",
        },
        "fulfillment": None,
    }


def make_shipment(number: int, buyer: Buyer, articles: list[tuple[Article, int]], at: datetime) -> Entry:
    """A shipment that nobody has confirmed; one inventory unit for each piece."""
    pieces = [article for article, quantity in articles for _ in range(quantity)]
    address = {
        "firstName": buyer.first_name,
        "lastName": buyer.last_name,
        "company": None,
        "street": buyer.street,
        "postalCode": buyer.postal_code,
        "city": buyer.city,
        "country": buyer.country,
        "phone": buyer.phone,
    }
    goods = sum(article.price_minor for article in pieces)
    shipping = 0 if goods >= _FREE_FROM else _SHIPPING
    return {
        "id": f"shp_{number:08}",
        "number": f"H{100000 + number}",
        "state": "UNCONFIRMED",
        "createdAt": stamp(at),
        "updatedAt": stamp(at),
        "order": {
            "id": f"bsk_{number:08}",
            "number": f"R{100000 + number}",
            "email": buyer.email,
            "shipAddress": address,
            "billAddress": address,
        },
        "inventoryUnits": [
            {
                "id": f"unt_{number:08}_{place}",
                "state": "UNCONFIRMED",
                "sku": article.sku,
                "gtin": article.gtin,
                "name": article.title,
                "productId": f"prd_{article.sku}",
                "price": amount(article.price_minor),
            }
            for place, article in enumerate(pieces, 1)
        ],
        "shippingCost": amount(shipping),
        "total": amount(goods + shipping),
        "currency": "EUR",
        "tracking": None,
    }


def place_in_time(random: Random, now: datetime, spread: timedelta) -> datetime:
    """Now, or some moment in the stretch before it."""
    return now - spread * random.random() if spread else now


def truth_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An order or a shipment as `truth` tells it."""
    if "items" in entry:
        total, currency = entry["totals"]["total"], entry["totals"]["currency"]
        number, status = entry["orderNumber"], entry["status"]
        pieces = [(item["product"], item["quantity"], item["unitPrice"]) for item in entry["items"]]
    else:
        total, currency, number, status = entry["total"], entry["currency"], entry["number"], entry["state"]
        pieces = [(unit, 1, unit["price"]) for unit in entry["inventoryUnits"]]
    return {
        "id": entry["id"],
        "number": number,
        "status": status,
        "updated_at": entry["updatedAt"],
        "currency": currency,
        "total_minor": _minor(total, currency),
        "lines": [
            {
                "id": piece["id"],
                "sku": piece["sku"],
                "quantity": quantity,
                "unit_price_minor": _minor(price, currency),
                "total_minor": _minor(price, currency, quantity),
            }
            for piece, quantity, price in pieces
        ],
    }


def _minor(text: Any, currency: str, quantity: int = 1) -> int | None:
    return None if text is None else int(Decimal(str(text)).scaleb(currency_exponent(currency))) * quantity
