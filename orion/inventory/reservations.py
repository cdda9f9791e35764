"""Claims on stock: reserved for somebody, until the goods leave, or the claim is given up or has lasted too long."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.changes import Change, Held, hold_items, write_changes
from orion.inventory.claims import (
    TABLE,
    Line,
    ReservationView,
    expiry,
    free_claims,
    free_overdue,
    hold_claim,
    missing,
    open_of,
    over,
    required_reference,
    resolve_lines,
    rows_of,
    ship_claims,
    split,
    views_of,
)
from orion.inventory.inputs import OF_ORDERS, parse_reason
from orion.inventory.locations import locations_of
from orion.inventory.rooms import Stockroom
from orion.kernel import Conflict, FieldError
from orion.plumbing.db import utcnow


async def reserve(
    session: AsyncSession,
    room: Stockroom,
    lines: Sequence[Line],
    *,
    reference: str,
    expires_in: timedelta | None = timedelta(minutes=15),
) -> list[ReservationView]:
    """Claim every line or none, for `reference`, from the default location first and then from the others.

    The same call again gives the same claims. None as `expires_in` holds them until they are committed or released.
    Claims on the same items that have expired make room. Raises Conflict: `insufficient_stock` (naming what there is of
    each line that lacks), `reservation_differs` when `reference` holds something else, `reservation_over` when it has
    been committed, released or has expired, `reservation_of_order` for an order's own; Invalid (`lines_invalid`,
    `quantity_invalid`, `expiry_invalid`, ...), NotFound (`product_not_found`, `item_not_found`), Forbidden
    (`role_too_low`). Publishes StockChanged and StockLow.
    """
    room.require_write()
    reference = _of_nobody_else(required_reference(reference))
    expires_at = expiry(expires_in)
    item_ids = await resolve_lines(session, room, lines)
    wanted: Counter[int] = Counter()
    for item_id, line in zip(item_ids, lines, strict=True):
        if item_id is not None:
            wanted[item_id] += line.quantity
    held = await hold_items(session, room, wanted)
    if rows := await rows_of(session, room, reference):
        _check_repeated(rows, wanted, reference)
        return await views_of(session, room, reference)
    if any(held[id_].available < quantity for id_, quantity in wanted.items()):
        await free_overdue(session, room, held)
    _check_available(lines, item_ids, held, wanted)
    places = await locations_of(session, room)
    changes = [
        Change(id_, place.id, place.code, 0, taken, "reserve", reference=reference)
        for id_, quantity in wanted.items()
        for place, taken in split(held[id_], places, quantity)
    ]
    await write_changes(session, room, held, changes)
    await session.execute(
        sa.insert(TABLE),
        [
            {
                "store_id": room.store_id,
                "item_id": change.item_id,
                "location_id": change.location_id,
                "reference": reference,
                "quantity": change.reserved,
                "expires_at": expires_at,
                "actor_id": room.actor_id,
            }
            for change in changes
        ],
    )
    return await views_of(session, room, reference)


async def commit_reservation(
    session: AsyncSession,
    room: Stockroom,
    reference: str,
    lines: Sequence[Line] | None = None,
    *,
    reason: str = "",
) -> list[ReservationView]:
    """The reserved goods have left: all of them, or the quantities of `lines`. On hand and reserved fall alike.

    Committing everything twice changes nothing. Raises NotFound (`reservation_not_found`), Conflict
    (`reservation_of_order`, `reservation_over` when it was released or has expired, `reservation_smaller` when a line
    asks for more than is open), and what `reserve` does. Publishes StockChanged.
    """
    return await _close(session, room, reference, lines, "commit", parse_reason(reason))


async def release(
    session: AsyncSession, room: Stockroom, reference: str, lines: Sequence[Line] | None = None
) -> list[ReservationView]:
    """Give up a claim: all that is open of it, or the quantities of `lines`. Doing it twice changes nothing.

    Raises NotFound (`reservation_not_found`), Conflict (`reservation_of_order`, `reservation_over` when all was
    committed, `reservation_smaller`), and what `reserve` does. Publishes StockChanged.
    """
    return await _close(session, room, reference, lines, "release", "")


async def extend(
    session: AsyncSession, room: Stockroom, reference: str, expires_in: timedelta | None
) -> list[ReservationView]:
    """Let what is open of a claim last for `expires_in` from now; None: until it is committed or released.

    Raises NotFound (`reservation_not_found`), Conflict (`reservation_of_order`, `reservation_over`), Invalid
    (`expiry_invalid`), Forbidden.
    """
    room.require_write()
    expires_at = expiry(expires_in)
    _, rows = await hold_claim(session, room, _of_nobody_else(reference))
    if not any(row.state == "held" for row in rows):
        raise over(reference, rows)
    await session.execute(
        sa.update(TABLE)
        .where(TABLE.c.id.in_([row.id for row in rows if row.state == "held"]))
        .values(expires_at=expires_at, updated_at=utcnow())
    )
    return await views_of(session, room, reference)


async def expire(session: AsyncSession, room: Stockroom, reference: str) -> int:
    """Release what of a claim has lasted too long; gives how many rows of it had. Safe to repeat."""
    held, rows = await hold_claim(session, room, reference)
    now = utcnow()
    return await free_claims(session, room, held, [row for row in rows if _is_overdue(row, now)], "expire")


async def get_reservation(session: AsyncSession, room: Stockroom, reference: str) -> list[ReservationView]:
    """The claims of a reference, by id. Raises NotFound (`reservation_not_found`)."""
    views = await views_of(session, room, reference)
    if not views:
        raise missing(room, reference)
    return views


def _of_nobody_else(reference: str) -> str:
    if reference.startswith(OF_ORDERS):
        message = (
            f"What is reserved under {reference} is held for an order, and goes with it: "
            "ship or cancel that order, or match its lines anew"
        )
        raise Conflict("reservation_of_order", message, errors=[FieldError("reference", message)])
    return reference


def _check_repeated(rows: Sequence[Any], wanted: Mapping[int, int], reference: str) -> None:
    if not any(row.state == "held" for row in rows):
        raise over(reference, rows)
    sums: Counter[int] = Counter()
    for row in rows:
        sums[row.item_id] += row.quantity
    if sums != wanted:
        raise Conflict(
            "reservation_differs",
            f"{reference} holds a reservation of something else: release it first, or use another reference",
            errors=[FieldError("reference", "This reference holds a reservation of something else")],
        )


def _check_available(
    lines: Sequence[Line], item_ids: Sequence[int | None], held: Mapping[int, Held], wanted: Mapping[int, int]
) -> None:
    errors = []
    for number, (line, id_) in enumerate(zip(lines, item_ids, strict=True)):
        available = held[id_].available if id_ is not None else 0
        asked = wanted[id_] if id_ is not None else line.quantity
        if available < asked:
            key = line.key
            name = held[id_].name if id_ is not None else f"GTIN {key.gtin}" if key.gtin else f"{key.product_id}"
            message = f"{available:,} of {name} are available, and {asked:,} were asked for"
            errors.append(FieldError(f"lines.{number}.quantity", message))
    if errors:
        raise Conflict("insufficient_stock", "; ".join(error.message for error in errors), errors=errors)


async def _close(
    session: AsyncSession,
    room: Stockroom,
    reference: str,
    lines: Sequence[Line] | None,
    kind: str,
    reason: str,
) -> list[ReservationView]:
    room.require_write()
    item_ids = await resolve_lines(session, room, lines) if lines is not None else []
    held, rows = await hold_claim(session, room, _of_nobody_else(reference))
    still = [row for row in rows if row.state == "held"]
    if not still:
        all_left = all(row.committed == row.quantity for row in rows)
        given_up = any(row.released for row in rows)
        if lines is None and (all_left if kind == "commit" else given_up):
            return await views_of(session, room, reference)
        raise over(reference, rows)
    parts = {row.id: open_of(row) for row in still}
    if lines is not None:
        parts = _parts(reference, still, lines, item_ids)
    if kind == "release":
        await free_claims(session, room, held, still, "release", parts)
    else:
        await ship_claims(session, room, held, still, parts, reason)
    return await views_of(session, room, reference)


def _parts(
    reference: str, still: Sequence[Any], lines: Sequence[Line], item_ids: Sequence[int | None]
) -> dict[int, int]:
    parts: Counter[int] = Counter()
    for number, (line, item_id) in enumerate(zip(lines, item_ids, strict=True)):
        quantity = line.quantity
        for row in still:
            if row.item_id == item_id:
                taken = min(quantity, open_of(row) - parts[row.id])
                parts[row.id] += taken
                quantity -= taken
        if quantity:
            message = f"{line.quantity - quantity:,} are open in {reference}, and {line.quantity:,} were asked for"
            raise Conflict("reservation_smaller", message, errors=[FieldError(f"lines.{number}.quantity", message)])
    return +parts


def _is_overdue(row: Any, now: datetime) -> bool:
    return row.state == "held" and row.expires_at is not None and row.expires_at <= now
