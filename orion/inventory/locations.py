"""Places where goods lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.events import LocationChanged
from orion.inventory.inputs import location_code, location_name
from orion.inventory.models import Level, Location, Movement
from orion.inventory.rooms import Stockroom
from orion.kernel import Conflict, FieldError, NotFound
from orion.plumbing.events import publish

MAX_LOCATIONS = 500
"""Of one store."""


@dataclass(frozen=True, slots=True)
class LocationView:
    """A location with what lies there: `items` counts the items that have any on hand."""

    id: int
    code: str
    name: str
    is_active: bool
    is_default: bool
    items: int
    on_hand: int
    reserved: int


async def list_locations(session: AsyncSession, room: Stockroom) -> list[LocationView]:
    """The locations, the default one first, then by code."""
    stocked = sa.func.count().filter(Level.on_hand > 0)
    rows = await session.execute(
        sa.select(
            Location.id, Location.code, Location.name, Location.is_active, Location.is_default,
            stocked, sa.func.coalesce(sa.func.sum(Level.on_hand), 0), sa.func.coalesce(sa.func.sum(Level.reserved), 0),
        )
        .outerjoin(Level, Level.location_id == Location.id)
        .where(Location.store_id == room.store_id)
        .group_by(Location.id)
        .order_by(Location.is_default.desc(), Location.code)
    )  # fmt: skip
    return [LocationView(*row[:6], int(row[6]), int(row[7])) for row in rows]


async def get_location(session: AsyncSession, room: Stockroom, location_id: int) -> LocationView:
    """The location with that id. Raises NotFound (`location_not_found`), also when it is another store's."""
    for location in await list_locations(session, room):
        if location.id == location_id:
            return location
    raise NotFound("location_not_found", f"{room.name} has no location {location_id}")


async def create_location(session: AsyncSession, room: Stockroom, *, name: str, code: str | None = None) -> Location:
    """A new location; the first one of a store becomes its default. Without a `code` it is made from the name.

    Raises Forbidden (`role_too_low`), Invalid (`location_invalid`) and Conflict (`location_taken`,
    `too_many_locations`). Publishes LocationChanged.
    """
    room.require_write()
    name = location_name(name)
    wanted = location_code(code if code is not None else name)
    if await _by_code(session, room, wanted):
        message = f"{room.name} has a location {wanted} already: choose another code"
        raise Conflict("location_taken", message, errors=[FieldError("code", message)])
    return await _create(session, room, wanted, name)


async def update_location(
    session: AsyncSession,
    room: Stockroom,
    location_id: int,
    *,
    name: str | None = None,
    is_active: bool | None = None,
    is_default: bool | None = None,
) -> Location:
    """Rename a location, close it (`is_active` False) or open it again, or make it the default one.

    Raises Forbidden (`role_too_low`), NotFound (`location_not_found`), Invalid (`location_invalid`) and Conflict:
    `location_has_stock` when one with goods is to be closed, `location_is_default` when the default one is, or is to be
    no longer without another taking its place. Publishes LocationChanged when anything differs.
    """
    room.require_write()
    location = await _locked(session, room, location_id)
    wanted = {
        "name": location_name(name) if name is not None else location.name,
        "is_active": location.is_active if is_active is None else is_active,
        "is_default": location.is_default if is_default is None else is_default,
    }
    before = {field: getattr(location, field) for field in wanted}
    if before["is_default"] and not (wanted["is_default"] and wanted["is_active"]):
        raise Conflict("location_is_default", f"{location.code} is the default location: make another one it first")
    if wanted["is_default"] and not wanted["is_active"]:
        raise Conflict("location_closed", f"{location.code} is closed: open it before it becomes the default one")
    if before["is_active"] and not wanted["is_active"]:
        await _refuse_stock(session, location)
    if wanted["is_default"] and not before["is_default"]:
        await session.execute(
            sa.update(Location)
            .where(Location.store_id == room.store_id, Location.is_default, Location.id != location.id)
            .values(is_default=False)
        )
    changes = {field: (before[field], value) for field, value in wanted.items() if before[field] != value}
    for field, (_, value) in changes.items():
        setattr(location, field, value)
    if changes:
        await session.flush()
        await publish(
            session, LocationChanged(room.store_id, location.id, location.code, "updated", changes, room.actor_id)
        )
    return location


