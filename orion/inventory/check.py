"""Looking over all stock for what should never be: movements that do not add up, claims that nobody holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.models import InventoryItem, Level, Location, Movement, Reservation
from orion.merchants import Store


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Two numbers of an item that should be the same, at a location or (None) over all of them."""

    store_id: int | None
    item_id: int
    location_id: int | None
    what: str
    expected: int
    found: int


async def check(session: AsyncSession, *, limit: int = 1000) -> list[Discrepancy]:
    """Every discrepancy in the stock of all stores and of the platform, at most `limit` of each kind.

    Movements add up to what is on hand, what is held of reservations to what is reserved, and levels to the totals of
    their item. It reads everything: for a nightly look, from one snapshot where the database has them.
    """
    still = Reservation.quantity - Reservation.committed - Reservation.released
    moved = _sums(Movement, Movement.delta)
    claimed = _sums(Reservation, still, Reservation.state == "held")
    found = []
    for what, sums, column in (
        ("movements add up to what is on hand", moved, Level.on_hand),
        ("held reservations add up to what is reserved", claimed, Level.reserved),
    ):
        number = sa.func.coalesce(sums.c.number, 0)
        joined = sa.and_(sums.c.item_id == Level.item_id, sums.c.location_id == Level.location_id)
        query = (
            sa.select(InventoryItem.store_id, InventoryItem.id, sums.c.location_id, number, sa.func.coalesce(column, 0))
            .select_from(sums)
            .join(InventoryItem, InventoryItem.id == sums.c.item_id)
            .outerjoin(Level, joined)
            .where(number != sa.func.coalesce(column, 0))
        )
        unmoved = (
            sa.select(InventoryItem.store_id, InventoryItem.id, Level.location_id, sa.literal(0), column)
            .join(InventoryItem, InventoryItem.id == Level.item_id)
            .outerjoin(sums, joined)
            .where(sums.c.item_id.is_(None), column != 0)
        )
        for select in (query, unmoved):
            found += [_discrepancy(row, what) for row in await session.execute(select.limit(limit))]
    levels = (
        sa.select(
            Level.item_id,
            sa.func.sum(Level.on_hand).label("on_hand"),
            sa.func.sum(Level.reserved).label("reserved"),
        )
        .group_by(Level.item_id)
        .subquery()
    )
    for what, summed, total in (
        ("levels add up to the item's on hand", levels.c.on_hand, InventoryItem.on_hand),
        ("levels add up to the item's reserved", levels.c.reserved, InventoryItem.reserved),
    ):
        number = sa.func.coalesce(summed, 0)
        select = (
            sa.select(InventoryItem.store_id, InventoryItem.id, sa.null(), number, total)
            .outerjoin(levels, levels.c.item_id == InventoryItem.id)
            .where(number != total)
        )
        found += [_discrepancy(row, what) for row in await session.execute(select.limit(limit))]
    return found


def _sums(table: Any, column: Any, *where: Any) -> Any:
    query = sa.select(table.item_id, table.location_id, sa.func.sum(column).label("number")).where(*where)
    return query.group_by(table.item_id, table.location_id).subquery()


def _discrepancy(row: Any, what: str) -> Discrepancy:
    store_id, item_id, location_id, expected, found = row
    return Discrepancy(store_id, item_id, location_id, what, int(expected), int(found))


async def describe(session: AsyncSession, found: Sequence[Discrepancy]) -> list[str]:
    """A line for each discrepancy, with the names that people know: store, GTIN or product, location."""
    stores = await _names(session, Store.id, Store.code, {each.store_id for each in found})
    gtins = await _names(session, InventoryItem.id, InventoryItem.gtin, {each.item_id for each in found})
    places = await _names(session, Location.id, Location.code, {each.location_id for each in found})
    lines = []
    for each in found:
        whose = f"store {stores[each.store_id]}" if each.store_id is not None else "the platform"
        gtin = gtins.get(each.item_id)
        where = f" at {places[each.location_id]}" if each.location_id is not None else ""
        name = f"item {each.item_id}" + (f" (GTIN {gtin})" if gtin else "")
        lines.append(
            f"{whose[0].upper()}{whose[1:]}, {name}{where}: {each.what}, "
            f"{each.expected:,} by what is written, {each.found:,} found"
        )
    return lines


async def _names(session: AsyncSession, key: Any, name: Any, wanted: Iterable[int | None]) -> dict[Any, Any]:
    ids = sorted({each for each in wanted if each is not None})
    names: dict[Any, Any] = {}
    for start in range(0, len(ids), 1000):
        rows = await session.execute(sa.select(key, name).where(key.in_(ids[start : start + 1000])))
        names |= {id_: called for id_, called in rows}  # noqa: C416 (dict() cannot see that rows are pairs)
    return names
