"""All imports of the platform: figures, filters, live."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import feeds, identity, merchants
from orion.feeds import STATUSES
from orion.kernel import MARKETPLACES
from orion.web import parse
from orion.web.joblines import platform_lines
from orion.web.render import is_htmx, render
from orion.web.visit import reading

router = APIRouter(prefix="/admin")

JOBS_PER_PAGE = 20
MOST_STORES = 500
"""How many stores a select offers; beyond that a person types the code."""


@router.get("/imports")
async def imports(request: Request) -> Response:
    """The page, or only figures and list for htmx."""
    filters = {
        "store": parse.text(request, "store"),
        "status": parse.choice(request, "status", STATUSES),
        "marketplace": parse.choice(request, "marketplace", MARKETPLACES),
        "creator": parse.choice(request, "creator", ("me",)),
    }
    async with reading(request) as visit:
        administrator = identity.as_admin(visit.user)
        stores = await merchants.all_stores(visit.session, administrator, page=1, limit=MOST_STORES)
        wanted = next((store for store in stores.items if store.code == filters["store"]), None)
        jobs = await feeds.all_imports(
            visit.session,
            administrator,
            store_id=wanted.id if wanted else None,
            status=filters["status"],
            marketplace=filters["marketplace"],
            created_by=visit.user.id if filters["creator"] else None,
            page=parse.page_number(request),
            limit=JOBS_PER_PAGE,
        )
        statistics = await feeds.import_statistics(visit.session, administrator)
        return render(
            request,
            "admin/_imports.html" if is_htmx(request) else "admin/imports.html",
            user=visit.user,
            nav="imports",
            filters=filters | {"store": wanted.code if wanted else None},
            filtered=any(filters.values()),
            stores=stores.items,
            statuses=STATUSES,
            marketplaces=MARKETPLACES,
            statistics=statistics,
            jobs=jobs,
            lines=platform_lines(jobs.items),
            active=bool(statistics.pending or statistics.processing),
        )
