"""One order: what was ordered, what is odd about it, what happened, and what staff can do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import catalog, channels, inventory, merchants, orders, sync
from orion.catalog import ListingFilter
from orion.kernel import ORDER_STATUSES, NotFound, OrionError
from orion.merchants import StoreAccess
from orion.orders import HistoryView, NoteView, Order, OrderDetails
from orion.web import labels_orders, parse
from orion.web.i18n import current_language
from orion.web.render import is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading

router = APIRouter(prefix="/store/{code}/orders/{order_id:int}")

MOST_FOUND = 10
Act = Callable[[Visit, StoreAccess], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the timeline: something that happened, or a note."""

    at: datetime
    happened: HistoryView | None = None
    note: NoteView | None = None


@router.get("")
async def show(request: Request, code: str, order_id: int) -> Response:
    """The order, or only what may change by itself for htmx."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return await _show(request, visit, access, order_id)


@router.post("/advance")
async def advance(request: Request, code: str, order_id: int) -> Response:
    """Say how far it is."""
    form = await posted(request)

    async def act(visit: Visit, access: StoreAccess) -> None:
        seen = parse.field(form, "seen") or None
        await orders.advance(visit.session, access, order_id, parse.field(form, "to"), seen=seen)

    return await _act(request, code, order_id, act, "advanced")


@router.post("/flags")
async def clear(request: Request, code: str, order_id: int) -> Response:
    """Somebody has looked at what is odd."""
    form = await posted(request)

    async def act(visit: Visit, access: StoreAccess) -> None:
        await orders.clear_flag(visit.session, access, order_id, parse.field(form, "flag"))

    return await _act(request, code, order_id, act, "cleared")


@router.post("/notes")
async def note(request: Request, code: str, order_id: int) -> Response:
    """Write a note for colleagues."""
    form = await posted(request)
    text = parse.field(form, "text")

    async def act(visit: Visit, access: StoreAccess) -> None:
        await orders.add_note(visit.session, access, order_id, text)

    return await _act(request, code, order_id, act, "noted", text)


@router.post("/notes/{note_id:int}/delete")
async def unnote(request: Request, code: str, order_id: int, note_id: int) -> Response:
    """Take one's own note away."""
    await posted(request)

    async def act(visit: Visit, access: StoreAccess) -> None:
        await orders.delete_note(visit.session, access, note_id)

    return await _act(request, code, order_id, act, "note_deleted")


@router.post("/refresh")
async def refresh(request: Request, code: str, order_id: int) -> Response:
    """Have it read from its channel again."""
    await posted(request)

    async def act(visit: Visit, access: StoreAccess) -> None:
        await sync.refresh_order(visit.session, access, order_id)

    return await _act(request, code, order_id, act, "refreshed")


@router.post("/acknowledge")
async def acknowledge(request: Request, code: str, order_id: int) -> Response:
    """Accept or reject all of it at the channel, or the lines that are named."""
    form = await posted(request)
    accepted = parse.field(form, "answer") == "accept"
    chosen = [int(text) for text in form.getlist("line") if isinstance(text, str) and text.isdigit()] or None

    async def act(visit: Visit, access: StoreAccess) -> None:
        await sync.acknowledge_order(visit.session, access, order_id, accepted=accepted, line_ids=chosen)

    return await _act(request, code, order_id, act, "accepted" if accepted else "rejected")


