"""What the verbs on reservations share: reading claims, holding them, giving them free."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.changes import Change, Held, hold_items, write_changes
from orion.inventory.inputs import check_quantity, check_reference
from orion.inventory.items import ItemKey, find_items
from orion.inventory.models import InventoryItem, Location, Reservation
from orion.inventory.rooms import Stockroom
from orion.kernel import Conflict, FieldError, Invalid, NotFound, OrionError
from orion.plumbing.db import utcnow

MAX_LINES = 200
"""Of one reservation."""
MAX_TIME = timedelta(days=366)

TABLE: Any = Reservation.__table__
_ITEM: Any = InventoryItem.__table__


@dataclass(frozen=True, slots=True)
class Line:
    """How many of an item."""

    key: ItemKey
    quantity: int


@dataclass(frozen=True, slots=True)
class ReservationView:
    """A claim on `quantity` of an item at one location. What is open of it is neither committed nor released."""

    id: int
    reference: str
    item_id: int
    gtin: str | None
    product_id: int | None
    location: str
    quantity: int
    committed: int
    released: int
    state: str
    expires_at: datetime | None
    created_at: datetime

    @property
    def open(self) -> int:
        """What is still claimed."""
        return self.quantity - self.committed - self.released


def views_query(room: Stockroom) -> sa.Select[Any]:
    """Rows that make ReservationViews."""
    from_ = sa.select(
        Reservation.id, Reservation.reference, Reservation.item_id, _ITEM.c.gtin, _ITEM.c.product_id, Location.code,
        Reservation.quantity, Reservation.committed, Reservation.released, Reservation.state, Reservation.expires_at,
        Reservation.created_at,
    ).select_from(Reservation)  # fmt: skip
    joined = from_.join(_ITEM, _ITEM.c.id == Reservation.item_id).join(Location, Location.id == Reservation.location_id)
    return joined.where(Reservation.store_id == room.store_id)


async def views_of(session: AsyncSession, room: Stockroom, reference: str) -> list[ReservationView]:
    """The claims of a reference, by id; none when there are none."""
    query = views_query(room).where(Reservation.reference == reference).order_by(Reservation.id)
    return [ReservationView(*row) for row in await session.execute(query)]


async def resolve_lines(session: AsyncSession, room: Stockroom, lines: Sequence[Line]) -> list[int | None]:
    """The item of each line, None where nothing was ever counted. Raises as `reserve` says, naming the line."""
    if not 1 <= len(lines) <= MAX_LINES:
        message = f"Name 1 to {MAX_LINES} lines; these are {len(lines)}"
        raise Invalid("lines_invalid", message, errors=[FieldError("lines", message)])
    for number, line in enumerate(lines):
        check_quantity(line.quantity, least=1, field=f"lines.{number}.quantity")
    ids: list[int | None] = []
    for number, found in enumerate(await find_items(session, room, [line.key for line in lines])):
        if isinstance(found, OrionError):
            found.errors = tuple(FieldError(f"lines.{number}.{e.field}", e.message) for e in found.errors)
            raise found
        ids.append(found.id if found else None)
    return ids


async def hold_claim(session: AsyncSession, room: Stockroom, reference: str) -> tuple[dict[int, Held], Sequence[Any]]:
    """Hold the items of a claim, and then read its rows: nobody else changes them from here on."""
    held = await hold_items(session, room, {row.item_id for row in await rows_of(session, room, reference)})
    rows = [row for row in await rows_of(session, room, reference) if row.item_id in held]
    if not rows:
        raise missing(room, reference)
    return held, rows


async def rows_of(session: AsyncSession, room: Stockroom, reference: str) -> Sequence[Any]:
    """The rows of a reference as they are in this moment, by id."""
    query = sa.select(TABLE).where(TABLE.c.store_id == room.store_id, TABLE.c.reference == reference)
    return (await session.execute(query.order_by(TABLE.c.id))).all()


async def free_claims(
    session: AsyncSession,
    room: Stockroom,
    held: Mapping[int, Held],
    rows: Sequence[Any],
    kind: str,
    parts: Mapping[int, int] | None = None,
) -> int:
    """Give back what `parts` says of each row (everything open if not given); gives how many rows. Items are held."""
    parts = parts if parts is not None else {row.id: open_of(row) for row in rows}
    freed = [row for row in rows if row.id in parts]
    if not freed:
        return 0
    codes = await codes_of(session, room, freed)
    sums: Counter[tuple[int, int, str]] = Counter()
    for row in freed:
        sums[(row.item_id, row.location_id, row.reference)] += parts[row.id]
    by_level: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for (item_id, location_id, reference), quantity in sums.items():
        by_level.setdefault((item_id, location_id), []).append((reference, quantity))
    changes = [
        Change(
            item_id, location_id, codes[location_id], 0, -sum(quantity for _, quantity in claims), kind,
            reference=claims[0][0] if len(claims) == 1 else None,
        )
        for (item_id, location_id), claims in by_level.items()
    ]  # fmt: skip
    await write_changes(session, room, held, changes)
    over = "expired" if kind == "expire" else "released"
    await mark_claims(session, freed, parts, "released", lambda row: "committed" if row.committed else over)
    return len(freed)


async def free_overdue(session: AsyncSession, room: Stockroom, held: Mapping[int, Held]) -> None:
    """What of the held items has expired and was not swept yet is in nobody's way."""
    query = sa.select(TABLE).where(
        TABLE.c.item_id.in_(list(held)), TABLE.c.state == "held", TABLE.c.expires_at <= utcnow()
    )
    await free_claims(session, room, held, (await session.execute(query.order_by(TABLE.c.id))).all(), "expire")


