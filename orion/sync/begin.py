"""Beginning runs: of schedules whose time has come, and of those that somebody wants at once."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels import Connection
from orion.merchants import Store
from orion.plumbing.db import utcnow
from orion.plumbing.jobs import enqueue
from orion.plumbing.runtime import Runtime
from orion.sync.models import SyncRun, SyncSchedule
from orion.sync.rules import PRODUCT_PULL, rules_of

QUEUED_LEASE = timedelta(minutes=10)
"""A run that no worker has taken by then is begun once more; the late one finds that and stops."""

CURSOR_KEEPS = timedelta(hours=20)
"""A channel's page token is not used for longer; the window is read from its beginning then."""

FULL_EVERY = timedelta(hours=23)
"""Products are read completely about so often, because what is gone is in no list of changes."""

_AT_ONCE = 100


async def start_due_runs(runtime: Runtime) -> None:
    """Begin a run for every schedule whose time has come, and go on with those that a dead worker has left.

    Workers may do this at the same time. Runs that were missed are made up for by one. Connections that are paused,
    and those of closed stores, are not asked.
    """
    while True:
        async with runtime.database.reading() as session:
            ids = (await session.scalars(_due(utcnow()))).all()
        if not ids:
            return
        async with runtime.database.transaction() as session:
            due = _due(utcnow()).where(SyncSchedule.id.in_(ids))
            locked = (await session.scalars(due.with_for_update(of=SyncSchedule, skip_locked=True))).all()
            rows = await session.execute(
                sa.select(SyncSchedule, Connection)
                .join(Connection, Connection.id == SyncSchedule.connection_id)
                .where(SyncSchedule.id.in_(locked))
                .order_by(SyncSchedule.next_run_at)
            )
            for schedule, connection in rows.all():
                await begin_run(session, schedule, connection, "schedule")
        if len(ids) < _AT_ONCE:
            return


async def begin_run(session: AsyncSession, schedule: SyncSchedule, connection: Connection, trigger: str) -> SyncRun:
    """Take the schedule's lease, and enqueue its run: the one that was left unfinished, or a new one."""
    now = utcnow()
    cursor = dict(schedule.cursor or {})
    run = await session.get(SyncRun, cursor["run"]) if "run" in cursor else None
    if run is not None and run.status in ("running", "deferred"):
        run.status, run.problem = "running", None
    else:
        since = datetime.fromisoformat(cursor["since"]) if cursor.get("since") else _since(schedule, connection, now)
        run = SyncRun(
            store_id=schedule.store_id,
            connection_id=connection.id,
            channel=connection.channel,
            job_type=schedule.job_type,
            trigger=trigger,
            window_from=since,
            window_to=datetime.fromisoformat(cursor["until"]) if cursor.get("until") else None,
        )
        session.add(run)
        await session.flush()
        cursor |= {"run": run.id, "since": since.isoformat() if since else None}
        if schedule.job_type == PRODUCT_PULL:  # what is gone is told by the run that saw everything
            cursor = {"run": run.id, "since": cursor["since"]}
    page_at = datetime.fromisoformat(cursor["page_at"]) if cursor.get("page_at") else now
    if now - page_at > CURSOR_KEEPS:
        cursor |= {"page": None, "page_at": None}
    schedule.cursor = cursor
    schedule.running_until = now + QUEUED_LEASE
    await session.flush()
    await enqueue(session, "run_sync", run.id)
    return run


def _since(schedule: SyncSchedule, connection: Connection, now: datetime) -> datetime | None:
    """Where a new run's window begins; None for products that are read completely."""
    rules = rules_of(connection.channel)
    if schedule.job_type == PRODUCT_PULL:
        if schedule.watermark is None or schedule.full_at is None or now - schedule.full_at > FULL_EVERY:
            return None
        return schedule.watermark - rules.overlap
    return rules.first_since(now) if schedule.watermark is None else schedule.watermark - rules.overlap


def _due(now: datetime) -> sa.Select[int]:
    lease_over = SyncSchedule.running_until <= now
    waiting = sa.and_(SyncSchedule.enabled, SyncSchedule.next_run_at <= now, SyncSchedule.running_until.is_(None))
    return (
        sa.select(SyncSchedule.id)
        .join(Connection, Connection.id == SyncSchedule.connection_id)
        .join(Store, Store.id == SyncSchedule.store_id)
        .where(sa.or_(waiting, lease_over), Connection.state != "paused", Store.is_active)
        .order_by(SyncSchedule.next_run_at)
        .limit(_AT_ONCE)
    )
