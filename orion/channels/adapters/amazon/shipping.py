"""Telling Amazon of parcels (Orders v0, confirmShipment: the only way there is, and not deprecated).

The same package reference again edits the package instead of making a second one, so a call may always be repeated.
"""

from urllib.parse import quote

from orion.channels.adapters.amazon.asking import send
from orion.channels.adapters.amazon.paging import read_one
from orion.channels.adapters.amazon.refunds import utc
from orion.channels.adapters.values import Odd, part, text
from orion.channels.client import ChannelClient
from orion.channels.errors import Refused
from orion.channels.ports import RemoteShipment

CARRIERS = (
    "Amazon Shipping", "BPOST", "Bring", "Chronopost", "Colis Privé", "Colissimo", "Correos", "DB Schenker",
    "Deutsche Post", "DHL", "DHL Express", "DPD", "FedEx", "GEODIS", "GLS", "Hermes", "InPost", "La Poste",
    "Mondial Relay", "Poste Italiane", "PostNL", "PostNord", "Royal Mail", "SEUR", "TNT", "UPS", "USPS", "Yodel",
)  # fmt: skip
"""Codes of carriers whose parcels Amazon follows in Europe and North America; any other is `Other` with its name."""

_BY_NAME = {name.casefold(): name for name in CARRIERS}


async def confirm_shipment(client: ChannelClient, shipment: RemoteShipment) -> None:
    """Tell of a parcel. Raises Refused for what Amazon would not take, and ChannelError."""
    reference = shipment.reference.lstrip("0")
    if not reference.isascii() or not reference.isdigit():
        raise Refused("reference_invalid", "Amazon takes a parcel's reference only as a number above 0")
    if not shipment.tracking_number:
        raise Refused("tracking_missing", "Amazon wants the tracking number of each parcel", field_errors=_TRACKING)
    detail = {
        "packageReferenceId": reference,
        **_carrier(shipment),
        "trackingNumber": shipment.tracking_number,
        "shipDate": utc(shipment.shipped_at),
        "orderItems": [{"orderItemId": line.channel_line_id, "quantity": line.quantity} for line in shipment.lines],
    }
    told = {"marketplaceId": await _marketplace_of(client, shipment.channel_order_id), "packageDetail": detail}
    path = f"/orders/v0/orders/{quote(shipment.channel_order_id, safe='')}/shipmentConfirmation"
    try:
        await send(client, "confirmShipment", "POST", path, json=told, repeatable=True)
    except Refused:
        # What Amazon has taken already may be refused when it is told again: the order says whether it was.
        if not await _is_known(client, shipment, reference):
            raise


async def _is_known(client: ChannelClient, shipment: RemoteShipment, reference: str) -> bool:
    order = await read_one(client, shipment.channel_order_id, refunds_too=False)
    packages = order.raw.get("packages") if order else None
    return any(
        isinstance(package, dict)
        and package.get("packageReferenceId") == reference
        and package.get("trackingNumber") == shipment.tracking_number
        for package in (packages if isinstance(packages, list) else ())
    )


_TRACKING = (("trackingNumber", "is needed"),)


def _carrier(shipment: RemoteShipment) -> dict[str, str]:
    name = (shipment.carrier_name or shipment.carrier).strip()
    for said in (shipment.carrier, name):
        if code := _BY_NAME.get(said.strip().casefold()):
            return {"carrierCode": code}
    return {"carrierCode": "Other", "carrierName": name}


async def _marketplace_of(client: ChannelClient, order_id: str) -> str:
    """Where the order was placed: asked for only where the seller is in more than one marketplace."""
    chosen = client.settings.get("marketplace_ids") or []
    if len(chosen) == 1:
        return str(chosen[0])
    order = await read_one(client, order_id, refunds_too=False)
    try:
        found = text(part(dict(order.raw), "salesChannel") or {}, "marketplaceId") if order else None
    except Odd:
        found = None
    if not found:
        raise Refused("order_unknown", f"Amazon has no order {order_id} in a marketplace")
    return found
