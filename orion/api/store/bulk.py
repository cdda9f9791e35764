"""Doing one thing to many products of a store."""

from datetime import datetime
from typing import Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from orion import catalog
from orion.api.dependencies import SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Id
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.product_filters import ListingFields
from orion.api.routing import TransactionalRoute
from orion.api.store.product_writes import Staff
from orion.api.store.products import Viewer
from orion.catalog import BulkAnswer, BulkRun, SampleProduct


class BulkFilter(ListingFields):
    """Which products are meant: as the filters of `GET /api/v1/store/products`; {} means all."""


class BulkRequest(Body):
    """An action on many products, named by `ids` or found by a `filter`; other fields belong to some of the actions."""

    action: str = Field(description=f"one of {', '.join(catalog.ACTIONS)}", examples=["change_price_percent"])
    filter: BulkFilter | None = Field(None, examples=[{"brand": "Lumo"}])
    ids: list[int] | None = Field(None, max_length=catalog.AT_ONCE, examples=[None])
    dry_run: bool = Field(False, description="only say how many are meant, with a sample")
    price: str | None = Field(None, description="for set_price", examples=[None])
    currency: str | None = Field(None, description="for set_price; the store's if not given", examples=[None])
    percent: str | None = Field(
        None, description="for change_price_percent: of the price in effect, -100 to 1000", examples=["-10"]
    )
    availability: str | None = Field(None, description="for set_availability", examples=[None])
    min_quantity: int | None = Field(None, description="for set_quantities", examples=[None])
    max_quantity: int | None = Field(None, description="for set_quantities; null: any number", examples=[None])
    fields: list[str] | None = Field(
        None, description="for reset_overrides: which ones; all if not given", examples=[None]
    )


class BulkRunAnswer(BaseModel):
    """How far an action on very many products is."""

    id: int = Field(examples=[7])
    action: str = Field(examples=["unpublish"])
    status: str = Field(description="pending, running, completed, cancelled or failed", examples=["running"])
    total: int = Field(description="products that were found when it was asked for", examples=[250_000])
    done: int = Field(examples=[12_000])
    skipped: int = Field(description="to which it could not be done", examples=[0])
    failure: str | None = Field(examples=[None])
    created_at: datetime
    completed_at: datetime | None

    @classmethod
    def of(cls, run: BulkRun) -> Self:
        """The answer for one run."""
        return cls(**{name: getattr(run, name) for name in cls.model_fields})


class SampleAnswer(BaseModel):
    """One of the products that would be changed."""

    id: int
    marketplace_product_id: str
    price: str | None = Field(description="in effect now", examples=["29.90"])
    price_then: str | None = Field(description="in effect then", examples=["26.91"])
    currency: str | None = Field(description="of the price then", examples=["EUR"])

    @classmethod
    def of(cls, sample: SampleProduct) -> Self:
        """The answer for one product."""
        return cls(
            id=sample.id,
            marketplace_product_id=sample.marketplace_product_id,
            price=None if sample.price is None else str(sample.price),
            price_then=None if sample.price_then is None else str(sample.price_then),
            currency=None if sample.price_then is None else sample.price_then.currency,
        )


class BulkResponse(BaseModel):
    """What was done, what would be (a dry run), or where to watch it (202)."""

    matched: int = Field(description="products that are meant", examples=[120])
    done: int = Field(examples=[118])
    skipped: int = Field(description="to which it could not be done: no price to change, or stock refers to it")
    dry_run: bool
    sample: list[SampleAnswer] = Field(description="the first ten, in a dry run")
    run: BulkRunAnswer | None = Field(description="where there are more than 10,000: a job does it")

    @classmethod
    def of(cls, answer: BulkAnswer, *, dry_run: bool) -> Self:
        """The answer to one request."""
        return cls(
            matched=answer.matched,
            done=answer.done,
            skipped=answer.skipped,
            dry_run=dry_run,
            sample=[SampleAnswer.of(sample) for sample in answer.sample],
            run=None if answer.run is None else BulkRunAnswer.of(answer.run),
        )


router = APIRouter(
    prefix="/api/v1/store", tags=["store products"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.post(
    "/products/bulk",
    summary="Do one thing to many products",
    dependencies=NO_PARAMETERS,
    responses={202: {"model": BulkResponse, "description": "A job does it: watch it at `Location`"}},
)
async def act_on_store_products(
    response: Response, session: SessionDep, access: Staff, body: BulkRequest
) -> BulkResponse:
    """Do an action to all products that a filter finds, or to those with some ids. Try it with `dry_run` first.

    Up to 10,000 are done at once. For more, 202 names a run, which goes on in the background.
    """
    own = ("action", "filter", "ids", "dry_run")
    with body_fields():
        answer = await catalog.act_on_products(
            session,
            access,
            action=body.action,
            values=body.model_dump(exclude=set(own)),
            ids=body.ids,
            filter=None if body.filter is None else body.filter.model_dump(exclude_none=True),
            dry_run=body.dry_run,
        )
    if answer.run is not None:
        response.status_code = 202
        response.headers["Location"] = f"/api/v1/store/bulk/{answer.run.id}"
    return BulkResponse.of(answer, dry_run=body.dry_run)


@router.get("/bulk/{run_id}", summary="Show how far a bulk run is", dependencies=NO_PARAMETERS)
async def show_bulk_run(session: SessionDep, access: Viewer, run_id: Id) -> BulkRunAnswer:
    """An action on very many products, and how many are done."""
    return BulkRunAnswer.of(await catalog.get_bulk_run(session, access, run_id))


@router.post("/bulk/{run_id}/cancel", summary="Stop a bulk run", dependencies=NO_PARAMETERS)
async def cancel_bulk_run(session: SessionDep, access: Staff, run_id: Id) -> BulkRunAnswer:
    """It stops after at most a thousand more products. What was done stays."""
    return BulkRunAnswer.of(await catalog.cancel_bulk_run(session, access, run_id))
