"""Orders 2026-01-01, and the confirmation of shipments (Orders v0)."""

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orion.simulators.amazon.answers import Wrong, body, choices, listed, moment, number, read_token, token_of
from orion.simulators.amazon.content import (
    DATA_SETS,
    PACKAGE_STATUSES,
    STATUSES,
    Order,
    included,
    settle,
    without_amounts,
    without_personal_data,
)
from orion.simulators.kit import Entry, cursor_of, stamp

if TYPE_CHECKING:
    from orion.simulators.amazon.simulator import Amazon

MOST = 100
TOKEN_LIVES = timedelta(hours=24)
SETTLED = timedelta(minutes=2)
"""How far in the past the end of a search has to lie."""

UNKNOWN_STATUS = "AWAITING_CUSTOMS"
OPERATION = "searchOrders"


async def search(seller: "Amazon", request: Request) -> Response:
    """A page of orders, oldest change first."""
    now = seller.now()
    created, updated = moment(request, "createdAfter"), moment(request, "lastUpdatedAfter")
    if (created is None) == (updated is None):
        raise Wrong("Invalid request: exactly one of createdAfter and lastUpdatedAfter is required")
    name, other = ("createdBefore", "lastUpdatedBefore") if updated is None else ("lastUpdatedBefore", "createdBefore")
    if other in request.query_params:
        raise Wrong(f"Invalid request: {other} does not go with what was asked")
    before = moment(request, name)
    if before is not None and before > now - SETTLED:
        raise Wrong(f"Invalid request: {name} must be at least two minutes before the time of the request")
    since = created or updated
    if before is not None and since is not None and before < since:
        raise Wrong(f"Invalid request: {name} is before the start of the time range")
    marketplaces = listed(request, "marketplaceIds")
    if len(marketplaces) > 50:
        raise Wrong("Invalid request: at most 50 marketplaceIds")
    statuses = choices(request, "fulfillmentStatuses", STATUSES)
    fulfilled_by = choices(request, "fulfilledBy", ("MERCHANT", "AMAZON"))
    data_sets = choices(request, "includedData", DATA_SETS)
    first = number(request, "maxResultsPerPage", MOST, MOST)
    until = before or now - timedelta(seconds=seller.shaped["lag_seconds"])
    after = None
    if (text := request.query_params.get("paginationToken")) is not None:
        state = read_token(text, "paginationToken")
        issued = datetime.fromisoformat(state["issued"])
        if now > issued + TOKEN_LIVES or state["epoch"] != seller.token_epoch:
            raise Wrong("The provided paginationToken is expired")
        after, until = state["after"], datetime.fromisoformat(state["until"])
    field = "createdTime" if updated is None else "lastUpdatedTime"
    low, high = stamp(since) if since else "", stamp(until)

    def keep(entry: Entry) -> bool:
        order = entry["order"]
        return (
            low <= order[field] <= high
            and (not marketplaces or order["salesChannel"].get("marketplaceId") in marketplaces)
            and (not statuses or order["fulfillment"]["fulfillmentStatus"] in statuses)
            and (not fulfilled_by or order["fulfillment"].get("fulfilledBy") in fulfilled_by)
        )

    orders, more = read_page(seller, updated, after, first, keep)
    answer: dict[str, Any] = {"orders": [_shown(seller, order, data_sets) for order in orders], name: stamp(until)}
    if more:
        state = {"after": more, "until": until.isoformat(), "issued": now.isoformat(), "epoch": seller.token_epoch}
        answer["pagination"] = {"nextToken": token_of(state)}
    return JSONResponse(answer)


def read_page(
    seller: "Amazon", since: datetime | None, after: str | None, first: int, keep: Callable[[Entry], bool]
) -> tuple[list[Order], str | None]:
    """Orders of a page, and the place behind it if there are more; faults of pages happen here."""
    hits, book = seller.faults.hits, seller.book
    if after is not None and hits("duplicated_page", OPERATION):
        after = seller.served.get(after, after)
    entries, more = book.page(since, after, first, keep)
    if entries and hits("unknown_status", OPERATION):
        order = copy.deepcopy(entries[-1]["order"])
        order["fulfillment"]["fulfillmentStatus"] = UNKNOWN_STATUS
        seller.keep(order, at=datetime.fromisoformat(order["lastUpdatedTime"]))
        entries, more = book.page(since, after, first, keep)
    if entries:
        seller.served[cursor_of(entries[-1])] = after
    if more and hits("page_drift", OPERATION):
        behind, _ = book.page(since, more, 1, keep)
        for entry in (entries[0], *behind):
            seller.keep(copy.deepcopy(entry["order"]))
    orders = [entry["order"] for entry in entries]
    if orders and hits("late_status", OPERATION):
        orders.append(_earlier(seller, entries[0]))
    if orders and hits("malformed_item", OPERATION):
        seller.broken += 1
        ways: tuple[Order, ...] = (
            {"lastUpdatedTime": "the day before yesterday"},
            {"orderItems": None},
            {"createdTime": None},
        )
        orders[0] = {**orders[0], **ways[(seller.broken - 1) % len(ways)]}
    return orders, more


