"""Logging in and out, and choosing a language."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import identity
from orion.kernel import LANGUAGES, OrionError, RateLimited, Unauthenticated
from orion.web.labels import problem
from orion.web.parse import field
from orion.web.render import redirect, render
from orion.web.visit import (
    LoginNeeded,
    acting,
    forget,
    posted,
    reading,
    remember,
    remember_language,
    runtime_of,
    safe_path,
    session_cookie,
)

router = APIRouter()


@router.get("/login")
async def login_form(request: Request) -> Response:
    """The log-in page; who is logged in already goes on."""
    following = safe_path(request.query_params.get("next"))
    try:
        async with reading(request):
            return redirect(following)
    except LoginNeeded:
        changed = "password" in request.query_params
        return render(request, "login.html", login="", following=following, error="", changed=changed)


@router.post("/login")
async def log_in(request: Request) -> Response:
    """Check name and password and open a session under a new cookie."""
    form = await request.form()
    login, password = field(form, "login"), str(form.get("password", ""))
    following = safe_path(field(form, "next"))
    runtime = runtime_of(request)
    try:
        async with runtime.database.transaction() as session:
            address = request.client.host if request.client else None
            user = await identity.authenticate(session, login, password, address=address, runtime=runtime)
            if old := session_cookie(request):
                await identity.close_web_session(session, old)
            cookie = await identity.open_web_session(session, user, runtime.settings)
    except (Unauthenticated, RateLimited) as error:
        return _refused(request, login, following, error)
    response = redirect(following)
    remember(request, response, cookie)
    if user.language in LANGUAGES:
        remember_language(request, response, user.language)
    return response


@router.post("/logout")
async def log_out(request: Request) -> Response:
    """End this session."""
    response = redirect("/login")
    try:
        await posted(request)
        async with acting(request) as visit:
            await identity.close_web_session(visit.session, session_cookie(request) or "")
    except LoginNeeded:
        pass  # it had ended already
    forget(request, response)
    return response


@router.post("/language")
async def choose(request: Request) -> Response:
    """Keep the chosen language in this browser."""
    form = await request.form()
    language = field(form, "language")
    response = redirect(safe_path(field(form, "next")))
    if language in LANGUAGES:
        remember_language(request, response, language)
    return response


def _refused(request: Request, login: str, following: str, error: OrionError) -> Response:
    response = render(
        request,
        "login.html",
        login=login,
        following=following,
        error=problem(error.code, error.detail),
        changed=False,
        status=error.status,
    )
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(int(error.retry_after))
    return response
