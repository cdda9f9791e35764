"""Refunds, which only the Finances API 2024-06-19 tells: orders keep the status that their parcels gave them.

What an order's buyer got back is the sum of its transactions of the type `Refund` without Amazon's fees, which
Amazon gives back to the seller at the same time.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from orion.channels.adapters.amazon.asking import ask
from orion.channels.adapters.values import Odd, entries, minor, part, text
from orion.channels.client import ChannelClient
from orion.channels.errors import ScopeMissing, Unreadable

SETTLED = timedelta(minutes=5)
"""Transactions are asked for so far behind the clock (Amazon wants two minutes)."""

LONGEST = timedelta(days=179)
"""Amazon answers nothing for stretches of more than 180 days."""

_PATH = "/finances/2024-06-19/transactions"
_MOST_PAGES = 20
_MAX_WAIT = 5.0


async def refunded_of(client: ChannelClient, order_id: str) -> int | None:
    """Minor units that the order's buyer got back; None when the app's roles do not let us see it.

    Raises ChannelError.
    """
    asked = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order_id}
    refunded, token = 0, None
    for _ in range(_MOST_PAGES):
        try:
            transactions, token = await _page(client, {**asked, **({"nextToken": token} if token else {})})
        except ScopeMissing:
            return None
        refunded += sum(_refunded_by(one) for one in transactions if order_id in _orders_of(one))
        if not token:
            return refunded
    raise Unreadable("unreadable", f"listTransactions: order {order_id} has more than {_MOST_PAGES} pages")


async def refunded_orders(
    client: ChannelClient, since: datetime, until: datetime | None, token: str | None
) -> tuple[list[str], str | None]:
    """Ids of orders with a refund posted in that stretch, a page of them, and the token of the next page.

    None at all when the app's roles do not let us see it. Raises ChannelError.
    """
    asked = {"postedAfter": utc(since)}
    if until is not None:
        asked["postedBefore"] = utc(until)
    if token:
        asked["nextToken"] = token
    try:
        transactions, following = await _page(client, asked)
    except ScopeMissing:
        return [], None
    found = [order_id for one in transactions if _is_refund(one) for order_id in _orders_of(one)]
    return list(dict.fromkeys(found)), following


def utc(moment: datetime) -> str:
    """The moment as Amazon takes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _page(client: ChannelClient, asked: dict[str, str]) -> tuple[list[dict[str, Any]], str | None]:
    said = await ask(client, "listTransactions", "GET", _PATH, params=asked, max_wait=_MAX_WAIT)
    try:
        payload = part(said, "payload") or {}
        transactions = entries(payload, "transactions") if payload.get("transactions") is not None else []
        return transactions, text(payload, "nextToken")
    except (Odd, AttributeError, TypeError) as odd:
        raise Unreadable("unreadable", f"listTransactions: {odd}") from None


def _is_refund(transaction: dict[str, Any]) -> bool:
    return str(transaction.get("transactionType")).lower() == "refund"


def _orders_of(transaction: dict[str, Any]) -> list[str]:
    related = transaction.get("relatedIdentifiers")
    return [
        str(one["relatedIdentifierValue"])
        for one in (related if isinstance(related, list) else ())
        if isinstance(one, dict)
        and one.get("relatedIdentifierName") == "ORDER_ID"
        and one.get("relatedIdentifierValue")
    ]


def _refunded_by(transaction: dict[str, Any]) -> int:
    """Minor units that the transaction gave to the buyer."""
    if not _is_refund(transaction):
        return 0
    try:
        breakdowns = _listed(transaction)
        if not breakdowns:
            breakdowns = [one for item in _listed(transaction, "items") for one in _listed(item)]
        if breakdowns:
            return max(0, -sum(_charged(one) for one in breakdowns))
        return max(0, -_amount(part(transaction, "totalAmount")))
    except Odd as odd:
        raise Unreadable("unreadable", f"listTransactions: {odd}") from None


def _charged(breakdown: dict[str, Any]) -> int:
    """What of a breakdown is the buyer's: its smallest parts, without fees."""
    kind = str(breakdown.get("breakdownType") or "").lower()
    if "fee" in kind or "commission" in kind:
        return 0
    if parts := _listed(breakdown):
        return sum(_charged(one) for one in parts)
    return _amount(part(breakdown, "breakdownAmount"))


def _listed(node: dict[str, Any], name: str = "breakdowns") -> list[dict[str, Any]]:
    return entries(node, name) if node.get(name) else []


def _amount(node: dict[str, Any] | None) -> int:
    if node is None:
        return 0
    return minor(node, "currencyAmount", text(node, "currencyCode") or "") or 0
