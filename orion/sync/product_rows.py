"""Products as channels tell them, as rows that the catalogue takes in."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson
import polars as pl

from orion.catalog import AVAILABILITIES, GOOGLE_ATTRIBUTES
from orion.channels import RemoteProduct
from orion.kernel import CURRENCIES, LANGUAGES, Money, parse_condition, parse_gtin
from orion.sync.readers import Counts

MAX_ID = 255
MAX_BRAND = 255

_TYPES: dict[str, type[pl.DataType]] = {"flag": pl.Boolean, "number": pl.Int64}
_MONEY = ("price_minor", "sale_price_minor", "currency")
_COMMON = ("gtin", "availability", "is_digital", "attributes")


def frame_of(products: Sequence[RemoteProduct], counts: Counts) -> tuple[pl.DataFrame, list[str]]:
    """The rows, and which columns of marketplace products they speak of; what no table can hold goes to `counts`.

    Of the same product twice the later one counts. What we pay for one unit is `cost_of_goods_sold`: what a store asks
    for it is the store's business. Where none of them has a GTIN, nothing is said of GTINs. Attributes that are none
    of Google's are kept in `attributes`, with all quantities' prices in `tiers`.
    """
    rows: dict[str, dict[str, Any]] = {}
    for product in products:
        problem = _problem(product)
        if problem:
            counts.refused.append((product.channel_product_id[:MAX_ID], problem))
        else:
            rows[product.channel_product_id] = _row(product)
    named = {name for row in rows.values() for name in row["google"]}
    priced = any(row["price_minor"] is not None for row in rows.values())
    common = [name for name in _COMMON if name != "gtin" or any(row["gtin"] for row in rows.values())]
    columns = [*common, *(name for name in GOOGLE_ATTRIBUTES if name in named and name not in _COMMON)]
    columns += _MONEY if priced else ()
    names = ("title", "description", *columns)
    data: dict[str, list[Any]] = {"marketplace_product_id": list(rows)}
    data |= {name: [row[name] if name in row else row["google"].get(name) for row in rows.values()] for name in names}
    schema: dict[str, type[pl.DataType]] = {}
    for name in data:
        kind = GOOGLE_ATTRIBUTES.get(name, "text")
        schema[name] = _TYPES.get(kind, pl.String)
    schema |= {"is_digital": pl.Boolean}
    schema |= {name: pl.Int64 for name in ("price_minor", "sale_price_minor") if name in data}
    return pl.DataFrame(data, schema=schema), columns


def language_of(product: RemoteProduct) -> str:
    """The language of the product's texts; English for one that we do not speak."""
    return product.language if product.language in LANGUAGES else "en"


def _problem(product: RemoteProduct) -> str | None:
    if not product.channel_product_id or len(product.channel_product_id) > MAX_ID:
        return f"The product's id is empty, or longer than {MAX_ID} characters."
    if not product.title.strip():
        return "The product has no title."
    return None


def _row(product: RemoteProduct) -> dict[str, Any]:
    google: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, value in product.attributes.items():
        if name in GOOGLE_ATTRIBUTES and (fit := _fit(name, value)) is not None:
            google[name] = fit
        elif value is not None and name not in GOOGLE_ATTRIBUTES:
            others[name] = value
    if product.tiers:
        others["tiers"] = [asdict(tier) for tier in product.tiers]
        first = min(product.tiers, key=lambda tier: tier.from_quantity)
        if currency := _currency(product):
            google["cost_of_goods_sold"] = f"{Money(first.price_minor, currency)} {currency}"
    if product.sku:
        others["sku"] = product.sku
    currency = _currency(product)
    return {
        "title": _text(product.title.strip()),
        "description": _text(product.description) if product.description else None,
        "gtin": parse_gtin(product.gtin).value if product.gtin else None,
        "availability": _availability(product),
        "is_digital": product.is_digital,
        "attributes": orjson.dumps(others, default=str).decode().replace("\\u0000", "") if others else None,
        "price_minor": product.price_minor if currency else None,
        "sale_price_minor": None,
        "currency": currency if product.price_minor is not None else None,
        "google": google,
    }


def _currency(product: RemoteProduct) -> str | None:
    return product.currency if product.currency in CURRENCIES else None


def _availability(product: RemoteProduct) -> str | None:
    if product.availability in AVAILABILITIES:
        return product.availability
    if product.quantity is None:
        return None
    return "in_stock" if product.quantity > 0 else "out_of_stock"


def _fit(name: str, value: Any) -> Any:
    """The value as its column takes it; None for what does not fit."""
    kind = GOOGLE_ATTRIBUTES[name]
    if kind == "list":
        texts = [value] if isinstance(value, str) else value
        return orjson.dumps([_text(str(text)) for text in texts]).decode() if isinstance(texts, list | tuple) else None
    if kind == "flag":
        return value if isinstance(value, bool) else None
    if kind == "number":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if kind == "moment" or not isinstance(value, str):
        return None
    if name == "condition":
        return parse_condition(value).value
    return _text(value)[:MAX_BRAND] if name == "brand" else _text(value)


def _text(text: str) -> str:
    return text.replace("\0", "\ufffd")
