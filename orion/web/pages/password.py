"""Getting a new password without knowing the old one."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import identity
from orion.kernel import OrionError
from orion.web import parse
from orion.web.render import redirect, render
from orion.web.visit import forget, runtime_of

router = APIRouter(prefix="/password")


@router.get("/forgot")
async def forgot(request: Request) -> Response:
    """Ask whom the link is to be mailed to."""
    return render(request, "password/forgot.html", login="", sent=False, errors={})


@router.post("/forgot")
async def send_link(request: Request) -> Response:
    """Have the link mailed; the page says the same whether there is such a user or not."""
    form = await request.form()
    login = parse.field(form, "login")
    runtime = runtime_of(request)
    address = request.client.host if request.client else None
    try:
        async with runtime.database.transaction() as session:
            await identity.ask_for_password_link(session, login, address=address, runtime=runtime)
    except OrionError as error:
        errors = parse.field_errors(error)
        return render(request, "password/forgot.html", login=login, sent=False, errors=errors, status=error.status)
    return render(request, "password/forgot.html", login=login, sent=True, errors={})


@router.get("/reset/{token}")
async def reset_form(request: Request, token: str) -> Response:
    """Choose a new password."""
    return await _page(request, token)


@router.post("/reset/{token}")
async def reset(request: Request, token: str) -> Response:
    """Save the new password, and go to log in with it."""
    form = await request.form()
    try:
        async with runtime_of(request).database.transaction() as session:
            await identity.use_password_link(session, token, str(form.get("password", "")))
    except OrionError as error:
        return await _page(request, token, error)
    response = redirect("/login?password=1")
    forget(request, response)
    return response


async def _page(request: Request, token: str, error: OrionError | None = None) -> Response:
    username = ""
    try:
        async with runtime_of(request).database.reading() as session:
            username = (await identity.read_password_link(session, token)).username
    except OrionError as invalid:
        error = invalid
    return render(
        request,
        "password/reset.html",
        username=username,
        action=f"/password/reset/{token}",
        errors=parse.field_errors(error) if error else {},
        status=error.status if error else 200,
    )
