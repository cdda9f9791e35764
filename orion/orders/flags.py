"""What a person should look at: raised while it is so, gone when it is not, and silent once somebody has looked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orion.orders.models import FLAGS
from orion.orders.states import CALLED_OFF
from orion.orders.totals import NO_CURRENCY

HAPPENED = ("changed_after_shipping", "cancelled_while_picked", "status_conflict")
"""Flags of what has happened: they stay until a person has looked. The others say how things are."""


def conditions(order: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The flags that follow from how an order is now, each with what it is about: another value is news."""
    found: dict[str, Any] = {}
    if order["currency"] == NO_CURRENCY:
        if order["status"] != "pending":  # some channels tell no amounts before an order is paid
            found["currency_unknown"] = True
    else:
        if order["total_minor"] is None or any(line["subtotal_minor"] is None for line in lines) or not lines:
            found["price_missing"] = True
        if order["total_difference_minor"]:
            found["total_differs"] = order["total_difference_minor"]
    unmatched = sorted(line["channel_line_id"] for line in lines if line["product_id"] is None)
    if unmatched and order["status"] not in CALLED_OFF:
        found["unmatched_lines"] = unmatched
    if short := sorted(line["channel_line_id"] for line in lines if line["stock_state"] == "short"):
        found["stock_short"] = short
    return found


def weigh(
    now: Mapping[str, Any],
    before: Mapping[str, Any],
    happened: Iterable[str],
    flags: Sequence[str],
    cleared: Sequence[str],
) -> tuple[list[str], list[str]]:
    """The flags of an order and those that a person has cleared, after a change.

    `now` and `before` are its conditions, `happened` what the change itself did, `flags` and `cleared` what they were.
    """
    silent = {flag for flag in cleared if flag in now and now[flag] == before.get(flag, now[flag])}
    raised = (set(now) - silent) | set(happened) | {flag for flag in flags if flag in HAPPENED}
    return [flag for flag in FLAGS if flag in raised], [flag for flag in FLAGS if flag in silent]
