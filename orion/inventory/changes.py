"""Changing levels: the rows of the items first, in id order, then everything else about them.

Whoever holds an item's row is alone with its levels and reservations until the transaction ends. So nothing is read
that somebody else may be changing, two that want several items wait in one order and never in a circle, and what is
available of an item, over all its locations, is known exactly when it falls below a threshold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.events import StockChanged, StockLow
from orion.inventory.models import MAX_QUANTITY, InventoryItem, Level, Movement
from orion.inventory.rooms import Stockroom
from orion.inventory.titles import titles_of
from orion.kernel import Conflict, FieldError, Invalid
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish

NOT_MOVED = ("reserve", "release", "expire")
"""Kinds of changes that move nothing: they change who may have it."""

_ITEMS: Any = InventoryItem.__table__
_LEVELS: Any = Level.__table__
_MOVEMENTS: Any = Movement.__table__


@dataclass(slots=True)
class Held:
    """An item whose row this transaction holds, with its levels: (on hand, reserved) by location."""

    id: int
    gtin: str | None
    product_id: int | None
    on_hand: int
    reserved: int
    threshold: int | None
    levels: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def available(self) -> int:
        """What nobody has claimed, over all locations."""
        return self.on_hand - self.reserved

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"GTIN {self.gtin}" if self.gtin else f"product {self.product_id}"

    def level(self, location_id: int) -> tuple[int, int]:
        """On hand and reserved at a location."""
        return self.levels.get(location_id, (0, 0))


@dataclass(frozen=True, slots=True)
class Change:
    """By how much an item's level changes, and why."""

    item_id: int
    location_id: int
    location: str
    on_hand: int
    reserved: int
    kind: str
    reason: str = ""
    reference: str | None = None


async def hold_items(session: AsyncSession, room: Stockroom, item_ids: Iterable[int]) -> dict[int, Held]:
    """The items of the store by id, held until the transaction ends. Ids of other stores' items give nothing."""
    ids = sorted(set(item_ids))
    table = InventoryItem
    rows = await session.execute(
        sa.select(table.id, table.gtin, table.product_id, table.on_hand, table.reserved, table.low_stock_threshold)
        .where(table.store_id == room.store_id, table.id.in_(ids))
        .order_by(table.id)
        .with_for_update(key_share=True)
    )
    held = {row.id: Held(*row) for row in rows}
    levels = await session.execute(
        sa.select(Level.item_id, Level.location_id, Level.on_hand, Level.reserved).where(Level.item_id.in_(list(held)))
    )
    for item_id, location_id, on_hand, reserved in levels:
        held[item_id].levels[location_id] = (on_hand, reserved)
    return held


async def write_changes(
    session: AsyncSession, room: Stockroom, held: Mapping[int, Held], changes: Sequence[Change]
) -> None:
    """Change levels of held items, one after the other, write the movements and publish StockChanged and StockLow.

    Raises Invalid (`quantity_too_large`) for more than 2,147,483,647 at a location, and Conflict
    (`insufficient_stock`) for less than is reserved there, before anything is written.
    """
    if not changes:
        return
    before = {change.item_id: held[change.item_id].available for change in changes}
    created = {
        (change.item_id, change.location_id)
        for change in changes
        if change.location_id not in held[change.item_id].levels
    }
    now = utcnow()
    after: list[int] = []
    for change in changes:
        _apply(held[change.item_id], change)
        after.append(held[change.item_id].level(change.location_id)[0])
    await _write_items(session, changes)
    await _write_levels(session, held, changes, created, now)
    moved = [
        _movement(room, change, on_hand, now)
        for change, on_hand in zip(changes, after, strict=True)
        if change.kind not in NOT_MOVED
    ]
    if moved:
        await session.execute(sa.insert(_MOVEMENTS), moved)
    await _tell(session, room, held, list(zip(changes, after, strict=True)), before)


