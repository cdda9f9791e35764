"""A store's schedules: which of its feeds are fetched again by themselves, and when."""

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds.errors import invalid
from orion.feeds.events import ScheduleChanged
from orion.feeds.models import ImportJob
from orion.feeds.rhythm import PRESETS, next_run, parse_cron, parse_interval
from orion.feeds.schedule_models import FeedSchedule
from orion.feeds.start import check_batch_size, check_on_missing, parse_feed_url, start_import
from orion.kernel import Conflict, NotFound, parse_language, parse_marketplace
from orion.merchants import StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish

MAX_SCHEDULES = 50
"""Schedules that a store may have."""


async def list_schedules(session: AsyncSession, access: StoreAccess) -> Sequence[FeedSchedule]:
    """The store's schedules, at most 50, in the order in which they were made."""
    query = sa.select(FeedSchedule).where(FeedSchedule.store_id == access.store.id).order_by(FeedSchedule.id)
    return (await session.scalars(query)).all()


async def get_schedule(session: AsyncSession, access: StoreAccess, schedule_id: int) -> FeedSchedule:
    """A schedule of the store. Raises NotFound (`schedule_not_found`), also when it is another store's."""
    return await _own(session, access, schedule_id)


async def create_schedule(
    session: AsyncSession,
    access: StoreAccess,
    *,
    source_url: str,
    interval: str | None = None,
    cron: str | None = None,
    marketplace: str = "Letzshop",
    language: str = "en",
    batch_size: int = 1000,
    on_missing: str = "keep",
    enabled: bool = True,
) -> FeedSchedule:
    """Have the feed at `source_url` fetched again and again, by the caller's right; first after one interval.

    `interval` is one of 1h, 3h, 6h, 12h, 24h, weekly; or `cron` says when, in UTC. Needs staff. Raises Invalid naming
    the field (`invalid_schedule`, and as `start_import` does), and Conflict: `schedule_exists` for a feed that has one
    at this address, `too_many_schedules`. Publishes ScheduleChanged.
    """
    access.require("staff")
    minutes, expression = _rhythm(interval, cron)
    check_batch_size(batch_size)
    check_on_missing(on_missing)
    url = parse_feed_url(source_url)
    now = utcnow()
    schedule = FeedSchedule(
        store_id=access.store.id,
        marketplace=parse_marketplace(marketplace),
        language=parse_language(language),
        source_url=url,
        url_hash=hashlib.sha256(url.encode()).hexdigest(),
        interval_minutes=minutes,
        cron=expression,
        batch_size=batch_size,
        on_missing=on_missing,
        enabled=enabled,
        user_id=access.user.id,
        next_run_at=next_run(minutes, expression, now),
    )
    number = await session.scalar(
        sa.select(sa.func.count()).select_from(FeedSchedule).where(FeedSchedule.store_id == access.store.id)
    )
    if (number or 0) >= MAX_SCHEDULES:
        raise Conflict("too_many_schedules", f"A store has at most {MAX_SCHEDULES} schedules: delete one first.")
    await _add(session, schedule)
    await _publish(session, access, schedule, "created")
    return schedule


async def update_schedule(session: AsyncSession, access: StoreAccess, schedule_id: int, **changes: Any) -> FeedSchedule:
    """Change a schedule: `source_url`, `interval` or `cron`, `batch_size`, `on_missing`, `enabled`.

    Who changes it is the one it runs for from now on. Its failures are forgotten, and it runs next after one interval.
    Needs staff. Raises NotFound (`schedule_not_found`), and as `create_schedule` does.
    """
    access.require("staff")
    schedule = await _own(session, access, schedule_id, lock=True)
    if changes.get("interval") is not None or changes.get("cron") is not None:
        schedule.interval_minutes, schedule.cron = _rhythm(changes.get("interval"), changes.get("cron"))
    if (batch_size := changes.get("batch_size")) is not None:
        check_batch_size(batch_size)
        schedule.batch_size = batch_size
    if (on_missing := changes.get("on_missing")) is not None:
        check_on_missing(on_missing)
        schedule.on_missing = on_missing
    if (enabled := changes.get("enabled")) is not None:
        schedule.enabled = enabled
    if (source_url := changes.get("source_url")) is not None:
        schedule.source_url = parse_feed_url(source_url)
        schedule.url_hash = hashlib.sha256(schedule.source_url.encode()).hexdigest()
    schedule.user_id, schedule.failures = access.user.id, 0
    schedule.next_run_at = next_run(schedule.interval_minutes, schedule.cron, utcnow())
    await _add(session, schedule)
    await _publish(session, access, schedule, "updated")
    return schedule


async def delete_schedule(session: AsyncSession, access: StoreAccess, schedule_id: int) -> None:
    """End a schedule; an import that it has started goes on. Needs staff. Raises NotFound (`schedule_not_found`)."""
    access.require("staff")
    schedule = await _own(session, access, schedule_id, lock=True)
    await session.delete(schedule)
    await session.flush()
    await _publish(session, access, schedule, "deleted")


async def run_schedule_now(session: AsyncSession, access: StoreAccess, schedule_id: int) -> ImportJob:
    """Start the schedule's import at once, also when it is not enabled; its next run stays where it is.

    Needs staff. Raises NotFound (`schedule_not_found`), and as `start_import` does.
    """
    access.require("staff")
    schedule = await _own(session, access, schedule_id, lock=True)
    job = await start_import(
        session,
        access,
        source_url=schedule.source_url,
        marketplace=schedule.marketplace,
        language=schedule.language,
        batch_size=schedule.batch_size,
        on_missing=schedule.on_missing,
    )
    schedule.last_import_id, schedule.last_run_at, schedule.last_status = job.id, utcnow(), job.status
    await session.flush()
    return job


def interval_name(schedule: FeedSchedule) -> str | None:
    """The preset that the schedule follows; None when it follows a cron expression."""
    return next((name for name, minutes in PRESETS.items() if minutes == schedule.interval_minutes), None)


def _rhythm(interval: str | None, cron: str | None) -> tuple[int | None, str | None]:
    if (interval is None) == (cron is None):
        raise invalid("interval", "invalid_schedule", "Name one of the two: an interval, or a cron expression.")
    return (parse_interval(interval), None) if interval is not None else (None, parse_cron(cron or "", utcnow()))


async def _own(session: AsyncSession, access: StoreAccess, schedule_id: int, *, lock: bool = False) -> FeedSchedule:
    query = sa.select(FeedSchedule).where(FeedSchedule.id == schedule_id, FeedSchedule.store_id == access.store.id)
    schedule = await session.scalar(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    )
    if schedule is None:
        raise NotFound("schedule_not_found", f"There is no schedule {schedule_id}.")
    return schedule


async def _add(session: AsyncSession, schedule: FeedSchedule) -> None:
    try:
        async with session.begin_nested():
            session.add(schedule)
    except IntegrityError:
        message = "This feed has a schedule for this address already: change that one."
        raise Conflict("schedule_exists", message) from None


async def _publish(session: AsyncSession, access: StoreAccess, schedule: FeedSchedule, change: str) -> None:
    details = {
        "marketplace": schedule.marketplace,
        "language": schedule.language,
        "interval": interval_name(schedule),
        "cron": schedule.cron,
        "enabled": schedule.enabled,
        "on_missing": schedule.on_missing,
    }
    await publish(session, ScheduleChanged(access.store.id, schedule.id, change, details, actor_id=access.user.id))
