"""An order as eBay tells it, and reading page after page."""

from datetime import UTC, datetime, timedelta
from typing import Any

from orion.channels import OrderPage, Window
from orion.channels.adapters.ebay import EbayAdapter

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=123_000)
MONTH = Window(since=datetime.now(UTC) - timedelta(days=30))


def eur(value: str) -> dict[str, str]:
    return {"value": value, "currency": "EUR"}


def item(line_id: str, sku: str, quantity: int, cost: str, **more: Any) -> dict[str, Any]:
    return {
        "lineItemId": line_id,
        "legacyItemId": f"11{line_id}",
        "sku": sku,
        "title": sku.title(),
        "quantity": quantity,
        "lineItemCost": eur(cost),
        "lineItemFulfillmentStatus": "NOT_STARTED",
        "deliveryCost": {"shippingCost": eur("0.0")},
        "taxes": [],
        "refunds": [],
    } | more


def given(**changes: Any) -> dict[str, Any]:
    contact = {
        "fullName": "Anne Weber",
        "companyName": "Weber S.à r.l.",
        "contactAddress": {
            "addressLine1": "1, Grand-Rue",
            "addressLine2": "2nd floor",
            "city": "Luxembourg",
            "stateOrProvince": "LU",
            "postalCode": "1611",
            "countryCode": "lu",
        },
        "primaryPhone": {"phoneNumber": "+352 1"},
        "email": "relay@members.example",
    }
    home = {"fullName": "Anne Weber", "contactAddress": {"addressLine1": "9, Um Bierg", "city": "Esch"}}
    return {
        "orderId": "11-22222-33333",
        "creationDate": YESTERDAY.isoformat(),
        "lastModifiedDate": YESTERDAY.isoformat(),
        "buyer": {"username": "opaque_77", "buyerRegistrationAddress": home},
        "fulfillmentStartInstructions": [
            {"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": {"shipTo": contact}}
        ],
        "lineItems": [
            item("1", "MUG", 2, "25.0", deliveryCost={"shippingCost": eur("5.90"), "discountAmount": eur("1.00")}),
            item("2", "CAP", 1, "9.99", discountedLineItemCost=eur("7.99")),
        ],
    } | changes


async def read_pages(adapter: EbayAdapter, window: Window = MONTH) -> list[OrderPage]:
    pages = [await adapter.orders_page(window)]
    while pages[-1].cursor:
        assert len(pages) < 50
        pages.append(await adapter.orders_page(window, pages[-1].cursor))
    return pages


def ids_of(pages: list[OrderPage]) -> list[str]:
    return [order.channel_order_id for page in pages for order in page.orders]
