"""The dialect of shipments: units are confirmed or rejected, and then tracking is set.

Of this API only the model is known (a merchant's part of an order is a shipment of inventory units, fetched
unconfirmed). Every name here is an assumption, and nothing outside this file depends on one.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from orion.channels.adapters import values
from orion.channels.adapters.letzshop.asking import ask, refused
from orion.channels.adapters.letzshop.pages import PAGE_SIZE, make_page, read_one
from orion.channels.client import ChannelClient
from orion.channels.errors import Refused, Unreadable
from orion.channels.ports import OrderPage, RemoteAddress, RemoteLine, RemoteOrder, RemoteShipment, Window
from orion.kernel import OrderStatus

STATUSES: dict[str, OrderStatus] = {
    "UNCONFIRMED": "confirmed",
    "CONFIRMED": "processing",
    "REJECTED": "cancelled",
    "SHIPPED": "shipped",
    "DELIVERED": "delivered",
}
"""A shopper has paid before a merchant is asked. RETURNED says nothing of money, so a person looks at it."""

_ADDRESS = "firstName lastName company street postalCode city country phone"
_SHIPMENT = f"""
id number state createdAt updatedAt shippingCost total currency
order {{ id number email shipAddress {{ {_ADDRESS} }} billAddress {{ {_ADDRESS} }} }}
inventoryUnits {{ id state sku gtin name productId price }}
tracking {{ code carrier }}
"""
_SHIPMENTS = f"""query Shipments($since: DateTime, $first: Int, $after: String) {{
  shipments(updatedSince: $since, first: $first, after: $after) {{
    nodes {{ {_SHIPMENT} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""
_ONE = f"query Shipment($id: ID!) {{ shipment(id: $id) {{ {_SHIPMENT} }} }}"
_CHECK = "query Check { shipments(first: 1) { pageInfo { hasNextPage } } }"
_DECIDE = """mutation Decide($input: ConfirmInventoryUnitsInput!) {
  confirmInventoryUnits(input: $input) { errors { field message } }
}"""
_TRACK = """mutation Track($input: SetShipmentTrackingInput!) {
  setShipmentTracking(input: $input) { errors { field message } }
}"""


class LetzshopShipments:
    """An OrderSource, OrderAcknowledger and FulfillmentSink; each shipment is an order, each unit a line."""

    def __init__(self, client: ChannelClient) -> None:
        self._client = client
        # The live API has one address; the simulator keeps the two models apart.
        self._path = "/shipments/graphql" if client.environment == "simulator" else "/graphql"

    async def check(self) -> str:
        """Whether we may read shipments."""
        await self._ask("shipments", _CHECK)
        return "Letzshop lets us read shipments."

    async def orders_page(self, window: Window, cursor: str | None = None) -> OrderPage:
        """See OrderSource."""
        since = window.since.astimezone(UTC).isoformat() if window.since else None
        found = await self._ask("shipments", _SHIPMENTS, since=since, first=PAGE_SIZE, after=cursor)
        nodes = found.get("nodes") if isinstance(found, dict) else None
        if not isinstance(nodes, list):
            raise Unreadable("unreadable", "shipments: the page has no nodes")
        return make_page(nodes, found.get("pageInfo"), window, read_shipment)

    async def order(self, channel_order_id: str) -> RemoteOrder | None:
        """See OrderSource."""
        return read_one(await self._ask("shipment", _ONE, id=channel_order_id), read_shipment, "shipment")

    async def acknowledge(self, channel_order_id: str, line_ids: Sequence[str], *, accepted: bool) -> None:
        """See OrderAcknowledger."""
        units = [{"id": line_id, "accepted": accepted} for line_id in line_ids]
        await self._change("confirmInventoryUnits", _DECIDE, {"shipmentId": channel_order_id, "units": units})

    async def ship(self, shipment: RemoteShipment) -> str | None:
        """See FulfillmentSink. A shipment has one tracking, so only the parcel that completes it can be told."""
        if not shipment.completes_order:
            raise Refused(
                "partial_shipment", "Letzshop takes one tracking for a whole shipment: tell it of the last parcel"
            )
        told = {
            "shipmentId": shipment.channel_order_id,
            "code": shipment.tracking_number,
            "carrier": shipment.carrier_name or shipment.carrier,
        }
        await self._change("setShipmentTracking", _TRACK, told)
        return None

    async def _change(self, field: str, document: str, told: dict[str, Any]) -> None:
        payload = await self._ask(field, document, input=told)
        if not isinstance(payload, dict):
            raise Unreadable("unreadable", f"{field}: what came is no payload")
        if payload.get("errors"):
            raise refused("change_refused", field, payload["errors"])

    async def _ask(self, field: str, document: str, **variables: Any) -> Any:
        return await ask(self._client, field, document, variables, self._path)


def read_shipment(node: dict[str, Any]) -> RemoteOrder:
    """The order of a shipment. Raises Odd."""
    raw_status = values.text(node, "state")
    if raw_status is None:
        raise values.Odd("state is missing")
    currency, problems = values.currency(node)
    status = STATUSES.get(raw_status)
    total = values.minor(node, "total", currency)
    lines = tuple(_line(unit, currency, status) for unit in values.entries(node, "inventoryUnits"))
    prices = [line.unit_price_minor for line in lines]
    known = [price for price in prices if price is not None]
    whole = values.part(node, "order") or {}
    address = _address(values.part(whole, "shipAddress"))
    shipment_id = values.identifier(node)
    return RemoteOrder(
        channel_order_id=shipment_id,
        number=values.text(node, "number") or shipment_id,
        raw_status=raw_status,
        status=status,
        ordered_at=values.moment(node, "createdAt"),
        updated_at=values.moment(node, "updatedAt"),
        currency=currency,
        lines=lines,
        raw=node,
        buyer_name=address.name if address else None,
        buyer_email=values.text(whole, "email"),
        buyer_phone=address.phone if address else None,
        shipping_address=address,
        billing_address=_address(values.part(whole, "billAddress")),
        subtotal_minor=sum(known) if len(known) == len(prices) else None,
        shipping_minor=values.minor(node, "shippingCost", currency) or 0,
        total_minor=total,
        awaits_acknowledgement=raw_status == "UNCONFIRMED",
        problems=(*problems, *(("price_missing",) if total is None or len(known) < len(prices) else ())),
    )


def _line(unit: dict[str, Any], currency: str, status: OrderStatus | None) -> RemoteLine:
    price = values.minor(unit, "price", currency)
    state = values.text(unit, "state")
    unit_id, sku = values.identifier(unit), values.text(unit, "sku")
    rejected = state == "REJECTED" or status == "cancelled"
    return RemoteLine(
        channel_line_id=unit_id,
        title=values.text(unit, "name") or sku or unit_id,
        quantity=1,
        sku=sku,
        gtin=values.text(unit, "gtin"),
        channel_product_id=values.text(unit, "productId"),
        unit_price_minor=price,
        subtotal_minor=price,
        total_minor=price,
        shipped_quantity=1 if status in ("shipped", "delivered") and not rejected else 0,
        cancelled_quantity=1 if rejected else 0,
        raw_status=state,
    )


def _address(node: dict[str, Any] | None) -> RemoteAddress | None:
    if node is None:
        return None
    street, country = values.text(node, "street"), values.text(node, "country")
    return RemoteAddress(
        name=" ".join(filter(None, (values.text(node, "firstName"), values.text(node, "lastName")))) or None,
        organization=values.text(node, "company"),
        street=(street,) if street else (),
        postal_code=values.text(node, "postalCode"),
        city=values.text(node, "city"),
        country=country.upper() if country else None,
        phone=values.text(node, "phone"),
    )
