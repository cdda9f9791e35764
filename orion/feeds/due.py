"""Starting the imports that are due, once each, and noting what became of them."""

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from orion import merchants
from orion.feeds.events import ImportFinished, ScheduleChanged
from orion.feeds.models import ImportJob
from orion.feeds.rhythm import next_run
from orion.feeds.schedule_models import FeedSchedule
from orion.feeds.start import begin_import
from orion.identity import User
from orion.kernel import Conflict, OrionError
from orion.merchants import Store
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.runtime import Runtime

log = structlog.get_logger(__name__)

_AT_ONCE = 200


async def start_due_imports(runtime: Runtime) -> None:
    """Start an import for every schedule whose time has come; workers may do this at the same time.

    Each in a transaction of its own, in which its next time is set too: it is started once, however many look, and
    runs that were missed are made up for by one. While the feed is being imported already it waits for the next look.
    """
    async with runtime.database.reading() as session:
        due = await session.scalars(
            sa.select(FeedSchedule.id)
            .where(FeedSchedule.enabled, FeedSchedule.next_run_at <= utcnow())
            .order_by(FeedSchedule.next_run_at)
            .limit(_AT_ONCE)
        )
        ids = due.all()
    for schedule_id in ids:
        async with runtime.database.transaction() as session:
            await _start(session, schedule_id)


async def note_result(session: AsyncSession, event: ImportFinished) -> None:
    """Note how the last import of a schedule ended; one that fails again and again runs less often."""
    schedule = await session.scalar(
        sa.select(FeedSchedule).where(FeedSchedule.last_import_id == event.import_id).with_for_update()
    )
    if schedule is None:
        return
    schedule.last_status = event.status
    if event.status == "failed":
        job = await session.get_one(ImportJob, event.import_id)
        _failed(schedule, job.failure_message or "The import failed.")
    elif event.status != "cancelled":
        schedule.failures, schedule.last_problem = 0, None
    await session.flush()


async def _start(session: AsyncSession, schedule_id: int) -> None:
    now = utcnow()
    schedule = await session.scalar(
        sa.select(FeedSchedule)
        .where(FeedSchedule.id == schedule_id, FeedSchedule.enabled, FeedSchedule.next_run_at <= now)
        .with_for_update(skip_locked=True)
    )
    if schedule is None:
        return
    store = await session.get_one(Store, schedule.store_id)
    user_id = await _runs_for(session, schedule, store)
    try:
        async with session.begin_nested():
            job = await begin_import(
                session,
                store,
                user_id,
                source_url=schedule.source_url,
                marketplace=schedule.marketplace,
                language=schedule.language,
                batch_size=schedule.batch_size,
                on_missing=schedule.on_missing,
            )
    except Conflict as conflict:
        if conflict.code != "store_inactive":
            return  # the feed is busy: its schedule stays due
        schedule.next_run_at = next_run(schedule.interval_minutes, schedule.cron, now)
        schedule.last_run_at, schedule.last_status, schedule.last_problem = now, "failed", conflict.detail
        return
    schedule.last_import_id, schedule.last_run_at, schedule.last_status = job.id, now, job.status
    schedule.next_run_at = next_run(schedule.interval_minutes, schedule.cron, now, schedule.failures)
    log.info("scheduled_import", schedule_id=schedule.id, import_id=job.id)


async def _runs_for(session: AsyncSession, schedule: FeedSchedule, store: Store) -> int | None:
    """The user by whose right the schedule runs; the system takes over from one who may not any more."""
    if schedule.user_id is None:
        return None
    user = await session.get(User, schedule.user_id)
    try:
        if user is not None:
            await merchants.open_store(session, user, store.code, role="staff")
            return user.id
    except OrionError:
        if not store.is_active:
            return schedule.user_id
    details = {"user_id": schedule.user_id, "reason": "is no member of the store with this right any more"}
    schedule.user_id = None
    await publish(session, ScheduleChanged(store.id, schedule.id, "taken_over", details, actor_id=None))
    return None


def _failed(schedule: FeedSchedule, problem: str) -> None:
    schedule.failures += 1
    schedule.last_problem = problem[:1000]
    planned = next_run(schedule.interval_minutes, schedule.cron, utcnow(), schedule.failures)
    schedule.next_run_at = max(schedule.next_run_at, planned)
