"""Orders as Amazon tells them, and how they are read in tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from orion.channels import OrderPage, Window
from orion.simulators.amazon import SELLER_ID

DE, FR, UK = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1F83G8C2ARO7P"
SETTINGS: dict[str, Any] = {"region": "eu", "marketplace_ids": [DE], "seller_id": SELLER_ID}
LONG_AGO = Window(since=datetime(2026, 5, 1, tzinfo=UTC))


def eur(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currencyCode": currency}


def an_item(item_id: str, sku: str, quantity: int, price: str | None, **parts: str) -> dict[str, Any]:
    product: dict[str, Any] = {"asin": f"B0{sku}", "title": sku.title(), "sellerSku": sku}
    if price is not None:
        product["price"] = {"unitPrice": eur(price)}
    breakdowns = [{"type": kind, "subtotal": eur(amount)} for kind, amount in parts.items()]
    return {
        "orderItemId": item_id,
        "quantityOrdered": quantity,
        "product": product,
        "proceeds": {"breakdowns": breakdowns},
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": quantity},
    }


def given(**changes: Any) -> dict[str, Any]:
    return {
        "orderId": "302-0000001-0000001",
        "createdTime": "2026-05-01T10:00:00+02:00",
        "lastUpdatedTime": "2026-05-02T08:00:00Z",
        "buyer": {
            "buyerName": "Anne Weber",
            "buyerEmail": "x1@marketplace.amazon.de",
            "buyerPurchaseOrderNumber": "PO-7",
        },
        "recipient": {
            "deliveryAddress": {
                "name": "Anne Weber",
                "companyName": "Weber SARL",
                "addressLine1": "1, Grand-Rue",
                "addressLine2": "2nd floor",
                "addressLine3": "",
                "city": "Luxembourg",
                "stateOrRegion": "",
                "postalCode": "1611",
                "countryCode": "LU",
                "phone": "+352 1",
            }
        },
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
        "orderItems": [
            an_item("11", "MUG", 2, "12.50", ITEM="25.00", SHIPPING="4.99", GIFT_WRAP="1.00"),
            an_item("12", "CAP", 1, "9.99", ITEM="9.99", DISCOUNT="-2.00"),
        ],
    } | changes


def a_node(**changes: Any) -> dict[str, Any]:
    return {"salesChannel": {"channelName": "AMAZON"}} | given(**changes)


async def read_all(adapter: Any, window: Window) -> list[OrderPage]:
    pages = [await adapter.orders_page(window)]
    while pages[-1].cursor:
        assert len(pages) < 50
        pages.append(await adapter.orders_page(window, pages[-1].cursor))
    return pages


def ids_of(pages: list[OrderPage]) -> list[str]:
    return [order.channel_order_id for page in pages for order in page.orders]


def recently(**back: float) -> Window:
    return Window(since=datetime.now(UTC) - timedelta(**back or {"days": 30}))
