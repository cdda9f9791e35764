"""Stock by GTIN, as the documented API has it: of the caller's store, or of the platform for its administrators."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import Field

from orion import identity, inventory
from orion.api.dependencies import Bearer, RuntimeDep, SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Parameters
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute, authenticated_user
from orion.api.stock_answers import (
    ChangedAnswer,
    EntryAnswer,
    EntryList,
    LevelAnswer,
    StockRequest,
    SummaryAnswer,
    TotalAnswer,
)
from orion.inventory import ItemKey, LevelNow, Stockroom
from orion.merchants import Role
from orion.plumbing.cursors import read_cursor, write_cursor


def stock_access(role: Role) -> Callable[..., Awaitable[Stockroom]]:
    """Make a dependency that gives the stock to act on.

    It is that of the store that `store_access` gives; an administrator who names none keeps the platform's own.
    """
    enter = store_access(role, "inventory")

    async def open_stock(
        request: Request,
        session: SessionDep,
        bearer: Bearer,
        x_store_code: Annotated[
            str | None,
            Header(
                description="The store to act in; a member of one store only needs none. Without it administrators "
                "act on the platform's own stock"
            ),
        ] = None,
    ) -> Stockroom:
        user = await authenticated_user(request, session)  # None as well for an API key, which opens its store
        if user is not None and user.role == "admin" and not x_store_code:
            return inventory.platform_stockroom(identity.as_admin(user))
        return inventory.stockroom(await enter(request, session, bearer, x_store_code))

    open_stock.orion_scope = "inventory"  # type: ignore[attr-defined] # for the walk over all routes with keys
    return open_stock


Reader = Annotated[Stockroom, Depends(stock_access("viewer"))]
Keeper = Annotated[Stockroom, Depends(stock_access("staff"))]


class EntryFilter(Parameters):
    """Which levels are wanted."""

    gtin: str | None = Field(None, description="only of this GTIN")
    location: str | None = Field(None, description="only at this location")
    cursor: str | None = Field(None, description="`next_cursor` of the stretch before")
    limit: int = Field(50, ge=1, le=200)


router = APIRouter(
    prefix="/api/v1/inventory", tags=["inventory"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.post("", summary="Set a quantity", dependencies=NO_PARAMETERS)
async def set_inventory(session: SessionDep, room: Keeper, body: StockRequest) -> ChangedAnswer:
    """Say how many of a GTIN lie at a location, which is made on first use.

    409 `stock_reserved` below what is reserved there.
    """
    return await change_level(session, room, body, inventory.set_level)


@router.post("/add", summary="Add to a quantity", dependencies=NO_PARAMETERS)
async def add_inventory(session: SessionDep, room: Keeper, body: StockRequest) -> ChangedAnswer:
    """Put more of a GTIN at a location, which is made on first use."""
    return await change_level(session, room, body, inventory.add)


@router.post("/remove", summary="Remove from a quantity", dependencies=NO_PARAMETERS)
async def remove_inventory(session: SessionDep, room: Keeper, body: StockRequest) -> ChangedAnswer:
    """Take some of a GTIN away from a location. 409 `insufficient_stock`, saying what is there, when it is too much."""
    return await change_level(session, room, body, inventory.remove)


@router.get("", summary="List levels")
async def list_inventory(
    session: SessionDep, runtime: RuntimeDep, room: Reader, wanted: Annotated[EntryFilter, Query()]
) -> EntryList:
    """Every level: so many of this at that location."""
    scope = f"inventory:{room.store_id}:{wanted.gtin}:{wanted.location}"
    after = (0, 0)
    if wanted.cursor is not None:
        item_id, location_id = read_cursor(runtime.settings, scope, wanted.cursor)
        after = (item_id, location_id)
    found = await inventory.list_entries(
        session, room, gtin=wanted.gtin, location=wanted.location, after=after, limit=wanted.limit
    )
    return EntryList(
        items=[EntryAnswer.at(entry) for entry in found.items],
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )


@router.get("/{gtin}", summary="Levels of a GTIN", dependencies=NO_PARAMETERS)
async def show_inventory(session: SessionDep, room: Reader, gtin: str) -> SummaryAnswer:
    """What lies where of a GTIN. 404 `stock_not_found` when none was ever counted and no product has it."""
    summary = await inventory.summary(session, room, gtin)
    return SummaryAnswer.of(summary, locations=[LevelAnswer.of(level) for level in summary.levels])


@router.get("/{gtin}/total", summary="Total of a GTIN", dependencies=NO_PARAMETERS)
async def show_inventory_total(session: SessionDep, room: Reader, gtin: str) -> TotalAnswer:
    """What there is of a GTIN over all locations."""
    return TotalAnswer.of(await inventory.summary(session, room, gtin))


async def change_level(
    session: SessionDep, room: Stockroom, body: StockRequest, verb: Callable[..., Awaitable[LevelNow]]
) -> ChangedAnswer:
    """Do to a level what the body says. Raises what the verb raises, with the body's fields."""
    with body_fields():
        warning = inventory.parse_label(body.gtin).warning
        key = ItemKey(gtin=body.gtin)
        level = await verb(
            session, room, key, body.location, body.quantity, reason=body.reason, reference=body.reference
        )
    return ChangedAnswer.after(level, [warning] if warning else [])
