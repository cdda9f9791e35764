"""Whether a connection works: noted after every run, told when it changes, and foreseen where credentials end.

new -> ok on the first success; ok -> expiring when credentials end within thirty days; any of them -> broken at once
when the channel refuses the credentials, and after five failures over at least a quarter of an hour when it cannot be
reached or read; broken -> ok by itself on the next success. Only a person pauses and resumes.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels.errors import ChannelError, CredentialsRefused, Refused, ScopeMissing, SlowDown
from orion.channels.events import ConnectionExpiring, ConnectionHealthChanged
from orion.channels.models import Connection
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.runtime import Runtime

EXPIRING = timedelta(days=30)
WARNED_DAYS = (30, 7, 1)
FAILURES = 5
FAILING_FOR = timedelta(minutes=15)
_BATCH = 200


async def note_success(session: AsyncSession, connection_id: int, *, at: datetime | None = None) -> None:
    """The channel answered as it should. Publishes ConnectionHealthChanged when the state changes."""
    connection = await _locked(session, connection_id)
    if connection is None:
        return
    now = at or utcnow()
    connection.last_ok_at = connection.checked_at = now
    connection.failures, connection.failing_since = 0, None
    if connection.state != "paused":
        await set_state(session, connection, settled_state(connection, "ok", now))
    await session.flush()


async def note_failure(
    session: AsyncSession, connection_id: int, error: ChannelError, *, at: datetime | None = None
) -> None:
    """The channel did not do what was asked. Publishes ConnectionHealthChanged when the state changes.

    A refusal of the matter itself (Refused) and a limit (SlowDown) say nothing of the connection.
    """
    connection = await _locked(session, connection_id)
    if connection is None or isinstance(error, Refused | SlowDown):
        return
    now = at or utcnow()
    connection.checked_at = now
    connection.failures += 1
    connection.failing_since = connection.failing_since or now
    unfinished = error.code == "credentials_missing" and connection.state == "new"
    at_once = isinstance(error, CredentialsRefused | ScopeMissing) and not unfinished
    lasting = connection.failures >= FAILURES and now - connection.failing_since >= FAILING_FOR
    if connection.state != "paused" and (at_once or lasting or connection.state == "broken"):
        await set_state(session, connection, "broken", error.code, error.detail)
    elif connection.state == "new":
        connection.reason_code, connection.reason = error.code, error.detail
    await session.flush()


def settled_state(connection: Connection, state: str, now: datetime | None = None) -> str:
    """`state`, or expiring when it is ok and the credentials end within thirty days."""
    ends = connection.credentials_expire_at
    return "expiring" if state == "ok" and ends and ends - (now or utcnow()) <= EXPIRING else state


async def set_state(
    session: AsyncSession, connection: Connection, state: str, code: str | None = None, reason: str | None = None
) -> None:
    """Put the connection in a state, for a reason; publishes ConnectionHealthChanged when it was another.

    What a person did (paused, resumed, entered anew) is told by ConnectionChanged instead.
    """
    if state == "expiring" and connection.credentials_expire_at:
        code = "credentials_expire"
        reason = f"The credentials end on {connection.credentials_expire_at:%Y-%m-%d}: renew them before"
    before, connection.state = connection.state, state
    connection.reason_code, connection.reason = code, reason
    if state in (before, "paused", "new") or before == "paused":
        return
    await session.flush()
    await publish(
        session,
        ConnectionHealthChanged(
            connection.store_id, connection.id, connection.channel, connection.name, before, state, code, reason
        ),
    )


async def watch_expiry(runtime: Runtime, *, at: datetime | None = None) -> None:
    """A chore: mark connections whose credentials end within thirty days, and warn 30, 7 and 1 days before."""
    now = at or utcnow()
    after = 0
    while True:
        async with runtime.database.transaction() as session:
            query = (
                sa.select(Connection)
                .where(
                    Connection.id > after,
                    Connection.credentials_expire_at <= now + EXPIRING,
                    Connection.state != "paused",
                )
                .order_by(Connection.id)
                .limit(_BATCH)
                .with_for_update(key_share=True)
            )
            found = list(await session.scalars(query))
            for connection in found:
                await _warn(session, connection, now)
        if len(found) < _BATCH:
            return
        after = found[-1].id


async def _warn(session: AsyncSession, connection: Connection, now: datetime) -> None:
    ends = connection.credentials_expire_at
    if ends is None:
        return
    if connection.state == "ok":
        await set_state(session, connection, "expiring")
    passed = [ends - timedelta(days=days) for days in WARNED_DAYS if now >= ends - timedelta(days=days)]
    if not passed or (connection.warned_at is not None and connection.warned_at >= passed[-1]):
        return
    connection.warned_at = now
    days = max(0, (ends - now).days)
    await session.flush()
    event = ConnectionExpiring(
        connection.store_id, connection.id, connection.channel, connection.name, ends.date().isoformat(), days
    )
    await publish(session, event)


async def _locked(session: AsyncSession, connection_id: int) -> Connection | None:
    query = sa.select(Connection).where(Connection.id == connection_id).with_for_update(key_share=True)
    found: Connection | None = await session.scalar(query.execution_options(populate_existing=True))
    return found
