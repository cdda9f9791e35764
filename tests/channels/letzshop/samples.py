"""Orders as Letzshop tells them."""

from typing import Any


def item(sku: str, quantity: int, price: Any, total: Any, **product: Any) -> dict[str, Any]:
    """A line of an order, in the words of the API."""
    return {
        "product": {"id": f"prd_{sku}", "sku": sku, "name": sku.title()} | product,
        "quantity": quantity,
        "unitPrice": price,
        "totalPrice": total,
    }


def given(**changes: Any) -> dict[str, Any]:
    """An order of 53.39 EUR, in the words of the API."""
    return {
        "id": "ord_1",
        "orderNumber": "L1",
        "status": "PAID",
        "createdAt": "2026-05-01T10:00:00+02:00",
        "updatedAt": "2026-05-02T08:00:00Z",
        "customer": {"email": "anne@example.org", "firstName": "Anne", "lastName": "Weber", "phone": "+352 1"},
        "shippingAddress": {
            "street": "1, Grand-Rue\n2nd floor",
            "city": "Luxembourg",
            "postalCode": "1611",
            "country": "lu",
        },
        "items": [
            item("MUG", 2, "12.50", "25.00"),
            item("MUG", 1, "12.50", "12.50"),
            item("CAP", 1, "9.99", "9.99"),
        ],
        "totals": {"subtotal": "47.49", "shipping": "5.90", "tax": "7.76", "total": "53.39", "currency": "EUR"},
        "fulfillment": None,
    } | changes
