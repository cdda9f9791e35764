"""Imports by their first documented paths: the store is named by its code, once called shop code."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AliasChoices, Field

from orion import feeds, merchants
from orion.api.dependencies import CurrentUser, SessionDep
from orion.api.import_answers import ImportAnswer, ImportPage, NewImport, started
from orion.api.inputs import NO_PARAMETERS, Id, Paged
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute

PREFIX = "/api/v1/marketplace"


class ProductImportRequest(NewImport):
    """An import from an address into a store of the caller."""

    url: str = Field(
        validation_alias=AliasChoices("url", "source_url"),
        description="where the feed is (http or https); `source_url` is another name for it",
        examples=["https://example.com/products.csv"],
    )
    store_code: str = Field(
        validation_alias=AliasChoices("shop_code", "store_code"),
        description="the store's code; `store_code` is another name for it",
        examples=["TECHSTORE"],
    )


class ImportJobFilter(Paged):
    """Which imports are wanted."""

    store_code: str | None = Field(None, alias="shop_code", description="only imports of this store")
    status: str | None = Field(None, description="only imports in this state")
    marketplace: str | None = None


router = APIRouter(prefix=PREFIX, tags=["marketplace"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)


@router.post("/import-product", status_code=202, summary="Start an import", dependencies=NO_PARAMETERS)
async def start_product_import(
    session: SessionDep, user: CurrentUser, body: ProductImportRequest, response: Response
) -> ImportAnswer:
    """Import the feed at an address into the store with that code. Watch the import at the answer's `Location`."""
    access = await merchants.open_store(session, user, body.store_code, role="staff")
    with body_fields(source_url="url"):
        job = await feeds.start_import(
            session,
            access,
            source_url=body.url,
            marketplace=body.marketplace,
            language=body.language,
            batch_size=body.batch_size,
            on_missing=body.on_missing,
        )
    return started(response, job, access.store, f"{PREFIX}/import-status")


@router.get("/import-status/{job_id}", summary="Show how an import goes", dependencies=NO_PARAMETERS)
async def show_import_status(session: SessionDep, user: CurrentUser, job_id: Id) -> ImportAnswer:
    """One import of a store that the caller may enter, with its counters and its progress."""
    return ImportAnswer.of_view(await feeds.get_visible_import(session, user, job_id))


@router.get("/import-jobs", summary="List imports of the caller's stores")
async def list_import_jobs(
    session: SessionDep, user: CurrentUser, wanted: Annotated[ImportJobFilter, Query()]
) -> ImportPage:
    """One page of the imports of every store that the caller is a member of, newest first."""
    found = await feeds.imports_of(session, user, **wanted.model_dump())
    items = [ImportAnswer.of_view(view) for view in found.items]
    return ImportPage(items=items, total=found.total, page=found.page, limit=found.limit)
