"""How runs end: read, deferred or failed; what becomes of their schedule, and who is told."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import channels
from orion.channels import ChannelError, Connection, CredentialsRefused, MalformedItem, Refused, ScopeMissing, SlowDown
from orion.plumbing.db import Database, utcnow
from orion.plumbing.events import publish
from orion.plumbing.rhythm import next_run
from orion.sync.events import EntriesUnreadable, SyncFailing, SyncRecovered
from orion.sync.models import SyncRun, SyncSchedule
from orion.sync.problems import Problem
from orion.sync.progress import Progress
from orion.sync.rules import MOST_WAIT, ORDER_BACKFILL, PRODUCT_PULL, least_minutes, name_of
from orion.sync.unread import Entries

MOST_ERRORS = 50

HELD_FOR = timedelta(days=1)
"""While a window has entries without an id that cannot be read, it is read again and again, for so long."""

BROKEN_WAIT = timedelta(minutes=30)
"""A connection that does not work is asked so often, so that it heals by itself where it can."""

STUCK_AFTER = timedelta(hours=1)
"""A run that waits for its channel and has read nothing for so long is told of, as one that fails would be."""

NAMELESS = "An entry without an id cannot be read: "


async def lock(session: AsyncSession, run_id: int, *, pages: int | None = None) -> tuple[SyncRun, SyncSchedule] | None:
    """The run and its schedule, locked, if it is still running (and behind so many `pages`); else None."""
    found = sa.select(SyncRun).where(SyncRun.id == run_id).with_for_update().execution_options(populate_existing=True)
    run = await session.scalar(found)
    if run is None or run.status != "running" or (pages is not None and run.pages != pages):
        return None
    schedule = await session.scalar(
        sa.select(SyncSchedule)
        .where(SyncSchedule.connection_id == run.connection_id, SyncSchedule.job_type == run.job_type)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if schedule is None or (schedule.cursor or {}).get("run") != run.id:
        return None
    return run, schedule


def note_nameless(run: SyncRun, malformed: Sequence[MalformedItem]) -> None:
    """Keep in the run what is wrong with entries that have no id to ask for."""
    nameless = [item for item in malformed if not item.channel_id]
    run.failed += len(nameless)
    if nameless:
        said = list(dict.fromkeys([*(run.errors or []), *(f"{NAMELESS}{item.problem}"[:500] for item in nameless)]))
        run.errors = said[:MOST_ERRORS]


async def succeed(
    session: AsyncSession,
    run: SyncRun,
    schedule: SyncSchedule,
    connection: Connection,
    progress: Progress,
    entries: Entries,
    problem: Problem | None,
) -> None:
    """The window was read to its end: move the watermark, and ask again in due time."""
    now = utcnow()
    nameless = run.failed > 0
    sentences = entries.sentences()
    if sentences:
        run.failed += len(sentences)
        run.errors = [*(run.errors or []), *sentences][:MOST_ERRORS]
    run.status = "partial" if run.failed or problem else "success"
    run.problem = problem
    _close(run, schedule, now)
    schedule.cursor = None
    schedule.failures, schedule.last_success_at, schedule.last_problem = 0, now, problem or _first(run)
    held = nameless and (schedule.alerted_at is None or now - schedule.alerted_at < HELD_FOR)
    if not held:
        schedule.watermark = progress.mark(schedule.watermark)
    if run.job_type == PRODUCT_PULL and progress.since is None:
        schedule.full_at = run.started_at
    if schedule.job_type != ORDER_BACKFILL:
        schedule.next_run_at = _planned(schedule, run.channel, run.started_at, now)
    await _tell_unreadable(session, run, schedule, connection, entries, nameless=nameless)
    schedule.unread = entries.to_json()
    if problem:
        await _tell_failing(session, run, schedule, connection, problem)
    elif schedule.alerted_at is not None and not nameless:
        schedule.alerted_at = None
        event = SyncRecovered(run.store_id, connection.id, run.channel, name_of(connection), run.job_type)
        await publish(session, event)
    await channels.note_success(session, connection.id)


async def is_told(session: AsyncSession, connection_id: int) -> bool:
    """Whether people know already that something of the connection does not work."""
    told = sa.select(SyncSchedule.id).where(
        SyncSchedule.connection_id == connection_id, SyncSchedule.alerted_at.is_not(None), SyncSchedule.failures > 0
    )
    return await session.scalar(told.limit(1)) is not None


async def defer(database: Database, run_id: int, error: SlowDown) -> None:
    """The channel wants us to wait: the run goes on by itself then, and nothing has failed.

    A channel that makes us wait and wait is told of all the same.
    """
    async with database.transaction() as session:
        found = await lock(session, run_id)
        if found is None:
            return
        run, schedule = found
        wait = min(max(error.retry_after or 60.0, 1.0), MOST_WAIT.total_seconds())
        wait *= random.uniform(1.0, 1.05)  # noqa: S311 (no secret)
        run.status, run.problem = "deferred", Problem.of(error)
        schedule.last_problem = run.problem
        now = utcnow()
        schedule.running_until = now + timedelta(seconds=wait)
        schedule.last_status = "deferred"
        page_at = (schedule.cursor or {}).get("page_at")
        read_at = max(run.started_at, datetime.fromisoformat(page_at) if page_at else run.started_at)
        if now - read_at >= STUCK_AFTER:
            connection = await session.get_one(Connection, run.connection_id)
            await _tell_failing(session, run, schedule, connection, run.problem)


async def fail(database: Database, run_id: int, error: ChannelError) -> None:
    """The run has failed: it is tried again soon while that may help, else by its rhythm, and people are told once."""
    async with database.transaction() as session:
        found = await lock(session, run_id)
        if found is None:
            return
        run, schedule = found
        connection = await session.get_one(Connection, run.connection_id)
        now = utcnow()
        schedule.failures += 1
        is_broken = isinstance(error, CredentialsRefused | ScopeMissing)
        begins_again = isinstance(error, Refused) and bool((schedule.cursor or {}).get("page"))
        if begins_again:  # most likely the page token has expired
            schedule.cursor = {**(schedule.cursor or {}), "page": None, "page_at": None, "sweep_pages": 0}
        soon = (error.retryable or begins_again) and schedule.failures <= schedule.max_retries
        run.status, run.problem = "failed", Problem.of(error)
        _close(run, schedule, now)
        schedule.last_problem = run.problem
        again = now + _retry_wait(schedule, error)
        if not soon:
            again = _planned(schedule, run.channel, now, now)
            if is_broken:
                again = max(again, now + BROKEN_WAIT)
        if schedule.job_type != ORDER_BACKFILL:
            schedule.next_run_at = again
        elif soon:
            schedule.running_until = again
        if not soon and not is_broken:
            await _tell_failing(session, run, schedule, connection, run.problem)
        await channels.note_failure(session, connection.id, error)


def _close(run: SyncRun, schedule: SyncSchedule, now: datetime) -> None:
    run.finished_at = now
    schedule.running_until = None
    schedule.last_run_at, schedule.last_status = run.started_at, run.status
    schedule.last_duration_ms = round((now - run.started_at).total_seconds() * 1000)


def _planned(schedule: SyncSchedule, channel: str, start: datetime, now: datetime) -> datetime:
    least = least_minutes(channel, schedule.job_type)
    planned = next_run(
        schedule.interval_minutes, schedule.cron, start, schedule.failures, least=least, longest=MOST_WAIT
    )
    if planned <= now:
        planned = next_run(
            schedule.interval_minutes, schedule.cron, now, schedule.failures, least=least, longest=MOST_WAIT
        )
    return planned


def _retry_wait(schedule: SyncSchedule, error: ChannelError) -> timedelta:
    wait = schedule.retry_delay_seconds * 2.0 ** min(schedule.failures - 1, 10)
    wait = max(wait, error.retry_after or 0.0) * random.uniform(1.0, 1.1)  # noqa: S311 (no secret)
    return min(timedelta(seconds=wait), MOST_WAIT)


def _first(run: SyncRun) -> Problem | None:
    return Problem("entries_unreadable", run.errors[0]) if run.errors else None


async def _tell_failing(
    session: AsyncSession, run: SyncRun, schedule: SyncSchedule, connection: Connection, problem: Problem
) -> None:
    if schedule.alerted_at is not None:
        return
    schedule.alerted_at = utcnow()
    event = SyncFailing(
        run.store_id,
        connection.id,
        run.channel,
        name_of(connection),
        run.job_type,
        problem.code,
        problem.detail,
    )
    await publish(session, event)


async def _tell_unreadable(
    session: AsyncSession,
    run: SyncRun,
    schedule: SyncSchedule,
    connection: Connection,
    entries: Entries,
    *,
    nameless: bool,
) -> None:
    untold = entries.untold()
    first_nameless = nameless and schedule.alerted_at is None
    if not untold and not first_nameless:
        return
    entries.tell(untold)
    if first_nameless:
        schedule.alerted_at = utcnow()
    event = EntriesUnreadable(
        store_id=run.store_id,
        connection_id=connection.id,
        channel=run.channel,
        name=name_of(connection),
        job_type=run.job_type,
        count=len(untold) + (run.failed - len(entries.sentences()) if first_nameless else 0),
        entries=tuple(untold[:5]),
        problem=entries.by_id[untold[0]]["problem"] if untold else (run.errors or [""])[0],
    )
    await publish(session, event)
