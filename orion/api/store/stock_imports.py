"""Stock from files: start, watch, and see which rows were not taken."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from pydantic import BaseModel, Field

from orion import feeds
from orion.api.change_answers import ChangeFilter, ChangePage
from orion.api.dependencies import RuntimeDep, SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Id, Parameters
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.store.stock import PREFIX, Staff, Viewer
from orion.api.store.uploads import UPLOAD_LIMIT, UploadRoute, refuse_other_fields, shown_name
from orion.api.tables import CSV_RESPONSE, Format, csv_response, wants_csv
from orion.feeds import StockImport, StockImportError, StockImportView
from orion.merchants import StoreAccess
from orion.plumbing.cursors import read_cursor, write_cursor

_MODE = "what quantities are where a row has no mode of its own: `set` (so many lie there) or `add` (so many came)"
_REASON = "why, for the movements of rows that give no reason of their own"
_DRY_RUN = "only find out what the import would do: see its changes, then apply it"
_FIELDS = ("file", "mode", "reason", "dry_run")


class StockUploadRoute(UploadRoute):
    """Keeps the file of a request before the transaction begins."""

    scope = "inventory"
    fields = _FIELDS


class NewStockImport(Body):
    """An import of the file at an address."""

    source_url: str = Field(
        description="where the CSV file is (http or https)", examples=["https://example.com/stock.csv"]
    )
    mode: str = Field("set", description=_MODE, examples=["set"])
    reason: str = Field("", description=_REASON, examples=["yearly count"])
    dry_run: bool = Field(False, description=_DRY_RUN)


class StretchQuery(Parameters):
    """Which stretch of the list is wanted."""

    cursor: str | None = Field(None, description="`next_cursor` of the stretch before")
    limit: int = Field(50, ge=1, le=200)


class ErrorQuery(StretchQuery):
    """Which of the rows are wanted, and how."""

    format: Format | None = Field(None, description="csv: all of them as they came, to mend and send again")


class StockImportAnswer(BaseModel):
    """An import of stock and how far it is; movements have `reference` `stock-import:<id>`."""

    id: int = Field(examples=[4])
    status: str = Field(description="pending, processing, completed, completed_with_errors, failed or cancelled")
    source_url: str | None
    filename: str | None = Field(examples=["stock.csv"])
    mode: str = Field(examples=["set"])
    reason: str = Field(examples=["yearly count"])
    dry_run: bool = Field(description="it changes nothing: `changed` is what it would change")
    dry_run_id: int | None = Field(description="the dry run that was applied", examples=[None])
    cancel_requested: bool
    changes_purged: bool = Field(description="what it changed is not kept any more, row by row")
    started_by: str | None = Field(examples=["ada"])
    rows: int = Field(description="rows read until now", examples=[120])
    changed: int = Field(description="rows that changed stock", examples=[100])
    created: int = Field(description="those that counted an item at a location for the first time", examples=[3])
    unchanged: int = Field(description="rows that said what was so already", examples=[18])
    failed: int = Field(description="rows that were not taken", examples=[2])
    failure_code: str | None
    failure_message: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None

    @classmethod
    def of(cls, job: StockImport, actor: str | None) -> Self:
        """The answer for one import."""
        names = [name for name in cls.model_fields if name not in ("started_by", "rows")]
        return cls(started_by=actor, rows=job.position, **{name: getattr(job, name) for name in names})


class StockImportList(BaseModel):
    """A stretch of the imports, the newest first."""

    items: list[StockImportAnswer]
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


class StockErrorAnswer(BaseModel):
    """A row that was not taken. `row` counts as spreadsheets do: the first row of the file is 1."""

    row: int = Field(examples=[17])
    column: str | None = Field(examples=["Quantity"])
    value: str | None = Field(examples=["a dozen"])
    code: str = Field(examples=["quantity_invalid"])
    message: str = Field(description="what is wrong, and how to mend it")
    cells: list[str] = Field(description="the row as it came", examples=[["4006381333931", "MAIN", "a dozen"]])

    @classmethod
    def of(cls, error: StockImportError) -> Self:
        """The answer for one row."""
        return cls(
            row=error.row_number, column=error.column, value=error.value, code=error.code, message=error.message,
            cells=error.cells,
        )  # fmt: skip


class StockErrorList(BaseModel):
    """A stretch of the rows that were not taken, in the order of the file."""

    items: list[StockErrorAnswer]
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


IMPORTS = f"{PREFIX}/imports"
router = APIRouter(
    prefix=IMPORTS, tags=["store inventory"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)
upload_router = APIRouter(
    prefix=IMPORTS, tags=["store inventory"], route_class=StockUploadRoute, responses=PROBLEM_RESPONSES
)


@router.post("", status_code=202, summary="Import stock from an address", dependencies=NO_PARAMETERS)
async def start_stock_import(
    session: SessionDep, access: Staff, body: NewStockImport, response: Response
) -> StockImportAnswer:
    """Take quantities from the CSV file at an address. Watch the import at the answer's `Location`.

    The file needs a column `quantity` and one of `gtin`, `sku` and `product_id`; `location` (without it the default
    one), `mode` and `reason` are optional. 409 `stock_import_running` while another one of the store has not ended.
    """
    with body_fields():
        job = await feeds.start_stock_import(session, access, **body.model_dump())
    return _started(response, job, access)


@upload_router.post(
    "/file",
    status_code=202,
    summary="Import stock from an uploaded file",
    max_body_size=UPLOAD_LIMIT,
    dependencies=NO_PARAMETERS,
)
async def start_stock_file_import(
    request: Request,
    response: Response,
    session: SessionDep,
    access: Staff,
    file: Annotated[UploadFile, File(description="CSV, plain or packed by gzip or zip")],
    mode: Annotated[str, Form(description=_MODE)] = "set",
    reason: Annotated[str, Form(description=_REASON)] = "",
    dry_run: Annotated[bool, Form(description=_DRY_RUN)] = False,
) -> StockImportAnswer:
    """The same from a file that is sent (multipart/form-data)."""
    await refuse_other_fields(request, _FIELDS)
    with body_fields():
        job = await feeds.start_stock_import(
            session,
            access,
            upload_key=request.state.upload_key,
            filename=shown_name(file),
            mode=mode,
            reason=reason,
            dry_run=dry_run,
        )
    return _started(response, job, access)


@router.get("", summary="List stock imports")
async def list_stock_imports(
    session: SessionDep, runtime: RuntimeDep, access: Viewer, wanted: Annotated[StretchQuery, Query()]
) -> StockImportList:
    """The store's stock imports, the newest first."""
    scope = f"stock-imports:{access.store.id}"
    before = read_cursor(runtime.settings, scope, wanted.cursor)[0] if wanted.cursor is not None else None
    found = await feeds.list_stock_imports(session, access, before=before, limit=wanted.limit)
    return StockImportList(
        items=[_answer(view) for view in found.items],
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )


