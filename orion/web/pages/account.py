"""What a user can change about themselves."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import identity
from orion.identity import User
from orion.kernel import OrionError
from orion.web.parse import field_errors
from orion.web.render import render
from orion.web.visit import acting, posted, reading, session_cookie

router = APIRouter()


@router.get("/account")
async def account(request: Request) -> Response:
    """The user's own page."""
    async with reading(request) as visit:
        return _page(request, visit.user)


@router.post("/account")
async def change_password(request: Request) -> Response:
    """Change the password; every other session of the user ends."""
    form = await posted(request)
    current, new = str(form.get("current_password", "")), str(form.get("new_password", ""))
    try:
        async with acting(request) as visit:
            await identity.change_password(visit.session, visit.user, current, new, keep_cookie=session_cookie(request))
    except OrionError as error:
        async with reading(request) as visit:
            return _page(request, visit.user, errors=field_errors(error), status=error.status)
    return _page(request, visit.user, saved=True)


def _page(
    request: Request, user: User, *, errors: dict[str, str] | None = None, saved: bool = False, status: int = 200
) -> Response:
    return render(request, "account/account.html", user=user, errors=errors or {}, saved=saved, status=status)
