"""Where a visitor lands, and a store's home page: what to do next."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import analytics, feeds, merchants, orders
from orion.feeds import ImportJob
from orion.kernel import LANGUAGES
from orion.merchants import Store, StoreAccess
from orion.web import labels
from orion.web.joblines import store_lines
from orion.web.render import is_htmx, redirect, render
from orion.web.visit import Visit, reading, runtime_of

router = APIRouter()

_ENDED = ("completed", "completed_with_errors", "failed")


@router.get("/")
async def root(request: Request) -> Response:
    """The right home: the administration for an administrator, the store for who has one, else a choice."""
    async with reading(request) as visit:
        if visit.user.role == "admin":
            return redirect("/admin")
        stores = await merchants.stores_of(visit.session, visit.user, page=1, limit=2)
        if stores.total == 1:
            return redirect(f"/store/{stores.items[0].code}")
        return redirect("/stores")


@router.get("/stores")
async def choose_store(request: Request) -> Response:
    """The stores that the visitor may enter."""
    async with reading(request) as visit:
        stores = await merchants.stores_of(visit.session, visit.user, page=1, limit=100)
        return render(request, "stores.html", user=visit.user, stores=stores)


@router.get("/store/{code}")
async def store_home(request: Request, code: str) -> Response:
    """What the merchant should do next, and how things stand."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        imports = await feeds.list_imports(visit.session, access, limit=5)
        figures = await analytics.store_figures(visit.session, runtime_of(request).kept, access)
        latest = await _last_ended_per_language(visit, access)
        lines = store_lines(access.store, imports.items)
        return render(
            request,
            "store/_recent.html" if is_htmx(request) else "store/home.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="home",
            figures=figures,
            todo=await orders.count_orders(visit.session, access),
            lines=lines,
            active=any(line.is_active for line in lines),
            to_fix=store_lines(access.store, [job for job in latest if _needs_care(job)]),
            step=_next_step(access.store, imports.items, latest, figures.value.products.total),
        )


async def _last_ended_per_language(visit: Visit, access: StoreAccess) -> list[ImportJob]:
    jobs: list[ImportJob] = []
    for language in LANGUAGES:
        recent = (await feeds.list_imports(visit.session, access, language=language, limit=5)).items
        jobs += [job for job in recent if job.status in _ENDED][:1]
    return jobs


def _needs_care(job: ImportJob) -> bool:
    return bool(job.error_count or job.warning_count) or job.status == "failed"


def _next_step(store: Store, recent: Sequence[ImportJob], latest: list[ImportJob], product_count: int) -> str:
    """The most useful thing to do: connect, import, wait, mend or look."""
    if any(job.status in labels.ACTIVE_STATES for job in recent):
        return "wait"
    if not latest:
        has_feed = store.feed_url_en or store.feed_url_fr or store.feed_url_de
        return "import" if has_feed else "connect"
    if any(job.status == "failed" for job in latest):
        return "retry"
    if any(job.error_count for job in latest):
        return "mend"
    return "look" if product_count else "import"
