"""Who belongs to a store's merchant, and who is invited."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from orion import merchants
from orion.kernel import Conflict, Forbidden, Invalid, NotFound
from orion.merchants import ROLES, StoreAccess
from orion.web import parse
from orion.web.render import redirect, render
from orion.web.visit import acting, posted, reading

router = APIRouter(prefix="/store/{code}/members")

MEMBERS_PER_PAGE = 50
INVITATIONS_SHOWN = 50

Act = Callable[[AsyncSession, StoreAccess, FormData], Awaitable[object]]


@router.get("")
async def members(request: Request, code: str) -> Response:
    """Members and invitations."""
    return await _page(request, code)


@router.post("/invite")
async def invite(request: Request, code: str) -> Response:
    """Invite somebody."""

    async def act(session: AsyncSession, access: StoreAccess, form: FormData) -> None:
        email, role = parse.field(form, "email"), parse.field(form, "role")
        await merchants.invite_member(session, access, email=email, role=role)

    return await _do(request, code, act, "invited")


@router.post("/invitations/{invitation_id:int}/resend")
async def resend(request: Request, code: str, invitation_id: int) -> Response:
    """Send an invitation again."""
    return await _do(
        request, code, lambda session, access, _: merchants.resend_invitation(session, access, invitation_id), "sent"
    )


@router.post("/invitations/{invitation_id:int}/revoke")
async def revoke(request: Request, code: str, invitation_id: int) -> Response:
    """Take an invitation back."""
    return await _do(
        request, code, lambda session, access, _: merchants.revoke_invitation(session, access, invitation_id), "revoked"
    )


@router.post("/{user_id:int}/role")
async def change_role(request: Request, code: str, user_id: int) -> Response:
    """Give a member another role."""

    async def act(session: AsyncSession, access: StoreAccess, form: FormData) -> None:
        await merchants.change_member(session, access, user_id, role=parse.field(form, "role"))

    return await _do(request, code, act, "changed")


@router.post("/{user_id:int}/transfer")
async def transfer(request: Request, code: str, user_id: int) -> Response:
    """Hand the ownership over."""
    return await _do(
        request, code, lambda session, access, _: merchants.transfer_ownership(session, access, user_id), "transferred"
    )


@router.post("/{user_id:int}/remove")
async def remove(request: Request, code: str, user_id: int) -> Response:
    """End a membership."""
    return await _do(
        request, code, lambda session, access, _: merchants.remove_member(session, access, user_id), "removed"
    )


async def _do(request: Request, code: str, act: Act, done: str) -> Response:
    form = await posted(request)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            await act(visit.session, access, form)
    except (Conflict, Invalid) as error:
        values = {name: parse.field(form, name) for name in ("email", "role")}
        return await _page(request, code, values=values, errors=parse.field_errors(error), status=error.status)
    async with reading(request) as visit:
        try:
            await merchants.open_store(visit.session, visit.user, code, role="manager")
        except (Forbidden, NotFound):  # who has left or stepped down has nothing to see here any more
            return redirect("/")
    return redirect(f"/store/{access.store.code}/members?done={done}")


async def _page(
    request: Request,
    code: str,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        found = await merchants.list_members(
            visit.session, access, page=parse.page_number(request), limit=MEMBERS_PER_PAGE
        )
        invitations = await merchants.list_invitations(visit.session, access, limit=INVITATIONS_SHOWN)
        return render(
            request,
            "store/members.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="members",
            found=found,
            invitations=invitations,
            roles=[role for role in ROLES if access.may("owner") or role in ("viewer", "staff")],
            values={"email": "", "role": "staff"} | (values or {}),
            errors=errors or {},
            done=request.query_params.get("done", ""),
            status=status,
        )
