"""Where a channel's consent page sends the browser back to."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from orion import channels
from orion.kernel import CHANNEL_NAMES, OrionError
from orion.web import labels
from orion.web.render import redirect, render
from orion.web.visit import reading, runtime_of

router = APIRouter(prefix="/consent/{channel}")


@router.get("")
async def consent(request: Request, channel: str) -> Response:
    """Take in what the channel says; a GET that writes, because the channel can only send the browser.

    What proves that the visitor meant it is the `state`, which was made for this very user.
    """
    async with reading(request) as visit:
        user = visit.user
    name = CHANNEL_NAMES.get(channel, channel[:16])
    answered = dict(request.query_params)
    try:
        store, connection = await channels.complete_consent(runtime_of(request), user.id, channel, answered)
    except OrionError as error:
        problem = labels.problem(error.code, error.detail)
        return render(request, "consent.html", user=user, status=error.status, channel=name, problem=problem)
    return redirect(f"/consent/{connection.channel}/done?store={store.code}&connection={connection.id}")


@router.get("/done")
async def done(
    request: Request,
    channel: str,
    store: Annotated[str, Query(pattern=r"^[\w-]{1,64}$")],
    connection: Annotated[int, Query(ge=1)],
) -> Response:
    """That it went well; at an address of its own, so that loading it again does not use the code again."""
    async with reading(request) as visit:
        user = visit.user
    path = f"/store/{store}/connections/{connection}"
    name = CHANNEL_NAMES.get(channel, channel[:16])
    return render(request, "consent.html", user=user, channel=name, problem="", path=path)
