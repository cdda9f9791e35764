"""A store's orders from every channel: the inbox with its tabs and filters, and the lines that nobody has matched."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import channels, merchants, orders
from orion.kernel import CHANNELS
from orion.merchants import StoreAccess
from orion.orders import OrderCounts, OrderFilter
from orion.web import labels_orders, parse
from orion.web.render import is_htmx, render
from orion.web.visit import Visit, reading

router = APIRouter(prefix="/store/{code}/orders")

ORDERS_PER_PAGE = 25
LINES_PER_PAGE = 25
LAST_DAY = date(9999, 1, 1)
_POSITION = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT[\d:.]+\+00:00),(?P<id>\d{1,18})")


@router.get("")
async def inbox(request: Request, code: str) -> Response:
    """The inbox, or only its list for htmx: live, without losing focus or place."""
    filters = filters_of(request)
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        counts = await orders.count_orders(visit.session, access)
        found = await orders.list_orders(
            visit.session, access, wanted_of(filters), after=position_of(request), limit=ORDERS_PER_PAGE
        )
        connections = await channels.list_connections(visit.session, access)
        return _page(
            request,
            visit,
            access,
            "store/orders/_orders.html" if is_htmx(request) else "store/orders/orders.html",
            found=found,
            after=after_of(found.after),
            filters=filters,
            filtered=any(value for name, value in filters.items() if name != "view"),
            first="after" not in request.query_params,
            tabs=tabs_of(counts),
            counts=counts,
            statuses=labels_orders.VIEWS[filters["view"] or "todo"] or labels_orders.STATUSES,
            connections=connections,
            channel_names=sorted({connection.channel for connection in connections}),
        )


@router.get("/unmatched")
async def unmatched(request: Request, code: str) -> Response:
    """Lines whose product nobody knows, the newest first."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        found = await orders.list_unmatched(
            visit.session, access, before=parse.position(request, "before"), limit=LINES_PER_PAGE
        )
        counts = await orders.count_orders(visit.session, access)
        return _page(
            request,
            visit,
            access,
            "store/orders/unmatched.html",
            found=found,
            first="before" not in request.query_params,
            tabs=tabs_of(counts),
            counts=counts,
            matched=parse.position(request, "matched"),
        )


def filters_of(request: Request) -> dict[str, str | None]:
    """What the address asks for; what it does not know means "any"."""
    view = parse.choice(request, "view", labels_orders.VIEWS)
    statuses = labels_orders.VIEWS[view or "todo"] or tuple(labels_orders.STATUSES)
    return {
        "view": None if view == "todo" else view,
        "status": parse.choice(request, "status", statuses),
        "channel": parse.choice(request, "channel", CHANNELS),
        "search": parse.text(request, "search"),
        "from": _day(request, "from"),
        "to": _day(request, "to"),
    }


def wanted_of(filters: Mapping[str, str | None]) -> OrderFilter:
    """The filter that the verbs take; days are days in UTC, and the last one counts."""
    view = filters["view"] or "todo"
    until = _midnight(filters["to"])
    return OrderFilter(
        statuses=(filters["status"],) if filters["status"] else labels_orders.VIEWS[view],
        channel=filters["channel"],
        search=filters["search"],
        needs_attention=True if view == "attention" else None,
        awaits_acknowledgement=True if view == "accept" else None,
        sent_by_channel=False if view == "todo" else None,
        ordered_from=_midnight(filters["from"]),
        ordered_to=until + timedelta(days=1) if until else None,
    )


def tabs_of(counts: OrderCounts) -> list[tuple[str, int]]:
    """The tabs of the inbox, with how many orders each has."""
    special = {
        "todo": counts.to_send,
        "attention": counts.needs_attention,
        "accept": counts.awaits_acknowledgement,
        "all": counts.total,
    }
    return [
        (view, special[view] if view in special else sum(counts.by_status[status] for status in statuses))
        for view, statuses in labels_orders.VIEWS.items()
    ]


def position_of(request: Request) -> tuple[str, int] | None:
    """Where the address says that the list goes on."""
    match = _POSITION.fullmatch(request.query_params.get("after", ""))
    try:
        return (datetime.fromisoformat(match["at"]).isoformat(), int(match["id"])) if match else None
    except ValueError:
        return None


def after_of(after: tuple[Any, ...] | None) -> tuple[str] | None:
    """The position of the next page, as the address has it."""
    return (",".join(map(str, after)),) if after else None


def _day(request: Request, name: str) -> str | None:
    text = parse.text(request, name, 10)
    return text if text and _midnight(text) else None


def _midnight(text: str | None) -> datetime | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return datetime.combine(day, time(), UTC) if day and day < LAST_DAY else None


def _page(request: Request, visit: Visit, access: StoreAccess, template: str, **context: Any) -> Response:
    return render(request, template, user=visit.user, access=access, store=access.store, nav="orders", **context)
