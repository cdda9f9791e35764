"""The dialect of orders: they are read as a whole, and their fulfilment and the stock are set."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from orion.channels.adapters import values
from orion.channels.adapters.letzshop.asking import ask, refused
from orion.channels.adapters.letzshop.pages import PAGE_SIZE, make_page, read_one
from orion.channels.client import ChannelClient
from orion.channels.errors import Refused, Unreadable
from orion.channels.ports import (
    OrderPage,
    RemoteAddress,
    RemoteLine,
    RemoteOrder,
    RemoteShipment,
    StockAnswer,
    StockOffer,
    Window,
)
from orion.kernel import OrderStatus

STATUSES: dict[str, OrderStatus] = {
    "PENDING": "pending",
    "PAID": "confirmed",
    "PROCESSING": "processing",
    "SHIPPED": "shipped",
    "DELIVERED": "delivered",
    "CANCELLED": "cancelled",
    "REFUNDED": "refunded",
}
STOCK_LINES = 100
"""Lines of stock in one call."""

_PATH = "/graphql"
_ORDER = """
id orderNumber status createdAt updatedAt
customer { email firstName lastName phone }
shippingAddress { street city postalCode country }
items { product { id sku name } quantity unitPrice totalPrice }
totals { subtotal shipping tax total currency }
fulfillment { status trackingNumber carrier shippedAt }
"""
_ORDERS = f"""query Orders($since: DateTime, $first: Int, $after: String) {{
  orders(filter: {{ updatedAt: {{ gte: $since }} }}, first: $first, after: $after) {{
    edges {{ node {{ {_ORDER} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""
_ONE = f"query Order($id: ID!) {{ order(id: $id) {{ {_ORDER} }} }}"
_CHECK = "query Check { orders(first: 1) { pageInfo { hasNextPage } } }"
_SHIP = """mutation Ship($orderId: ID!, $input: FulfillmentInput!) {
  updateOrderFulfillment(orderId: $orderId, input: $input) { order { id } errors { field message } }
}"""
_STOCK = """mutation Stock($input: InventoryUpdateInput!) {
  updateInventory(input: $input) { success errors { sku message } }
}"""


class LetzshopOrders:
    """An OrderSource, FulfillmentSink and InventorySink."""

    def __init__(self, client: ChannelClient) -> None:
        self._client = client

    async def check(self) -> str:
        """Whether we may read orders."""
        await self._ask("orders", _CHECK)
        return "Letzshop lets us read orders."

    async def orders_page(self, window: Window, cursor: str | None = None) -> OrderPage:
        """See OrderSource."""
        since = window.since.astimezone(UTC).isoformat() if window.since else None
        found = await self._ask("orders", _ORDERS, since=since, first=PAGE_SIZE, after=cursor)
        edges = found.get("edges") if isinstance(found, dict) else None
        if not isinstance(edges, list):
            raise Unreadable("unreadable", "orders: the page has no edges")
        nodes = [edge.get("node") if isinstance(edge, dict) else None for edge in edges]
        return make_page(nodes, found.get("pageInfo"), window, read_order)

    async def order(self, channel_order_id: str) -> RemoteOrder | None:
        """See OrderSource."""
        return read_one(await self._ask("order", _ONE, id=channel_order_id), read_order, "order")

    async def ship(self, shipment: RemoteShipment) -> str | None:
        """See FulfillmentSink. Letzshop knows parcels only by what they do to the order, and gives them no id."""
        told = {
            "status": "SHIPPED" if shipment.completes_order else "PROCESSING",
            "trackingNumber": shipment.tracking_number,
            "carrier": shipment.carrier_name or shipment.carrier,
            "shippedAt": shipment.shipped_at.astimezone(UTC).isoformat(),
        }
        field = "updateOrderFulfillment"
        payload = await self._ask(field, _SHIP, orderId=shipment.channel_order_id, input=told)
        if not isinstance(payload, dict):
            raise Unreadable("unreadable", f"{field}: what came is no payload")
        if payload.get("errors"):
            raise refused("fulfillment_refused", field, payload["errors"])
        return None

    async def publish_stock(self, offers: Sequence[StockOffer]) -> Sequence[StockAnswer]:
        """See InventorySink. Goes out in calls of 100 lines; what is asked again is set again, without harm."""
        answers: list[StockAnswer] = []
        for start in range(0, len(offers), STOCK_LINES):
            answers += await self._publish(offers[start : start + STOCK_LINES])
        return answers

    async def _publish(self, offers: Sequence[StockOffer]) -> list[StockAnswer]:
        field = "updateInventory"
        lines = [{"sku": offer.sku, "quantity": offer.quantity} for offer in offers]
        payload = await self._ask(field, _STOCK, input={"items": lines})
        errors = payload.get("errors") if isinstance(payload, dict) else None
        if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
            raise Unreadable("unreadable", f"{field}: what came is no payload")
        problems = {error.get("sku"): str(error.get("message") or "refused") for error in errors}
        if set(problems) - {offer.sku for offer in offers}:
            raise refused("stock_refused", field, errors, names="sku")
        if payload.get("success") is not True and not problems:
            raise Refused("stock_refused", f"{field}: Letzshop says no, and not why")
        return [StockAnswer(offer.sku, problems.get(offer.sku)) for offer in offers]

    async def _ask(self, field: str, document: str, **variables: Any) -> Any:
        return await ask(self._client, field, document, variables, _PATH)


def read_order(node: dict[str, Any]) -> RemoteOrder:
    """The order of a node. Raises Odd."""
    raw_status = values.text(node, "status")
    if raw_status is None:
        raise values.Odd("status is missing")
    totals = values.part(node, "totals")
    if totals is None:
        raise values.Odd("totals is missing")
    currency, problems = values.currency(totals)
    amounts = {name: values.minor(totals, name, currency) for name in ("subtotal", "shipping", "tax", "total")}
    status = STATUSES.get(raw_status)
    lines = _lines(values.entries(node, "items"), currency, status)
    missing = amounts["total"] is None or any(line.unit_price_minor is None for line in lines)
    customer = values.part(node, "customer")
    name = " ".join(filter(None, (values.text(customer, "firstName"), values.text(customer, "lastName")))) or None
    order_id = values.identifier(node)
    tax = amounts["tax"] or 0
    shipping = amounts["shipping"] or 0
    return RemoteOrder(
        channel_order_id=order_id,
        number=values.text(node, "orderNumber") or order_id,
        raw_status=raw_status,
        status=status,
        ordered_at=values.moment(node, "createdAt"),
        updated_at=values.moment(node, "updatedAt"),
        currency=currency,
        lines=lines,
        raw=node,
        buyer_name=name,
        buyer_email=values.text(customer, "email"),
        buyer_phone=values.text(customer, "phone"),
        shipping_address=_address(values.part(node, "shippingAddress"), name, values.text(customer, "phone")),
        subtotal_minor=amounts["subtotal"],
        shipping_minor=shipping,
        tax_minor=tax,
        total_minor=amounts["total"],
        refunded_minor=(amounts["total"] or 0) if status == "refunded" else 0,
        # Nobody says whether prices include tax, so the sum does: they do, unless it comes out only with tax on top.
        prices_include_tax=not tax or amounts["total"] != (amounts["subtotal"] or 0) + shipping + tax,
        problems=(*problems, *(("price_missing",) if missing else ())),
    )


def _lines(items: list[dict[str, Any]], currency: str, status: OrderStatus | None) -> tuple[RemoteLine, ...]:
    lines: list[RemoteLine] = []
    seen: dict[str, int] = {}
    for place, item in enumerate(items, 1):
        product = values.part(item, "product")
        product_id = values.text(product, "id")
        # Lines have no ids of their own. The product's is one, and told apart where it comes twice.
        base = product_id or f"line-{place}"
        seen[base] = seen.get(base, 0) + 1
        quantity = values.count(item, "quantity")
        price = values.minor(item, "unitPrice", currency)
        total = values.minor(item, "totalPrice", currency)
        if total is None and price is not None:
            total = price * quantity
        sku = values.text(product, "sku")
        lines.append(
            RemoteLine(
                channel_line_id=base if seen[base] == 1 else f"{base}-{seen[base]}",
                title=values.text(product, "name") or sku or base,
                quantity=quantity,
                sku=sku,
                channel_product_id=product_id,
                unit_price_minor=price,
                subtotal_minor=total,
                total_minor=total,
                shipped_quantity=quantity if status in ("shipped", "delivered") else 0,
                cancelled_quantity=quantity if status == "cancelled" else 0,
                refunded_minor=(total or 0) if status == "refunded" else 0,
            )
        )
    return tuple(lines)


def _address(node: dict[str, Any] | None, name: str | None, phone: str | None) -> RemoteAddress | None:
    if node is None:
        return None
    street = values.text(node, "street")
    country = values.text(node, "country")
    return RemoteAddress(
        name=name,
        street=tuple(line.strip() for line in street.splitlines() if line.strip()) if street else (),
        postal_code=values.text(node, "postalCode"),
        city=values.text(node, "city"),
        country=country.upper() if country else None,
        phone=phone,
    )
