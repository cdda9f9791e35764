"""Feeds that are fetched again by themselves."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from orion import feeds
from orion.feeds.models import ImportJob
from orion.feeds.rhythm import next_run, parse_cron, parse_interval
from orion.identity import AuditEntry
from orion.kernel import Conflict, Invalid
from orion.merchants import Member, StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from tests.factories.stores import enter_as
from tests.feeds.importing import finish, new_store

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
URL = "http://127.0.0.1:1/feed.csv"


@pytest.mark.parametrize("text", ["* * * * *", "*/10 * * * *", "0,5 3 * * *", "59 23 * * *,0 0 * * *"])
def test_too_often_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_cron(text, NOW)
    assert raised.value.code == "invalid_schedule"


@pytest.mark.parametrize("text", ["* * * * * *", "@daily", "", "61 * * * *", "0 0 31 2 *", "H 4 * * *", "x" * 500])
def test_what_is_no_cron_expression_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_cron(text, NOW)
    assert "30 4 * * *" in raised.value.detail


@pytest.mark.parametrize("text", ["30 4 * * *", " 0  */6 * * 1-5 ", "*/15 * * * *", "0 0 29 2 *"])
def test_good_expressions(text: str) -> None:
    assert parse_cron(text, NOW) == " ".join(text.split())


@pytest.mark.parametrize("text", ["0m", "15", "every day", "2h"])
def test_intervals_are_presets(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_interval(text)
    assert "weekly" in raised.value.detail


def test_the_next_run_has_some_jitter_and_backs_off_when_it_fails() -> None:
    for _ in range(50):
        assert timedelta(hours=6) <= next_run(360, None, NOW) - NOW <= timedelta(hours=6, minutes=5)
        cron = next_run(None, "30 12 * * *", NOW)
        assert timedelta(minutes=30) <= cron - NOW <= timedelta(minutes=32)
    waits = [(next_run(60, None, NOW, failures) - NOW) // timedelta(hours=1) for failures in range(1, 10)]
    assert waits == [1, 1, 2, 4, 8, 16, 24, 24, 24]
    assert (next_run(10_080, None, NOW, 9) - NOW).days == 7


async def scheduled(runtime: Runtime, access: StoreAccess, **options: Any) -> feeds.FeedSchedule:
    async with runtime.database.transaction() as session:
        return await feeds.create_schedule(session, access, source_url=URL, **{"interval": "1h"} | options)


async def make_due(runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(feeds.FeedSchedule).values(next_run_at=utcnow() - timedelta(days=3)))


async def jobs(runtime: Runtime) -> list[ImportJob]:
    async with runtime.database.reading() as session:
        return list((await session.scalars(sa.select(ImportJob).order_by(ImportJob.id))).all())


async def the_schedule(runtime: Runtime) -> feeds.FeedSchedule:
    async with runtime.database.reading() as session:
        return (await session.scalars(sa.select(feeds.FeedSchedule))).one()


async def test_a_due_schedule_starts_one_import_however_many_look_and_however_late(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await scheduled(runtime, access, on_missing="unpublish", language="fr", batch_size=500)
    await feeds.start_due_imports(runtime)
    assert await jobs(runtime) == []
    await make_due(runtime)
    await asyncio.gather(*(feeds.start_due_imports(runtime) for _ in range(4)))
    (job,) = await jobs(runtime)
    assert (job.source_url, job.language, job.batch_size, job.on_missing) == (URL, "fr", 500, "unpublish")
    assert job.user_id == access.user.id
    schedule = await the_schedule(runtime)
    assert (schedule.last_import_id, schedule.last_status) == (job.id, "pending")
    assert schedule.next_run_at > utcnow() + timedelta(minutes=59)


async def test_a_busy_feed_is_waited_for(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await scheduled(runtime, access)
    await make_due(runtime)
    async with runtime.database.transaction() as session:
        running = await feeds.start_import(session, access, source_url=URL)
    await feeds.start_due_imports(runtime)
    assert len(await jobs(runtime)) == 1
    async with runtime.database.transaction() as session:
        await feeds.cancel_import(session, access, running.id)
    await feeds.start_due_imports(runtime)
    assert len(await jobs(runtime)) == 2


async def test_failures_are_counted_and_shown_and_forgotten_after_a_change(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orion.feeds.run.MAX_DOWNLOADS", 1)
    access = await new_store(runtime)
    schedule = await scheduled(runtime, access)
    for failures in (1, 2, 3):
        await make_due(runtime)
        await feeds.start_due_imports(runtime)
        assert (await finish(runtime, (await jobs(runtime))[-1].id)).status == "failed"
        found = await the_schedule(runtime)
        assert (found.failures, found.last_status) == (failures, "failed")
    assert "could not be reached" in (found.last_problem or "")
    assert found.next_run_at > utcnow() + timedelta(minutes=110)
    async with runtime.database.transaction() as session:
        changed = await feeds.update_schedule(session, access, schedule.id, cron="30 4 * * *")
        assert (changed.failures, changed.interval_minutes, changed.cron) == (0, None, "30 4 * * *")


async def test_the_schedule_of_somebody_who_left_runs_for_the_system_and_that_is_noted(runtime: Runtime) -> None:
    owner = await new_store(runtime)
    async with runtime.database.transaction() as session:
        staff = await enter_as(session, owner, "staff")
    await scheduled(runtime, staff)
    async with runtime.database.transaction() as session:
        await session.execute(sa.delete(Member).where(Member.user_id == staff.user.id))
    await make_due(runtime)
    await feeds.start_due_imports(runtime)
    (job,) = await jobs(runtime)
    assert job.user_id is None
    async with runtime.database.reading() as session:
        entries = (await session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "schedule.taken_over"))).all()
    assert [(entry.actor_id, entry.details["user_id"]) for entry in entries] == [(None, staff.user.id)]


async def test_schedules_are_one_per_feed_and_address_and_both_rhythms_are_none(runtime: Runtime) -> None:
    access = await new_store(runtime)
    first = await scheduled(runtime, access)
    with pytest.raises(Conflict) as raised:
        await scheduled(runtime, access)
    assert raised.value.code == "schedule_exists"
    for rhythm in ({"interval": None}, {"interval": "1h", "cron": "30 4 * * *"}):
        with pytest.raises(Invalid):
            await scheduled(runtime, access, language="de", **rhythm)
    async with runtime.database.transaction() as session:
        job = await feeds.run_schedule_now(session, access, first.id)
        assert job.status == "pending"
        await feeds.delete_schedule(session, access, first.id)
        assert await feeds.list_schedules(session, access) == []
    async with runtime.database.reading() as session:
        actions = (await session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id))).all()
    assert [action for action in actions if action.startswith("schedule.")] == ["schedule.created", "schedule.deleted"]
