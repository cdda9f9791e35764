"""The page that the link of an invitation opens."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import identity, merchants
from orion.identity import User
from orion.kernel import OrionError
from orion.web import parse
from orion.web.render import redirect, render
from orion.web.visit import LoginNeeded, acting, posted, reading, remember, runtime_of

router = APIRouter(prefix="/invitations/{token}")


@router.get("")
async def invitation(request: Request, token: str) -> Response:
    """What is offered; who is logged in accepts with a click, others log in or register."""
    return await _page(request, token)


@router.post("/accept")
async def accept(request: Request, token: str) -> Response:
    """Become a member as who one is logged in."""
    await posted(request)
    try:
        async with acting(request) as visit:
            store = await merchants.accept_invitation(visit.session, visit.user, token)
    except OrionError as error:
        if error.status != 409:
            raise
        return await _page(request, token, error=error)
    return redirect(f"/store/{store.code}")


@router.post("/register")
async def register(request: Request, token: str) -> Response:
    """Become a user and a member, and be logged in."""
    form = await request.form()
    username, password = parse.field(form, "username"), str(form.get("password", ""))
    runtime = runtime_of(request)
    try:
        async with runtime.database.transaction() as session:
            user, store = await merchants.accept_as_new_user(session, token, username=username, password=password)
            cookie = await identity.open_web_session(session, user, runtime.settings)
    except OrionError as error:
        if error.status not in (409, 422):
            raise
        return await _page(request, token, username=username, error=error)
    response = redirect(f"/store/{store.code}")
    remember(request, response, cookie)
    return response


async def _page(request: Request, token: str, *, username: str = "", error: OrionError | None = None) -> Response:
    async with runtime_of(request).database.reading() as session:
        offer = await merchants.read_invitation(session, token)
    return render(
        request,
        "invitation.html",
        user=await _visitor(request),
        offer=offer,
        action=f"/invitations/{token}",
        username=username,
        errors=parse.field_errors(error) if error else {},
        status=error.status if error else 200,
    )


async def _visitor(request: Request) -> User | None:
    try:
        async with reading(request) as visit:
            return visit.user
    except LoginNeeded:
        return None
