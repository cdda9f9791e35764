"""Amounts that add up, or a flag that says they do not. Nothing is rounded, and nothing is guessed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orion.channels import RemoteLine, RemoteOrder
from orion.kernel.money import CURRENCIES

NO_CURRENCY = "XXX"
"""ISO 4217's code for none: the channel's own word is in the payload, and no amount is kept beside it."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What an order costs. `difference_minor` is the total minus what it should be: 0 where either is not known."""

    subtotal_minor: int | None
    difference_minor: int
    price_missing: bool


def known_currency(text: str) -> str | None:
    """The ISO 4217 code, None when it is none that is in use."""
    code = text.strip().upper()
    return code if code in CURRENCIES else None


def line_amounts(line: RemoteLine, *, prices_include_tax: bool) -> dict[str, int | None]:
    """The line's unit price, subtotal and total. What the channel leaves out follows from the rest, or is None."""
    subtotal = line.subtotal_minor
    if subtotal is None and line.unit_price_minor is not None:
        subtotal = line.unit_price_minor * line.quantity
    if subtotal is None and not line.quantity:
        subtotal = 0
    total = line.total_minor
    if total is None and subtotal is not None:
        total = subtotal - line.discount_minor + (0 if prices_include_tax else line.tax_minor)
    return {"unit_price_minor": line.unit_price_minor, "subtotal_minor": subtotal, "total_minor": total}


def add_up(order: RemoteOrder, lines: Sequence[dict[str, Any]]) -> Totals:
    """Items - discount + shipping (+ tax where prices do not hold it) against the total that the channel says.

    `order`'s discount and tax are those of everything: lines and shipping too. Items are the subtotals of the lines
    (of an order without lines: its own subtotal).
    """
    subtotals = [line["subtotal_minor"] for line in lines]
    items = order.subtotal_minor if not lines else None
    if lines and None not in subtotals:
        items = sum(subtotals)
    missing = items is None or order.total_minor is None
    shown = order.subtotal_minor if order.subtotal_minor is not None else items
    if items is None or order.total_minor is None:
        return Totals(shown, 0, missing)
    tax = 0 if order.prices_include_tax else order.tax_minor
    return Totals(shown, order.total_minor - (items - order.discount_minor + order.shipping_minor + tax), missing)
