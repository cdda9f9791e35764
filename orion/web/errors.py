"""What a visitor sees when something goes wrong: a page in the same look, or a message on the page they are on."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from orion.kernel import OrionError
from orion.web.i18n import gettext
from orion.web.render import announce, is_htmx, redirect, render
from orion.web.visit import forget, login_url, session_cookie


async def login_needed(request: Request, _: Exception) -> Response:
    """Ask who it is; a fragment cannot show a log-in form, so the whole page goes there."""
    url = login_url(request)
    response = Response(status_code=401, headers={"HX-Redirect": "/login"}) if is_htmx(request) else redirect(url)
    if session_cookie(request):
        forget(request, response)
    return response


async def orion_error(request: Request, error: Exception) -> Response:
    """A failure that the page itself had no better place for."""
    assert isinstance(error, OrionError)  # noqa: S101 (registered for this type alone)
    return error_page(request, error.status, error.detail)


async def http_error(request: Request, error: Exception) -> Response:
    """No such page, or no such method on it."""
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for this type alone)
    response = error_page(request, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def server_error(request: Request, _: Exception) -> Response:
    """Our mistake. The log has the details; the visitor gets none of them."""
    return error_page(request, 500)


async def assets_missing(_: Request, error: Exception) -> Response:
    """Rather no page than a broken one."""
    return PlainTextResponse(f"{error}\n", status_code=503)


def error_page(request: Request, status: int, detail: str = "") -> Response:
    """The page for an HTTP status."""
    title, text = _texts(status)
    if is_htmx(request):
        return announce(Response(status_code=status), toast=f"{title}. {text}", kind="bad")
    return render(request, "error.html", status=status, number=status, title=title, text=text, detail=detail)


def _texts(status: int) -> tuple[str, str]:
    if status == 403:
        return gettext("You may not do that"), gettext(
            "Ask an owner or manager of the store to give you the right role."
        )
    if status == 404:
        return gettext("There is no such page"), gettext("It may have moved, or you may not have access to it.")
    if status == 405:
        return gettext("That does not work here"), gettext("Go back and use the buttons of the page.")
    if status == 409:
        return gettext("That is not possible now"), gettext("Load the page again to see how things stand.")
    if status == 413:
        return gettext("The file is too large"), gettext("Compress it with gzip or zip, or split it.")
    if status == 429:
        return gettext("Too many tries"), gettext("Wait a few minutes, then try again.")
    if status >= 500:
        return gettext("Something went wrong on our side"), gettext("It has been logged. Try again in a moment.")
    return gettext("That did not work"), gettext("Load the page again and repeat what you did.")
