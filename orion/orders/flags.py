"""What a person should look at: raised while it is so, gone when it is not, and silent once somebody has looked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orion.orders.models import FLAGS
from orion.orders.states import CALLED_OFF, SENT
from orion.orders.totals import NO_CURRENCY

HAPPENED = ("changed_after_shipping", "cancelled_while_picked", "status_conflict")
"""Flags of what has happened: they stay until a person has looked. The others say how things are."""

MOOT: Mapping[str, frozenset[str]] = {
    "price_missing": frozenset({"cancelled"}),
    "total_differs": frozenset({"cancelled"}),
    "currency_unknown": frozenset({"pending", "cancelled"}),  # some channels tell no amounts before an order is paid
    "unmatched_lines": frozenset(CALLED_OFF),
    "stock_short": frozenset(CALLED_OFF) | SENT,
    "unfulfillable": frozenset(CALLED_OFF) | SENT,
    "cancel_requested": frozenset(CALLED_OFF),
}
"""In which statuses there is nothing left to do about a flag, so that nobody is asked to."""


def conditions(
    order: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], told: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The flags that follow from how an order is now, each with what it is about: another value is news.

    `told` are those that the channel itself gives reason for.
    """
    found: dict[str, Any] = {}
    if order["currency"] == NO_CURRENCY:
        found["currency_unknown"] = True
    else:
        if order["total_minor"] is None or any(line["subtotal_minor"] is None for line in lines) or not lines:
            found["price_missing"] = True
        if order["total_difference_minor"]:
            found["total_differs"] = order["total_difference_minor"]
    if unmatched := sorted(line["channel_line_id"] for line in lines if is_unmatched(line)):
        found["unmatched_lines"] = unmatched
    if short := sorted(line["channel_line_id"] for line in lines if line["stock_state"] == "short"):
        found["stock_short"] = short
    status = order["status"]
    return {flag: about for flag, about in (found | dict(told or {})).items() if status not in MOOT.get(flag, ())}


def is_unmatched(line: Mapping[str, Any]) -> bool:
    """Whether nobody knows which product the line is, and somebody should: not when all of it was called off."""
    return line["product_id"] is None and line["quantity"] > line["cancelled_quantity"]


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
