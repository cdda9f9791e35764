"""Parcels: createShippingFulfillment of the Fulfillment API v1, which makes a second parcel when it is called twice.

So the parcels that eBay knows are looked at before, and again when the answer got lost.
"""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from orion.channels.adapters import values
from orion.channels.adapters.ebay.asking import FULFILLMENT, ask, send
from orion.channels.adapters.values import Odd
from orion.channels.client import ChannelClient
from orion.channels.errors import ChannelUnavailable, Refused, ReplyLost, Unreadable
from orion.channels.ports import RemoteShipment


async def ship(client: ChannelClient, shipment: RemoteShipment) -> str | None:
    """See FulfillmentSink; the parcel's id is its tracking number, where it has one."""
    path = f"{FULFILLMENT}/order/{quote(shipment.channel_order_id, safe='')}/shipping_fulfillment"
    tracking = _tracking(shipment)
    if (known := await _find(client, path, shipment, tracking)) is not None:
        return known
    told: dict[str, Any] = {
        "lineItems": [{"lineItemId": line.channel_line_id, "quantity": line.quantity} for line in shipment.lines],
        "shippedDate": _text(shipment.shipped_at),
    }
    if tracking:
        told |= {"shippingCarrierCode": shipment.carrier, "trackingNumber": tracking}
    try:
        answer = await send(client, "createShippingFulfillment", "POST", path, json=told)
    except ReplyLost as lost:
        if (known := await _find(client, path, shipment, tracking)) is not None:
            return known
        # Whoever tries again comes by the look before, so that nothing is told twice.
        raise ChannelUnavailable("channel_unavailable", lost.detail) from None
    return answer.headers.get("location", "").rstrip("/").rpartition("/")[2] or tracking


async def _find(client: ChannelClient, path: str, shipment: RemoteShipment, tracking: str | None) -> str | None:
    """The id of this parcel, if eBay knows it: the same tracking number, or the same lines at the same moment."""
    said = await ask(client, "getShippingFulfillments", path)
    wanted = {line.channel_line_id: line.quantity for line in shipment.lines}
    try:
        for parcel in values.entries(said, "fulfillments") if said.get("fulfillments") is not None else ():
            number = values.text(parcel, "shipmentTrackingNumber")
            if tracking and number:
                found = number.lower() == tracking.lower()
            else:
                lines = {
                    values.text(line, "lineItemId"): values.count(line, "quantity")
                    for line in values.entries(parcel, "lineItems")
                }
                same_time = values.text(parcel, "shippedDate") == _text(shipment.shipped_at)
                found = not tracking and not number and lines == wanted and same_time
            if found:
                return values.text(parcel, "fulfillmentId") or tracking or ""
    except Odd as odd:
        raise Unreadable("unreadable", f"getShippingFulfillments: {odd}") from None
    return None


def _tracking(shipment: RemoteShipment) -> str | None:
    """The tracking number as eBay takes it: letters and digits only. Raises Refused when nothing of it is left."""
    if not shipment.tracking_number:
        return None
    kept = re.sub(r"[^A-Za-z0-9]", "", shipment.tracking_number)
    if not kept:
        raise Refused("tracking_invalid", "EBay takes tracking numbers of letters and digits: enter it again")
    return kept


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
