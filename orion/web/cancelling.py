"""Stopping an import from its dialog: one for imports of products and of stock."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from orion import merchants
from orion.kernel import Conflict
from orion.merchants import StoreAccess
from orion.web import labels
from orion.web.i18n import gettext
from orion.web.render import announce, is_htmx, redirect
from orion.web.visit import acting, posted

Verb = Callable[[AsyncSession, StoreAccess, int], Awaitable[Any]]


async def cancel(request: Request, code: str, import_id: int, verb: Verb, *, back: str) -> Response:
    """Cancel an import: at once when it waits, after the current batch when it runs."""
    await posted(request)
    text, kind = gettext("Import %(id)s is being cancelled") % {"id": import_id}, "ok"
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            await verb(visit.session, access, import_id)
    except Conflict as error:
        text, kind = labels.problem(error.code, error.detail), "bad"
    if not is_htmx(request):
        return redirect(back)
    return announce(Response(status_code=204), toast=text, kind=kind, events=("jobs-changed", "close-dialog"))
