"""Connections of every store, for administrators."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels.models import Connection
from orion.identity import Admin
from orion.kernel import Stretch
from orion.merchants import Store


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection, and whose it is."""

    connection: Connection
    store_code: str


async def list_all_connections(
    session: AsyncSession,
    _: Admin,
    *,
    store_id: int | None = None,
    channel: str | None = None,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Stretch[ConnectionView]:
    """Every store's connections, or those with all that is named; the newest first, from below id `before` on."""
    query = sa.select(Connection, Store.code).join(Store, Store.id == Connection.store_id)
    for column, value in (
        (Connection.store_id, store_id),
        (Connection.channel, channel),
        (Connection.state, state),
    ):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(Connection.id < before)
    rows = (await session.execute(query.order_by(Connection.id.desc()).limit(limit + 1))).all()
    items = [ConnectionView(row[0], row[1]) for row in rows[:limit]]
    return Stretch(items, (items[-1].connection.id,) if len(rows) > limit else None)
