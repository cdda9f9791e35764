"""What a store's imports changed, and what can follow them: applying, retrying, undoing."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from orion import feeds
from orion.api.change_answers import ChangeFilter, ChangePage, UndoAnswer, UndoFilter, UndoReport
from orion.api.dependencies import RuntimeDep, SessionDep
from orion.api.import_answers import ImportAnswer, started
from orion.api.inputs import NO_PARAMETERS, Id, Parameters
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.api.store.imports import PREFIX, Staff, Viewer
from orion.api.tables import CSV_RESPONSE, csv_response, wants_csv
from orion.merchants import StoreAccess
from orion.plumbing.db import Database

_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The rows as a file to mend"}
}


class RowFilter(Parameters):
    """Which rows are wanted."""

    rows: Literal["error", "warning", "all"] = Field(
        "error", description="error: those not imported; warning: those imported with a mended or missing value"
    )


router = APIRouter(
    prefix=f"{PREFIX}/imports", tags=["store imports"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("/{job_id}/changes", summary="Show what an import changed")
async def list_import_changes(
    session: SessionDep, access: Viewer, job_id: Id, wanted: Annotated[ChangeFilter, Query()]
) -> ChangePage:
    """Row by row with the values before and after; of a dry run: what applying it would change.

    409 `import_changes_expired` when it was too long ago (IMPORT_CHANGES_KEEP_DAYS).
    """
    return ChangePage.of(await feeds.list_changes(session, access, job_id, **wanted.model_dump()))


@router.get("/{job_id}/failed-rows.csv", summary="Download the failed rows", response_class=Response, responses=_CSV)
async def download_failed_rows(
    runtime: RuntimeDep, session: SessionDep, access: Viewer, job_id: Id, wanted: Annotated[RowFilter, Query()]
) -> Response:
    """The rows that failed with the feed's own columns, and behind them what is wrong and how to mend it.

    Mend them in a spreadsheet and import the file like any other: what was added is ignored, and the rows that it
    does not have are not gone. 404 `failed_rows_not_kept` when there are none, or when it was too long ago.
    """
    job = await feeds.get_import(session, access, job_id)
    header = feeds.failed_rows_header(job)
    steps = feeds.failed_row_steps(runtime.database, job, wanted.rows)
    return csv_response(f"import-{job_id}-failed-rows.csv", header, steps)


@router.post("/{job_id}/apply", status_code=202, summary="Apply a dry run", dependencies=NO_PARAMETERS)
async def apply_store_dry_run(session: SessionDep, access: Staff, job_id: Id, response: Response) -> ImportAnswer:
    """Start the import that was tried. Should its source have changed since, `details.source_changed` says so.

    409 `not_a_dry_run`, `import_not_finished`, `dry_run_failed`, `dry_run_applied`, `import_changes_expired`,
    `import_already_running`.
    """
    job = await feeds.apply_dry_run(session, access, job_id)
    return started(response, job, access.store, f"{PREFIX}/imports")


@router.post("/{job_id}/retry", status_code=202, summary="Retry failed rows", dependencies=NO_PARAMETERS)
async def retry_store_import(session: SessionDep, access: Staff, job_id: Id, response: Response) -> ImportAnswer:
    """Import the rows that failed once more, as they were: after the mapping or the store's settings were mended.

    409 `nothing_to_retry`, `retry_of_dry_run`, `import_not_finished`, `import_changes_expired`,
    `import_already_running`.
    """
    job = await feeds.retry_failed_rows(session, access, job_id)
    return started(response, job, access.store, f"{PREFIX}/imports")


@router.post("/{job_id}/undo", status_code=202, summary="Undo an import", dependencies=NO_PARAMETERS)
async def undo_store_import(session: SessionDep, access: Staff, job_id: Id, response: Response) -> UndoAnswer:
    """Give products their values from before the import, and remove those that it created.

    What was edited since stays, and the report says where. Products that stock or orders refer to are unpublished
    instead of removed. A large undo is a job: its `status` is "pending" then. 409 `import_undone`, `nothing_to_undo`,
    `undo_of_dry_run`, `import_not_finished`, `import_changes_expired`, `import_already_running`, `undo_running`.
    """
    undo = await feeds.undo_import(session, access, job_id)
    response.headers["Location"] = f"{PREFIX}/imports/{job_id}/undo"
    return UndoAnswer.of(undo)


@router.get("/{job_id}/undo", summary="Show the report of an undo", response_model=UndoReport, responses=CSV_RESPONSE)
async def show_undo(
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    access: Viewer,
    job_id: Id,
    wanted: Annotated[UndoFilter, Query()],
) -> UndoReport | Response:
    """How far it is, and what it left as it is and why. 404 `not_undone` when nobody has asked for it.

    As CSV (`Accept: text/csv` or `?format=csv`): each value that is as before, each that was left and why, and each
    product that was removed.
    """
    return await undo_answer(request, runtime.database, session, access, job_id, wanted)


async def undo_answer(
    request: Request, database: Database, session: AsyncSession, access: StoreAccess, job_id: int, wanted: UndoFilter
) -> UndoReport | Response:
    """The report of an undo in the form that is asked for."""
    if wants_csv(request, wanted.format):
        steps = await feeds.undo_report(session, database, access, job_id)
        return csv_response(f"import-{job_id}-undo.csv", feeds.UNDO_COLUMNS, steps)
    undo = await feeds.get_undo(session, access, job_id)
    found = await feeds.list_undo_conflicts(session, access, job_id, page=wanted.page, limit=wanted.limit)
    return UndoReport.of_page(undo, found)