def _earlier(seller: "Amazon", entry: Entry) -> Order:
    if versions := seller.book.earlier.get(entry["id"]):
        order: Order = versions[-1]["order"]
        return order
    order = copy.deepcopy(entry["order"])
    order["fulfillment"]["fulfillmentStatus"] = "PENDING"
    before = datetime.fromisoformat(order["lastUpdatedTime"]) - timedelta(minutes=5)
    return {**order, "lastUpdatedTime": stamp(before)}


async def get(seller: "Amazon", request: Request) -> Response:
    """One order."""
    data_sets = choices(request, "includedData", DATA_SETS)
    return JSONResponse({"order": _shown(seller, _order(seller, request), data_sets)})


def _order(seller: "Amazon", request: Request) -> Order:
    entry = seller.book.entries.get(request.path_params["order_id"])
    if entry is None:
        raise Wrong("The requested order does not exist", status=404, code="NotFound")
    order: Order = entry["order"]
    return order


def _shown(seller: "Amazon", order: Order, data_sets: list[str]) -> Order:
    shown = included(without_amounts(order), data_sets)
    return shown if seller.shaped["personal_data"] else without_personal_data(shown)


async def confirm_shipment(seller: "Amazon", request: Request) -> Response:
    """A parcel; the same packageReferenceId again changes it."""
    told = await body(request)
    order = copy.deepcopy(_order(seller, request))
    detail = told.get("packageDetail")
    if not isinstance(detail, dict) or not isinstance(told.get("marketplaceId"), str):
        raise Wrong("Missing required parameter: packageDetail, marketplaceId")
    if told["marketplaceId"] != order["salesChannel"].get("marketplaceId"):
        raise Wrong("The order was not placed in this marketplace")
    if order["fulfillment"].get("fulfilledBy") == "AMAZON":
        raise Wrong(f"The order {order['orderId']} is fulfilled by Amazon and cannot be confirmed")
    package = _package(detail, {item["orderItemId"]: item["quantityOrdered"] for item in order["orderItems"]})
    status = order["fulfillment"]["fulfillmentStatus"]
    if status not in ("UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"):
        raise Wrong(f"The order {order['orderId']} is {status} and cannot be shipped")
    reference = package["packageReferenceId"]
    others = [one for one in order.get("packages", []) if one["packageReferenceId"] != reference]
    if seller.shaped["refuse_known"] and len(others) < len(order.get("packages", [])):
        raise Wrong(f"PackageToUpdateNotFound: {reference}")
    packages = [*others, package]
    _check_quantities(order, packages)
    order["packages"] = packages
    settle(order)
    known = seller.book.entries[order["orderId"]]["order"]
    if {**order, "lastUpdatedTime": None} != {**known, "lastUpdatedTime": None}:
        seller.keep(order)
    return Response(status_code=204)


def _package(detail: dict[str, Any], ordered: dict[str, int]) -> dict[str, Any]:
    missing = [
        name
        for name in ("packageReferenceId", "carrierCode", "trackingNumber", "shipDate", "orderItems")
        if not detail.get(name)
    ]
    if missing:
        raise Wrong(f"Missing required parameter: {', '.join(missing)}")
    reference = detail["packageReferenceId"]
    if not isinstance(reference, str) or not reference.isascii() or not reference.isdigit() or int(reference) < 1:
        raise Wrong("packageReferenceId must be a positive numeric value")
    if detail["carrierCode"] == "Other" and not detail.get("carrierName"):
        raise Wrong("carrierName is required when carrierCode is Other")
    try:
        shipped = datetime.fromisoformat(detail["shipDate"])
    except (TypeError, ValueError):
        shipped = None
    if shipped is None or shipped.tzinfo is None:
        raise Wrong("shipDate must be in ISO 8601 format")
    for part in detail["orderItems"]:
        quantity = part.get("quantity")
        if part.get("orderItemId") not in ordered:
            raise Wrong(f"The order item {part.get('orderItemId')} is not of this order")
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
            raise Wrong("quantity must be a positive number")
    return {
        "packageReferenceId": reference,
        "packageStatus": {"status": PACKAGE_STATUSES[2]},
        "carrier": detail.get("carrierName") or detail["carrierCode"],
        "shipTime": stamp(shipped),
        "trackingNumber": detail["trackingNumber"],
        "packageItems": [
            {"orderItemId": part["orderItemId"], "quantity": part["quantity"]} for part in detail["orderItems"]
        ],
    }


def _check_quantities(order: Order, packages: list[dict[str, Any]]) -> None:
    for item in order["orderItems"]:
        sent = sum(
            part["quantity"]
            for package in packages
            for part in package.get("packageItems", [])
            if part["orderItemId"] == item["orderItemId"]
        )
        if sent > item["quantityOrdered"]:
            raise Wrong(f"More units of {item['orderItemId']} are shipped than were ordered")
