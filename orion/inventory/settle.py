"""Making claims be what they should be, for many references at once: an order says what it needs and what has left."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.changes import Change, Held, hold_items, write_changes
from orion.inventory.claims import TABLE, free_claims, free_overdue, open_of, ship_claims
from orion.inventory.locations import locations_of
from orion.inventory.rooms import Stockroom
from orion.plumbing.db import utcnow

Key = tuple[str, int]
"""A reference and an item."""


@dataclass(frozen=True, slots=True)
class Want:
    """What `reference` should have of an item: `held` for it now, and `left` since it began."""

    reference: str
    item_id: int
    held: int
    left: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What a reference has of an item: less than it wants where there is not enough."""

    held: int
    left: int


async def settle(
    session: AsyncSession, room: Stockroom, wants: Sequence[Want], *, references: Iterable[str] = (), reason: str = ""
) -> dict[Key, Settled]:
    """Make the claims of all references named be as wanted; gives what each wanted item has now.

    What a reference holds and does not want is released, what it lacks is claimed without expiry (the first of `wants`
    first, and as much as there is), and what has left since is taken from on hand. Doing it twice changes nothing, and
    what has left never comes back by this. `references` are those that may want nothing at all any more. Rows of items
    are locked in id order; few statements however many claims there are. Publishes StockChanged and StockLow. Raises
    Forbidden (`role_too_low`).
    """
    room.require_write()
    named = sorted({want.reference for want in wants} | set(references))
    if not named:
        return {}
    items = {row.item_id for row in await _rows(session, room, named)} | {want.item_id for want in wants}
    held = await hold_items(session, room, items)
    rows: Sequence[Any] = [row for row in await _rows(session, room, named) if row.item_id in held]
    wants = [want for want in wants if want.item_id in held]
    released = await _release(session, room, held, rows, wants)
    if await _claim(session, room, held, rows, wants) or released:
        rows = await _rows(session, room, named)
    shipped = _leaving(rows, wants)
    await ship_claims(session, room, held, rows, shipped, reason)
    return _outcome(rows, wants, shipped)


async def _rows(session: AsyncSession, room: Stockroom, references: Sequence[str]) -> Sequence[Any]:
    query = sa.select(TABLE).where(TABLE.c.store_id == room.store_id, TABLE.c.reference.in_(references))
    return (await session.execute(query.order_by(TABLE.c.id))).all()


def _by_key(rows: Iterable[Any]) -> dict[Key, list[Any]]:
    found: dict[Key, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.reference, row.item_id].append(row)
    return found


def _target(want: Want | None, rows: Sequence[Any]) -> int:
    """How much a claim holds before the goods that have left are taken off it."""
    return want.held + max(0, want.left - sum(row.committed for row in rows)) if want else 0


async def _release(
    session: AsyncSession, room: Stockroom, held: Mapping[int, Held], rows: Sequence[Any], wants: Sequence[Want]
) -> bool:
    """Give back what nobody wants any more; whether anything was."""
    wanted = {(want.reference, want.item_id): want for want in wants}
    parts: dict[int, int] = {}
    for key, claim in _by_key(rows).items():
        spare = sum(open_of(row) for row in claim) - _target(wanted.get(key), claim)
        for row in reversed(claim):
            if (part := min(open_of(row), spare)) > 0:
                parts[row.id] = part
                spare -= part
    return await free_claims(session, room, held, rows, "release", parts) > 0


async def _claim(
    session: AsyncSession, room: Stockroom, held: Mapping[int, Held], rows: Sequence[Any], wants: Sequence[Want]
) -> bool:
    """Claim what is lacking, as far as there is any; whether anything was."""
    claims = _by_key(rows)
    lacks: list[tuple[Want, int]] = []
    for want in wants:
        claim = claims.get((want.reference, want.item_id), ())
        lack = _target(want, claim) - sum(open_of(row) for row in claim)
        if lack > 0:
            lacks.append((want, lack))
    if not lacks:
        return False
    sums: Counter[int] = Counter()
    for want, lack in lacks:
        sums[want.item_id] += lack
    if any(held[item_id].available < lack for item_id, lack in sums.items()):
        await free_overdue(session, room, held)
    places = await locations_of(session, room)
    free = {
        (item_id, place.id): held[item_id].level(place.id)[0] - held[item_id].level(place.id)[1]
        for item_id in sums
        for place in places
    }
    taken: dict[tuple[int, int], list[tuple[str, int]]] = defaultdict(list)
    for want, lack in lacks:
        still = lack
        for place in places:
            level = (want.item_id, place.id)
            if part := min(free[level], still):
                taken[level].append((want.reference, part))
                free[level] -= part
                still -= part
    codes = {place.id: place.code for place in places}
    changes = [
        Change(
            item_id, location_id, codes[location_id], 0, sum(part for _, part in parts), "reserve",
            reference=parts[0][0] if len(parts) == 1 else None,
        )
        for (item_id, location_id), parts in taken.items()
    ]  # fmt: skip
    await write_changes(session, room, held, changes)
    await _write_claims(session, room, rows, taken)
    return bool(taken)


async def _write_claims(
    session: AsyncSession,
    room: Stockroom,
    rows: Sequence[Any],
    taken: Mapping[tuple[int, int], Sequence[tuple[str, int]]],
) -> None:
    known = {(row.reference, row.item_id, row.location_id): row.id for row in rows}
    now = utcnow()
    new, more = [], []
    for (item_id, location_id), parts in taken.items():
        for reference, part in parts:
            if row_id := known.get((reference, item_id, location_id)):
                more.append({"row": row_id, "by": part})
                continue
            new.append(
                {
                    "store_id": room.store_id,
                    "item_id": item_id,
                    "location_id": location_id,
                    "reference": reference,
                    "quantity": part,
                    "actor_id": room.actor_id,
                    "created_at": now,
                    "updated_at": now,
                }
            )
    if new:
        await session.execute(sa.insert(TABLE), new)
    if more:
        larger = {"quantity": TABLE.c.quantity + sa.bindparam("by"), "state": "held", "updated_at": now}
        await session.execute(sa.update(TABLE).where(TABLE.c.id == sa.bindparam("row")).values(larger), more)


def _leaving(rows: Sequence[Any], wants: Sequence[Want]) -> dict[int, int]:
    """How much of each row leaves now."""
    claims = _by_key(rows)
    parts: dict[int, int] = {}
    for want in wants:
        claim = claims.get((want.reference, want.item_id), ())
        due = want.left - sum(row.committed for row in claim)
        for row in claim:
            if (part := min(open_of(row), due)) > 0:
                parts[row.id] = part
                due -= part
    return parts


def _outcome(rows: Sequence[Any], wants: Sequence[Want], shipped: Mapping[int, int]) -> dict[Key, Settled]:
    claims = _by_key(rows)
    outcome = {}
    for want in wants:
        key = (want.reference, want.item_id)
        claim = claims.get(key, ())
        now = sum(shipped.get(row.id, 0) for row in claim)
        open_ = sum(open_of(row) for row in claim)
        left = sum(row.committed for row in claim)
        outcome[key] = Settled(min(open_ - now, want.held), left + now)
    return outcome
