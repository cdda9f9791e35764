"""Orders of the Fulfillment API v1: getOrders pages by offset over orders that move when they change.

What follows from that: a first page is asked for without an end of its own, and where one page is not all, the others
are of a window that ends when the first was answered, by eBay's clock. Orders can only leave such a window, by
changing, and then the next read finds them. `total` says how many have left since the page before: so many may have
slipped by unseen, and so far back the next page begins. A page that says another offset than was asked for is asked
for again.
"""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from orion.channels.adapters.answers import read_entries
from orion.channels.adapters.ebay.asking import FULFILLMENT, read, send
from orion.channels.adapters.ebay.parcels import count_all_sent, count_sent
from orion.channels.adapters.ebay.reading import read_order
from orion.channels.adapters.values import Odd
from orion.channels.client import Answer, ChannelClient
from orion.channels.errors import Refused, Unreadable
from orion.channels.ports import OrderPage, RemoteOrder, Window

PAGE_SIZE = 200
"""The most that getOrders gives at once."""

REACH = timedelta(days=729)
"""GetOrders gives orders of two years, and refuses windows that are longer."""

_INVALID_ORDER = "32100"
_MILLISECOND = timedelta(milliseconds=1)
_REST_OF_SECOND = timedelta(milliseconds=999)
_SOON = timedelta(minutes=1)
"""EBay refuses a window whose end is still to come by its clock: one that ends about now is asked for without."""


async def orders_page(client: ChannelClient, window: Window, cursor: str | None) -> OrderPage:
    """See OrderSource."""
    asked_at = datetime.now(UTC)
    offset, before, until = _read_cursor(cursor)
    since = max(window.since or asked_at - REACH, asked_at - REACH)
    end = until or (window.until - _MILLISECOND if window.until else None)
    if end is not None and end < since:
        return OrderPage(orders=())
    if end is not None and end > asked_at - _SOON:
        end = until
    query = f"filter={_filter(since, end)}&fieldGroups=TAX_BREAKDOWN&limit={PAGE_SIZE}&offset={offset}"
    answer = await send(client, "getOrders", "GET", f"{FULFILLMENT}/order?{query}")
    said = read(answer)
    nodes, total = said.get("orders"), said.get("total")
    if nodes is None and total == 0:
        nodes = []
    if not isinstance(nodes, list) or isinstance(total, bool) or not isinstance(total, int):
        raise Unreadable("unreadable", "getOrders: the page has no orders, or does not say how many there are")
    orders, malformed = read_entries(nodes, read_order, "orderId")
    if window.until is not None:
        orders = [order for order in orders if order.updated_at < window.until]
    orders, unclear = await count_all_sent(client, orders)
    malformed += unclear
    next_offset = _next_offset(offset, said.get("offset"), before, total)
    if next_offset is None:
        return OrderPage(orders=orders, malformed=malformed)
    until = end or _their_now(answer, asked_at)
    following = json.dumps([next_offset, total, until.isoformat()])
    return OrderPage(orders=orders, malformed=malformed, cursor=following, watermark=until)


async def order(client: ChannelClient, channel_order_id: str) -> RemoteOrder | None:
    """See OrderSource."""
    path = f"{FULFILLMENT}/order/{quote(channel_order_id, safe='')}?fieldGroups=TAX_BREAKDOWN"
    try:
        node = read(await send(client, "getOrder", "GET", path))
    except Refused as refused:
        if refused.code == "not_found" or _INVALID_ORDER in {number for number, _ in refused.field_errors}:
            return None
        raise
    try:
        found = read_order(node)
    except Odd as odd:
        raise Unreadable("unreadable", f"getOrder: {odd}") from None
    return await count_sent(client, found)


def _next_offset(asked: int, told: Any, before: int | None, total: int) -> int | None:
    """Where the next page begins; None when this was the last."""
    if isinstance(told, int) and told != asked:
        return asked
    left = max(0, before - total) if before is not None else 0
    if left:
        return max(0, asked - left)
    following = asked + PAGE_SIZE
    return following if following < total else None


def _filter(since: datetime, until: datetime | None) -> str:
    """The criterion, percent-encoded as eBay wants it; both ends are included, to the millisecond."""
    start, end = _text(since), _text(until) if until else ""
    return quote(f"lastmodifieddate:[{start}..{end}]", safe=":.")


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _their_now(answer: Answer, ours: datetime) -> datetime:
    """When the page was asked for, by eBay's clock, which is what its stamps are of.

    Its header says the second alone: where that is ours too, our time is exact; else it is the end of that second.
    """
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return ours
    if theirs.tzinfo is None or abs(theirs - ours) < timedelta(seconds=2):
        return ours
    return theirs.astimezone(UTC) + _REST_OF_SECOND


def _read_cursor(cursor: str | None) -> tuple[int, int | None, datetime | None]:
    """Offset, how many there were, and the end of the window. Raises Refused for what is no cursor of ours."""
    if cursor is None:
        return 0, None, None
    try:
        offset, total, until = json.loads(cursor)
        return int(offset), int(total), datetime.fromisoformat(until)
    except (ValueError, TypeError):
        raise Refused("cursor_unknown", "getOrders: this is no place to go on from") from None
