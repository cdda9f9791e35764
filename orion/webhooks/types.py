"""What can be told: every type of event with what it means and an example of its `data`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orion.kernel import FieldError, Invalid

MAX_PATTERNS = 50


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event: in words, and the `data` of an example."""

    text: str
    example: dict[str, Any]


_PRODUCT = {"product_id": 17, "url": "/api/v1/store/products/17"}
_IMPORT = {
    "import_id": 9,
    "marketplace": "Letzshop",
    "language": "en",
    "status": "completed_with_errors",
    "counts": {"imported": 120, "updated": 14, "unchanged": 860, "skipped": 0, "errors": 6, "warnings": 31},
    "url": "/api/v1/store/marketplace/imports/9",
}
_FAILED = _IMPORT | {"status": "failed", "failure": {"code": "feed_not_found", "message": "There is no feed."}}
_STOCK = {
    "item_id": 31,
    "gtin": "4006381333931",
    "location": "MAIN",
    "delta": -2,
    "on_hand": 5,
    "available": 3,
    "reason": "sale",
    "reference": "order:88",
}
_LOW = {"item_id": 31, "gtin": "4006381333931", "title": "Desk lamp", "available": 3, "threshold": 5}
_ORDER = {
    "order_id": 88,
    "channel": "letzshop",
    "channel_order_id": "6f1c0d",
    "number": "R532332163",
    "status": "confirmed",
    "flags": [],
    "url": "/api/v1/store/orders/88",
}
_STORE = {"store_id": 5, "store_code": "TECHSTORE", "url": "/api/v1/shop/TECHSTORE"}

TYPES: dict[str, EventType] = {
    "product.created": EventType(
        "A product was added to the store.",
        _PRODUCT | {"changed": {"marketplace_product_id": "SKU-17", "is_active": True}},
    ),
    "product.updated": EventType(
        "Fields of a product changed; null: the store's own value was taken away, the inherited one counts again.",
        _PRODUCT | {"changed": {"price": "27.90", "sale_price": None}},
    ),
    "product.published": EventType("Buyers can see the product now.", _PRODUCT | {"changed": {"is_active": True}}),
    "product.unpublished": EventType(
        "Buyers do not see the product any more.", _PRODUCT | {"changed": {"is_active": False}}
    ),
    "product.deleted": EventType("The product was taken out of the store.", _PRODUCT | {"changed": {}}),
    "products.changed": EventType(
        "One action changed many products at once; read them from the list of products.",
        {"action": "publish", "count": 250, "url": "/api/v1/store/products"},
    ),
    "import.completed": EventType("An import is finished, perhaps with rows that failed.", _IMPORT),
    "import.failed": EventType("An import broke off; what it had imported stays.", _FAILED),
    "import.cancelled": EventType("An import was stopped by a member.", _IMPORT | {"status": "cancelled"}),
    "import.undone": EventType(
        "An import was taken back: products have their prior values, are gone, or were left as they are.",
        {
            "import_id": 9,
            "counts": {"restored": 14, "removed": 118, "kept": 2},
            "url": "/api/v1/store/marketplace/imports/9/undo",
        },
    ),
    "stock.changed": EventType(
        "Stock at a location changed by `delta`, or what of it is free did (`delta` is 0 then).", _STOCK
    ),
    "stock.imported": EventType(
        "A file of quantities was imported, or could not be; its changes are told by this event alone.",
        {
            "import_id": 4,
            "name": "counted.csv",
            "status": "completed_with_errors",
            "changed": 118,
            "failed": 2,
            "url": "/api/v1/store/inventory/imports/4",
        },
    ),
    "stock.low": EventType("What is free of an item fell to its threshold; told again after it has recovered.", _LOW),
    "order.created": EventType("An order came in from a channel; it says nothing of the buyer: read it.", _ORDER),
    "order.updated": EventType(
        "An order changed: by its channel, by a member, or because stock came in. `what` says which of its sides.",
        _ORDER | {"what": "status", "status": "processing"},
    ),
    "store.updated": EventType("Settings of the store changed.", _STORE | {"changed": {"name": "Tech Store"}}),
    "store.verified": EventType("The store was verified: buyers can see it.", _STORE | {"reason": None}),
    "store.unverified": EventType("The store is not verified any more.", _STORE | {"reason": "Papers are out of date"}),
    "store.activated": EventType("The store was activated.", _STORE | {"reason": None}),
    "store.deactivated": EventType("The store was deactivated.", _STORE | {"reason": "Closed"}),
    "connection.health_changed": EventType(
        "A connection to a channel works now (ok), will stop working soon (expiring), or does not work (broken).",
        {
            "connection_id": 7,
            "channel": "amazon",
            "name": "Amazon EU",
            "state": "broken",
            "before": "ok",
            "reason": "The permission has ended or was taken back: connect again",
            "url": "/api/v1/store/connections/7",
        },
    ),
    "webhook.test": EventType("Somebody pressed the test button.", {"webhook_id": 3, "message": "It works."}),
}


def matches(patterns: Sequence[str], type_: str) -> bool:
    """Whether one of the patterns covers the type: the type itself, "product.*" or "*"."""
    return any(
        pattern in ("*", type_) or (pattern.endswith(".*") and type_.startswith(pattern[:-1])) for pattern in patterns
    )


def parse_patterns(patterns: Sequence[str], field: str = "event_types") -> list[str]:
    """The patterns in order, each once. Raises Invalid (`unknown_event_type`) for one that covers no type."""
    wanted = list(dict.fromkeys(pattern.strip() for pattern in patterns))
    if not 1 <= len(wanted) <= MAX_PATTERNS:
        message = f'Name 1 to {MAX_PATTERNS} types of events, or ["*"] for all of them'
        raise Invalid("unknown_event_type", message, errors=[FieldError(field, message)])
    errors = [
        FieldError(
            f"{field}.{number}",
            f"{pattern[:64]!r} covers no type of event: see GET /api/v1/webhook-event-types",
        )
        for number, pattern in enumerate(wanted)
        if not any(matches([pattern], type_) for type_ in TYPES)
    ]
    if errors:
        raise Invalid("unknown_event_type", errors[0].message, errors=errors)
    return wanted
