"""Claims on a store's stock, for integrators: reserve, and later say whether the goods left."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from orion import inventory
from orion.api.dependencies import RuntimeDep, SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Parameters
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.stock_answers import ItemChoice, Quantity, ReservationAnswer, ReservationList
from orion.api.store.stock import PREFIX, Staff, Viewer
from orion.inventory import Line, ReservationView
from orion.plumbing.cursors import read_cursor, write_cursor

Reference = Annotated[str, Field(description="what it is for, such as an order's number", examples=["order-1001"])]
Seconds = Annotated[
    int | None,
    Field(
        ge=1, le=366 * 86400, description="how long it lasts, in seconds; null: until it is committed or released",
        examples=[900],
    ),
]  # fmt: skip


class ReservationFilter(Parameters):
    """Which reservations are wanted."""

    state: Literal["held", "committed", "released", "expired"] | None = None
    reference: str | None = Field(None, max_length=128, description="exactly this reference")
    item_id: int | None = Field(None, ge=1, le=2**63 - 1)
    cursor: str | None = Field(None, description="`next_cursor` of the stretch before")
    limit: int = Field(50, ge=1, le=200)


class LineRequest(ItemChoice):
    """So many of an item."""

    quantity: Quantity

    def line(self) -> Line:
        """The line of a reservation. Raises Invalid (`item_unclear`)."""
        return Line(self.key(), self.quantity)


class NewReservation(Body):
    """What to reserve: every line, or none."""

    reference: Reference
    lines: list[LineRequest] = Field(min_length=1, max_length=200)
    expires_in: Seconds = 900


class CloseRequest(Body):
    """Which reservation has come to its end, or how much of it."""

    reference: Reference
    lines: list[LineRequest] | None = Field(
        None, min_length=1, max_length=200, description="only so many; null: all that is open"
    )


class CommitRequest(CloseRequest):
    """Which goods have left."""

    reason: str = Field("", examples=["shipped"])


class ExtendRequest(Body):
    """How long a reservation lasts from now on."""

    reference: Reference
    expires_in: Seconds


class ReservationsAnswer(ReservationList):
    """Every claim of one reference: one for each item and location."""

    next_cursor: None = None


router = APIRouter(
    prefix=f"{PREFIX}/reservations", tags=["store inventory"], route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)  # fmt: skip


@router.get("", summary="List reservations")
async def list_stock_reservations(
    session: SessionDep, runtime: RuntimeDep, access: Viewer, wanted: Annotated[ReservationFilter, Query()]
) -> ReservationList:
    """Claims on the store's stock, the newest first."""
    filters = wanted.model_dump(exclude={"cursor", "limit"})
    scope = f"reservations:{access.store.id}:{filters}"
    before = read_cursor(runtime.settings, scope, wanted.cursor)[0] if wanted.cursor is not None else None
    found = await inventory.list_reservations(
        session, inventory.stockroom(access), before=before, limit=wanted.limit, **filters
    )
    return ReservationList(
        items=[ReservationAnswer.of(reservation) for reservation in found.items],
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )


@router.post("", status_code=201, summary="Reserve stock", dependencies=NO_PARAMETERS)
async def create_stock_reservation(session: SessionDep, access: Staff, body: NewReservation) -> ReservationsAnswer:
    """Reserve every line or none, from the default location first. The same call again gives the same reservation.

    409 `insufficient_stock` names what there is of each line that lacks.
    """
    with body_fields():
        found = await inventory.reserve(
            session,
            inventory.stockroom(access),
            [line.line() for line in body.lines],
            reference=body.reference,
            expires_in=_time(body.expires_in),
        )
    return _answer(found)


@router.post("/commit", summary="Commit a reservation", dependencies=NO_PARAMETERS)
async def commit_stock_reservation(session: SessionDep, access: Staff, body: CommitRequest) -> ReservationsAnswer:
    """The goods have left: what is on hand falls, and what is reserved with it.

    409 `reservation_over` when it was released or has expired.
    """
    with body_fields():
        found = await inventory.commit_reservation(
            session, inventory.stockroom(access), body.reference, _lines(body), reason=body.reason
        )
    return _answer(found)


@router.post("/release", summary="Release a reservation", dependencies=NO_PARAMETERS)
async def release_stock_reservation(session: SessionDep, access: Staff, body: CloseRequest) -> ReservationsAnswer:
    """Give the goods free again. 409 `reservation_over` when they have left."""
    with body_fields():
        found = await inventory.release(session, inventory.stockroom(access), body.reference, _lines(body))
    return _answer(found)


@router.post("/extend", summary="Let a reservation last longer", dependencies=NO_PARAMETERS)
async def extend_stock_reservation(session: SessionDep, access: Staff, body: ExtendRequest) -> ReservationsAnswer:
    """Let it last for so long from now. 409 `reservation_over` when there is nothing open of it."""
    with body_fields():
        found = await inventory.extend(session, inventory.stockroom(access), body.reference, _time(body.expires_in))
    return _answer(found)


def _lines(body: CloseRequest) -> list[Line] | None:
    return None if body.lines is None else [line.line() for line in body.lines]


def _time(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _answer(found: list[ReservationView]) -> ReservationsAnswer:
    return ReservationsAnswer(items=[ReservationAnswer.of(reservation) for reservation in found])
