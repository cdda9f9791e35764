"""Giving back what was reserved and never taken."""

import sqlalchemy as sa

from orion.inventory.models import Reservation
from orion.inventory.reservations import expire
from orion.inventory.rooms import platform_stock, stockroom_of
from orion.plumbing.db import Database, utcnow
from orion.plumbing.runtime import Runtime

AT_ONCE = 200


async def release_expired(runtime: Runtime) -> None:
    """Release every reservation that has lasted too long. Several workers may do it at the same time."""
    while await _sweep(runtime.database):
        pass


async def _sweep(database: Database) -> int:
    """One transaction for each reference, so that none waits for long; gives how many rows were released."""
    async with database.reading() as session:
        overdue = await session.execute(
            sa.select(Reservation.store_id, Reservation.reference)
            .where(Reservation.state == "held", Reservation.expires_at <= utcnow())
            .distinct()
            .limit(AT_ONCE)
        )
        claims = overdue.all()
    freed = 0
    for store_id, reference in claims:
        async with database.transaction() as session:
            room = platform_stock() if store_id is None else await stockroom_of(session, store_id)
            freed += await expire(session, room, reference)
    return freed