async def ship_claims(
    session: AsyncSession,
    room: Stockroom,
    held: Mapping[int, Held],
    rows: Sequence[Any],
    parts: Mapping[int, int],
    reason: str,
) -> None:
    """The goods of `parts` of each row have left: a movement for each row. Items are held."""
    leaving = [row for row in rows if parts.get(row.id)]
    if not leaving:
        return
    codes = await codes_of(session, room, leaving)
    changes = [
        Change(
            row.item_id, row.location_id, codes[row.location_id], -parts[row.id], -parts[row.id], "commit",
            reason=reason, reference=row.reference,
        )
        for row in leaving
    ]  # fmt: skip
    await write_changes(session, room, held, changes)
    await mark_claims(session, leaving, parts, "committed", lambda _: "committed")


def split(held: Held, places: Sequence[Location], quantity: int) -> list[tuple[Location, int]]:
    """From where so many of an item are taken, or as many as there are: places in their order."""
    parts = []
    for place in places:
        on_hand, reserved = held.level(place.id)
        if taken := min(on_hand - reserved, quantity):
            parts.append((place, taken))
            quantity -= taken
    return parts


async def mark_claims(
    session: AsyncSession,
    rows: Sequence[Any],
    parts: Mapping[int, int],
    column: str,
    over: Callable[[Any], str],
) -> None:
    """Add to `column` what `parts` says of each row; one of which nothing is open gets the state `over(row)`."""
    now = utcnow()
    await session.execute(
        sa.update(TABLE)
        .where(TABLE.c.id == sa.bindparam("row"))
        .values({column: TABLE.c[column] + sa.bindparam("by"), "state": sa.bindparam("then"), "updated_at": now}),
        [
            {"row": row.id, "by": parts[row.id], "then": over(row) if parts[row.id] == open_of(row) else "held"}
            for row in rows
        ],
    )


async def codes_of(session: AsyncSession, room: Stockroom, rows: Sequence[Any]) -> dict[int, str]:
    """The codes of the locations of rows."""
    query = sa.select(Location.id, Location.code).where(
        Location.store_id == room.store_id, Location.id.in_({row.location_id for row in rows})
    )
    return {row.id: row.code for row in await session.execute(query)}


def open_of(row: Any) -> int:
    """What of a row is neither committed nor released."""
    left: int = row.quantity - row.committed - row.released
    return left


def required_reference(reference: str) -> str:
    """The reference, trimmed. Raises Invalid (`reference_invalid`), also for none."""
    checked = check_reference(reference)
    if checked is None:
        message = "Name what the reservation is for, such as an order number"
        raise Invalid("reference_invalid", message, errors=[FieldError("reference", message)])
    return checked


def expiry(expires_in: timedelta | None) -> datetime | None:
    """When a claim that begins now ends. Raises Invalid (`expiry_invalid`)."""
    if expires_in is None:
        return None
    if not timedelta(0) < expires_in <= MAX_TIME:
        message = "A reservation lasts for more than 0 seconds and up to 366 days"
        raise Invalid("expiry_invalid", message, errors=[FieldError("expires_in", message)])
    return utcnow() + expires_in


def missing(room: Stockroom, reference: str) -> NotFound:
    """What to say when a reference reserves nothing."""
    return NotFound("reservation_not_found", f"{room.name} has no reservation {reference[:64]!r}")


def over(reference: str, rows: Sequence[Any]) -> Conflict:
    """What to say when nothing of a claim is open."""
    states = " and ".join(sorted({row.state for row in rows}))
    return Conflict("reservation_over", f"The reservation {reference} is {states}: use a new reference")
