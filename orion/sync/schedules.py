"""When a store's connections are asked: made with the connection, changed by people, run at once, filled back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels import Connection, ConnectionChanged
from orion.kernel import Conflict, FieldError, Invalid, NotFound
from orion.merchants import StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.rhythm import next_run, parse_cron, parse_minutes
from orion.sync.begin import begin_run
from orion.sync.events import SyncScheduleChanged
from orion.sync.models import SyncRun, SyncSchedule
from orion.sync.rules import (
    MOST_WAIT,
    ORDER_BACKFILL,
    ORDER_IMPORT,
    default_minutes,
    job_types_of,
    least_minutes,
    rules_of,
)

MOST_RETRIES = 20
MOST_RETRY_SECONDS = 3600


async def connection_changed(session: AsyncSession, event: ConnectionChanged) -> None:
    """Give a new connection its schedules; one that was mended or resumed is asked at once."""
    now = utcnow()
    if event.change == "created":
        have = sa.select(SyncSchedule.job_type).where(SyncSchedule.connection_id == event.connection_id)
        missing = set(job_types_of(event.channel)) - set(await session.scalars(have))
        session.add_all(
            SyncSchedule(
                store_id=event.store_id,
                connection_id=event.connection_id,
                job_type=job_type,
                interval_minutes=default_minutes(event.channel, job_type),
                next_run_at=now,
            )
            for job_type in sorted(missing)
        )
        await session.flush()
    elif event.change in ("updated", "credentials_replaced", "resumed"):
        await session.execute(
            sa.update(SyncSchedule)
            .where(SyncSchedule.connection_id == event.connection_id, SyncSchedule.job_type != ORDER_BACKFILL)
            .values(next_run_at=sa.case((SyncSchedule.failures > 0, now), else_=SyncSchedule.next_run_at), failures=0)
            .execution_options(synchronize_session=False)
        )


async def list_sync_schedules(
    session: AsyncSession, access: StoreAccess, *, connection_id: int | None = None
) -> Sequence[SyncSchedule]:
    """The store's schedules by connection and job type; of one connection if asked. Back-fills are among them."""
    query = sa.select(SyncSchedule).where(SyncSchedule.store_id == access.store.id)
    if connection_id is not None:
        query = query.where(SyncSchedule.connection_id == connection_id)
    return (await session.scalars(query.order_by(SyncSchedule.connection_id, SyncSchedule.job_type))).all()


async def get_sync_schedule(session: AsyncSession, access: StoreAccess, schedule_id: int) -> SyncSchedule:
    """A schedule of the store. Raises NotFound (`sync_schedule_not_found`), also when it is another store's."""
    return (await _own(session, access, schedule_id))[0]


async def update_sync_schedule(
    session: AsyncSession,
    access: StoreAccess,
    schedule_id: int,
    *,
    interval_minutes: int | None = None,
    cron: str | None = None,
    enabled: bool | None = None,
    max_retries: int | None = None,
    retry_delay_seconds: int | None = None,
) -> SyncSchedule:
    """Change what is named: every so many minutes, or by cron (UTC); whether it runs; how it is tried again.

    A new rhythm begins now, and its failures are forgotten. Needs manager. Raises NotFound (`sync_schedule_not_found`)
    and Invalid (`invalid_schedule`) naming the field. Publishes SyncScheduleChanged.
    """
    access.require("manager")
    schedule, connection = await _own(session, access, schedule_id, lock=True)
    if schedule.job_type == ORDER_BACKFILL:
        raise _invalid("enabled", "A back-fill runs once, it has no rhythm: start another one instead.")
    now, least = utcnow(), least_minutes(connection.channel, schedule.job_type)
    if interval_minutes is not None and cron is not None:
        raise _invalid("cron", "Name one of the two: interval_minutes, or a cron expression.")
    if interval_minutes is not None:
        schedule.interval_minutes, schedule.cron = parse_minutes(interval_minutes, least), None
    if cron is not None:
        schedule.interval_minutes, schedule.cron = None, parse_cron(cron, now, least)
    if max_retries is not None:
        schedule.max_retries = _within(max_retries, MOST_RETRIES, "max_retries")
    if retry_delay_seconds is not None:
        schedule.retry_delay_seconds = _within(retry_delay_seconds, MOST_RETRY_SECONDS, "retry_delay_seconds", 1)
    if enabled is not None:
        schedule.enabled = enabled
    if interval_minutes is not None or cron is not None or enabled:
        schedule.failures = 0
        schedule.next_run_at = next_run(schedule.interval_minutes, schedule.cron, now, least=least, longest=MOST_WAIT)
    await session.flush()
    await _publish(session, access, schedule, connection, "updated")
    return schedule


async def run_sync_now(session: AsyncSession, access: StoreAccess, schedule_id: int) -> SyncRun:
    """Start a run at once, also when the schedule is not enabled, or its connection is broken (it may have healed).

    Needs staff. Raises NotFound (`sync_schedule_not_found`), and Conflict: `sync_running` while a run is under way or
    waits for the channel, `connection_paused`. Publishes SyncScheduleChanged.
    """
    access.require("staff")
    schedule, connection = await _own(session, access, schedule_id, lock=True)
    _refuse_running(schedule, connection)
    run = await begin_run(session, schedule, connection, "person")
    await _publish(session, access, schedule, connection, "run")
    return run


