"""Parcels: createShippingFulfillment of the Fulfillment API v1, which makes a second parcel when it is called twice.

So the parcels that eBay knows are looked at before, and again when the answer got lost.
"""

import re
from datetime import UTC, datetime
from typing import Any

from orion.channels.adapters.ebay.asking import send
from orion.channels.adapters.ebay.parcels import parcels_of, parcels_path
from orion.channels.client import ChannelClient
from orion.channels.errors import ChannelUnavailable, Refused, ReplyLost
from orion.channels.ports import RemoteShipment


async def ship(client: ChannelClient, shipment: RemoteShipment) -> str | None:
    """See FulfillmentSink; the parcel's id is its tracking number, where it has one."""
    tracking = _tracking(shipment)
    if (known := await _find(client, shipment, tracking)) is not None:
        return known
    told: dict[str, Any] = {
        "lineItems": [{"lineItemId": line.channel_line_id, "quantity": line.quantity} for line in shipment.lines],
        "shippedDate": _text(shipment.shipped_at),
    }
    if tracking:
        told |= {"shippingCarrierCode": shipment.carrier, "trackingNumber": tracking}
    try:
        path = parcels_path(shipment.channel_order_id)
        answer = await send(client, "createShippingFulfillment", "POST", path, json=told)
    except ReplyLost as lost:
        if (known := await _find(client, shipment, tracking)) is not None:
            return known
        # Whoever tries again comes by the look before, so that nothing is told twice.
        raise ChannelUnavailable("channel_unavailable", lost.detail) from None
    return answer.headers.get("location", "").rstrip("/").rpartition("/")[2] or tracking


async def _find(client: ChannelClient, shipment: RemoteShipment, tracking: str | None) -> str | None:
    """The id of this parcel, if eBay knows it: these lines under its tracking number, or at the same moment.

    The number alone is not enough: what leaves in one parcel may be told in two shipments.
    """
    wanted = {line.channel_line_id: line.quantity for line in shipment.lines}
    for parcel in await parcels_of(client, shipment.channel_order_id):
        if tracking and parcel.tracking:
            found = parcel.tracking.lower() == tracking.lower() and set(wanted) <= set(parcel.lines)
        else:
            same_time = parcel.shipped_at == _text(shipment.shipped_at)
            found = not tracking and not parcel.tracking and parcel.lines == wanted and same_time
        if found:
            return parcel.id or tracking or ""
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
