"""What the columns of a store's feeds mean."""

import asyncio
from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from orion import feeds
from orion.api.dependencies import RuntimeDep, SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Parameters
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute, UnrepeatableRoute
from orion.api.store.imports import PREFIX, Staff, Viewer
from orion.feeds import ColumnGuess, SavedMapping
from orion.kernel import FieldError, Invalid, parse_marketplace

_TARGET = "a Google product attribute, `keep` (in the product's attributes) or `ignore`"


class MappingBody(Body):
    """What the columns of the store's feeds on one marketplace mean."""

    marketplace: str = Field("Letzshop", examples=["Letzshop"])
    columns: dict[str, str] = Field(description=f"header -> {_TARGET}", examples=[{"Artikelbezeichnung": "title"}])


class MappingAnswer(BaseModel):
    """A saved mapping."""

    marketplace: str = Field(examples=["Letzshop"])
    columns: dict[str, str] = Field(examples=[{"Artikelbezeichnung": "title"}])

    @classmethod
    def of(cls, mapping: SavedMapping) -> Self:
        """The answer for one marketplace."""
        return cls(marketplace=mapping.marketplace, columns=mapping.columns)


class MappingList(BaseModel):
    """All mappings of a store, and what columns may mean."""

    items: list[MappingAnswer]
    targets: list[str] = Field(description="every target there is")


class MappingChoice(Parameters):
    """Whose mapping is meant."""

    marketplace: str = Field("Letzshop", examples=["Letzshop"])


class PreviewBody(Body):
    """Which feed to look at: one at an address, or that of an import which failed with `missing_columns`."""

    marketplace: str = "Letzshop"
    source_url: str | None = Field(None, examples=["https://example.com/products.csv"])
    job_id: int | None = Field(None, ge=1, le=2**63 - 1, examples=[None])


class ColumnAnswer(BaseModel):
    """One column of a feed."""

    header: str = Field(examples=["Artikelbezeichnung"])
    samples: list[str] = Field(description="up to three values", examples=[["Desk lamp"]])
    target: str = Field(description=f"what it is taken for: {_TARGET}", examples=["keep"])
    why: str = Field(description="saved, exact, alias or unknown", examples=["unknown"])
    suggestions: list[str] = Field(description="attributes that the feed lacks and the name looks like")

    @classmethod
    def of(cls, column: ColumnGuess) -> Self:
        """The answer for one column."""
        return cls(**{name: getattr(column, name) for name in cls.model_fields})


class PreviewAnswer(BaseModel):
    """The columns of a feed in order; an import fails while one is missing."""

    columns: list[ColumnAnswer]
    missing: list[str] = Field(description="required attributes that no column is", examples=[["title"]])


router = APIRouter(
    prefix=f"{PREFIX}/mappings", tags=["store imports"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)
unrepeatable = APIRouter(
    prefix=f"{PREFIX}/mappings", tags=["store imports"], route_class=UnrepeatableRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="List the store's column mappings", dependencies=NO_PARAMETERS)
async def list_store_mappings(session: SessionDep, access: Viewer) -> MappingList:
    """What the store has said of the columns of its feeds, by marketplace."""
    items = [MappingAnswer.of(mapping) for mapping in await feeds.list_mappings(session, access)]
    return MappingList(items=items, targets=[*feeds.TARGETS, feeds.KEEP, feeds.IGNORE])


@router.put("", summary="Save a column mapping", dependencies=NO_PARAMETERS)
async def save_store_mapping(session: SessionDep, access: Staff, body: MappingBody) -> MappingAnswer:
    """Replace what was said of the columns of one marketplace. The next import reads the feeds anew."""
    mapping = await feeds.save_mapping(session, access, marketplace=body.marketplace, columns=body.columns)
    return MappingAnswer.of(mapping)


@router.delete("", status_code=204, summary="Forget a column mapping")
async def forget_store_mapping(
    session: SessionDep, access: Staff, wanted: Annotated[MappingChoice, Query()]
) -> Response:
    """Take back what was said of the columns of one marketplace."""
    await feeds.forget_mapping(session, access, marketplace=wanted.marketplace)
    return Response(status_code=204)


@unrepeatable.post("/preview", summary="Look at the columns of a feed", dependencies=NO_PARAMETERS)
async def preview_store_mapping(
    runtime: RuntimeDep, session: SessionDep, access: Staff, body: PreviewBody
) -> PreviewAnswer:
    """Its headers with sample values, what each would be taken for and why. Only the beginning of a feed is fetched."""
    if (body.source_url is None) == (body.job_id is None):
        message = "Name one of the two: source_url, or job_id of an import that failed with missing_columns"
        raise Invalid("one_source_needed", message, errors=[FieldError("source_url", message)])
    mapping = await feeds.mapping_of(session, access.store.id, parse_marketplace(body.marketplace))
    if body.job_id is not None:
        job = await feeds.get_import(session, access, body.job_id)
        if "columns" not in job.details:
            message = f"Import {job.id} did not fail for its columns: name its address instead"
            raise Invalid("no_columns_kept", message, errors=[FieldError("job_id", message)])
        head = feeds.Head.from_json(job.details["columns"])
    else:
        await session.commit()  # nothing is held while another server thinks
        head = await feeds.fetch_head(runtime.settings, body.source_url or "")
    found = await asyncio.to_thread(feeds.judge_head, head, mapping)
    return PreviewAnswer(columns=[ColumnAnswer.of(column) for column in found.columns], missing=found.missing)
