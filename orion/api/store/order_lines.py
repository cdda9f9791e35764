"""Lines of a store's orders whose product nobody knows, and matching them."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from orion import orders
from orion.api.dependencies import RuntimeDep, SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Id, Parameters
from orion.api.order_answers import LineFacts, line_facts
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.store.orders import PREFIX, TAGS, Staff, Viewer
from orion.orders import UnmatchedLine
from orion.plumbing.cursors import read_cursor, write_cursor


class UnmatchedQuery(Parameters):
    """Which stretch of the list is wanted."""

    cursor: str | None = Field(None, max_length=2000, description="`next_cursor` of the stretch before")
    limit: int = Field(50, ge=1, le=200)


class UnmatchedAnswer(LineFacts):
    """A line that is no product of the store yet, and the order it stands in."""

    order_id: int = Field(examples=[311])
    number: str = Field(description="of the order", examples=["R532332163"])
    channel: str = Field(examples=["letzshop"])
    status: str = Field(description="of the order", examples=["confirmed"])
    currency: str = Field(examples=["EUR"])
    ordered_at: datetime

    @classmethod
    def of(cls, view: UnmatchedLine) -> Self:
        """The answer for one line."""
        order = view.order
        names = ("number", "channel", "status", "currency", "ordered_at")
        return cls(
            order_id=order.id,
            **{name: getattr(order, name) for name in names},
            **line_facts(view.line, order.currency),
        )


class UnmatchedList(BaseModel):
    """A stretch of the lines, the newest first."""

    items: list[UnmatchedAnswer]
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


class MatchRequest(Body):
    """Which product a line is."""

    product_id: int = Field(strict=True, ge=1, le=2**63 - 1, description="a product of the store", examples=[42])


class MatchAnswer(BaseModel):
    """How many lines were matched."""

    matched: int = Field(description="this one and waiting ones that are alike; 0: it was already", examples=[3])


router = APIRouter(prefix=PREFIX, tags=[*TAGS], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)
lines_router = APIRouter(
    prefix="/api/v1/store/order-lines", tags=[*TAGS], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("/unmatched", summary="List the lines without a product")
async def list_unmatched_lines(
    session: SessionDep, runtime: RuntimeDep, access: Viewer, query: Annotated[UnmatchedQuery, Query()]
) -> UnmatchedList:
    """Lines of orders whose product nobody knows, the newest first."""
    scope = f"unmatched:{access.store.id}"
    before = read_cursor(runtime.settings, scope, query.cursor)[0] if query.cursor is not None else None
    found = await orders.list_unmatched(session, access, before=before, limit=query.limit)
    return UnmatchedList(
        items=[UnmatchedAnswer.of(view) for view in found.items],
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )


@lines_router.post("/{line_id}/match", summary="Match a line", dependencies=NO_PARAMETERS)
async def match_order_line(session: SessionDep, access: Staff, line_id: Id, body: MatchRequest) -> MatchAnswer:
    """Say which product of the store a line is; waiting lines that are alike, and those to come, are it too.

    Stock is held at once. 409 `line_shipped` when units have left as another product. Needs staff.
    """
    with body_fields():
        return MatchAnswer(matched=await orders.match_line(session, access, line_id, body.product_id))


@lines_router.post("/{line_id}/unmatch", status_code=204, summary="Take a match back", dependencies=NO_PARAMETERS)
async def unmatch_order_line(session: SessionDep, access: Staff, line_id: Id) -> None:
    """Say that the line is not that product: its stock is given back.

    409 `line_shipped` when units of it have left. Needs staff.
    """
    await orders.unmatch_line(session, access, line_id)
