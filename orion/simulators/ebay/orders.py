"""Sell Fulfillment API v1: getOrders, getOrder, and shipping fulfilments."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orion.simulators.ebay.answers import Wrong
from orion.simulators.ebay.content import Order, changed, moment_text, shown, status_of
from orion.simulators.kit import stamp

if TYPE_CHECKING:
    from orion.simulators.ebay.simulator import Ebay

MOST = 200
DEFAULT = 50
MOST_PARCELS = 20
UNKNOWN_STATUS = "UNDER_REVIEW"
_TWO_YEARS = timedelta(days=731)
_FILTER = re.compile(r"(\w+):(\[[^\]]*\]|\{[^}]*\})(?:,|$)")
_COMBINATIONS = ({"NOT_STARTED", "IN_PROGRESS"}, {"FULFILLED", "IN_PROGRESS"})


async def search(seller: "Ebay", request: Request) -> Response:
    """GetOrders."""
    asked = dict(request.query_params)
    breakdown = _breakdown(asked)
    if ids := asked.get("orderIds"):
        wanted = ids.split(",")
        if len(wanted) > 50:
            raise Wrong(400, 30900, "Exceeded maximum number of order IDs (the current limit is 50)")
        found = [one for one in wanted if one in seller.book.entries]
        limit, offset = len(found), 0
    else:
        limit = _number(asked, "limit", DEFAULT, 31100, 1, MOST)
        offset = _number(asked, "offset", 0, 31000, 0, 10**9)
        found = _matching(seller, asked.get("filter", ""))
    hits = seller.faults.hits
    more = offset + limit < len(found)
    if offset and hits("duplicated_page", "getOrders"):
        offset = max(0, offset - limit)
    some = [seller.book.entries[name]["order"] for name in found[offset : offset + limit]]
    if some and hits("unknown_status", "getOrders"):
        seller.keep({**some[-1], "orderPaymentStatus": UNKNOWN_STATUS})
        some[-1] = seller.book.entries[some[-1]["orderId"]]["order"]
    page: list[Any] = [shown(order, breakdown=breakdown, alone=False) for order in some]
    if more and hits("page_drift", "getOrders"):
        for name in (found[offset], found[offset + limit]):
            seller.keep(dict(seller.book.entries[name]["order"]))
    earlier = [version for order in some if (version := _before(seller, order))]
    if earlier and hits("late_status", "getOrders"):
        page.append(earlier[0])
    if page and hits("malformed_item", "getOrders"):
        page[0] = _break(seller, page[0])
    answer: dict[str, Any] = {
        "href": f"{seller.base(request)}/sell/fulfillment/v1/order?{urlencode(asked)}",
        "total": len(found),
        "limit": limit,
        "offset": offset,
        "orders": page,
    }
    if more:
        answer["next"] = (
            f"{seller.base(request)}/sell/fulfillment/v1/order?{urlencode(asked | {'offset': offset + limit})}"
        )
    return JSONResponse(answer)


def _matching(seller: "Ebay", text: str) -> list[str]:
    """Ids of the orders that the filter lets through, in the order of their last change. Raises Wrong."""
    criteria = dict(_FILTER.findall(text))
    if text and "".join(match.group(0) for match in _FILTER.finditer(text)) != text:
        raise Wrong(400, 30800, f"Invalid filter value {text} for filter filter")
    for name in criteria:
        if name not in ("creationdate", "lastmodifieddate", "orderfulfillmentstatus"):
            raise Wrong(400, 30700, f"Invalid filter name: {name}")
    entries = seller.book.entries
    if "creationdate" in criteria:
        since, until = _range(seller, criteria["creationdate"])
        found = [
            name
            for name in seller.book.between()
            if since <= stamp(datetime.fromisoformat(entries[name]["order"]["creationDate"])) <= until
        ]
    elif "lastmodifieddate" in criteria:
        found = seller.book.between(*_range(seller, criteria["lastmodifieddate"]))
    else:
        found = seller.book.between(stamp(seller.now() - timedelta(days=90)))
    if wanted := criteria.get("orderfulfillmentstatus"):
        statuses = set(wanted.strip("{}").split("|"))
        if statuses not in _COMBINATIONS:
            raise Wrong(400, 30800, f"Invalid filter value {wanted} for filter orderfulfillmentstatus")
        found = [name for name in found if entries[name]["order"]["orderFulfillmentStatus"] in statuses]
    return found[::-1] if seller.shaped["newest_first"] else found


def _range(seller: "Ebay", text: str) -> tuple[str, str]:
    since, dots, until = text.strip("[]").partition("..")
    if not dots or not since:
        raise Wrong(400, 30820, "Start date is missing")
    now = seller.now()
    try:
        start = datetime.fromisoformat(since)
        end = datetime.fromisoformat(until) if until else now
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError("no offset")
    except ValueError:
        raise Wrong(400, 30810, "Invalid date format") from None
    if start > end:
        raise Wrong(400, 30840, "Start date should be before end date")
    if end > now + timedelta(seconds=5):
        raise Wrong(400, 30850, "Start and end dates can't be in the future")
    if end - start > _TWO_YEARS or now - start > _TWO_YEARS:
        raise Wrong(400, 30830, "Time range between start date and end date must be within '2' years.")
    return stamp(start), stamp(end) if until else stamp(now + timedelta(days=1))


def _before(seller: "Ebay", order: Order) -> Order | None:
    versions = seller.book.earlier.get(order["orderId"])
    if versions:
        return shown(versions[-1]["order"], breakdown=True, alone=False)
    if order["creationDate"] == order["lastModifiedDate"]:
        return None
    return {**order, "orderPaymentStatus": "PENDING", "lastModifiedDate": order["creationDate"]}


def _break(seller: "Ebay", order: Order) -> Order:
    """The order with something in it that nobody can read; each time something else."""
    ways: tuple[dict[str, Any], ...] = (
        {"lastModifiedDate": "the day before yesterday"},
        {"lineItems": None},
        {"creationDate": None},
    )
    seller.broken += 1
    return {**order, **ways[(seller.broken - 1) % len(ways)]}


async def get(seller: "Ebay", request: Request) -> Response:
    """GetOrder: also with its requests to cancel."""
    return JSONResponse(shown(_find(seller, request), breakdown=_breakdown(dict(request.query_params)), alone=True))


async def fulfillments(seller: "Ebay", request: Request) -> Response:
    """GetShippingFulfillments."""
    order = _find(seller, request, status=400)
    told = seller.parcels.get(order["orderId"], [])
    return JSONResponse({"fulfillments": told, "total": len(told)})


async def ship(seller: "Ebay", request: Request) -> Response:
    """CreateShippingFulfillment: whoever says the same twice has sent two parcels."""
    order = _find(seller, request, status=400)
    if "fulfillmentProgram" in order.get("program", {}):
        raise Wrong(400, 32100, "The order is fulfilled by eBay", orderId=order["orderId"])
    try:
        asked = await request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise Wrong(400, 32600, "Invalid input data")
    return JSONResponse({}, 201, {"Location": send(seller, order, asked, seller.base(request))})


def send(seller: "Ebay", order: Order, asked: dict[str, Any], base: str) -> str:
    """A parcel leaves, as `createShippingFulfillment` tells it; its address below `base`. Raises Wrong."""
    sent = _sent_lines(order, asked)
    tracking, carrier = asked.get("trackingNumber"), asked.get("shippingCarrierCode")
    if bool(tracking) != bool(carrier) or (tracking and not re.fullmatch(r"[A-Za-z0-9]+", str(tracking))):
        raise Wrong(400, 32300, "Invalid shipment tracking number or carrier")
    now = seller.now()
    try:
        at = datetime.fromisoformat(asked["shippedDate"]) if "shippedDate" in asked else now
        if at.tzinfo is None or at > now + timedelta(days=1):
            raise ValueError("when was that")
    except (TypeError, ValueError):
        raise Wrong(400, 32500, "Invalid shipped date") from None
    parcels = seller.parcels.setdefault(order["orderId"], [])
    if len(parcels) >= MOST_PARCELS:
        raise Wrong(400, 34100, "Maximum tracking number for order is exceeded")
    told: dict[str, Any] = {
        "fulfillmentId": tracking or f"{999 + len(parcels)}",
        "shippedDate": moment_text(at),
        "lineItems": [{"lineItemId": name, "quantity": quantity} for name, quantity in sent.items()],
    }
    if tracking:
        told |= {"shipmentTrackingNumber": tracking, "shippingCarrierCode": carrier}
    parcels.append(told)
    href = f"{base}/sell/fulfillment/v1/order/{order['orderId']}/shipping_fulfillment/{told['fulfillmentId']}"
    _note_sent(seller, order, href)
    return href


def _sent_lines(order: Order, asked: dict[str, Any]) -> dict[str, int]:
    quantities = {line["lineItemId"]: line["quantity"] for line in order["lineItems"]}
    sent: dict[str, int] = {}
    lines = asked.get("lineItems") or [{"lineItemId": name} for name in quantities]
    for line in lines if isinstance(lines, list) else [None]:
        if not isinstance(line, dict):
            raise Wrong(400, 32600, "Invalid input data")
        name = str(line.get("lineItemId"))
        if name not in quantities:
            raise Wrong(400, 32200, f"Invalid line item id: {name}", lineItemId=name)
        if name in sent:
            raise Wrong(400, 32210, "Duplicate line item in the request", lineItemId=name)
        quantity = line.get("quantity", quantities[name])
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 < quantity <= quantities[name]:
            raise Wrong(400, 32600, "Invalid input data", quantity=quantity)
        sent[name] = quantity
    return sent


def _note_sent(seller: "Ebay", order: Order, href: str) -> None:
    sent: dict[str, int] = {}
    for parcel in seller.parcels[order["orderId"]]:
        for line in parcel["lineItems"]:
            sent[line["lineItemId"]] = sent.get(line["lineItemId"], 0) + line["quantity"]
    lines = []
    for line in order["lineItems"]:
        there = sent.get(line["lineItemId"], 0)
        status = "FULFILLED" if there >= line["quantity"] else "IN_PROGRESS" if there else "NOT_STARTED"
        lines.append({**line, "lineItemFulfillmentStatus": status})
    done = all(line["lineItemFulfillmentStatus"] == "FULFILLED" for line in lines)
    now = moment_text(seller.now())
    changes = {"lineItems": lines, "fulfillmentHrefs": [*order["fulfillmentHrefs"], href]}
    seller.keep(changed({**order, **changes}, {"orderFulfillmentStatus": "FULFILLED" if done else "IN_PROGRESS"}, now))


def _find(seller: "Ebay", request: Request, status: int = 404) -> Order:
    order_id = request.path_params["order_id"]
    if order_id not in seller.book.entries:
        raise Wrong(status, 32100, f"Invalid order ID: {order_id}", orderId=order_id)
    found: Order = seller.book.entries[order_id]["order"]
    return found


def _breakdown(asked: dict[str, str]) -> bool:
    groups = asked.get("fieldGroups")
    if groups not in (None, "TAX_BREAKDOWN"):
        raise Wrong(400, 32800, f"Invalid field group: {groups}")
    return groups is not None


def _number(asked: dict[str, str], name: str, default: int, error_id: int, least: int, most: int) -> int:
    text = asked.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Wrong(400, error_id, f"Invalid {name}: {text}", **{name: text})
    return int(text)


__all__ = ["fulfillments", "get", "search", "send", "ship", "status_of"]
