"""Polls: windows, cursors, watermarks, what comes twice, what is late, what cannot be read, and who is told."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orion import sync
from orion.channels import (
    ChannelUnavailable,
    Connection,
    CredentialsRefused,
    MalformedItem,
    Refused,
    SlowDown,
)
from orion.orders import Order, OrderHistory
from orion.plumbing.db import utcnow
from orion.sync import Problem, SyncRun, SyncSchedule
from tests.conftest import count
from tests.sync.conftest import Open
from tests.sync.desk import Desk
from tests.sync.market import START, Market, a_product, an_order

OVERLAP = timedelta(minutes=15)


async def test_each_order_comes_in_once_however_its_pages_fall(desk: Desk, market: Market) -> None:
    market.put(*(an_order(number) for number in range(1, 9)))
    run = await desk.poll()
    assert (run.status, run.created, run.updated, run.failed) == ("success", 8, 0, 0)
    assert run.pages == 6, "a window of several pages is read again until nothing is new"
    assert (run.trigger, run.channel, run.problem, run.errors) == ("schedule", "ebay", None, None)
    schedule = await desk.schedule()
    assert schedule.watermark == START + timedelta(seconds=8)
    assert (schedule.cursor, schedule.running_until, schedule.failures) == (None, None, 0)
    wait = schedule.next_run_at - utcnow()
    assert timedelta(minutes=4) < wait < timedelta(minutes=6)
    assert (await desk.connection()).state == "ok"

    market.asked.clear()
    history = await count(desk.runtime.database, OrderHistory)
    again = await desk.poll()
    assert (again.status, again.created, again.updated, again.unchanged) == ("success", 0, 0, 16)
    assert {window.since for window, _ in market.asked} == {START + timedelta(seconds=8) - OVERLAP}
    assert await count(desk.runtime.database, OrderHistory) == history
    assert set(await desk.inbox()) == set(market.orders)
    assert await desk.told() == []


async def test_an_order_that_slips_to_another_page_is_not_lost(desk: Desk, market: Market) -> None:
    """By offset: when an order of the first page changes, what follows moves one place up, past the reader."""
    market.put(*(an_order(number) for number in range(1, 10)))

    def slip(cursor: str | None) -> None:
        if cursor == "3" and market.orders["O1"].raw_status == "PAID":
            market.touch(1)

    market.before = slip
    run = await desk.poll()
    assert (run.status, run.created, run.updated) == ("success", 9, 1)
    assert {name: entry["status"] for name, entry in (await desk.inbox()).items()} == {
        name: order.raw_status for name, order in market.orders.items()
    }


async def test_where_tokens_are_of_one_snapshot_pages_are_read_once(connect: Open, market: Market) -> None:
    desk = await connect("amazon")
    market.put(*(an_order(number) for number in range(1, 8)))
    run = await desk.poll()
    assert (run.pages, run.created) == (3, 7)


async def test_a_killed_worker_s_run_goes_on_where_it_was(desk: Desk, market: Market) -> None:
    market.put(*(an_order(number) for number in range(1, 10)))

    def die(cursor: str | None) -> None:
        if cursor == "6":
            raise asyncio.CancelledError

    market.before = die
    with pytest.raises(asyncio.CancelledError):
        await desk.poll()
    (run,) = await desk.runs()
    assert (run.status, run.pages, run.created) == ("running", 2, 6)
    await sync.start_due_runs(desk.runtime)
    assert len(await desk.runs()) == 1, "its lease has not ended"

    market.before = None
    market.asked.clear()
    finished = await desk.poll()
    assert finished.id == run.id
    assert (finished.status, finished.created) == ("success", 9)
    assert market.asked[0][1] == "6"
    assert set(await desk.inbox()) == set(market.orders)


async def test_of_two_workers_with_one_run_only_one_writes(desk: Desk, market: Market) -> None:
    market.put(*(an_order(number) for number in range(1, 10)))
    await desk.make_due()
    await sync.start_due_runs(desk.runtime)
    (run,) = await desk.runs()
    await asyncio.gather(sync.run_sync(desk.runtime, run.id), sync.run_sync(desk.runtime, run.id))
    done = await desk.run(run.id)
    assert (done.status, done.created, done.pages) == ("success", 9, 6)
    assert set(await desk.inbox()) == set(market.orders)
    await sync.run_sync(desk.runtime, run.id)
    assert (await desk.run(run.id)).pages == 6, "a run that is over does nothing"


async def test_several_workers_begin_a_due_run_once(desk: Desk) -> None:
    await desk.make_due()
    await asyncio.gather(*(sync.start_due_runs(desk.runtime) for _ in range(4)))
    assert len(await desk.runs()) == 1


async def test_the_watermark_is_the_channel_s_and_never_ours(desk: Desk, market: Market) -> None:
    """The channel says up to when it is complete; a clock ahead does not make us skip, one behind neither."""
    market.says_watermark = True
    market.clock = timedelta(minutes=-3)
    market.put(an_order(1))
    await desk.poll()
    first = (await desk.schedule()).watermark
    assert first is not None
    assert timedelta(minutes=2.5) < utcnow() - first < timedelta(minutes=3.5)

    market.clock = timedelta(hours=2)
    await desk.poll()
    ahead = (await desk.schedule()).watermark
    assert ahead is not None
    assert ahead <= utcnow()
    market.put(an_order(2, at=datetime.now(UTC)))
    market.clock = timedelta(minutes=-10)
    await desk.poll()
    assert "O2" in await desk.inbox()
    assert (await desk.schedule()).watermark == ahead, "it never goes back"
    market.put(an_order(3, at=datetime.now(UTC) - timedelta(minutes=10)))
    await desk.poll()
    assert "O3" in await desk.inbox(), "an order stamped by a clock ten minutes behind"


async def test_a_limit_defers_the_run_and_it_goes_on_by_itself(desk: Desk, market: Market) -> None:
    market.put(*(an_order(number) for number in range(1, 8)))

    def too_quick(cursor: str | None) -> None:
        if cursor == "3" and not market.singles:
            market.singles.append("once")
            raise SlowDown("slow_down", "Too many requests", retry_after=178)

    market.before = too_quick
    began = utcnow()
    run = await desk.poll()
    schedule = await desk.schedule()
    slow = Problem("slow_down", "Too many requests")
    assert (run.status, run.problem, run.finished_at) == ("deferred", slow, None)
    assert schedule.running_until is not None
    assert schedule.running_until - began >= timedelta(seconds=178)
    assert schedule.running_until - utcnow() < timedelta(seconds=190)
    assert schedule.failures == 0
    await sync.start_due_runs(desk.runtime)
    assert (await desk.runs())[-1].status == "deferred", "not before its time"
    done = await desk.poll()
    assert (done.id, done.status, done.created) == (run.id, "success", 7)
    assert await desk.told() == []


async def test_an_outage_is_tried_again_and_told_once(desk: Desk, market: Market) -> None:
    market.put(an_order(1))
    market.errors = [ChannelUnavailable("channel_unavailable", "orders: 503") for _ in range(6)]
    waits = []
    for _ in range(6):
        run = await desk.poll()
        assert (run.status, run.problem) == ("failed", Problem("channel_unavailable", "orders: 503"))
        schedule = await desk.schedule()
        assert run.finished_at is not None
        waits.append(round((schedule.next_run_at - run.finished_at) / timedelta(seconds=30)))
    assert waits[:3] in ([2, 4, 8], [2, 4, 9]), waits
    assert all(10 <= wait <= 125 for wait in waits[3:]), waits
    assert await desk.told() == ["sync_failing"]
    assert schedule.alerted_at is not None
    run = await desk.poll()
    schedule = await desk.schedule()
    assert (run.status, schedule.failures, schedule.alerted_at) == ("success", 0, None)
    assert await desk.told() == ["sync_failing", "sync_recovered"]
    assert set(await desk.inbox()) == {"O1"}


async def test_refused_credentials_break_the_connection_which_heals_by_itself(desk: Desk, market: Market) -> None:
    market.put(an_order(1))
    market.errors = [CredentialsRefused("invalid_grant", "The access was revoked") for _ in range(2)]
    await desk.poll()
    connection, schedule = await desk.connection(), await desk.schedule()
    assert (connection.state, connection.reason) == ("broken", "The access was revoked")
    assert schedule.next_run_at - utcnow() > timedelta(minutes=29), "it is asked rarely"
    await desk.poll()
    assert await desk.told() == ["connection_broken"]
    await desk.poll()
    assert (await desk.connection()).state == "ok"
    assert await desk.told() == ["connection_broken", "connection_works_again"]
    assert set(await desk.inbox()) == {"O1"}


async def test_a_page_token_that_is_refused_begins_the_window_anew(connect: Open, market: Market) -> None:
    desk = await connect("amazon")
    market.put(*(an_order(number) for number in range(1, 6)))

    def expired(cursor: str | None) -> None:
        if cursor == "3" and not market.singles:
            market.singles.append("once")
            raise Refused("InvalidInput", "The token has expired")

    market.before = expired
    assert (await desk.poll()).status == "failed"
    market.asked.clear()
    assert (await desk.poll()).status == "success"
    assert market.asked[0][1] is None
    assert set(await desk.inbox()) == set(market.orders)
    assert await desk.told() == []


async def test_an_entry_that_cannot_be_read_sinks_no_other_and_is_tried_until_it_can(
    desk: Desk, market: Market
) -> None:
    market.put(*(an_order(number) for number in range(1, 5)))
    market.malformed = {"O2": MalformedItem("O2", "updatedAt is no moment", {})}
    run = await desk.poll()
    assert (run.status, run.created, run.failed) == ("partial", 3, 1)
    assert run.errors == ["O2: still broken"]
    assert set(await desk.inbox()) == {"O1", "O3", "O4"}
    assert await desk.told() == ["entries_unreadable"]
    assert set((await desk.schedule()).unread or {}) == {"O2"}
    # Long after: the window has moved on, and yet it is asked for.
    async with desk.runtime.database.transaction() as session:
        await session.execute(sa.update(SyncSchedule).values(watermark=utcnow()))
    assert (await desk.poll()).status == "partial"
    assert await desk.told() == ["entries_unreadable"], "told once"
    market.malformed = {}
    run = await desk.poll()
    assert (run.status, run.created, run.failed) == ("success", 1, 0)
    assert (await desk.schedule()).unread is None
    assert set(await desk.inbox()) == set(market.orders)


async def test_an_entry_without_an_id_holds_the_window(desk: Desk, market: Market) -> None:
    market.put(an_order(1), an_order(2))
    market.nameless = [MalformedItem(None, "it is null", None)]
    run = await desk.poll()
    assert (run.status, run.failed) == ("partial", 1)
    assert run.errors == ["An entry without an id cannot be read: it is null"]
    assert (await desk.schedule()).watermark is None
    await desk.poll()
    assert await desk.told() == ["entries_unreadable"]
    async with desk.runtime.database.transaction() as session:
        await session.execute(sa.update(SyncSchedule).values(alerted_at=utcnow() - timedelta(days=2)))
    await desk.poll()
    assert (await desk.schedule()).watermark is not None, "after a day it goes on: people know"
    market.nameless = []
    assert (await desk.poll()).status == "success"
    assert (await desk.schedule()).alerted_at is None


async def test_one_order_that_no_table_can_hold_does_not_stop_the_others(desk: Desk, market: Market) -> None:
    bad = an_order(2)
    object.__setattr__(bad, "number", "x\0y" * 200)
    market.put(an_order(1), bad, an_order(3))
    run = await desk.poll()
    assert run.status in ("success", "partial")
    assert {"O1", "O3"} <= set(await desk.inbox())
    if run.status == "partial":
        assert await desk.told() == ["entries_unreadable"]


async def test_paused_connections_and_closed_stores_are_not_asked(desk: Desk, market: Market) -> None:
    async with desk.runtime.database.transaction() as session:
        await session.execute(sa.update(Connection).values(state="paused"))
    await desk.make_due()
    await sync.start_due_runs(desk.runtime)
    assert await desk.runs() == []
    async with desk.runtime.database.transaction() as session:
        await session.execute(sa.update(Connection).values(state="ok"))
        orders = sa.update(SyncSchedule).where(SyncSchedule.job_type == "order_import")
        await session.execute(orders.values(next_run_at=utcnow() - timedelta(days=3)))
    await sync.start_due_runs(desk.runtime)
    await sync.start_due_runs(desk.runtime)
    assert len(await desk.runs()) == 1, "missed runs are made up for by one"


async def test_a_back_fill_goes_on_beside_the_polls_and_leaves_them_room(desk: Desk, market: Market) -> None:
    market.put(*(an_order(number) for number in range(1, 8)), an_order(90, at=utcnow() - timedelta(days=90)))
    await desk.poll()
    assert "O90" not in await desk.inbox(), "a new connection reads a month"
    market.asked.clear()
    market.spares.clear()
    slow = [SlowDown("slow_down", "Wait", retry_after=178)]

    def throttled(cursor: str | None) -> None:
        if cursor == "3" and slow:
            raise slow.pop()

    market.before = throttled
    since = utcnow() - timedelta(days=120)
    async with desk.runtime.database.transaction() as session:
        run = await sync.start_backfill(session, desk.access, desk.connection_id, since)
    await sync.run_sync(desk.runtime, run.id)
    deferred = await desk.run(run.id)
    assert (deferred.status, deferred.trigger, deferred.created, deferred.pages) == ("deferred", "backfill", 1, 1)
    schedule = await desk.schedule("order_backfill")
    progress = sync.backfill_progress(schedule)
    assert progress is not None
    assert 0.9 < progress <= 1.0, "it has come to yesterday's orders already"
    poll = await desk.poll()
    assert (poll.id != run.id, poll.status) == (True, "success")
    done = await desk.poll("order_backfill")
    assert (done.id, done.status, done.window_from) == (run.id, "success", since)
    assert set(market.spares) == {0.0, 0.5}
    assert set(await desk.inbox()) == set(market.orders)
    assert sync.backfill_progress(await desk.schedule("order_backfill")) is None
    await desk.make_due("order_backfill")
    await sync.start_due_runs(desk.runtime)
    assert Counter(run.trigger for run in await desk.runs()) == {"schedule": 2, "backfill": 1}


async def test_products_are_listed_and_taken_from_sale_when_they_are_gone(connect: Open, market: Market) -> None:
    desk = await connect("codeswholesale")
    market.products = {f"P{number}": a_product(number) for number in range(1, 8)}
    run = await desk.poll("product_pull")
    assert (run.status, run.created, run.failed) == ("success", 7, 0)
    published = "SELECT marketplace_product_id FROM products WHERE is_active"
    async with desk.runtime.database.reading() as session:
        assert len((await session.execute(sa.text(published))).all()) == 7
    del market.products["P2"]
    await all_again(desk)
    run = await desk.poll("product_pull")
    assert (run.status, run.unchanged) == ("success", 12 if run.pages > 2 else 6)
    async with desk.runtime.database.reading() as session:
        assert len((await session.execute(sa.text(published))).all()) == 6
    market.products["P2"] = a_product(2)
    await all_again(desk)
    await desk.poll("product_pull")
    async with desk.runtime.database.reading() as session:
        assert len((await session.execute(sa.text(published))).all()) == 7


async def all_again(desk: Desk) -> None:
    """Let a day pass, so that all products are read."""
    async with desk.runtime.database.transaction() as session:
        await session.execute(sa.update(SyncSchedule).values(full_at=utcnow() - timedelta(days=2)))


async def test_many_products_gone_at_once_are_a_person_s_to_confirm(connect: Open, market: Market) -> None:
    desk = await connect("codeswholesale")
    market.size = 100
    market.products = {f"P{number:03}": a_product(number) for number in range(60)}
    market.products = {product.channel_product_id: product for product in market.products.values()}
    await desk.poll("product_pull")
    kept = dict(list(market.products.items())[:10])
    market.products = kept
    await all_again(desk)
    run = await desk.poll("product_pull")
    doubt = "50 of 60 products are gone at once, so nothing was taken from sale."
    assert run.problem is not None
    assert (run.status, run.problem.code, run.problem.detail.startswith(doubt)) == ("partial", "too_many_gone", True)
    assert await desk.told() == ["sync_failing"]
    await all_again(desk)
    schedule = await desk.schedule("product_pull")
    async with desk.runtime.database.transaction() as session:
        run = await sync.run_sync_now(session, desk.access, schedule.id)
    await sync.run_sync(desk.runtime, run.id)
    done = await desk.run(run.id)
    assert (done.status, done.problem, done.trigger) == ("success", None, "person")
    async with desk.runtime.database.reading() as session:
        active = await session.scalar(sa.text("SELECT count(*) FROM products WHERE is_active"))
    assert active == 10
    assert await desk.told() == ["sync_failing", "sync_recovered"]


async def test_runs_are_forgotten_in_time(desk: Desk, market: Market) -> None:
    for _ in range(2):
        await desk.poll()
    now = utcnow()
    async with desk.runtime.database.transaction() as session:
        assert await sync.purge_runs(session, now + timedelta(days=1)) is False
    assert await count(desk.runtime.database, SyncRun) == 2
    async with desk.runtime.database.transaction() as session:
        await sync.purge_runs(session, now + timedelta(days=3))
    assert await count(desk.runtime.database, SyncRun) == 0
    assert await count(desk.runtime.database, Order) == 0
