"""Feeds that anybody may fetch who knows their address."""

from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Request, Response
from starlette.background import BackgroundTask

from orion import feeds
from orion.api.dependencies import RuntimeDep, SessionDep
from orion.api.downloads import EXPORT_RESPONSE, file_response
from orion.api.inputs import NO_PARAMETERS
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.feeds import OpenedLink
from orion.kernel import RateLimited
from orion.plumbing.limits import Limit
from orion.plumbing.runtime import Runtime

FETCHES = Limit("feed-link", 60, 3600)
"""How often one link may be asked for: engines come a few times a day, and a whole feed is work."""

router = APIRouter(prefix="/feeds", tags=["feeds"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)


@router.get(
    "/{token}.{suffix}",
    summary="Fetch a feed",
    response_class=Response,
    responses=EXPORT_RESPONSE | {304: {"description": "The feed is what it was"}},
    dependencies=NO_PARAMETERS,
)
async def fetch_feed(
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    token: Annotated[str, Path(max_length=100)],
    suffix: Literal["csv", "tsv", "xml"],
    if_none_match: Annotated[str | None, Header()] = None,
    if_modified_since: Annotated[str | None, Header()] = None,
) -> Response:
    """The published products of a verified store; gzip if the caller takes it, nothing if nothing has changed.

    404 `feed_link_not_found` once the link was rotated or revoked, and while the store is not public.
    """
    opened = await feeds.open_link(session, token, suffix)
    allowance = await runtime.limits.hit(FETCHES, str(opened.link.id))
    if not allowance.allowed:
        message = f"More than {FETCHES.amount} fetches in an hour: come back in {allowance.reset_after} seconds"
        raise RateLimited("rate_limited", message, retry_after=allowance.reset_after)
    compress = _takes_gzip(request.headers.get("Accept-Encoding", ""))
    tag = f'"{opened.content_digest[:32]}{"-gzip" if compress else ""}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(opened.changed_at.replace(microsecond=0), usegmt=True),
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
        "X-Robots-Tag": "noindex",
    }
    response: Response
    if _is_known(opened, tag, if_none_match, if_modified_since):
        response = Response(status_code=304, headers=headers)
    else:
        pieces = feeds.export(runtime, opened.selection, opened.format, title=opened.store.name, is_public=True)
        response = await file_response(pieces, opened.format, opened.store, headers=headers, compress=compress)
    if feeds.fetch_is_news(opened):
        response.background = BackgroundTask(_note, runtime, opened)
    return response


async def _note(runtime: Runtime, opened: OpenedLink) -> None:
    async with runtime.database.transaction() as session:
        await feeds.note_fetch(session, opened)


def _is_known(opened: OpenedLink, tag: str, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether the caller has this very feed (RFC 9110: the tag goes before the date)."""
    if if_none_match is not None:
        tags = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
        return tag in tags or "*" in tags
    if if_modified_since is None:
        return False
    try:
        return opened.changed_at.replace(microsecond=0) <= parsedate_to_datetime(if_modified_since)
    except (ValueError, TypeError):
        return False


def _takes_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        coding, _, quality = part.replace(" ", "").partition(";q=")
        if coding in ("gzip", "*"):
            return quality.strip("0.") != "" or not quality
    return False
