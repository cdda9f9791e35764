"""Pages of entries that changed, oldest change first: what both dialects have in common."""

import itertools
from collections.abc import Callable
from typing import Any

from orion.channels.adapters.answers import read_entries
from orion.channels.adapters.values import Odd
from orion.channels.errors import Unreadable
from orion.channels.ports import OrderPage, RemoteOrder, Window

PAGE_SIZE = 100
"""The most that the channel gives at once."""


def make_page(
    nodes: list[Any], page_info: Any, window: Window, read: Callable[[dict[str, Any]], RemoteOrder]
) -> OrderPage:
    """The page of what came. What is odd never sinks the rest.

    The channel knows no end of a window: what changed later is left out, and paging ends at a page that lies behind the
    window as a whole. Raises Unreadable when there is more and no cursor to it.
    """
    orders, malformed = read_entries(nodes, read, "id")
    cursor = _cursor(page_info)
    newest = max((order.updated_at for order in orders), default=None)
    if window.until is not None and orders:
        within = [order for order in orders if order.updated_at < window.until]
        in_order = all(one.updated_at <= other.updated_at for one, other in itertools.pairwise(orders))
        if not within and in_order and not malformed:
            cursor = None
        orders, newest = within, min(newest, window.until) if newest else None
    return OrderPage(orders=orders, malformed=malformed, cursor=cursor, watermark=newest)


def read_one(node: Any, read: Callable[[dict[str, Any]], RemoteOrder], what: str) -> RemoteOrder | None:
    """A single entry; None where there is none. Raises Unreadable."""
    if node is None:
        return None
    if not isinstance(node, dict):
        raise Unreadable("unreadable", f"{what}: what came is no {what}")
    try:
        return read(node)
    except Odd as odd:
        raise Unreadable("unreadable", f"{what}: {odd}") from None


def _cursor(page_info: Any) -> str | None:
    if not isinstance(page_info, dict) or not isinstance(page_info.get("hasNextPage"), bool):
        raise Unreadable("unreadable", "the page does not say whether there are more")
    if not page_info["hasNextPage"]:
        return None
    cursor = page_info.get("endCursor")
    if not isinstance(cursor, str) or not cursor:
        raise Unreadable("unreadable", "there are more pages, and no cursor to them")
    return cursor
