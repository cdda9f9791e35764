"""Stock from files: the form, the history, and an import with what it changed, or would change in a dry run."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import feeds, merchants
from orion.feeds import Differences, StockImport
from orion.kernel import Conflict, OrionError
from orion.merchants import StoreAccess
from orion.plumbing.csv_lines import csv_lines
from orion.web import cancelling, labels, labels_stock, parse
from orion.web.import_form import ImportForm, chosen_source
from orion.web.render import csv_file, is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading, runtime_of

router = APIRouter(prefix="/store/{code}/stock")

IMPORTS_PER_PAGE = 20
CHANGES_PER_PAGE = 25


@router.get("/import")
async def page(request: Request, code: str) -> Response:
    """The form, and the imports until now; only these for htmx."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return await _page(request, visit, access)


@router.post("/import")
async def start(request: Request, code: str) -> Response:
    """Start an import from an address or a file."""
    sent = await posted(request)
    values = {name: parse.field(sent, name) for name in ("source", "source_url", "mode", "reason", "dry_run")}
    form = ImportForm(source="file" if values["source"] == "file" else "url", source_url=values["source_url"])
    try:
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        async with chosen_source(form, sent, runtime_of(request)) as source, acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            job = await feeds.start_stock_import(
                visit.session,
                access,
                mode=values["mode"] or "set",
                reason=values["reason"],
                dry_run=values["dry_run"] == "1",
                **source,
            )
    except OrionError as error:
        if error.status not in (409, 422):
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            return await _page(request, visit, access, values, parse.field_errors(error), status=422)
    return redirect(f"{_path(access, job.id)}?done=started")


@router.get("/imports/{import_id:int}")
async def details(request: Request, code: str, import_id: int) -> Response:
    """How far it is, and what it changed or would change, one kind of rows at a time."""
    async with reading(request) as visit:
        return await _details_page(request, visit, code, import_id)


@router.get("/imports/{import_id:int}/cancel")
async def ask_to_cancel(request: Request, code: str, import_id: int) -> Response:
    """Ask before an import is cancelled."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        view = await feeds.get_stock_import(visit.session, access, import_id)
        panel, back = "store/_cancel.html", _path(access, import_id)
        return render(
            request,
            panel if is_htmx(request) else "store/panel.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="stock",
            panel=panel,
            back=back,
            is_page=not is_htmx(request),
            job=view.job,
            path=f"{back}/cancel",
            of="stock",
        )


@router.post("/imports/{import_id:int}/cancel")
async def cancel(request: Request, code: str, import_id: int) -> Response:
    """Cancel an import: at once when it waits, after the current batch when it runs."""
    back = f"/store/{code}/stock/imports/{import_id}"
    return await cancelling.cancel(request, code, import_id, feeds.cancel_stock_import, back=back)


@router.post("/imports/{import_id:int}/apply")
async def apply(request: Request, code: str, import_id: int) -> Response:
    """Start the import that was tried."""
    await posted(request)
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            job = await feeds.apply_stock_dry_run(visit.session, access, import_id)
    except Conflict as error:
        async with reading(request) as visit:
            return await _details_page(request, visit, code, import_id, problem=error)
    return redirect(f"{_path(access, job.id)}?done=started")


@router.get("/imports/{import_id:int}/failed.csv")
async def failed_rows(request: Request, code: str, import_id: int) -> Response:
    """The rows that were not taken as a file, to mend and import alone."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        job = (await feeds.get_stock_import(visit.session, access, import_id)).job
    steps = feeds.failed_stock_rows(runtime_of(request).database, job)
    return csv_file(f"stock-import-{import_id}-failed.csv", csv_lines(feeds.failed_stock_header(job), steps))


async def _details_page(
    request: Request, visit: Visit, code: str, import_id: int, *, problem: OrionError | None = None
) -> Response:
    access = await merchants.open_store(visit.session, visit.user, code)
    view = await feeds.get_stock_import(visit.session, access, import_id)
    kind = parse.choice(request, "kind", labels_stock.DIFF_KINDS) or _most_telling(view.job)
    found: Differences | None = None
    if not view.job.changes_purged or kind == "error":
        found = await feeds.list_stock_changes(
            visit.session, access, import_id, kind=kind, page=parse.page_number(request), limit=CHANGES_PER_PAGE
        )
    return render(
        request,
        "store/_stock_import.html" if is_htmx(request) else "store/stock_import_one.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="stock",
        view=view,
        job=view.job,
        active=view.job.status in labels.ACTIVE_STATES,
        found=found,
        kind=kind,
        done=parse.choice(request, "done", labels_stock.DONE),
        problem=labels.problem(problem.code, problem.detail) if problem else "",
        status=409 if problem else 200,
    )


def _most_telling(job: StockImport) -> str:
    """What to show first: what was rejected, else changes of what there was before, else what is new."""
    counts = {"error": job.failed, "updated": job.changed - job.created, "created": job.created}
    return next((kind for kind, count in counts.items() if count), "updated")


def _path(access: StoreAccess, import_id: int) -> str:
    return f"/store/{access.store.code}/stock/imports/{import_id}"


async def _page(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
) -> Response:
    found = await feeds.list_stock_imports(
        visit.session, access, before=parse.position(request, "before"), limit=IMPORTS_PER_PAGE
    )
    return render(
        request,
        "store/_stock_imports.html" if is_htmx(request) else "store/stock_import.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="stock",
        found=found,
        first="before" not in request.query_params,
        active=any(view.job.status in labels.ACTIVE_STATES for view in found.items),
        values={"source": "file", "source_url": "", "mode": "set", "reason": ""} | dict(values or {}),
        errors=errors or {},
        status=status,
    )
