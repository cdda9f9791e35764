"""A channel's order as rows: texts that fit, amounts that are known, and what would break a table refused in words."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from orion.channels import RemoteAddress, RemoteLine, RemoteOrder
from orion.kernel import parse_gtin
from orion.orders.search import search_text
from orion.orders.states import shipped_quantities
from orion.orders.totals import NO_CURRENCY, add_up, known_currency, line_amounts
from orion.plumbing.db.records import Json

MOST = 2**31 - 1
MOST_MINOR = 2**62

_AMOUNTS = ("subtotal_minor", "shipping_minor", "tax_minor", "discount_minor", "total_minor", "refunded_minor")
_LINE_AMOUNTS = (
    "unit_price_minor", "subtotal_minor", "tax_minor", "discount_minor", "total_minor", "refunded_minor",
)  # fmt: skip
_QUANTITIES = ("quantity", "shipped_quantity", "cancelled_quantity")
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def fingerprint(order: RemoteOrder) -> str:
    """The SHA-256 of everything that the channel says of the order."""
    return hashlib.sha256(orjson.dumps(order, default=_plain, option=_OPTIONS)).hexdigest()


def payload(order: RemoteOrder) -> Json:
    """The order word for word, as JSON that both databases keep: a NUL becomes U+FFFD."""
    raw = orjson.dumps(order.raw, default=_plain, option=_OPTIONS)
    return Json(_NUL.sub(rb"\1" + "\ufffd".encode(), raw) if b"\\u0000" in raw else raw)


def problem(order: RemoteOrder) -> str | None:
    """What keeps the order out of our tables, in words; None for one that can be taken in."""
    if not order.channel_order_id.strip():
        return "it has no id"
    for name in ("ordered_at", "updated_at"):
        if getattr(order, name).tzinfo is None:
            return f"its {name} has no time zone"
    if name := _too_large(order, _AMOUNTS):
        return f"its {name} is {getattr(order, name)}"
    for number, line in enumerate(order.lines, 1):
        if name := _too_large(line, _LINE_AMOUNTS):
            return f"its {name} of line {number} is {getattr(line, name)}"
        for name in _QUANTITIES:
            if not 0 <= getattr(line, name) <= MOST:
                return f"the {name} of line {number} is {getattr(line, name)}"
    return None


def _too_large(of: RemoteOrder | RemoteLine, names: tuple[str, ...]) -> str:
    """Which of the amounts no table can hold; empty for none."""
    for name in names:
        amount = getattr(of, name)
        if amount is not None and not -MOST_MINOR <= amount <= MOST_MINOR:
            return name
    return ""


def order_columns(
    order: RemoteOrder, lines: list[dict[str, Any]], stamp: str, now: datetime, *, refunded_before: int = 0
) -> dict[str, Any]:
    """What the channel says of the order, by column of ours; `lines` are those of `line_columns`."""
    currency = known_currency(order.currency)
    totals = add_up(order, lines)
    amounts = {
        "subtotal_minor": totals.subtotal_minor,
        "shipping_minor": order.shipping_minor,
        "tax_minor": order.tax_minor,
        "discount_minor": order.discount_minor,
        "total_minor": order.total_minor,
        "refunded_minor": order.refunded_minor if order.refunded_minor is not None else refunded_before,
        "total_difference_minor": totals.difference_minor,
    }
    if currency is None:
        amounts = {name: None if name in ("subtotal_minor", "total_minor") else 0 for name in amounts}
    columns = {
        "channel_order_id": key(order.channel_order_id),
        "number": text(order.number, 255) or key(order.channel_order_id),
        "url": text(order.url),
        "customer_name": text(order.buyer_name),
        "customer_email": text(order.buyer_email, 254),
        "customer_phone": text(order.buyer_phone, 64),
        "customer_reference": text(order.buyer_reference, 255),
        "shipping_address": address(order.shipping_address),
        "billing_address": address(order.billing_address),
        "currency": currency or NO_CURRENCY,
        "prices_include_tax": order.prices_include_tax,
        "raw_status": text(order.raw_status, 128) or "",
        "awaits_acknowledgement": order.awaits_acknowledgement,
        "ordered_at": order.ordered_at,
        "remote_updated_at": order.updated_at,
        "last_synced_at": now,
        "fingerprint": stamp,
        **amounts,
    }
    return columns | {"search_text": search_text(columns, lines)}


def line_columns(order: RemoteOrder) -> list[dict[str, Any]]:
    """What the channel says of each line, by column of ours; a line id that comes twice gets a number."""
    known = known_currency(order.currency) is not None
    shipped = shipped_quantities(order)
    rows: dict[str, dict[str, Any]] = {}
    for position, line in enumerate(order.lines):
        line_id = name = key(line.channel_line_id) or str(position + 1)
        again = 1
        while line_id in rows:
            again += 1
            line_id = f"{name[:240]}#{again}"
        rows[line_id] = {
            "position": position,
            "channel_line_id": line_id,
            "title": text(line.title) or "",
            "sku": text(line.sku, 255),
            "gtin": _gtin(line),
            "channel_product_id": text(line.channel_product_id, 255),
            "image_url": text(line.image_url),
            "quantity": line.quantity,
            "tax_minor": line.tax_minor if known else 0,
            "discount_minor": line.discount_minor if known else 0,
            "refunded_minor": line.refunded_minor if known else 0,
            "is_digital": line.is_digital,
            "shipped_quantity": min(shipped[line.channel_line_id], line.quantity),
            "cancelled_quantity": min(line.cancelled_quantity, line.quantity),
            "raw_status": text(line.raw_status, 128),
            **{
                name: amount if known else None
                for name, amount in line_amounts(line, prices_include_tax=order.prices_include_tax).items()
            },
        }
    return list(rows.values())


def text(value: str | None, longest: int | None = None) -> str | None:
    """The text trimmed, without what a database refuses, cut to `longest`; None for none."""
    if value is None:
        return None
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode()
    kept = value.replace("\0", "").strip()
    return (kept if longest is None else kept[:longest].rstrip()) or None


def key(value: str) -> str:
    """An id of the channel; one that is too long keeps its beginning and gets a hash, so it stays one of a kind."""
    kept = text(value) or ""
    if len(kept) <= 255:
        return kept
    return f"{kept[:200]}~{hashlib.sha256(kept.encode()).hexdigest()[:32]}"


def address(value: RemoteAddress | None) -> dict[str, Any] | None:
    """An address as JSON, without what is not known."""
    if value is None:
        return None
    parts: dict[str, Any] = {
        name: text(getattr(value, name))
        for name in ("name", "organization", "postal_code", "city", "region", "country", "phone")
    }
    parts["street"] = [line for line in map(text, value.street) if line]
    return {name: part for name, part in parts.items() if part} or None


def _gtin(line: RemoteLine) -> str | None:
    found = text(line.gtin)
    if found is None:
        return None
    return parse_gtin(found).value or found[:14]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, bytes)):
        return repr(value)
    return str(value)


_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
