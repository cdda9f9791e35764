"""Pages of orders that changed in a window, and behind them the orders that were refunded in it.

A search is one of 20 calls and then of one in three minutes, so a window costs one call for each hundred orders, and
nothing else is asked per order. Refunds change no order (see `refunds`): after the last page they are asked for by the
moment they were posted, and the orders they are of are read one by one, of which there are few. They may be posted up
to two days late, so once an hour the last two days are looked through again.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from orion.channels.adapters.amazon import refunds
from orion.channels.adapters.amazon.asking import ask
from orion.channels.adapters.amazon.reading import DATA_SETS, is_of_amazon, read_order, with_refunds
from orion.channels.adapters.amazon.refunds import utc
from orion.channels.adapters.answers import read_cursor, read_entries
from orion.channels.adapters.values import Odd, moment, part, text
from orion.channels.client import ChannelClient
from orion.channels.errors import Refused, Unreadable
from orion.channels.ports import MalformedItem, OrderPage, RemoteOrder, Window

PAGE_SIZE = 100
ORDERS = "/orders/2026-01-01/orders"

_KEPT = timedelta(days=729)
"""Amazon keeps orders for two years."""

_SETTLED = timedelta(minutes=2, seconds=10)
"""The end of a search lies two minutes in the past at least."""

_POSTED_LATE = timedelta(hours=48)
_MOST_REFUNDED = 20
"""Refunded orders on one page: each costs a call of one operation that is allowed every two seconds."""


async def read_page(client: ChannelClient, window: Window, cursor: str | None) -> OrderPage:
    """See OrderSource. Raises ChannelError."""
    place = read_cursor(cursor, "searchOrders")
    if "posted" in place:
        return await _refunded_page(client, place)
    return await _changed_page(client, window, place.get("token"))


async def read_one(client: ChannelClient, order_id: str, *, refunds_too: bool = True) -> RemoteOrder | None:
    """One order, with what was refunded of it if asked for; None when there is none. Raises ChannelError."""
    path = f"{ORDERS}/{quote(order_id, safe='')}"
    try:
        said = await ask(client, "getOrder", "GET", path, params={"includedData": ",".join(DATA_SETS)}, max_wait=5.0)
    except Refused as refused:
        if refused.code == "not_found":
            return None
        raise
    try:
        node = part(said, "order")
        if node is None:
            raise Odd("there is no order in the answer")
        if not is_of_amazon(node):
            return None
        order = read_order(node)
    except Odd as odd:
        raise Unreadable("unreadable", f"getOrder: {odd}") from None
    if order.status in ("pending", "confirmed"):
        return with_refunds(order, 0)  # nothing is charged before it is sent
    refunded = await refunds.refunded_of(client, order_id) if refunds_too else None
    return order if refunded is None else with_refunds(order, refunded)


async def _changed_page(client: ChannelClient, window: Window, token: str | None) -> OrderPage:
    now = datetime.now(UTC)
    asked: dict[str, Any] = {
        "lastUpdatedAfter": utc(max(window.since or now - _KEPT, now - _KEPT)),
        "maxResultsPerPage": PAGE_SIZE,
        "includedData": ",".join(DATA_SETS),
    }
    if marketplaces := client.settings.get("marketplace_ids"):
        asked["marketplaceIds"] = ",".join(marketplaces)
    if window.until is not None and window.until <= now - _SETTLED:
        asked["lastUpdatedBefore"] = utc(window.until + timedelta(microseconds=999))
    try:
        said = await _search(client, {**asked, **({"paginationToken": token} if token else {})})
    except Refused:
        if token is None:
            raise
        said = await _search(client, asked)  # a token lives for a day: the window is read again from its start
    try:
        nodes = said.get("orders")
        if not isinstance(nodes, list):
            raise Odd("there are no orders in the answer")
        following = text(part(said, "pagination") or {}, "nextToken")
        watermark = moment(said, "lastUpdatedBefore") if said.get("lastUpdatedBefore") else None
    except Odd as odd:
        raise Unreadable("unreadable", f"searchOrders: {odd}") from None
    orders, malformed = read_entries([node for node in nodes if is_of_amazon(node)], read_order, "orderId")
    if window.until is not None:
        orders = [order for order in orders if order.updated_at < window.until]
        watermark = min(watermark, window.until) if watermark else None
    cursor = {"token": following} if following else _first_refunds(window, watermark, now)
    return OrderPage(orders=orders, malformed=malformed, cursor=json.dumps(cursor), watermark=watermark)


async def _search(client: ChannelClient, asked: dict[str, Any]) -> dict[str, Any]:
    return await ask(client, "searchOrders", "GET", ORDERS, params=asked)


def _first_refunds(window: Window, watermark: datetime | None, now: datetime) -> dict[str, Any]:
    """Where the refunds of the window begin and end."""
    latest = now - refunds.SETTLED
    since = window.since or now - _KEPT
    if watermark is None or since.hour != watermark.hour or watermark - since > timedelta(hours=1):
        since -= _POSTED_LATE
    until = utc(window.until) if window.until is not None and window.until < latest else None
    return {
        "posted": utc(max(min(since, now) - refunds.SETTLED, now - _KEPT)),
        "until": until,
        "watermark": utc(watermark) if watermark else None,
    }


async def _refunded_page(client: ChannelClient, place: dict[str, Any]) -> OrderPage:
    """Orders that were refunded, as they are now."""
    watermark = datetime.fromisoformat(place["watermark"]) if place.get("watermark") else None
    since = datetime.fromisoformat(place["posted"])
    last = datetime.fromisoformat(place["until"]) if place.get("until") else None
    until = last
    if (last or datetime.now(UTC)) - since > refunds.LONGEST + timedelta(hours=1):
        until = since + refunds.LONGEST
    ids, token = await refunds.refunded_orders(client, since, until, place.get("token"))
    done = place.get("done", 0)
    chosen = ids[done : done + _MOST_REFUNDED]
    found: list[RemoteOrder] = []
    malformed: list[MalformedItem] = []
    for order_id in chosen:
        try:
            if order := await read_one(client, order_id):
                found.append(order)
        except Unreadable as error:
            malformed.append(MalformedItem(order_id, error.detail, None))
    cursor: dict[str, Any] | None = None
    if done + len(chosen) < len(ids):
        cursor = {**place, "done": done + len(chosen)}
    elif token:
        cursor = {**place, "token": token, "done": 0}
    elif until is not None and until != last:
        cursor = {**place, "posted": utc(until), "token": None, "done": 0}
    return OrderPage(
        orders=found,
        malformed=malformed,
        cursor=json.dumps(cursor) if cursor else None,
        watermark=watermark,
    )
