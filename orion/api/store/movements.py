"""What happened to a store's stock, as JSON and as CSV."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from orion import inventory
from orion.api.dependencies import RuntimeDep, SessionDep
from orion.api.inputs import Moment, Parameters
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.api.stock_answers import MovementAnswer, MovementList
from orion.api.store.stock import PREFIX, Viewer
from orion.api.tables import CSV_RESPONSE, Format, csv_response, for_spreadsheet, wants_csv
from orion.inventory import MovementFilter, MovementView, Stockroom
from orion.plumbing.cursors import read_cursor, write_cursor
from orion.plumbing.db import Database

EXPORT_STEP = 1000
"""Movements that are read and sent at a time."""

_COLUMNS = tuple(MovementAnswer.model_fields)


class MovementQuery(Parameters):
    """Which movements are wanted, and how."""

    item_id: int | None = Field(None, ge=1, le=2**63 - 1)
    location: str | None = Field(None, description="code or name of a location")
    kind: Literal["set", "add", "remove", "transfer", "count", "import", "commit"] | None = None
    reference: str | None = Field(None, max_length=128, description="exactly this reference")
    since: Moment | None = Field(None, description="from this moment on", examples=["2026-01-01T00:00:00Z"])
    until: Moment | None = Field(None, description="before this moment")
    cursor: str | None = Field(None, description="`next_cursor` of the stretch before")
    limit: int = Field(50, ge=1, le=200)
    format: Format | None = Field(None, description="csv: all of them as a file")

    def wanted(self) -> MovementFilter:
        """The filter of the stock's history."""
        return MovementFilter(**self.model_dump(exclude={"cursor", "limit", "format"}))


router = APIRouter(
    prefix=f"{PREFIX}/movements", tags=["store inventory"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="List movements", response_model=MovementList, responses=CSV_RESPONSE)
async def list_stock_movements(
    request: Request,
    session: SessionDep,
    runtime: RuntimeDep,
    access: Viewer,
    query: Annotated[MovementQuery, Query()],
) -> MovementList | Response:
    """Every change of a level, the newest first: who, when, why, by how many. As CSV all that match come."""
    room = inventory.stockroom(access)
    wanted = query.wanted()
    if wants_csv(request, query.format):
        return csv_response("movements.csv", _COLUMNS, _export(runtime.database, room, wanted))
    scope = f"movements:{access.store.id}:{wanted}"
    before = read_cursor(runtime.settings, scope, query.cursor)[0] if query.cursor is not None else None
    found = await inventory.list_movements(session, room, wanted, before=before, limit=query.limit)
    return MovementList(
        items=[MovementAnswer.of(movement) for movement in found.items],
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )


async def _export(database: Database, room: Stockroom, wanted: MovementFilter) -> AsyncIterator[list[list[Any]]]:
    before: int | None = None
    while True:
        async with database.reading() as session:
            found = await inventory.list_movements(session, room, wanted, before=before, limit=EXPORT_STEP)
        yield [_row(movement) for movement in found.items]
        if found.after is None:
            return
        (before,) = found.after


def _row(movement: MovementView) -> list[Any]:
    values = (getattr(movement, name) for name in _COLUMNS)
    return [value.isoformat() if isinstance(value, datetime) else for_spreadsheet(value) for value in values]
