"""All connections of the platform and how they do, and all orders."""

import re
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import identity, merchants, orders, sync
from orion.kernel import CHANNELS
from orion.orders import OrderFilter
from orion.sync import IntegrationFilter
from orion.web import labels_channels, labels_orders, parse
from orion.web.pages.orders import after_of, position_of
from orion.web.render import is_htmx, render
from orion.web.visit import reading

router = APIRouter(prefix="/admin")

INTEGRATIONS_PER_PAGE = 50
ORDERS_PER_PAGE = 25
_PLACE = re.compile(r"(?P<health>\d),(?P<since>[-\dT:.+]{20,40}),(?P<connection>\d{1,18}),(?P<job>[a-z_]{1,32})")


@router.get("/integrations")
async def integrations(request: Request) -> Response:
    """Every connection of every store by what it reads, the worst first; or only the list for htmx."""
    filters: dict[str, Any] = {
        "status": parse.choice(request, "status", labels_channels.HEALTH),
        "channel": parse.choice(request, "channel", CHANNELS),
        "search": parse.text(request, "search"),
    }
    async with reading(request) as visit:
        administrator = identity.as_admin(visit.user)
        found = await sync.list_integrations(
            visit.session,
            administrator,
            IntegrationFilter(**filters),
            worst_first=True,
            after=_place_of(request),
            limit=INTEGRATIONS_PER_PAGE,
        )
        return render(
            request,
            "admin/_integrations.html" if is_htmx(request) else "admin/integrations.html",
            user=visit.user,
            nav="integrations",
            figures=found.items,
            after=(",".join(map(str, found.after)),) if found.after else None,
            first="after" not in request.query_params,
            found=sum(found.by_status.values()),
            counts={status: sum(each.status == status for each in found.standing) for status in labels_channels.HEALTH},
            connections=len({each.connection_id for each in found.standing}),
            stores=len({each.store_id for each in found.standing}),
            channels=sorted({each.channel for each in found.standing}),
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


def _place_of(request: Request) -> tuple[int, str, int, str] | None:
    """Where the address says that the list goes on."""
    match = _PLACE.fullmatch(request.query_params.get("after", ""))
    return (int(match["health"]), match["since"], int(match["connection"]), match["job"]) if match else None