async def _write_levels(
    session: AsyncSession,
    held: Mapping[int, Held],
    changes: Sequence[Change],
    created: set[tuple[int, int]],
    now: Any,
) -> None:
    if created:
        rows = [(item_id, location_id, *held[item_id].level(location_id)) for item_id, location_id in sorted(created)]
        names = ("item_id", "location_id", "on_hand", "reserved")
        await session.execute(sa.insert(_LEVELS), [dict(zip(names, row, strict=True)) for row in rows])
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for change in changes:
        level = (change.item_id, change.location_id)
        if level not in created:
            on_hand, reserved = sums.get(level, (0, 0))
            sums[level] = (on_hand + change.on_hand, reserved + change.reserved)
    if sums:
        await session.execute(
            sa.update(_LEVELS)
            .where(_LEVELS.c.item_id == sa.bindparam("item"), _LEVELS.c.location_id == sa.bindparam("location"))
            .values(
                on_hand=_LEVELS.c.on_hand + sa.bindparam("by"),
                reserved=_LEVELS.c.reserved + sa.bindparam("claim"),
                updated_at=now,
            ),
            [{"item": i, "location": at, "by": by, "claim": claim} for (i, at), (by, claim) in sums.items()],
        )


def _apply(held: Held, change: Change) -> None:
    on_hand, reserved = held.level(change.location_id)
    on_hand, reserved = on_hand + change.on_hand, reserved + change.reserved
    if on_hand > MAX_QUANTITY:
        message = f"{on_hand:,} would lie at {change.location}, and no more than {MAX_QUANTITY:,} can be counted there"
        raise Invalid("quantity_too_large", message, errors=[FieldError("quantity", message)])
    if not 0 <= reserved <= on_hand:
        raise too_few(held, change.location, on_hand - change.on_hand, reserved - change.reserved, -change.on_hand)
    held.levels[change.location_id] = (on_hand, reserved)
    held.on_hand += change.on_hand
    held.reserved += change.reserved


def too_few(held: Held, location: str, on_hand: int, reserved: int, wanted: int) -> Conflict:
    """What to say when `wanted` cannot be taken from a location."""
    message = (
        f"{on_hand - reserved:,} of {held.name} are available at {location} ({on_hand:,} on hand, {reserved:,} "
        f"reserved), and {wanted:,} were asked for"
    )
    return Conflict("insufficient_stock", message, errors=[FieldError("quantity", message)])


async def _write_items(session: AsyncSession, changes: Sequence[Change]) -> None:
    sums: dict[int, tuple[int, int]] = {}
    for change in changes:
        on_hand, reserved = sums.get(change.item_id, (0, 0))
        sums[change.item_id] = (on_hand + change.on_hand, reserved + change.reserved)
    rows = [{"item": id_, "by": by, "claim": claim} for id_, (by, claim) in sums.items() if by or claim]
    if rows:
        on_hand, reserved = _ITEMS.c.on_hand + sa.bindparam("by"), _ITEMS.c.reserved + sa.bindparam("claim")
        statement = sa.update(_ITEMS).where(_ITEMS.c.id == sa.bindparam("item"))
        await session.execute(statement.values(on_hand=on_hand, reserved=reserved), rows)


def _movement(room: Stockroom, change: Change, on_hand: int, now: Any) -> dict[str, Any]:
    return {
        "store_id": room.store_id,
        "item_id": change.item_id,
        "location_id": change.location_id,
        "kind": change.kind,
        "delta": change.on_hand,
        "on_hand_after": on_hand,
        "reason": change.reason,
        "reference": change.reference,
        "actor_id": room.actor_id,
        "at": now,
    }


async def _tell(
    session: AsyncSession,
    room: Stockroom,
    held: Mapping[int, Held],
    changes: Sequence[tuple[Change, int]],
    before: Mapping[int, int],
) -> None:
    told = []
    for change, on_hand in changes:
        item = held[change.item_id]
        if not change.on_hand and not change.reserved:
            continue  # a count that found what was expected
        told.append(
            StockChanged(
                store_id=room.store_id,
                item_id=item.id,
                gtin=item.gtin,
                location=change.location,
                delta=change.on_hand,
                on_hand=on_hand,
                available=item.available,
                reason=change.reason,
                reference=change.reference,
                actor_id=room.actor_id,
                kind=change.kind,
            )
        )
    await publish(session, *told)
    low = []
    for item_id, available in before.items():
        item = held[item_id]
        threshold = item.threshold if item.threshold is not None else room.low_stock_threshold
        if threshold is not None and available > threshold >= item.available:
            low.append((item, threshold))
    if low:
        titles = await titles_of(session, room, [(item.id, item.gtin, item.product_id) for item, _ in low])
        for item, threshold in low:
            found = titles.get(item.id)
            title = found.title if found else None
            await publish(session, StockLow(room.store_id, item.id, item.gtin, title, item.available, threshold))
