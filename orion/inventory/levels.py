"""Changing what lies at a location: set, add, remove, transfer, count. Each says why and writes a movement."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.changes import Change, Held, hold_items, write_changes
from orion.inventory.inputs import check_quantity, check_reference, parse_reason
from orion.inventory.items import Item, ItemKey, find_item, make_item
from orion.inventory.locations import find_location, use_location
from orion.inventory.models import Location
from orion.inventory.rooms import Stockroom
from orion.kernel import Conflict, FieldError, Invalid


@dataclass(frozen=True, slots=True)
class LevelNow:
    """An item's level at a location after a change, and what the item comes to over all locations."""

    item: Item
    location: str
    location_name: str
    on_hand: int
    reserved: int
    total_on_hand: int
    total_reserved: int

    @property
    def available(self) -> int:
        """What nobody has claimed at the location."""
        return self.on_hand - self.reserved

    @property
    def total_available(self) -> int:
        """What nobody has claimed anywhere."""
        return self.total_on_hand - self.total_reserved


async def set_level(
    session: AsyncSession,
    room: Stockroom,
    key: ItemKey,
    location: str,
    quantity: int,
    *,
    reason: str = "",
    reference: str | None = None,
) -> LevelNow:
    """Say how many lie at a location (made on first use). Nothing is written when so many do already.

    Raises Forbidden (`role_too_low`), Invalid (`quantity_invalid`, `gtin_invalid`, `location_invalid`, ...), NotFound
    (`product_not_found`, `item_not_found`) and Conflict (`stock_reserved` below what is reserved there,
    `location_closed`). Publishes StockChanged, and StockLow when what is available falls to the threshold.
    """
    return await _state(session, room, key, location, quantity, "set", reason, reference)


async def count(
    session: AsyncSession,
    room: Stockroom,
    key: ItemKey,
    location: str,
    quantity: int,
    *,
    reason: str = "",
    reference: str | None = None,
) -> LevelNow:
    """State what a stock-taking found. The difference becomes a movement; so does a count without any, of zero.

    Raises and publishes what `set_level` does.
    """
    return await _state(session, room, key, location, quantity, "count", reason, reference)


async def add(
    session: AsyncSession,
    room: Stockroom,
    key: ItemKey,
    location: str,
    quantity: int,
    *,
    reason: str = "",
    reference: str | None = None,
) -> LevelNow:
    """Put `quantity` (from 1) more at a location, which is made on first use.

    Raises what `set_level` does, and Invalid (`quantity_too_large`) for more than 2,147,483,647 in all. Publishes
    StockChanged.
    """
    room.require_write()
    check_quantity(quantity, least=1)
    place, held = await _arrive(session, room, key, location)
    change = _change(held, place, quantity, "add", reason, reference)
    await write_changes(session, room, {held.id: held}, [change])
    return _now(room, held, place)


async def remove(
    session: AsyncSession,
    room: Stockroom,
    key: ItemKey,
    location: str,
    quantity: int,
    *,
    reason: str = "",
    reference: str | None = None,
) -> LevelNow:
    """Take `quantity` (from 1) away from a location; what is reserved there cannot be taken.

    Raises what `set_level` does, NotFound (`location_not_found`), and Conflict (`insufficient_stock`, saying what is
    there). Publishes StockChanged, and StockLow when what is available falls to the threshold.
    """
    room.require_write()
    check_quantity(quantity, least=1)
    place = await find_location(session, room, location)
    held = await _leave(session, room, key, place.code, quantity)
    change = _change(held, place, -quantity, "remove", reason, reference)
    await write_changes(session, room, {held.id: held}, [change])
    return _now(room, held, place)


async def transfer(
    session: AsyncSession,
    room: Stockroom,
    key: ItemKey,
    source: str,
    target: str,
    quantity: int,
    *,
    reason: str = "",
    reference: str | None = None,
) -> tuple[LevelNow, LevelNow]:
    """Move `quantity` (from 1) from one location to another, and give both levels; reserved goods stay where they are.

    Raises what `add` and `remove` do, and Invalid (`same_location`). Publishes StockChanged for either location.
    """
    room.require_write()
    check_quantity(quantity, least=1)
    start = await find_location(session, room, source, "source")
    end = await use_location(session, room, target, "target")
    if start.id == end.id:
        message = f"The goods lie at {start.code} already: name another location to move them to"
        raise Invalid("same_location", message, errors=[FieldError("target", message)])
    held = await _leave(session, room, key, start.code, quantity)
    changes = [
        _change(held, start, -quantity, "transfer", reason, reference),
        _change(held, end, quantity, "transfer", reason, reference),
    ]
    await write_changes(session, room, {held.id: held}, changes)
    return _now(room, held, start), _now(room, held, end)


async def _state(
    session: AsyncSession,
    room: Stockroom,
    key: ItemKey,
    location: str,
    quantity: int,
    kind: str,
    reason: str,
    reference: str | None,
) -> LevelNow:
    room.require_write()
    check_quantity(quantity)
    place, held = await _arrive(session, room, key, location)
    on_hand, reserved = held.level(place.id)
    if quantity < reserved:
        message = (
            f"{reserved:,} of {held.name} are reserved at {place.code}, and fewer than that cannot lie there: "
            "release or ship what is reserved first"
        )
        raise Conflict("stock_reserved", message, errors=[FieldError("quantity", message)])
    change = _change(held, place, quantity - on_hand, kind, reason, reference)
    if change.on_hand or kind == "count":
        await write_changes(session, room, {held.id: held}, [change])
    return _now(room, held, place)


async def _arrive(session: AsyncSession, room: Stockroom, key: ItemKey, location: str) -> tuple[Location, Held]:
    place = await use_location(session, room, location)
    item = await make_item(session, room, key)
    return place, (await hold_items(session, room, [item.id]))[item.id]


async def _leave(session: AsyncSession, room: Stockroom, key: ItemKey, location: str, quantity: int) -> Held:
    item = await find_item(session, room, key)
    if item is None:
        name = f"GTIN {key.gtin}" if key.gtin else f"product {key.product_id or key.sku}"
        message = f"0 of {name} are available at {location}, and {quantity:,} were asked for"
        raise Conflict("insufficient_stock", message, errors=[FieldError("quantity", message)])
    return (await hold_items(session, room, [item.id]))[item.id]


def _change(held: Held, place: Location, by: int, kind: str, reason: str, reference: str | None) -> Change:
    return Change(
        held.id, place.id, place.code, by, 0, kind, reason=parse_reason(reason), reference=check_reference(reference)
    )


def _now(room: Stockroom, held: Held, place: Location) -> LevelNow:
    on_hand, reserved = held.level(place.id)
    item = Item(held.id, room.store_id, held.gtin, held.product_id)
    return LevelNow(item, place.code, place.name, on_hand, reserved, held.on_hand, held.reserved)
