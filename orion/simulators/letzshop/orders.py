"""What the dialect `orders` answers."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from orion.simulators.kit.book import Entry, cursor_of, stamp
from orion.simulators.letzshop.documents import bad_input

if TYPE_CHECKING:
    from orion.simulators.letzshop.simulator import Letzshop

_ENDED = ("CANCELLED", "REFUNDED")


def root(shop: "Letzshop") -> Mapping[str, Callable[..., Any]]:
    """The fields of Query and Mutation."""
    acts: Mapping[str, Callable[..., Any]] = {
        "orders": _orders,
        "order": _order,
        "updateOrderFulfillment": _update_order_fulfillment,
        "updateInventory": _update_inventory,
    }
    return {name: partial(act, shop) for name, act in acts.items()}


def _orders(
    shop: "Letzshop",
    _: Any,
    *,
    first: int = 100,
    after: str | None = None,
    filter: dict[str, Any] | None = None,  # noqa: A002 (the schema's name)
) -> dict[str, Any]:
    wanted = (filter or {}).get("status") or {}
    statuses = wanted.get("in")
    entries, more, cursor = shop.read_page(
        shop.orders,
        "orders",
        "status",
        since=((filter or {}).get("updatedAt") or {}).get("gte"),
        after=after,
        first=first,
        keep=lambda entry: statuses is None or entry["status"] in statuses,
    )
    return {
        "edges": [{"cursor": cursor_of(entry), "node": entry} if entry else None for entry in entries],
        "pageInfo": {"hasNextPage": more, "endCursor": cursor},
    }


def _order(shop: "Letzshop", _: Any, *, id: str) -> Entry | None:  # noqa: A002 (the schema's name)
    return shop.orders.entries.get(id)


def _update_order_fulfillment(shop: "Letzshop", _: Any, *, orderId: str, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002, N803 (the schema's names)
    entry = shop.orders.entries.get(orderId)
    if entry is None:
        return {"order": None, "errors": [{"field": "orderId", "message": f"There is no order {orderId}"}]}
    if errors := _problems(shop, entry, input):
        return {"order": entry, "errors": errors}
    told = _fulfillment(input)
    if told != entry["fulfillment"] or entry["status"] != told["status"]:
        entry = {**entry, "fulfillment": told, "status": told["status"], "updatedAt": stamp(shop.now())}
        shop.orders.put(entry)
    return {"order": entry, "errors": []}


def _update_inventory(shop: "Letzshop", _: Any, *, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 (the schema's name)
    lines = input["items"]
    if len(lines) > 100:
        raise bad_input(f"at most 100 lines, not {len(lines)}")
    known = {article.sku for article in shop.catalogue}
    errors = []
    for line in lines:
        sku, quantity = line["sku"], line["quantity"]
        if sku not in known:
            errors.append({"sku": sku, "message": "Unknown SKU"})
        elif quantity < 0:
            errors.append({"sku": sku, "message": "Quantity must not be negative"})
        else:
            shop.inventory[sku] = quantity
    return {"success": not errors, "errors": errors}


def _problems(shop: "Letzshop", entry: Entry, told: dict[str, Any]) -> list[dict[str, str]]:
    problems = []
    if entry["status"] in _ENDED:
        problems.append({"field": "status", "message": f"The order is {entry['status']}"})
    elif entry["status"] == "PENDING":
        problems.append({"field": "status", "message": "The order is not paid"})
    if told.get("trackingNumber") is not None and not told["trackingNumber"].strip():
        problems.append({"field": "trackingNumber", "message": "Must not be blank"})
    at: datetime | None = told.get("shippedAt")
    if at is not None and at > shop.now() + timedelta(days=1):
        problems.append({"field": "shippedAt", "message": "Must not be in the future"})
    return problems


def _fulfillment(told: dict[str, Any]) -> dict[str, Any]:
    at = told.get("shippedAt")
    return {
        "status": told["status"],
        "trackingNumber": told.get("trackingNumber"),
        "carrier": told.get("carrier"),
        "shippedAt": stamp(at) if at else None,
    }
