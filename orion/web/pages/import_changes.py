"""What an import changed or would change, its failed rows as a file, and what can follow: apply, retry, undo."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from orion import feeds, merchants
from orion.feeds import DIFF_KINDS, Differences, ImportJob
from orion.kernel import Conflict, NotFound, OrionError
from orion.merchants import StoreAccess
from orion.plumbing.csv_lines import csv_lines
from orion.web import labels, parse
from orion.web.joblines import store_lines
from orion.web.render import csv_file, is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading, runtime_of

router = APIRouter(prefix="/store/{code}/marketplace/imports/{job_id:int}")

CHANGES_PER_PAGE = 25

Verb = Callable[[AsyncSession, StoreAccess, int], Awaitable[Any]]


@router.get("/changes")
async def changes(request: Request, code: str, job_id: int) -> Response:
    """The differences, one kind at a time; for htmx only them, while the import runs."""
    async with reading(request) as visit:
        return await _changes_page(request, visit, code, job_id)


@router.get("/failed-rows.csv")
async def failed_rows(request: Request, code: str, job_id: int) -> Response:
    """The failed rows as a file to mend."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        job = await feeds.get_import(visit.session, access, job_id)
        header = feeds.failed_rows_header(job)
    lines = csv_lines(header, feeds.failed_row_steps(runtime_of(request).database, job))
    return csv_file(f"import-{job_id}-failed-rows.csv", lines)


@router.post("/apply")
async def apply(request: Request, code: str, job_id: int) -> Response:
    """Start the import that was tried."""
    return await _follow(request, code, job_id, feeds.apply_dry_run)


@router.post("/retry")
async def retry(request: Request, code: str, job_id: int) -> Response:
    """Import the failed rows once more."""
    return await _follow(request, code, job_id, feeds.retry_failed_rows)


@router.post("/confirm-gone")
async def confirm_gone(request: Request, code: str, job_id: int) -> Response:
    """Take the products that were held back from sale all the same."""
    return await _follow(request, code, job_id, feeds.confirm_gone)


@router.get("/undo")
async def ask_to_undo(request: Request, code: str, job_id: int) -> Response:
    """Ask before an import is undone; or tell what came of it."""
    async with reading(request) as visit:
        return await _undo_page(request, visit, code, job_id)


@router.get("/undo.csv")
async def undo_report(request: Request, code: str, job_id: int) -> Response:
    """What came of an undo, value by value, as a file."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        steps = await feeds.undo_report(visit.session, runtime_of(request).database, access, job_id)
    return csv_file(f"import-{job_id}-undo.csv", csv_lines(feeds.UNDO_COLUMNS, steps))


@router.post("/undo")
async def undo(request: Request, code: str, job_id: int) -> Response:
    """Undo an import."""
    await posted(request)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            await feeds.undo_import(visit.session, access, job_id)
    except Conflict as error:
        async with reading(request) as visit:
            return await _undo_page(request, visit, code, job_id, problem=error)
    return redirect(request.url.path)


async def _follow(request: Request, code: str, job_id: int, verb: Verb) -> Response:
    await posted(request)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            job = await verb(visit.session, access, job_id)
    except Conflict as error:
        async with reading(request) as visit:
            return await _changes_page(request, visit, code, job_id, problem=error)
    return redirect(f"/store/{access.store.code}/marketplace/imports/{job.id}/changes")


async def _changes_page(
    request: Request, visit: Visit, code: str, job_id: int, *, problem: OrionError | None = None
) -> Response:
    access = await merchants.open_store(visit.session, visit.user, code)
    job = await feeds.get_import(visit.session, access, job_id)
    found: Differences | None = None
    kind = parse.choice(request, "kind", DIFF_KINDS) or _most_telling(job)
    try:
        found = await feeds.list_changes(
            visit.session, access, job_id, kind=kind, page=parse.page_number(request), limit=CHANGES_PER_PAGE
        )
    except Conflict as error:
        problem = problem or error
    return render(
        request,
        "store/imports/_changes.html" if is_htmx(request) else "store/imports/changes.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="marketplace",
        job=job,
        line=store_lines(access.store, [job])[0],
        found=found,
        kind=kind,
        undone=await _undone(visit.session, access, job_id),
        problem=labels.problem(problem.code, problem.detail) if problem else "",
        status=409 if problem and request.method == "POST" else 200,
    )


async def _undo_page(
    request: Request, visit: Visit, code: str, job_id: int, *, problem: OrionError | None = None
) -> Response:
    access = await merchants.open_store(visit.session, visit.user, code)
    job = await feeds.get_import(visit.session, access, job_id)
    undone, conflicts, schedules = await _undone(visit.session, access, job_id), None, []
    if undone is not None:
        conflicts = await feeds.list_undo_conflicts(
            visit.session, access, job_id, page=parse.page_number(request), limit=CHANGES_PER_PAGE
        )
    else:
        schedules = [
            schedule
            for schedule in await feeds.list_schedules(visit.session, access)
            if schedule.enabled and (schedule.marketplace, schedule.language) == (job.marketplace, job.language)
        ]
    return render(
        request,
        "store/imports/_undo.html" if is_htmx(request) else "store/imports/undo.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="marketplace",
        job=job,
        line=store_lines(access.store, [job])[0],
        undone=undone,
        conflicts=conflicts,
        schedules=schedules,
        problem=labels.problem(problem.code, problem.detail) if problem else "",
        status=409 if problem else 200,
    )


async def _undone(session: AsyncSession, access: StoreAccess, job_id: int) -> feeds.ImportUndo | None:
    try:
        return await feeds.get_undo(session, access, job_id)
    except NotFound:
        return None


def _most_telling(job: ImportJob) -> str:
    """What to show first: changes of what there was before, else what is new, else what went wrong."""
    counts = {"updated": job.updated_count, "created": job.imported_count, "error": job.error_count}
    return next((kind for kind, count in counts.items() if count), "updated")
