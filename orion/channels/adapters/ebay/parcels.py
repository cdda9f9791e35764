"""What eBay knows of an order's parcels: getShippingFulfillments of the Fulfillment API v1.

An order says of a line only that a part of it was sent (`IN_PROGRESS`); how many units that is, its parcels say. So
those of such orders are asked for, one call each, and what they said of a version of an order is kept.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

from orion.channels.adapters import values
from orion.channels.adapters.ebay.asking import FULFILLMENT, ask
from orion.channels.adapters.values import Odd
from orion.channels.client import ChannelClient
from orion.channels.errors import ChannelUnavailable, Refused, SlowDown, Unreadable
from orion.channels.ports import MalformedItem, RemoteLine, RemoteOrder

PARTLY_SENT = "IN_PROGRESS"

MOST_A_PAGE = 60
"""Orders whose parcels are asked for in one page of orders; it is read again for the others."""

KEPT_ORDERS = 20_000

_Version = tuple[int, str, datetime]
_SENT: WeakKeyDictionary[Any, OrderedDict[_Version, dict[str, int]]] = WeakKeyDictionary()
"""Units sent by line, by database, and (connection, order, when it changed)."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One fulfilment; `lines` are units by line id, `shipped_at` the moment in eBay's words."""

    id: str | None
    tracking: str | None
    shipped_at: str | None
    lines: dict[str, int]


def parcels_path(channel_order_id: str) -> str:
    """Where an order's parcels are."""
    return f"{FULFILLMENT}/order/{quote(channel_order_id, safe='')}/shipping_fulfillment"


async def parcels_of(client: ChannelClient, channel_order_id: str) -> list[Parcel]:
    """The parcels of an order that eBay knows. Raises ChannelError."""
    said = await ask(client, "getShippingFulfillments", parcels_path(channel_order_id))
    try:
        nodes = values.entries(said, "fulfillments") if said.get("fulfillments") is not None else []
        return [_parcel(node) for node in nodes]
    except Odd as odd:
        raise Unreadable("unreadable", f"getShippingFulfillments: {odd}") from None


async def count_sent(client: ChannelClient, order: RemoteOrder) -> RemoteOrder:
    """The order with the units that its parcels hold, where it does not say itself. Raises ChannelError."""
    if not _is_partly_sent(order):
        return order
    sent: dict[str, int] = {}
    for parcel in await parcels_of(client, order.channel_order_id):
        for line_id, quantity in parcel.lines.items():
            sent[line_id] = sent.get(line_id, 0) + quantity
    kept = _SENT.setdefault(client.runtime.database, OrderedDict())
    kept[_version(client, order)] = sent
    while len(kept) > KEPT_ORDERS:
        kept.popitem(last=False)
    return _with(order, sent)


async def count_all_sent(
    client: ChannelClient, orders: Sequence[RemoteOrder]
) -> tuple[list[RemoteOrder], list[MalformedItem]]:
    """The orders of a page as `count_sent` makes them, and those whose parcels cannot be read.

    Raises SlowDown when more are asked for than one page may, or than eBay takes now: those that were are kept, so that
    the next read of the page goes on behind them.
    """
    kept = _SENT.setdefault(client.runtime.database, OrderedDict())
    found: list[RemoteOrder] = []
    malformed: list[MalformedItem] = []
    asked = 0
    for order in orders:
        if not _is_partly_sent(order):
            found.append(order)
        elif (sent := kept.get(_version(client, order))) is not None:
            found.append(_with(order, sent))
        elif asked == MOST_A_PAGE:
            message = "getShippingFulfillments: the parcels of the other orders are asked for in a minute"
            raise SlowDown("budget_spent", message, retry_after=60.0)
        else:
            asked += 1
            try:
                found.append(await count_sent(client, order))
            except (ChannelUnavailable, Refused, Unreadable) as error:
                problem = f"its parcels cannot be read: {error.detail}"
                malformed.append(MalformedItem(order.channel_order_id, problem, order.raw))
    return found, malformed


def _parcel(node: dict[str, Any]) -> Parcel:
    lines: dict[str, int] = {}
    for line in values.entries(node, "lineItems"):
        quantity = values.count(line, "quantity") if line.get("quantity") is not None else 1
        line_id = values.identifier(line, "lineItemId")
        lines[line_id] = lines.get(line_id, 0) + quantity
    return Parcel(
        id=values.text(node, "fulfillmentId"),
        tracking=values.text(node, "shipmentTrackingNumber"),
        shipped_at=values.text(node, "shippedDate"),
        lines=lines,
    )


def _is_partly_sent(order: RemoteOrder) -> bool:
    return any(line.raw_status == PARTLY_SENT for line in order.lines)


def _with(order: RemoteOrder, sent: dict[str, int]) -> RemoteOrder:
    return replace(order, lines=tuple(_counted(line, sent) for line in order.lines))


def _counted(line: RemoteLine, sent: dict[str, int]) -> RemoteLine:
    """A line of which all were sent, or none, says so itself."""
    if line.raw_status != PARTLY_SENT:
        return line
    return replace(line, shipped_quantity=min(line.quantity, sent.get(line.channel_line_id, 0)))


def _version(client: ChannelClient, order: RemoteOrder) -> _Version:
    return client.connection_id, order.channel_order_id, order.updated_at
