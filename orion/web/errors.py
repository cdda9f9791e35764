"""What a visitor sees when something goes wrong: a page in the same look, or a message on the page they are on."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from orion.kernel import OrionError
from orion.web import labels
from orion.web.i18n import lazy
from orion.web.render import announce, is_htmx, redirect, render
from orion.web.visit import forget, login_url, session_cookie

TEXTS = {
    400: (lazy("That did not work"), lazy("Load the page again and repeat what you did.")),
    403: (lazy("You may not do that"), lazy("If you need to, ask an owner of the store or an administrator.")),
    404: (lazy("There is no such page"), lazy("It may have moved, or you may not have access to it.")),
    405: (lazy("That does not work here"), lazy("Go back and use the buttons of the page.")),
    409: (lazy("That is not possible now"), lazy("Load the page again to see how things stand.")),
    413: (lazy("The file is too large"), lazy("Compress it with gzip or zip, or split it.")),
    429: (lazy("Too many tries"), lazy("Wait a few minutes, then try again.")),
}
OUR_FAULT = (lazy("Something went wrong on our side"), lazy("It has been logged. Try again in a moment."))


async def login_needed(request: Request, _: Exception) -> Response:
    """Ask who it is; a fragment cannot show a log-in form, so the whole page goes there."""
    url = login_url(request)
    response = Response(status_code=401, headers={"HX-Redirect": url}) if is_htmx(request) else redirect(url)
    if session_cookie(request):
        forget(request, response)
    return response


async def orion_error(request: Request, error: Exception) -> Response:
    """A failure that the page itself had no better place for."""
    assert isinstance(error, OrionError)  # noqa: S101 (registered for this type alone)
    return error_page(request, error.status, labels.problem(error.code, error.detail))


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
    title, text = (say() for say in TEXTS.get(status, OUR_FAULT if status >= 500 else TEXTS[400]))
    if is_htmx(request):
        return announce(Response(status_code=status), toast=f"{title}. {text}", kind="bad")
    return render(request, "error.html", status=status, number=status, title=title, text=text, detail=detail)