async def delete_location(session: AsyncSession, room: Stockroom, location_id: int) -> Literal["deleted", "closed"]:
    """Take a location away: one that was never used is deleted, any other is closed, since movements name it.

    Raises Forbidden (`role_too_low`), NotFound (`location_not_found`) and Conflict (`location_has_stock`,
    `location_is_default` while there are others). Publishes LocationChanged.
    """
    room.require_write()
    location = await _locked(session, room, location_id)
    await _refuse_stock(session, location)
    others = await session.scalar(
        sa.select(sa.func.count()).where(Location.store_id == room.store_id, Location.id != location.id)
    )
    if location.is_default and others:
        raise Conflict("location_is_default", f"{location.code} is the default location: make another one it first")
    used = await session.scalar(sa.select(Movement.id).where(Movement.location_id == location.id).limit(1))
    change: Literal["deleted", "closed"] = "closed" if used else "deleted"
    if used:
        location.is_active = location.is_default = False
    else:
        await session.execute(sa.delete(Level).where(Level.location_id == location.id))
        await session.delete(location)
    await session.flush()
    await publish(session, LocationChanged(room.store_id, location.id, location.code, change, {}, room.actor_id))
    return change


async def use_location(session: AsyncSession, room: Stockroom, text: str, field: str = "location") -> Location:
    """The open location of that code or name for goods that arrive, made on first use; it stays open meanwhile.

    `field` is what errors call it. Raises Invalid (`location_invalid`) and Conflict (`location_closed`,
    `too_many_locations`).
    """
    code = location_code(text, field)
    location = await _by_code(session, room, code, share=True)
    if location is None:
        location = await _create(session, room, code, text.strip())
    if not location.is_active:
        message = f"The location {location.code} is closed: open it, or use another one"
        raise Conflict("location_closed", message, errors=[FieldError(field, message)])
    return location


async def find_location(session: AsyncSession, room: Stockroom, text: str, field: str = "location") -> Location:
    """The location of that code or name. Raises NotFound (`location_not_found`) and Invalid (`location_invalid`)."""
    code = location_code(text, field)
    location = await _by_code(session, room, code)
    if location is None:
        message = f"{room.name} has no location {code}"
        raise NotFound("location_not_found", message, errors=[FieldError(field, message)])
    return location


async def locations_of(session: AsyncSession, room: Stockroom) -> Sequence[Location]:
    """Every location of the store, in the order in which stock is taken: the default one first, then by age."""
    query = sa.select(Location).where(Location.store_id == room.store_id)
    return (await session.scalars(query.order_by(Location.is_default.desc(), Location.id))).all()


async def _by_code(session: AsyncSession, room: Stockroom, code: str, *, share: bool = False) -> Location | None:
    query = sa.select(Location).where(Location.store_id == room.store_id, Location.code == code)
    if share:
        query = query.with_for_update(read=True)
    found: Location | None = await session.scalar(query.execution_options(populate_existing=True))
    return found


async def _create(session: AsyncSession, room: Stockroom, code: str, name: str) -> Location:
    counts = sa.select(sa.func.count(), sa.func.count().filter(Location.is_default))
    others, defaults = (await session.execute(counts.where(Location.store_id == room.store_id))).one()
    if others >= MAX_LOCATIONS:
        raise Conflict("too_many_locations", f"{room.name} has {others} locations, and that is as many as there may be")
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    made = await session.execute(
        insert(Location)
        .values(store_id=room.store_id, code=code, name=name[:100], is_default=not defaults)
        .on_conflict_do_nothing()
        .returning(Location.id)
    )
    is_new = made.scalar_one_or_none() is not None
    location = await _by_code(session, room, code, share=True)
    if location is None:  # it is ours, or that of whoever was faster
        raise LookupError(f"no location {code}")
    if is_new:
        await publish(session, LocationChanged(room.store_id, location.id, code, "created", {}, room.actor_id))
    return location


async def _locked(session: AsyncSession, room: Stockroom, location_id: int) -> Location:
    query = sa.select(Location).where(Location.store_id == room.store_id, Location.id == location_id)
    location = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if location is None:
        raise NotFound("location_not_found", f"{room.name} has no location {location_id}")
    return location


async def _refuse_stock(session: AsyncSession, location: Location) -> None:
    on_hand = await session.scalar(sa.select(sa.func.sum(Level.on_hand)).where(Level.location_id == location.id))
    if on_hand:
        raise Conflict("location_has_stock", f"{int(on_hand):,} lie at {location.code}: move or count them out first")
