"""Many changes at once, as files bring them: each row by itself is taken whole or refused."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.changes import Change, Held, hold_items, write_changes
from orion.inventory.inputs import check_quantity, check_reference, location_code, parse_reason
from orion.inventory.items import Item, ItemKey, find_items
from orion.inventory.locations import use_location
from orion.inventory.models import MAX_QUANTITY, Location
from orion.inventory.rooms import Stockroom
from orion.kernel import Conflict, FieldError, Invalid, OrionError

KIND = "import"
"""What the movements of these changes are called."""


@dataclass(frozen=True, slots=True)
class StockRow:
    """So many of an item at a location, as a file says it; `add` puts them to what lies there already."""

    key: ItemKey
    location: str
    quantity: int
    add: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RowEffect:
    """What a row did to a level: how many lay there `before` and lie there `after`.

    `is_new`: nothing had ever been counted of the item at that location.
    """

    item: Item
    location: str
    before: int
    after: int
    is_new: bool


async def apply_rows(
    session: AsyncSession, room: Stockroom, rows: Sequence[StockRow], *, reason: str = "", reference: str | None = None
) -> list[RowEffect | OrionError]:
    """Apply the rows in order; gives for each what it did, or why it was refused and changed nothing.

    A row's own reason goes before `reason`. Rows are refused with what `set_level` and `add` raise; locations are made
    on first use. Publishes StockChanged and StockLow. Raises Forbidden (`role_too_low`).
    """
    room.require_write()
    reason, reference = parse_reason(reason), check_reference(reference)
    outcome: dict[int, RowEffect | OrionError] = {}
    good = {number: row for number, row in enumerate(rows) if not _refuse(outcome, number, _problem(row))}
    places = await _places(session, room, (row.location for row in good.values()))
    numbers = [n for n, row in good.items() if not _refuse(outcome, n, places[location_code(row.location)])]
    items = await find_items(session, room, [good[number].key for number in numbers], create=True)
    held = await hold_items(session, room, [item.id for item in items if isinstance(item, Item)])
    waiting: dict[tuple[int, int], Change] = {}
    for number, item in zip(numbers, items, strict=True):
        row, place = good[number], places[location_code(good[number].location)]
        if _refuse(outcome, number, item) or not isinstance(item, Item) or not isinstance(place, Location):
            continue
        if (item.id, place.id) in waiting:  # the same level twice: this row counts from what the one before left
            await write_changes(session, room, held, list(waiting.values()))
            waiting.clear()
        change = _change(held[item.id], place, row, parse_reason(row.reason) or reason, reference)
        if _refuse(outcome, number, change) or not isinstance(change, Change):
            continue
        before = held[item.id].level(place.id)[0]
        is_new = place.id not in held[item.id].levels
        outcome[number] = RowEffect(item, place.code, before, before + change.on_hand, is_new)
        if change.on_hand:
            waiting[item.id, place.id] = change
    await write_changes(session, room, held, list(waiting.values()))
    return [outcome[number] for number in range(len(rows))]


def _refuse(outcome: dict[int, RowEffect | OrionError], number: int, found: object) -> bool:
    """Note that the row is refused, if what was found for it is a problem."""
    if isinstance(found, OrionError):
        outcome[number] = found
    return isinstance(found, OrionError)


def _problem(row: StockRow) -> OrionError | None:
    try:
        check_quantity(row.quantity)
        location_code(row.location)
        parse_reason(row.reason)
    except Invalid as error:
        return error
    return None


async def _places(session: AsyncSession, room: Stockroom, names: Iterable[str]) -> Mapping[str, Location | OrionError]:
    """The location of each code, made if need be; in one order, so that two imports do not wait in a circle."""
    places: dict[str, Location | OrionError] = {}
    for code, name in sorted({location_code(name): name for name in names}.items()):
        try:
            places[code] = await use_location(session, room, name)
        except Conflict as error:
            places[code] = error
    return places


def _change(held: Held, place: Location, row: StockRow, reason: str, reference: str | None) -> Change | OrionError:
    on_hand, reserved = held.level(place.id)
    target = on_hand + row.quantity if row.add else row.quantity
    if target < reserved:
        message = (
            f"{reserved:,} of {held.name} are reserved at {place.code}, and fewer than that cannot lie there: "
            "release or ship what is reserved first"
        )
        return Conflict("stock_reserved", message, errors=[FieldError("quantity", message)])
    if target > MAX_QUANTITY:
        message = f"{target:,} would lie at {place.code}, and no more than {MAX_QUANTITY:,} can be counted there"
        return Invalid("quantity_too_large", message, errors=[FieldError("quantity", message)])
    return Change(held.id, place.id, place.code, target - on_hand, 0, KIND, reason=reason, reference=reference)