@router.get("/lines/{line_id:int}")
async def choose(request: Request, code: str, order_id: int, line_id: int) -> Response:
    """Search the store's products for the one that a line is."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        return await _choose(request, visit, access, order_id, line_id)


@router.post("/lines/{line_id:int}")
async def match(request: Request, code: str, order_id: int, line_id: int) -> Response:
    """Say which product a line is, for this order and those to come."""
    form = await posted(request)
    number = parse.field(form, "product_id")
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            chosen = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
            matched = await orders.match_line(visit.session, access, line_id, chosen)
    except OrionError as error:
        if error.status not in (404, 409, 422) or error.code in ("store_not_found", "line_not_found"):
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            return await _choose(request, visit, access, order_id, line_id, parse.field_errors(error))
    home = f"/store/{access.store.code}/orders"
    from_list = parse.field(form, "from") == "unmatched"
    return redirect(f"{home}/unmatched?matched={matched}" if from_list else f"{home}/{order_id}?matched={matched}")


@router.post("/lines/{line_id:int}/unmatch")
async def unmatch(request: Request, code: str, order_id: int, line_id: int) -> Response:
    """Say that a line is not that product."""
    await posted(request)

    async def act(visit: Visit, access: StoreAccess) -> None:
        await orders.unmatch_line(visit.session, access, line_id)

    return await _act(request, code, order_id, act, "unmatched")


async def _act(request: Request, code: str, order_id: int, act: Act, done: str, text: str = "") -> Response:
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            await act(visit, access)
    except OrionError as error:
        if error.status not in (409, 422):
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            return await _show(request, visit, access, order_id, parse.field_errors(error), text, status=error.status)
    return redirect(f"/store/{access.store.code}/orders/{order_id}?done={done}")


async def _show(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    order_id: int,
    errors: dict[str, str] | None = None,
    text: str = "",
    *,
    status: int = 200,
) -> Response:
    details = await orders.get_order(visit.session, access, order_id)
    fragment = is_htmx(request) and request.method == "GET"
    return render(
        request,
        "store/orders/_order.html" if fragment else "store/orders/order.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="orders",
        details=details,
        order=details.order,
        timeline=timeline_of(details),
        sums=sums_of(details),
        ways=ways_of(details),
        may_acknowledge=await _may_acknowledge(visit, access, details.order),
        payload={} if fragment else await orders.get_payload(visit.session, access, order_id),
        done=parse.choice(request, "done", labels_orders.DONE),
        matched=parse.position(request, "matched"),
        errors=errors or {},
        text=text,
        status=status,
    )


async def _choose(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    order_id: int,
    line_id: int,
    errors: dict[str, str] | None = None,
) -> Response:
    details = await orders.get_order(visit.session, access, order_id)
    view = next((view for view in details.lines if view.line.id == line_id), None)
    if view is None:
        raise NotFound("line_not_found", f"This order has no line {line_id}")
    typed = parse.text(request, "search")
    search = typed if "search" in request.query_params else view.line.title[:200]
    wanted = ListingFilter(search=search, language=current_language())
    found = await catalog.list_products(visit.session, access, wanted, limit=MOST_FOUND)
    room = inventory.stockroom(access)
    return render(
        request,
        "store/orders/_products.html" if is_htmx(request) else "store/orders/match.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="orders",
        order=details.order,
        view=view,
        search=search or "",
        found=found,
        stock=await inventory.stock_of_products(visit.session, room, [product.id for product in found.items]),
        origin=parse.choice(request, "from", ("unmatched",)) or "",
        errors=errors or {},
        status=422 if errors else 200,
    )


def timeline_of(details: OrderDetails) -> list[Moment]:
    """What happened and what was noted, the newest first; of one moment, what came last."""
    moments = [Moment(view.entry.at, happened=view) for view in details.history]
    moments += [Moment(note.created_at, note=note) for note in details.notes]
    return sorted(moments, key=lambda moment: moment.at)[::-1]


def ways_of(details: OrderDetails) -> list[tuple[str, bool]]:
    """(status, whether it is further on) that staff can say it is now: onwards before backwards."""
    now = ORDER_STATUSES.index(details.order.status)
    ways = [(to, ORDER_STATUSES.index(to) > now) for to in details.reachable]
    return sorted(ways, key=lambda way: not way[1])


def sums_of(details: OrderDetails) -> list[tuple[str, int]]:
    """(what, minor units): what adds up to the total, and what its parts are off by; nothing where one is unknown."""
    order = details.order
    subtotals = [view.line.subtotal_minor for view in details.lines]
    items = sum(each for each in subtotals if each is not None) if None not in subtotals else None
    if items is None or not details.lines:
        items = order.subtotal_minor
    if items is None or order.total_minor is None:
        return []
    rows = [
        ("items", items),
        ("discount", -order.discount_minor),
        ("shipping", order.shipping_minor),
        ("tax", 0 if order.prices_include_tax else order.tax_minor),
        ("difference", order.total_difference_minor),
    ]
    return [row for row in rows if row[1] or row[0] == "items"]


async def _may_acknowledge(visit: Visit, access: StoreAccess, order: Order) -> bool:
    """Whether the order waits for an answer, and the visitor may give one by the connection it came in by."""
    if not (access.may("staff") and order.awaits_acknowledgement and order.connection_id):
        return False
    connection = await channels.get_connection(visit.session, access, order.connection_id)
    return "acknowledge" in channels.manifest_of(connection.channel).capabilities_for(connection.settings)
