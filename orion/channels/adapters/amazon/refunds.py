"""Refunds, which only the Finances API 2024-06-19 tells: orders keep the status that their parcels gave them.

What an order's buyer got back is the sum of its transactions of the type `Refund` without Amazon's fees and the tax
that it had withheld, which Amazon gives back to the seller at the same time. A refund may be deferred, and is posted
again when it is released, with the id of the first (DEFERRED_TRANSACTION_ID): it counts once. The API's model names
these identifiers and the states, and says no more; that the buyer has the money from the first on is how we read it.
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
_SELLERS_OWN = ("fee", "commission", "expense", "withheld", "facilitator")
"""Words of breakdowns that are between Amazon and the seller. Nobody has listed what they are called."""


async def refunded_of(client: ChannelClient, order_id: str) -> int | None:
    """Minor units that the order's buyer got back; None when the app's roles do not let us see it.

    Raises ChannelError.
    """
    asked = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order_id}
    found: list[dict[str, Any]] = []
    token = None
    for _ in range(_MOST_PAGES):
        try:
            transactions, token = await _page(client, {**asked, **({"nextToken": token} if token else {})})
        except ScopeMissing:
            return None
        found += [one for one in transactions if order_id in _related(one, "ORDER_ID")]
        if not token:
            return sum(_refunded_by(one) for one in _once(found))
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
    found = [order_id for one in transactions if _is_refund(one) for order_id in _related(one, "ORDER_ID")]
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


def _related(transaction: dict[str, Any], name: str) -> list[str]:
    """The values of its related identifiers of that name."""
    related = transaction.get("relatedIdentifiers")
    return [
        str(one["relatedIdentifierValue"])
        for one in (related if isinstance(related, list) else ())
        if isinstance(one, dict) and one.get("relatedIdentifierName") == name and one.get("relatedIdentifierValue")
    ]


def _once(transactions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The transactions without those that are there already, under their own id or as the deferred one."""
    named = {str(one["transactionId"]): one for one in transactions if one.get("transactionId")}
    all_ = [*named.values(), *(one for one in transactions if not one.get("transactionId"))]
    return [one for one in all_ if not named.keys() & set(_related(one, "DEFERRED_TRANSACTION_ID"))]


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
    """What of a breakdown is the buyer's: its smallest parts, without fees and withheld tax."""
    kind = str(breakdown.get("breakdownType") or "").lower()
    if any(word in kind for word in _SELLERS_OWN):
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
