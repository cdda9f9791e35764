"""All users of the platform, and what administrators do to them."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from orion import identity, merchants
from orion.identity import USER_ROLES, Admin, AuditFilter
from orion.kernel import Conflict, Invalid
from orion.web import parse
from orion.web.render import is_htmx, redirect, render
from orion.web.visit import acting, posted, reading

router = APIRouter(prefix="/admin/users")

USERS_PER_PAGE = 25
ENTRIES_SHOWN = 10

Act = Callable[[AsyncSession, Admin, FormData], Awaitable[object]]


@router.get("")
async def users(request: Request) -> Response:
    """Find a user, or only the list for htmx."""
    filters = {
        "search": parse.text(request, "search"),
        "role": parse.choice(request, "role", USER_ROLES),
        "status": parse.choice(request, "status", ("active", "inactive")),
    }
    async with reading(request) as visit:
        found = await identity.list_users(
            visit.session,
            identity.as_admin(visit.user),
            search=filters["search"],
            role=filters["role"],
            is_active=None if filters["status"] is None else filters["status"] == "active",
            page=parse.page_number(request),
            limit=USERS_PER_PAGE,
        )
        return render(
            request,
            "admin/_users.html" if is_htmx(request) else "admin/users.html",
            user=visit.user,
            nav="users",
            found=found,
            filters=filters,
            roles=USER_ROLES,
        )


@router.get("/{user_id:int}")
async def user(request: Request, user_id: int) -> Response:
    """One user: who they are, where they belong, what they did last."""
    return await _page(request, user_id)


@router.post("/{user_id:int}/status")
async def set_status(request: Request, user_id: int) -> Response:
    """Keep a user out, or let them in again."""

    async def act(session: AsyncSession, admin: Admin, form: FormData) -> None:
        is_active, reason = parse.field(form, "is_active") == "1", parse.field(form, "reason")
        await identity.set_user_status(session, admin, user_id, is_active=is_active, reason=reason)

    return await _do(request, user_id, act, "status")


@router.post("/{user_id:int}/role")
async def set_role(request: Request, user_id: int) -> Response:
    """Make a user an administrator, or a plain user again."""
    return await _do(
        request,
        user_id,
        lambda session, admin, form: identity.set_user_role(session, admin, user_id, parse.field(form, "role")),
        "role",
    )


@router.post("/{user_id:int}/log-out")
async def log_out(request: Request, user_id: int) -> Response:
    """End every log-in of a user."""
    return await _do(
        request, user_id, lambda session, admin, _: identity.end_log_ins(session, admin, user_id), "logged-out"
    )


@router.post("/{user_id:int}/password-link")
async def password_link(request: Request, user_id: int) -> Response:
    """Mail a user the link to choose a password."""
    return await _do(
        request, user_id, lambda session, admin, _: identity.send_password_link(session, admin, user_id), "link"
    )


async def _do(request: Request, user_id: int, act: Act, done: str) -> Response:
    form = await posted(request)
    try:
        async with acting(request) as visit:
            await act(visit.session, identity.as_admin(visit.user), form)
    except (Conflict, Invalid) as error:
        return await _page(request, user_id, parse.field_errors(error), error.status)
    return redirect(f"/admin/users/{user_id}?done={done}")


async def _page(request: Request, user_id: int, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    async with reading(request) as visit:
        admin = identity.as_admin(visit.user)
        shown = await identity.get_user(visit.session, admin, user_id)
        return render(
            request,
            "admin/user.html",
            user=visit.user,
            nav="users",
            shown=shown,
            log_ins=await identity.open_log_ins(visit.session, admin, user_id),
            stores=await merchants.stores_of(visit.session, shown, limit=50),
            entries=await identity.audit_log(visit.session, admin, AuditFilter(user_id=user_id), limit=ENTRIES_SHOWN),
            errors=errors or {},
            done=request.query_params.get("done", ""),
            status=status,
        )
