"""What the columns of a store's feeds mean: a look at a feed's columns, and a choice for each."""

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import feeds, merchants
from orion.feeds import Head
from orion.kernel import MARKETPLACES, OrionError
from orion.merchants import StoreAccess
from orion.web import labels, parse
from orion.web.import_form import feed_urls
from orion.web.render import redirect, render
from orion.web.visit import Visit, acting, posted, reading, runtime_of

router = APIRouter(prefix="/store/{code}/marketplace/mappings")

AUTO = ""
"""The choice "as Orion reads it"."""


@dataclass(frozen=True, slots=True)
class Line:
    """One column: what the store has said of it ("": nothing), and what it is taken for otherwise."""

    header: str
    samples: list[str]
    chosen: str
    target: str | None
    why: str
    suggestions: list[str]


@router.get("")
async def mappings(request: Request, code: str) -> Response:
    """The columns of a feed (at `url`, or of the failed import `job`), or those that the store has spoken of."""
    url, number = parse.text(request, "url", 2048), parse.text(request, "job")
    head, problem = None, None
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        if number and number.isascii() and number.isdigit() and len(number) < 19:
            job = await feeds.get_import(visit.session, access, int(number))
            head = Head.from_json(job.details["columns"]) if "columns" in job.details else None
    if head is None and url:
        try:
            access.require("staff")
            head = await feeds.fetch_head(runtime_of(request).settings, url)
        except OrionError as error:
            if error.status < 422:
                raise
            problem = error
    async with reading(request) as visit:
        return await _page(request, visit, code, head=head, url=url or "", problem=problem)


@router.post("")
async def save(request: Request, code: str) -> Response:
    """Save what was chosen for the columns shown; what was said of others stays."""
    form = await posted(request)
    marketplace = parse.field(form, "marketplace")
    sent = zip(form.getlist("header"), form.getlist("target"), strict=False)
    shown = {str(header): str(target) for header, target in sent}
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            saved = await feeds.list_mappings(visit.session, access)
            said: dict[str, str] = next((each.columns for each in saved if each.marketplace == marketplace), {})
            columns = {header: target for header, target in said.items() if header not in shown}
            columns |= {header: target for header, target in shown.items() if target != AUTO}
            await feeds.save_mapping(visit.session, access, marketplace=marketplace, columns=columns)
    except OrionError as error:
        if error.status != 422:
            raise
        async with reading(request) as visit:
            return await _page(request, visit, code, problem=error)
    return redirect(f"{request.url.path}?saved=1&marketplace={marketplace}")


async def _page(
    request: Request,
    visit: Visit,
    code: str,
    *,
    head: Head | None = None,
    url: str = "",
    problem: OrionError | None = None,
) -> Response:
    access = await merchants.open_store(visit.session, visit.user, code)
    marketplace = parse.choice(request, "marketplace", MARKETPLACES) or MARKETPLACES[0]
    lines, missing = await _lines(visit, access, marketplace, head)
    return render(
        request,
        "store/feeds/mappings.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="mappings",
        marketplace=marketplace,
        url=url,
        looked=head is not None,
        lines=lines,
        missing=missing,
        targets=feeds.TARGETS,
        feed_urls=feed_urls(access.store),
        saved="saved" in request.query_params,
        problem=labels.problem(problem.code, problem.detail) if problem else "",
        status=422 if problem else 200,
    )


async def _lines(
    visit: Visit, access: StoreAccess, marketplace: str, head: Head | None
) -> tuple[list[Line], list[str]]:
    if head is None:
        saved = await feeds.list_mappings(visit.session, access)
        columns: dict[str, str] = next((each.columns for each in saved if each.marketplace == marketplace), {})
        return [Line(header, [], target, None, "saved", []) for header, target in columns.items()], []
    mapping = await feeds.mapping_of(visit.session, access.store.id, marketplace)
    now = await asyncio.to_thread(feeds.judge_head, head, mapping)
    alone = await asyncio.to_thread(feeds.judge_head, head, {})
    lines = [
        Line(
            found.header,
            found.samples,
            found.target if found.why == "saved" else AUTO,
            guess.target,
            found.why,
            guess.suggestions,
        )
        for found, guess in zip(now.columns, alone.columns, strict=True)
        if found.header
    ]
    return lines, now.missing
