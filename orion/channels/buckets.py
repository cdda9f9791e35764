"""Token buckets that all workers share: what a connection may still ask of one operation of its channel.

Every change is one conditional UPDATE, by the database's clock: workers may run on machines whose clocks differ, and
none can take what another has taken. A clock that is set back gives nothing; the bucket then waits.
"""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels.models import ChannelBucket
from orion.plumbing.db import Clock

LONGEST_BLOCK = 900.0
"""Seconds; no wait that we choose ourselves is longer."""

_FORGIVEN_AFTER = 300.0
_LONG = 3600.0


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one operation may be called: `burst` at once, `per_second` more."""

    per_second: float
    burst: float

    def times(self, factor: float) -> "Rate":
        """So many times as often."""
        return Rate(self.per_second * factor, max(1.0, self.burst * factor))


@dataclass(frozen=True, slots=True)
class Taken:
    """`wait` is 0 when the call may be made, else the seconds until asking again makes sense; `rate`: how it fills."""

    wait: float
    rate: float


async def take(
    session: AsyncSession,
    connection_id: int,
    operation: str,
    rate: Rate,
    *,
    spare: float = 0.0,
    at: datetime | None = None,
) -> Taken:
    """Take one call from the bucket, if after it the share `spare` (0..1) of the burst is left.

    The bucket is made full at its first use. `rate.burst` holds from now on; the rate is the bucket's own once it is
    there (see `follow_rate`). Commit at once: on both databases the row is locked until then. `at` is for trying out.
    """
    clock = Clock(session, at)
    needed = min(rate.burst, 1.0 + spare * rate.burst)
    held = _held(clock, rate.burst)
    taking = (
        sa.update(ChannelBucket)
        .where(_is(connection_id, operation), _open(clock), held >= needed)
        .values(tokens=held - 1.0, burst=rate.burst, refilled_at=_later(clock))
        .returning(ChannelBucket.rate)
        .execution_options(synchronize_session=False)
    )
    for _ in range(3):
        if (now_at := (await session.execute(taking)).scalar_one_or_none()) is not None:
            return Taken(0.0, now_at)
        blocked = sa.func.coalesce(-clock.seconds_since(ChannelBucket.blocked_until), 0.0)
        seen = sa.select(held, blocked, ChannelBucket.rate).where(_is(connection_id, operation))
        row = (await session.execute(seen)).one_or_none()
        if row is not None:
            has, blocked_for, now_at = row
            missing = max(0.0, needed - has)
            wait = missing / now_at if now_at else _LONG
            if blocked_for <= 0 and not missing:
                continue  # somebody made the bucket, or it filled, between the two statements
            return Taken(max(blocked_for, wait, 0.001), now_at)
        await _make(session, clock, connection_id, operation, rate)
    return Taken(0.05, rate.per_second)


async def block(
    session: AsyncSession,
    connection_id: int,
    operation: str,
    retry_after: float | None = None,
    *,
    at: datetime | None = None,
) -> float:
    """The channel said that we were too quick: nothing for `retry_after` seconds; how many that are.

    Without a number the wait is what one call takes, doubled with each time in a row, with some chance added so that
    workers do not come back together.
    """
    clock = Clock(session, at)
    in_a_row = clock.seconds_since(ChannelBucket.blocked_until) < _FORGIVEN_AFTER
    struck = await session.execute(
        sa.update(ChannelBucket)
        .where(_is(connection_id, operation))
        .values(strikes=sa.case((in_a_row, ChannelBucket.strikes + 1), else_=1), tokens=0.0, refilled_at=_later(clock))
        .returning(ChannelBucket.strikes, ChannelBucket.rate)
        .execution_options(synchronize_session=False)
    )
    strikes, rate = struck.one_or_none() or (1, 1.0)  # no bucket: the operation has no limit that we know of
    wait = retry_after
    if wait is None:
        first = max(1.0, 1.0 / rate if rate else LONGEST_BLOCK)
        wait = min(LONGEST_BLOCK, first * 2.0 ** min(strikes - 1, 10)) * random.uniform(1.0, 1.25)  # noqa: S311 (no secret)
    until = clock.after(sa.literal(wait, sa.Float()))
    await session.execute(
        sa.update(ChannelBucket)
        .where(_is(connection_id, operation))
        .values(
            blocked_until=clock.greatest(
                sa.func.coalesce(ChannelBucket.blocked_until, until), until, type_=ChannelBucket.blocked_until.type
            )
        )
        .execution_options(synchronize_session=False)
    )
    return wait


async def follow_rate(
    session: AsyncSession, connection_id: int, operation: str, per_second: float, *, at: datetime | None = None
) -> None:
    """From now on the bucket fills as quickly as the channel says; what has come in so far came in at the old rate."""
    clock = Clock(session, at)
    await session.execute(
        sa.update(ChannelBucket)
        .where(_is(connection_id, operation), ChannelBucket.rate != per_second)
        .values(tokens=_held(clock, ChannelBucket.burst), refilled_at=_later(clock), rate=per_second)
        .execution_options(synchronize_session=False)
    )


async def present_rate(session: AsyncSession, connection_id: int, operation: str) -> float | None:
    """How quickly the bucket fills, in calls a second; None when there is none yet."""
    found: float | None = await session.scalar(sa.select(ChannelBucket.rate).where(_is(connection_id, operation)))
    return found


async def _make(session: AsyncSession, clock: Clock, connection_id: int, operation: str, rate: Rate) -> None:
    insert: Any = sqlite.insert if session.info["database"].is_sqlite else postgresql.insert
    row = {"connection_id": connection_id, "operation": operation, "tokens": rate.burst, "burst": rate.burst}
    row |= {"rate": rate.per_second, "refilled_at": clock.now, "strikes": 0}
    await session.execute(insert(ChannelBucket).values(row).on_conflict_do_nothing())


def _held(clock: Clock, burst: Any) -> sa.ColumnElement[float]:
    gained = clock.greatest(0.0, clock.seconds_since(ChannelBucket.refilled_at)) * ChannelBucket.rate
    return clock.least(burst, ChannelBucket.tokens + gained)


def _later(clock: Clock) -> sa.ColumnElement[Any]:
    return clock.greatest(ChannelBucket.refilled_at, clock.now, type_=ChannelBucket.refilled_at.type)


def _open(clock: Clock) -> sa.ColumnElement[bool]:
    return sa.or_(ChannelBucket.blocked_until.is_(None), clock.seconds_since(ChannelBucket.blocked_until) >= 0.0)


def _is(connection_id: int, operation: str) -> sa.ColumnElement[bool]:
    return sa.and_(ChannelBucket.connection_id == connection_id, ChannelBucket.operation == operation)