@router.get("/{import_id}", summary="Show a stock import", dependencies=NO_PARAMETERS)
async def show_stock_import(session: SessionDep, access: Viewer, import_id: Id) -> StockImportAnswer:
    """How far it is, and how many rows did what."""
    return _answer(await feeds.get_stock_import(session, access, import_id))


@router.get("/{import_id}/changes", summary="Show what a stock import changed")
async def list_stock_import_changes(
    session: SessionDep, access: Viewer, import_id: Id, wanted: Annotated[ChangeFilter, Query()]
) -> ChangePage:
    """Row by row with the quantities before and after; of a dry run: what applying it would change.

    409 `import_changes_expired` when it was too long ago (IMPORT_CHANGES_KEEP_DAYS).
    """
    return ChangePage.of(await feeds.list_stock_changes(session, access, import_id, **wanted.model_dump()))


@router.post("/{import_id}/cancel", summary="Cancel a stock import", dependencies=NO_PARAMETERS)
async def cancel_stock_import(session: SessionDep, access: Staff, import_id: Id) -> StockImportAnswer:
    """Stop an import: a pending one at once, a running one after its current batch. What was set stays.

    409 `import_already_finished`.
    """
    await feeds.cancel_stock_import(session, access, import_id)
    return _answer(await feeds.get_stock_import(session, access, import_id))


@router.post("/{import_id}/apply", status_code=202, summary="Apply a dry run", dependencies=NO_PARAMETERS)
async def apply_stock_dry_run(
    session: SessionDep, access: Staff, import_id: Id, response: Response
) -> StockImportAnswer:
    """Start the import that was tried, of the very file that was read then.

    409 `not_a_dry_run`, `import_not_finished`, `dry_run_failed`, `dry_run_applied`, `import_changes_expired`,
    `stock_import_running`.
    """
    return _started(response, await feeds.apply_stock_dry_run(session, access, import_id), access)


@router.get(
    "/{import_id}/errors",
    summary="List rows that were not taken",
    response_model=StockErrorList,
    responses=CSV_RESPONSE,
)
async def list_stock_import_errors(
    request: Request,
    session: SessionDep,
    runtime: RuntimeDep,
    access: Viewer,
    import_id: Id,
    wanted: Annotated[ErrorQuery, Query()],
) -> StockErrorList | Response:
    """Row, column, value, and how to mend it.

    As CSV (`Accept: text/csv` or `?format=csv`) all of them come as they were, with two columns more that say what is
    wrong: mend the file, and import it alone.
    """
    if wants_csv(request, wanted.format):
        job = (await feeds.get_stock_import(session, access, import_id)).job
        steps = feeds.failed_stock_rows(runtime.database, job)
        return csv_response(f"stock-import-{import_id}-failed.csv", feeds.failed_stock_header(job), steps)
    scope = f"stock-errors:{import_id}"
    after = int(read_cursor(runtime.settings, scope, wanted.cursor)[0]) if wanted.cursor is not None else 0
    found = await feeds.list_stock_errors(session, access, import_id, after=after, limit=wanted.limit)
    return StockErrorList(
        items=[StockErrorAnswer.of(error) for error in found.items],
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )


def _answer(view: StockImportView) -> StockImportAnswer:
    return StockImportAnswer.of(view.job, view.actor)


def _started(response: Response, job: StockImport, access: StoreAccess) -> StockImportAnswer:
    response.headers["Location"] = f"{IMPORTS}/{job.id}"
    return StockImportAnswer.of(job, access.user.username)
