"""All connections of the platform and how they do, and all orders."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import identity, merchants, orders, sync
from orion.kernel import CHANNELS
from orion.orders import OrderFilter
from orion.sync import SyncFigures
from orion.web import labels_channels, labels_orders, parse
from orion.web.pages.orders import after_of, position_of
from orion.web.render import is_htmx, render
from orion.web.visit import reading

router = APIRouter(prefix="/admin")

MOST_SHOWN = 200
ORDERS_PER_PAGE = 25
_WORST_FIRST = tuple(labels_channels.HEALTH)


@router.get("/integrations")
async def integrations(request: Request) -> Response:
    """Every connection of every store by what it reads, the worst first; or only the list for htmx."""
    filters = {
        "status": parse.choice(request, "status", labels_channels.HEALTH),
        "channel": parse.choice(request, "channel", CHANNELS),
        "search": parse.text(request, "search"),
    }
    async with reading(request) as visit:
        identity.as_admin(visit.user)
        everything = await sync.sync_figures(visit.session)
        found = sorted(
            (each for each in everything if _fits(each, filters)),
            key=lambda each: (_WORST_FIRST.index(each.status), -each.lag_seconds),
        )
        return render(
            request,
            "admin/_integrations.html" if is_htmx(request) else "admin/integrations.html",
            user=visit.user,
            nav="integrations",
            figures=found[:MOST_SHOWN],
            more=max(0, len(found) - MOST_SHOWN),
            counts={status: sum(each.status == status for each in everything) for status in labels_channels.HEALTH},
            connections=len({each.connection_id for each in everything}),
            stores=len({each.store_id for each in everything}),
            channels=sorted({each.channel for each in everything}),
            filters=filters,
            filtered=any(filters.values()),
        )


@router.get("/orders")
async def all_orders(request: Request) -> Response:
    """Every order of every store, the newest first; or only the list for htmx."""
    filters: dict[str, Any] = {
        "status": parse.choice(request, "status", labels_orders.STATUSES),
        "channel": parse.choice(request, "channel", CHANNELS),
        "store": parse.text(request, "store", 64),
        "search": parse.text(request, "search"),
    }
    async with reading(request) as visit:
        administrator = identity.as_admin(visit.user)
        stores = await merchants.all_stores(visit.session, administrator, page=1, limit=500)
        chosen = next((store for store in stores.items if store.code == filters["store"]), None)
        wanted = OrderFilter(
            statuses=(filters["status"],) if filters["status"] else (),
            channel=filters["channel"],
            search=filters["search"],
        )
        found = await orders.list_all_orders(
            visit.session,
            administrator,
            wanted,
            store_id=chosen.id if chosen else None,
            after=position_of(request),
            limit=ORDERS_PER_PAGE,
        )
        return render(
            request,
            "admin/_orders.html" if is_htmx(request) else "admin/orders.html",
            user=visit.user,
            nav="orders",
            found=found,
            after=after_of(found.after),
            first="after" not in request.query_params,
            stores=stores.items,
            channels=CHANNELS,
            filters=filters | {"store": chosen.code if chosen else None},
            filtered=any(filters.values()),
        )


def _fits(figures: SyncFigures, filters: Mapping[str, str | None]) -> bool:
    search = (filters["search"] or "").casefold()
    return (
        filters["status"] in (None, figures.status)
        and filters["channel"] in (None, figures.channel)
        and (search in figures.store_code.casefold() or search in figures.connection_name.casefold())
    )