async def start_backfill(session: AsyncSession, access: StoreAccess, connection_id: int, since: datetime) -> SyncRun:
    """Read the connection's orders again from `since` on, beside its polls, and leaving them half of the quota.

    It goes on by itself, for hours where the channel is slow (see `SyncRun` and `backfill_progress`). Needs manager.
    Raises NotFound (`connection_not_found`), Invalid (`invalid_backfill`: the moment is not in the past, is naive, or
    is before what the channel keeps, which it names), and Conflict as `run_sync_now` does. Publishes
    SyncScheduleChanged.
    """
    access.require("manager")
    connection = await session.scalar(
        sa.select(Connection).where(Connection.id == connection_id, Connection.store_id == access.store.id)
    )
    if connection is None or ORDER_IMPORT not in job_types_of(connection.channel):
        raise NotFound("connection_not_found", f"There is no connection {connection_id} that orders come from.")
    now = utcnow()
    earliest = rules_of(connection.channel).earliest(now)
    if since.tzinfo is None or not earliest - timedelta(days=1) <= since < now:
        message = f"Name a moment with its zone from {earliest:%Y-%m-%d} (the channel keeps no more) until now."
        raise Invalid("invalid_backfill", message, errors=[FieldError("since", message)])
    mine = SyncSchedule.connection_id == connection.id
    poll = await session.scalar(sa.select(SyncSchedule).where(mine, SyncSchedule.job_type == ORDER_IMPORT))
    schedule = await session.scalar(
        sa.select(SyncSchedule)
        .where(mine, SyncSchedule.job_type == ORDER_BACKFILL)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if schedule is None:
        schedule = SyncSchedule(
            store_id=access.store.id,
            connection_id=connection.id,
            job_type=ORDER_BACKFILL,
            enabled=False,
            interval_minutes=24 * 60,
            next_run_at=now,
        )
        session.add(schedule)
        await session.flush()
    _refuse_running(schedule, connection)
    until = poll.watermark if poll and poll.watermark and poll.watermark > since else None
    schedule.watermark, schedule.failures, schedule.alerted_at = None, 0, None
    schedule.cursor = {"since": since.isoformat(), "until": until.isoformat() if until else None}
    run = await begin_run(session, schedule, connection, "backfill")
    await _publish(session, access, schedule, connection, "backfill", since=since.isoformat())
    return run


def backfill_progress(schedule: SyncSchedule) -> float | None:
    """How much of its time a back-fill (or a long first read) has read, from 0 to 1; None when nothing is under way."""
    cursor = schedule.cursor
    if schedule.running_until is None or not cursor or not cursor.get("since"):
        return None
    since = datetime.fromisoformat(cursor["since"])
    until = datetime.fromisoformat(cursor["until"]) if cursor.get("until") else utcnow()
    newest = datetime.fromisoformat(cursor["newest"]) if cursor.get("newest") else since
    whole = (until - since).total_seconds()
    return min(1.0, max(0.0, (newest - since).total_seconds() / whole)) if whole > 0 else 1.0


def _refuse_running(schedule: SyncSchedule, connection: Connection) -> None:
    if connection.state == "paused":
        raise Conflict("connection_paused", "The connection is paused: resume it first.")
    if schedule.running_until is not None and schedule.running_until > utcnow():
        message = f"A run is under way, or waits until {schedule.running_until:%H:%M:%S} UTC; it goes on by itself."
        raise Conflict("sync_running", message)


def _within(value: int, most: int, field: str, least: int = 0) -> int:
    if not least <= value <= most:
        raise _invalid(field, f"Enter a whole number from {least} to {most}.")
    return value


def _invalid(field: str, message: str) -> Invalid:
    return Invalid("invalid_schedule", message, errors=[FieldError(field, message)])


async def _own(
    session: AsyncSession, access: StoreAccess, schedule_id: int, *, lock: bool = False
) -> tuple[SyncSchedule, Connection]:
    query = sa.select(SyncSchedule).where(SyncSchedule.id == schedule_id, SyncSchedule.store_id == access.store.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    schedule = await session.scalar(query)
    if schedule is None:
        raise NotFound("sync_schedule_not_found", f"There is no schedule {schedule_id}.")
    return schedule, await session.get_one(Connection, schedule.connection_id)


async def _publish(
    session: AsyncSession,
    access: StoreAccess,
    schedule: SyncSchedule,
    connection: Connection,
    change: str,
    **more: Any,
) -> None:
    details = {
        "interval_minutes": schedule.interval_minutes,
        "cron": schedule.cron,
        "enabled": schedule.enabled,
        "max_retries": schedule.max_retries,
        "retry_delay_seconds": schedule.retry_delay_seconds,
    }
    event = SyncScheduleChanged(
        store_id=access.store.id,
        schedule_id=schedule.id,
        connection_id=connection.id,
        channel=connection.channel,
        job_type=schedule.job_type,
        change=change,
        details=(details if change == "updated" else {}) | more,
        actor_id=access.user.id,
    )
    await publish(session, event)
