"""A store's orders from every channel: lists, counts, one order, as JSON and as CSV."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from orion import orders
from orion.api.dependencies import RuntimeDep, SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Id, Parameters
from orion.api.order_answers import OrderAnswer, OrderCountsAnswer, OrderDetailsAnswer, OrderPage, amount
from orion.api.order_filters import OrderQuery
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.api.tables import CSV_RESPONSE, Format, csv_response, for_spreadsheet, wants_csv
from orion.kernel import MAX_LIMIT
from orion.merchants import StoreAccess
from orion.orders import OrderFilter, OrderSummary
from orion.plumbing.db import Database

PREFIX = "/api/v1/store/orders"
TAGS = ["store orders"]

Viewer = Annotated[StoreAccess, Depends(store_access("viewer", "orders"))]
Staff = Annotated[StoreAccess, Depends(store_access("staff", "orders"))]

_AMOUNTS = ("subtotal", "shipping", "tax", "discount", "total", "refunded", "difference")
_FACTS = ("number", "channel", "channel_order_id", "status", "raw_status", "flags", "ordered_at", "customer_name")
_COLUMNS = ("id", *_FACTS, "customer_email", "lines", "units", "title", "currency", *_AMOUNTS, "remote_updated_at")


class StoreOrderQuery(OrderQuery):
    """Which orders are wanted, and how."""

    format: Format | None = Field(None, description="csv: all of them as a file")


class Included(Parameters):
    """What is wanted besides."""

    include: Literal["payload"] | None = Field(None, description="payload: also what the channel last told")


router = APIRouter(prefix=PREFIX, tags=[*TAGS], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)


@router.get("", summary="List the store's orders", response_model=OrderPage, responses=CSV_RESPONSE)
async def list_store_orders(
    request: Request,
    session: SessionDep,
    runtime: RuntimeDep,
    access: Viewer,
    query: Annotated[StoreOrderQuery, Query()],
) -> OrderPage | Response:
    """Orders from every channel, the newest first. As CSV all that match come."""
    wanted = query.wanted()
    scope = f"store:{access.store.id}"
    after = query.after(runtime.settings, scope)
    as_csv = wants_csv(request, query.format)
    # Also for CSV: wrong filters are a problem that is told, not a file that breaks off.
    found = await orders.list_orders(session, access, wanted, after=after, limit=1 if as_csv else query.limit)
    if as_csv:
        return csv_response("orders.csv", _COLUMNS, _export(runtime.database, access, wanted))
    items = [OrderAnswer.of(summary) for summary in found.items]
    return OrderPage(items=items, **query.following(runtime.settings, scope, found))


@router.get("/counts", summary="Count the store's orders", dependencies=NO_PARAMETERS)
async def count_store_orders(session: SessionDep, access: Viewer) -> OrderCountsAnswer:
    """How many orders there are of each status, and how many orders and lines wait for somebody."""
    counts = await orders.count_orders(session, access)
    return OrderCountsAnswer(total=counts.total, **asdict(counts))


@router.get("/{order_id}", summary="Show an order")
async def show_store_order(
    session: SessionDep, access: Viewer, order_id: Id, query: Annotated[Included, Query()]
) -> OrderDetailsAnswer:
    """One order with its lines, amounts, addresses, flags in words, history and notes."""
    found = await orders.get_order(session, access, order_id)
    payload = await orders.get_payload(session, access, order_id) if query.include else None
    return OrderDetailsAnswer.of(found, payload)


async def _export(database: Database, access: StoreAccess, wanted: OrderFilter) -> AsyncIterator[list[list[Any]]]:
    after: tuple[Any, ...] | None = None
    while True:
        async with database.reading() as session:
            found = await orders.list_orders(session, access, wanted, after=after, limit=MAX_LIMIT)
        yield [_row(summary) for summary in found.items]
        if found.after is None:
            return
        after = found.after


def _row(summary: OrderSummary) -> list[Any]:
    order = summary.order
    minor = [getattr(order, f"{name}_minor") for name in _AMOUNTS[:-1]] + [order.total_difference_minor]
    values: dict[str, Any] = {name: getattr(order, name) for name in (*_FACTS, "customer_email", "currency")} | {
        "id": order.id,
        "flags": " ".join(order.flags),
        "ordered_at": order.ordered_at.isoformat(),
        "remote_updated_at": order.remote_updated_at.isoformat(),
        "lines": summary.lines,
        "units": summary.units,
        "title": summary.title,
    }
    amounts = {name: amount(value, order.currency) for name, value in zip(_AMOUNTS, minor, strict=True)}
    return [amounts[name] if name in amounts else for_spreadsheet(values[name]) for name in _COLUMNS]
