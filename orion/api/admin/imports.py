"""Imports of every store, for administrators."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AliasChoices, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from orion import feeds, merchants
from orion.api.change_answers import ChangeFilter, ChangePage, UndoAnswer, UndoFilter, UndoReport
from orion.api.dependencies import AdminUser, RuntimeDep, SessionDep
from orion.api.import_answers import ImportAnswer, NewImport, started
from orion.api.inputs import NO_PARAMETERS, Id, Paged
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.store.changes import undo_answer
from orion.api.tables import CSV_RESPONSE
from orion.feeds import ImportJobView
from orion.identity import Admin
from orion.merchants import StoreAccess

PREFIX = "/api/v1/admin/marketplace-import-jobs"


class AdminImportRequest(NewImport):
    """An import from an address into any store."""

    store_id: int = Field(ge=1, le=2**63 - 1, examples=[5])
    source_url: str = Field(
        validation_alias=AliasChoices("source_url", "url"),
        description="where the feed is (http or https); `url` is another name for it",
        examples=["https://example.com/products.csv"],
    )


class AdminImportFilter(Paged):
    """Which imports are wanted."""

    store_id: int | None = Field(None, ge=1, le=2**63 - 1)
    status: str | None = Field(None, description="only imports in this state")
    marketplace: str | None = None
    created_by_me: bool = Field(False, description="only imports that the caller asked for")


class AdminImportAnswer(ImportAnswer):
    """One import, with the name of who asked for it."""

    created_by: str | None = Field(description="a user name; null when that user is gone", examples=["ada"])

    @classmethod
    def of_view(cls, view: ImportJobView) -> "AdminImportAnswer":
        """The answer for an import with the names around it."""
        return cls.of(view.job, view.store_code, view.store_name, created_by=view.created_by)


class AdminImportPage(BaseModel):
    """One page of imports, newest first."""

    items: list[AdminImportAnswer]
    total: int = Field(examples=[100])
    page: int = Field(examples=[1])
    limit: int = Field(examples=[10])


class ImportStatisticsAnswer(BaseModel):
    """How many imports there are, in all and by status."""

    total: int = Field(examples=[503])
    pending: int = Field(examples=[5])
    processing: int = Field(examples=[3])
    completed: int = Field(examples=[480])
    completed_with_errors: int = Field(examples=[2])
    failed: int = Field(examples=[12])
    cancelled: int = Field(examples=[1])


router = APIRouter(prefix=PREFIX, tags=["admin imports"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)


@router.post("/", include_in_schema=False, status_code=202, dependencies=NO_PARAMETERS)
@router.post("", status_code=202, summary="Start an import for any store", dependencies=NO_PARAMETERS)
async def start_admin_import(
    session: SessionDep, admin: AdminUser, body: AdminImportRequest, response: Response
) -> ImportAnswer:
    """Import the feed at an address into the store with that id; the caller is noted as who asked for it."""
    access = await merchants.open_store_as_admin(session, admin, body.store_id)
    with body_fields():
        job = await feeds.start_import(session, access, **body.model_dump(exclude={"store_id"}))
    return started(response, job, access.store, PREFIX)


@router.get("/", include_in_schema=False)
@router.get("", summary="List the imports of every store")
async def list_admin_imports(
    session: SessionDep, admin: AdminUser, wanted: Annotated[AdminImportFilter, Query()]
) -> AdminImportPage:
    """One page of all imports, newest first."""
    found = await feeds.all_imports(
        session,
        admin,
        created_by=admin.user.id if wanted.created_by_me else None,
        **wanted.model_dump(exclude={"created_by_me"}),
    )
    items = [AdminImportAnswer.of_view(view) for view in found.items]
    return AdminImportPage(items=items, total=found.total, page=found.page, limit=found.limit)


@router.get("/stats", summary="Count the imports by status", dependencies=NO_PARAMETERS)
async def show_import_statistics(session: SessionDep, admin: AdminUser) -> ImportStatisticsAnswer:
    """How many imports the platform has, in all and by status."""
    return ImportStatisticsAnswer(**asdict(await feeds.import_statistics(session, admin)))


@router.get("/{job_id}", summary="Show an import of any store", dependencies=NO_PARAMETERS)
async def show_admin_import(session: SessionDep, admin: AdminUser, job_id: Id) -> AdminImportAnswer:
    """One import with its counters, its progress and the names around it."""
    return AdminImportAnswer.of_view(await feeds.get_any_import(session, admin, job_id))


@router.get("/{job_id}/changes", summary="Show what an import of any store changed")
async def list_admin_import_changes(
    session: SessionDep, admin: AdminUser, job_id: Id, wanted: Annotated[ChangeFilter, Query()]
) -> ChangePage:
    """Row by row with the values before and after, as the store's own operation shows it."""
    access = await _access(session, admin, job_id)
    return ChangePage.of(await feeds.list_changes(session, access, job_id, **wanted.model_dump()))


@router.post("/{job_id}/undo", status_code=202, summary="Undo an import of any store", dependencies=NO_PARAMETERS)
async def undo_admin_import(session: SessionDep, admin: AdminUser, job_id: Id, response: Response) -> UndoAnswer:
    """Take an import back, as the store's own operation does; the caller is noted as who asked for it."""
    undo = await feeds.undo_import(session, await _access(session, admin, job_id), job_id)
    response.headers["Location"] = f"{PREFIX}/{job_id}/undo"
    return UndoAnswer.of(undo)


@router.get(
    "/{job_id}/undo",
    summary="Show the report of an undo of any store",
    response_model=UndoReport,
    responses=CSV_RESPONSE,
)
async def show_admin_undo(
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    admin: AdminUser,
    job_id: Id,
    wanted: Annotated[UndoFilter, Query()],
) -> UndoReport | Response:
    """How far it is, and what it left as it is and why; as CSV value by value, as the store's own operation."""
    access = await _access(session, admin, job_id)
    return await undo_answer(request, runtime.database, session, access, job_id, wanted)


async def _access(session: AsyncSession, admin: Admin, job_id: int) -> StoreAccess:
    """The way into the store that an import belongs to."""
    view = await feeds.get_any_import(session, admin, job_id)
    return await merchants.open_store_as_admin(session, admin, view.job.store_id)
