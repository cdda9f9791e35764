"""All stores of the platform: who is behind them, what administrators say of them, and their settings."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from orion import identity, merchants
from orion.identity import Admin, AuditFilter
from orion.kernel import Invalid
from orion.web import parse
from orion.web.pages.settings import save, settings_page
from orion.web.render import is_htmx, redirect, render
from orion.web.visit import acting, posted, reading

router = APIRouter(prefix="/admin/stores")

STORES_PER_PAGE = 25
MEMBERS_SHOWN = 20
ENTRIES_SHOWN = 10

Judge = Callable[[AsyncSession, Admin, int, bool, str], Awaitable[None]]


@router.get("")
async def stores(request: Request) -> Response:
    """Find a store, or only the list for htmx."""
    filters = {
        "search": parse.text(request, "search"),
        "verified": parse.choice(request, "verified", ("yes", "no")),
        "status": parse.choice(request, "status", ("active", "inactive")),
    }
    async with reading(request) as visit:
        admin = identity.as_admin(visit.user)
        found = await merchants.all_stores(
            visit.session,
            admin,
            search=filters["search"],
            is_verified=None if filters["verified"] is None else filters["verified"] == "yes",
            is_active=None if filters["status"] is None else filters["status"] == "active",
            page=parse.page_number(request),
            limit=STORES_PER_PAGE,
        )
        return render(
            request,
            "admin/_stores.html" if is_htmx(request) else "admin/stores.html",
            user=visit.user,
            nav="stores",
            found=found,
            filters=filters,
        )


@router.get("/{code}")
async def store(request: Request, code: str) -> Response:
    """One store: who is behind it, and whether the public may see it."""
    return await _page(request, code)


@router.post("/{code}/verify")
async def verify(request: Request, code: str) -> Response:
    """Show a store to the public, or take that back."""

    async def act(session: AsyncSession, admin: Admin, store_id: int, yes: bool, reason: str) -> None:
        await merchants.verify_store(session, admin, store_id, verified=yes, reason=reason)

    return await _judge(request, code, act)


@router.post("/{code}/status")
async def set_status(request: Request, code: str) -> Response:
    """Close a store, or open it again."""

    async def act(session: AsyncSession, admin: Admin, store_id: int, yes: bool, reason: str) -> None:
        await merchants.set_store_status(session, admin, store_id, is_active=yes, reason=reason)

    return await _judge(request, code, act)


@router.get("/{code}/edit")
async def edit(request: Request, code: str) -> Response:
    """The settings of a store, inside the administration."""
    async with reading(request) as visit:
        identity.as_admin(visit.user)
        access = await merchants.open_store(visit.session, visit.user, code)
        return settings_page(request, visit, access, "admin/store.html")


@router.post("/{code}/edit")
async def save_edit(request: Request, code: str) -> Response:
    """Save the form, or show it again with what is wrong."""
    async with reading(request) as visit:
        identity.as_admin(visit.user)
    return await save(request, code, "admin/store.html", request.url.path)


async def _judge(request: Request, code: str, act: Judge) -> Response:
    form = await posted(request)
    yes, reason = parse.field(form, "yes") == "1", parse.field(form, "reason")
    try:
        async with acting(request) as visit:
            admin = identity.as_admin(visit.user)
            access = await merchants.open_store(visit.session, visit.user, code)
            await act(visit.session, admin, access.store.id, yes, reason)
    except Invalid as error:
        return await _page(request, code, parse.field_errors(error))
    return redirect(f"/admin/stores/{access.store.code}?saved=1")


async def _page(request: Request, code: str, errors: dict[str, str] | None = None) -> Response:
    async with reading(request) as visit:
        admin = identity.as_admin(visit.user)
        access = await merchants.open_store(visit.session, visit.user, code)
        store_id = access.store.id
        return render(
            request,
            "admin/store_details.html",
            user=visit.user,
            nav="stores",
            details=await merchants.store_details(visit.session, admin, store_id),
            members=await merchants.list_members(visit.session, access, limit=MEMBERS_SHOWN),
            entries=await identity.audit_log(
                visit.session, admin, AuditFilter(), store_id=store_id, limit=ENTRIES_SHOWN
            ),
            errors=errors or {},
            saved="saved" in request.query_params,
            status=422 if errors else 200,
        )
