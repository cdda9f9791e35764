"""A store's imports: start, watch, see what went wrong, cancel."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AliasChoices, Field

from orion import feeds
from orion.api.dependencies import RuntimeDep, SessionDep, store_access
from orion.api.import_answers import ImportAnswer, ImportPage, IssueAnswer, IssuePage, NewImport, started
from orion.api.inputs import NO_PARAMETERS, Id, Paged
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.tables import CSV_RESPONSE, Format, csv_response, for_spreadsheet, wants_csv
from orion.merchants import StoreAccess
from orion.plumbing.db import Database

PREFIX = "/api/v1/store/marketplace"

Viewer = Annotated[StoreAccess, Depends(store_access("viewer", "imports"))]
Staff = Annotated[StoreAccess, Depends(store_access("staff", "imports"))]

_ISSUE_COLUMNS = ("row_number", "severity", "error_type", "code", "identifier", "error_message", "row_data")


class StoreImportRequest(NewImport):
    """An import from an address into the caller's store."""

    source_url: str = Field(
        validation_alias=AliasChoices("source_url", "url"),
        description="where the feed is (http or https); `url` is another name for it",
        examples=["https://example.com/products.csv"],
    )


class ImportFilter(Paged):
    """Which imports are wanted."""

    status: str | None = Field(None, description="only imports in this state")
    marketplace: str | None = None
    language: str | None = None


class IssueFilter(Paged):
    """Which issues are wanted, and how."""

    limit: int = Field(50, ge=1, le=200)
    severity: Literal["error", "warning"] | None = None
    format: Format | None = Field(None, description="csv: all of them as a file, whatever the page")


router = APIRouter(prefix=PREFIX, tags=["store imports"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)


@router.post("/import", status_code=202, summary="Start an import", dependencies=NO_PARAMETERS)
async def start_store_import(
    session: SessionDep, access: Staff, body: StoreImportRequest, response: Response
) -> ImportAnswer:
    """Import the feed at an address into the store. The answer comes at once; watch the import at its `Location`.

    409 `import_already_running` while the same feed (marketplace and language) is still being imported.
    """
    with body_fields():
        job = await feeds.start_import(session, access, **body.model_dump())
    return started(response, job, access.store, f"{PREFIX}/imports")


@router.get("/imports", summary="List the store's imports")
async def list_store_imports(
    session: SessionDep, access: Viewer, wanted: Annotated[ImportFilter, Query()]
) -> ImportPage:
    """One page of the store's imports, newest first."""
    found = await feeds.list_imports(session, access, **wanted.model_dump())
    items = [ImportAnswer.of(job, access.store.code, access.store.name) for job in found.items]
    return ImportPage(items=items, total=found.total, page=found.page, limit=found.limit)


@router.get("/imports/{job_id}", summary="Show an import", dependencies=NO_PARAMETERS)
async def show_store_import(session: SessionDep, access: Viewer, job_id: Id) -> ImportAnswer:
    """One import of the store with its counters and its progress."""
    job = await feeds.get_import(session, access, job_id)
    return ImportAnswer.of(job, access.store.code, access.store.name)


@router.get(
    "/imports/{job_id}/errors",
    summary="List what went wrong in an import",
    response_model=IssuePage,
    responses=CSV_RESPONSE,
)
async def list_store_import_errors(
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    access: Viewer,
    job_id: Id,
    wanted: Annotated[IssueFilter, Query()],
) -> IssuePage | Response:
    """Rows that were not imported and values that were mended, in the order of the feed's rows, with the rows' data.

    As CSV (`Accept: text/csv` or `?format=csv`) all of them come, for a spreadsheet.
    """
    if wants_csv(request, wanted.format):
        await feeds.get_import(session, access, job_id)
        steps = _issue_rows(runtime.database, access, job_id, wanted.severity)
        return csv_response(f"import-{job_id}-errors.csv", _ISSUE_COLUMNS, steps)
    found = await feeds.list_issues(
        session, access, job_id, severity=wanted.severity, page=wanted.page, limit=wanted.limit
    )
    items = [IssueAnswer.of(issue) for issue in found.items]
    return IssuePage(items=items, total=found.total, page=found.page, limit=found.limit)


@router.post("/imports/{job_id}/cancel", summary="Cancel an import", dependencies=NO_PARAMETERS)
async def cancel_store_import(session: SessionDep, access: Staff, job_id: Id) -> ImportAnswer:
    """Stop an import: a pending one at once, a running one after its current batch. What was imported stays."""
    job = await feeds.cancel_import(session, access, job_id)
    return ImportAnswer.of(job, access.store.code, access.store.name)


@router.post("/imports/{job_id}/confirm-gone", summary="Let products go", dependencies=NO_PARAMETERS)
async def confirm_gone_products(session: SessionDep, access: Staff, job_id: Id) -> ImportAnswer:
    """Apply an import's policy to the products that it held back, because more were gone at once than is likely.

    409 `nothing_held_back`; 409 `newer_import` when the feed was imported again since.
    """
    job = await feeds.confirm_gone(session, access, job_id)
    return ImportAnswer.of(job, access.store.code, access.store.name)


async def _issue_rows(
    database: Database, access: StoreAccess, job_id: int, severity: str | None
) -> AsyncIterator[list[list[Any]]]:
    last = None
    while True:
        async with database.reading() as session:
            issues = await feeds.next_issues(session, access, job_id, severity=severity, after=last)
        if not issues:
            return
        last = issues[-1]
        yield [[for_spreadsheet(_cell(getattr(issue, name))) for name in _ISSUE_COLUMNS] for issue in issues]


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
