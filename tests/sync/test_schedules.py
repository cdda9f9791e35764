"""Schedules of connections: what they are made with, what people may change, and who is asked how often."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from orion import sync
from orion.channels import ConnectionChanged
from orion.identity import AuditEntry
from orion.kernel import Conflict, Forbidden, Invalid, NotFound
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.sync import SyncSchedule
from tests.factories.stores import enter_as, make_admin, make_store
from tests.sync.conftest import Open
from tests.sync.desk import Desk
from tests.sync.market import Market, an_order


async def test_a_connection_is_made_with_its_schedules(connect: Open) -> None:
    expected = {
        "amazon": {"order_import": 5, "product_pull": 1440},
        "ebay": {"order_import": 5, "product_pull": 1440},
        "codeswholesale": {"order_import": 5, "product_pull": 360},
    }
    for channel, minutes in expected.items():
        desk = await connect(channel, code=channel.upper())
        async with desk.runtime.database.reading() as session:
            schedules = await sync.list_sync_schedules(session, desk.access, connection_id=desk.connection_id)
        assert {schedule.job_type: schedule.interval_minutes for schedule in schedules} == minutes
        assert {(s.enabled, s.cron, s.max_retries, s.retry_delay_seconds) for s in schedules} == {(True, None, 3, 60)}


async def test_managers_change_schedules_within_what_the_channel_allows(connect: Open) -> None:
    desk = await connect("amazon")
    schedule_id = (await desk.schedule()).id
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"interval_minutes": 0}, "minutes from 3 to 44640"),
        ({"interval_minutes": 2}, "minutes from 3 to 44640"),
        ({"interval_minutes": -5}, "minutes from 3 to 44640"),
        ({"cron": "* * * * *"}, "at least 3 minutes"),
        ({"cron": "* * * * * *"}, "five fields"),
        ({"cron": "0 0 31 2 *"}, "is no cron expression"),
        ({"interval_minutes": 5, "cron": "0 4 * * *"}, "one of the two"),
        ({"max_retries": 21}, "from 0 to 20"),
        ({"retry_delay_seconds": 0}, "from 1 to 3600"),
    ]
    async with desk.runtime.database.transaction() as session:
        for changes, words in wrong:
            with pytest.raises(Invalid) as raised:
                await sync.update_sync_schedule(session, desk.access, schedule_id, **changes)
            assert (raised.value.code, words in raised.value.detail) == ("invalid_schedule", True), raised.value.detail
        changed = await sync.update_sync_schedule(session, desk.access, schedule_id, cron=" 30  4 * * * ")
        assert (changed.cron, changed.interval_minutes) == ("30 4 * * *", None)
        changed = await sync.update_sync_schedule(
            session, desk.access, schedule_id, interval_minutes=10, max_retries=0, enabled=False
        )
        assert (changed.cron, changed.interval_minutes, changed.max_retries, changed.enabled) == (None, 10, 0, False)
        assert timedelta(minutes=9) < changed.next_run_at - utcnow() < timedelta(minutes=11)
        staff = await enter_as(session, desk.access, "staff")
        with pytest.raises(Forbidden):
            await sync.update_sync_schedule(session, staff, schedule_id, enabled=True)
        stranger = await make_store(session, "OTHER")
        for verb in (sync.update_sync_schedule, sync.run_sync_now, sync.get_sync_schedule):
            with pytest.raises(NotFound):
                await verb(session, stranger, schedule_id)
        with pytest.raises(NotFound):
            await sync.start_backfill(session, stranger, desk.connection_id, utcnow() - timedelta(days=1))
        actions = await session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.like("sync%")))
        assert list(actions) == ["sync_schedule.updated"] * 2
    await desk.make_due()
    await sync.start_due_runs(desk.runtime)
    assert await desk.runs() == [], "it is switched off"


async def test_a_run_by_hand_is_at_once_and_one_at_a_time(desk: Desk, market: Market) -> None:
    market.put(an_order(1))
    schedule_id = (await desk.schedule()).id
    async with desk.runtime.database.transaction() as session:
        staff = await enter_as(session, desk.access, "staff")
        await sync.update_sync_schedule(session, desk.access, schedule_id, enabled=False)
        run = await sync.run_sync_now(session, staff, schedule_id)
        with pytest.raises(Conflict) as raised:
            await sync.run_sync_now(session, staff, schedule_id)
    assert raised.value.code == "sync_running"
    assert await desk.do_jobs("run_sync") == 1
    done = await desk.run(run.id)
    assert (done.status, done.trigger, done.created) == ("success", "person", 1)
    async with desk.runtime.database.transaction() as session:
        found = await sync.list_sync_runs(session, staff, sync.RunFilter(noteworthy=True))
        assert [row.id for row in found.items] == [run.id]
        assert (await sync.list_sync_runs(session, staff, sync.RunFilter(status="failed"))).items == []
        assert (await sync.get_sync_run(session, staff, run.id)).id == run.id
        with pytest.raises(NotFound):
            await sync.get_sync_run(session, staff, run.id + 1)


async def test_back_fills_reach_as_far_as_the_channel_does(desk: Desk) -> None:
    now = utcnow()
    for since in (now + timedelta(hours=1), now - timedelta(days=1000), now.replace(tzinfo=None)):
        async with desk.runtime.database.transaction() as session:
            with pytest.raises(Invalid) as raised:
                await sync.start_backfill(session, desk.access, desk.connection_id, since)
        days = {f"{at - timedelta(days=730):%Y-%m-%d}" for at in (now, utcnow())}  # midnight may lie in between
        assert raised.value.code == "invalid_backfill"
        assert any(day in raised.value.detail for day in days)


async def test_a_mended_connection_is_asked_at_once(desk: Desk) -> None:
    later = utcnow() + timedelta(minutes=50)
    async with desk.runtime.database.transaction() as session:
        await session.execute(sa.update(SyncSchedule).values(failures=4, next_run_at=later))
        event = ConnectionChanged(
            store_id=desk.access.store.id,
            connection_id=desk.connection_id,
            channel="ebay",
            change="credentials_replaced",
            details={},
            actor_id=None,
        )
        await publish(session, event)
    schedule = await desk.schedule()
    assert (schedule.failures, schedule.next_run_at <= utcnow()) == (0, True)


async def test_health_tells_of_each_channel_s_job_types(connect: Open, market: Market) -> None:
    desk, other = await connect("ebay"), await connect("amazon", code="OTHER")
    market.put(an_order(1))
    await desk.poll()
    async with desk.runtime.database.transaction() as session:
        admin = await make_admin(session)
        late = sa.update(SyncSchedule).where(SyncSchedule.connection_id == other.connection_id)
        await session.execute(late.values(created_at=utcnow() - timedelta(hours=2)))
    async with desk.runtime.database.reading() as session:
        health = await sync.integration_health(session, admin)
        alone = await sync.integration_health(session, admin, store_id=desk.access.store.id)
    assert set(alone) == {"ebay"}
    assert set(health["ebay"]) == {"order_import", "product_pull", "api_status"}
    assert health["ebay"]["api_status"] == "ok"
    orders = health["ebay"]["order_import"]
    assert (orders["status"], orders["connections"], orders["error_rate"], orders["problems"]) == ("ok", 1, 0.0, [])
    assert orders["lag_seconds"] < 60
    assert health["amazon"]["order_import"]["status"] == "late"
    assert 7100 < health["amazon"]["order_import"]["lag_seconds"] < 7300
    assert health["amazon"]["order_import"]["problems"] == [
        {"store": "OTHER", "connection": "Main", "status": "late", "code": None, "problem": None}
    ]
    assert health["amazon"]["api_status"] == "new"
