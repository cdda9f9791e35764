"""Stock from files: the form, the history, an import with the rows that were not taken."""

import csv
import io
from collections.abc import AsyncIterator, Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from orion import feeds, merchants
from orion.kernel import OrionError
from orion.merchants import StoreAccess
from orion.web import labels, labels_stock, parse
from orion.web.import_form import ImportForm, chosen_source
from orion.web.render import is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading, runtime_of

router = APIRouter(prefix="/store/{code}/stock")

IMPORTS_PER_PAGE = 20
ERRORS_PER_PAGE = 50


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
    values = {name: parse.field(sent, name) for name in ("source", "source_url", "mode", "reason")}
    form = ImportForm(source="file" if values["source"] == "file" else "url", source_url=values["source_url"])
    try:
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        async with chosen_source(form, sent, runtime_of(request)) as source, acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            job = await feeds.start_stock_import(
                visit.session, access, mode=values["mode"] or "set", reason=values["reason"], **source
            )
    except OrionError as error:
        if error.status not in (409, 422):
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            return await _page(request, visit, access, values, parse.field_errors(error), status=422)
    return redirect(f"/store/{access.store.code}/stock/imports/{job.id}?done=started")


@router.get("/imports/{import_id:int}")
async def details(request: Request, code: str, import_id: int) -> Response:
    """How far it is, and which rows were rejected."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        view = await feeds.get_stock_import(visit.session, access, import_id)
        after = parse.position(request, "after") or 0
        found = await feeds.list_stock_errors(visit.session, access, import_id, after=after, limit=ERRORS_PER_PAGE)
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
            first="after" not in request.query_params,
            done=parse.choice(request, "done", labels_stock.DONE),
        )


@router.get("/imports/{import_id:int}/failed.csv")
async def failed_rows(request: Request, code: str, import_id: int) -> Response:
    """The rows that were not taken as a file, to mend and import alone."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        view = await feeds.get_stock_import(visit.session, access, import_id)
    database = runtime_of(request).database

    async def lines() -> AsyncIterator[str]:
        yield _csv([feeds.failed_stock_header(view.job)])
        after: int | None = 0
        while after is not None:
            async with database.reading() as session:
                rows, after = await feeds.failed_stock_rows(session, view.job, after=after)
            yield _csv(rows)

    return StreamingResponse(
        lines(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="stock-import-{import_id}-failed.csv"'},
    )


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


def _csv(rows: list[list[str]]) -> str:
    """Lines of a file; what a spreadsheet would run as a formula gets an apostrophe in front."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(
        [f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell for cell in row] for row in rows
    )
    return buffer.getvalue()
