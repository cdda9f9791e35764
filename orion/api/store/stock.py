"""A store's stock: items, their levels, and what changes them."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from orion import inventory
from orion.api.dependencies import RuntimeDep, SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Body, Id, Parameters
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.stock_answers import (
    ChangedAnswer,
    ItemAnswer,
    ItemChoice,
    ItemDetails,
    ItemList,
    LevelAnswer,
    Quantity,
    Why,
)
from orion.inventory import ItemKey, LevelNow
from orion.merchants import StoreAccess
from orion.plumbing.cursors import read_cursor, write_cursor

PREFIX = "/api/v1/store/inventory"

Viewer = Annotated[StoreAccess, Depends(store_access("viewer", "inventory"))]
Staff = Annotated[StoreAccess, Depends(store_access("staff", "inventory"))]


class ItemFilter(Parameters):
    """Which items are wanted."""

    search: str | None = Field(
        None, max_length=200, description="the beginning of a GTIN, or part of a title or of the feed's id"
    )
    low: bool | None = Field(None, description="whether what is available is at the threshold or below")
    location: str | None = Field(None, description="code or name of a location: only what lies there")
    cursor: str | None = Field(None, description="`next_cursor` of the stretch before")
    limit: int = Field(50, ge=1, le=200)


class LevelRequest(ItemChoice, Why):
    """So many of an item at a location."""

    location: str = Field(description="code or name of a location", examples=["WAREHOUSE_A"])
    quantity: Quantity


class TransferRequest(ItemChoice, Why):
    """So many of an item from one location to another."""

    source: str = Field(description="where they lie", examples=["WAREHOUSE_A"])
    target: str = Field(description="where they go; made on first use", examples=["SHOWROOM"])
    quantity: Quantity


class TransferAnswer(BaseModel):
    """Both levels after a transfer."""

    source: ChangedAnswer
    target: ChangedAnswer


class ThresholdRequest(Body):
    """From how many on an item is low."""

    low_stock_threshold: int | None = Field(
        strict=True, description="of what is available; null: the store's own counts", examples=[5]
    )


router = APIRouter(prefix=PREFIX, tags=["store inventory"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)


@router.get("/items", summary="List the store's stock")
async def list_stock(
    session: SessionDep, runtime: RuntimeDep, access: Viewer, wanted: Annotated[ItemFilter, Query()]
) -> ItemList:
    """Items with their totals over all locations: what is on hand, reserved and available."""
    scope = f"stock:{access.store.id}:{wanted.search}:{wanted.low}:{wanted.location}"
    after = read_cursor(runtime.settings, scope, wanted.cursor)[0] if wanted.cursor is not None else 0
    found = await inventory.list_items(
        session,
        inventory.stockroom(access),
        search=wanted.search,
        low=wanted.low,
        location=wanted.location,
        after=after,
        limit=wanted.limit,
    )
    return ItemList(
        items=[ItemAnswer.of(item) for item in found.items],
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )


@router.get("/items/{item_id}", summary="Show an item", dependencies=NO_PARAMETERS)
async def show_stock(session: SessionDep, access: Viewer, item_id: Id) -> ItemDetails:
    """An item with its level at each location."""
    item, levels = await inventory.show_item(session, inventory.stockroom(access), item_id)
    return ItemDetails.of(item, levels=[LevelAnswer.of(level) for level in levels])


@router.put("/items/{item_id}/threshold", summary="Say when an item is low", dependencies=NO_PARAMETERS)
async def set_stock_threshold(session: SessionDep, access: Staff, item_id: Id, body: ThresholdRequest) -> ItemDetails:
    """Whoever wants to know is told when what is available falls to the threshold."""
    with body_fields():
        await inventory.set_threshold(
            session, inventory.stockroom(access), ItemKey(item_id=item_id), body.low_stock_threshold
        )
    item, levels = await inventory.show_item(session, inventory.stockroom(access), item_id)
    return ItemDetails.of(item, levels=[LevelAnswer.of(level) for level in levels])


@router.post("/set", summary="Set a level", dependencies=NO_PARAMETERS)
async def set_stock(session: SessionDep, access: Staff, body: LevelRequest) -> ChangedAnswer:
    """Say how many lie at a location, which is made on first use. 409 `stock_reserved` below what is reserved there."""
    return await _change(session, access, body, inventory.set_level)


@router.post("/add", summary="Add to a level", dependencies=NO_PARAMETERS)
async def add_stock(session: SessionDep, access: Staff, body: LevelRequest) -> ChangedAnswer:
    """Put more at a location, which is made on first use."""
    return await _change(session, access, body, inventory.add)


@router.post("/remove", summary="Remove from a level", dependencies=NO_PARAMETERS)
async def remove_stock(session: SessionDep, access: Staff, body: LevelRequest) -> ChangedAnswer:
    """Take some away from a location. 409 `insufficient_stock`, saying what is there, when it is too much."""
    return await _change(session, access, body, inventory.remove)


@router.post("/count", summary="State a count", dependencies=NO_PARAMETERS)
async def count_stock(session: SessionDep, access: Staff, body: LevelRequest) -> ChangedAnswer:
    """Say what a stock-taking found: the difference becomes a movement, also when it is zero."""
    return await _change(session, access, body, inventory.count)


@router.post("/transfer", summary="Move stock to another location", dependencies=NO_PARAMETERS)
async def transfer_stock(session: SessionDep, access: Staff, body: TransferRequest) -> TransferAnswer:
    """Move some to another location. What is reserved stays where it is."""
    with body_fields():
        source, target = await inventory.transfer(
            session,
            inventory.stockroom(access),
            body.key(),
            body.source,
            body.target,
            body.quantity,
            reason=body.reason,
            reference=body.reference,
        )
    return TransferAnswer(source=ChangedAnswer.after(source), target=ChangedAnswer.after(target))


async def _change(
    session: SessionDep, access: StoreAccess, body: LevelRequest, verb: Callable[..., Awaitable[LevelNow]]
) -> ChangedAnswer:
    with body_fields():
        warning = inventory.parse_label(body.gtin).warning if body.gtin is not None else None
        level = await verb(
            session,
            inventory.stockroom(access),
            body.key(),
            body.location,
            body.quantity,
            reason=body.reason,
            reference=body.reference,
        )
    return ChangedAnswer.after(level, [warning] if warning else [])
