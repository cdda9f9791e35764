"""A channel's quota goes where it matters: to single orders, then to polls, and what they leave to back-fills."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from orion import sync
from orion.channels import ChannelBucket, Rate, registry
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from orion.simulators.letzshop import Letzshop
from tests.simulators.running import Simulators
from tests.sync.bench import told_of
from tests.sync.desk import Desk, open_desk

AMAZON_S = Rate(0.0056, 4)
"""Amazon's rate of pages (one in 178 s), after a shorter burst, so that few pages are enough."""


async def pass_time(desk: Desk, seconds: float) -> None:
    """Let the buckets fill for so long."""
    async with desk.runtime.database.transaction() as session:
        for bucket in await session.scalars(sa.select(ChannelBucket)):
            bucket.refilled_at -= timedelta(seconds=seconds)


async def test_a_back_fill_takes_hours_and_polls_go_on_beside_it(
    runtime: Runtime, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = replace(registry.MANIFESTS["letzshop"], rates={"orders": AMAZON_S, "order": Rate(0.5, 30)})
    monkeypatch.setitem(registry.MANIFESTS, "letzshop", manifest)
    runtime.settings.simulator_url, runtime.settings.simulator_rate_factor = simulators.url, 1.0
    shop = simulators["letzshop"]
    assert isinstance(shop, Letzshop)
    desk = await open_desk(runtime, "letzshop", secrets=shop.credentials)
    desk.fills_buckets = False
    shop.shape({"spread_days": 200})
    shop.place_orders(450)
    async with runtime.database.transaction() as session:
        backfill = await sync.start_backfill(session, desk.access, desk.connection_id, utcnow() - timedelta(days=365))
    await sync.run_sync(runtime, backfill.id)
    deferred = await desk.run(backfill.id)
    assert (deferred.status, deferred.pages, deferred.created) == ("deferred", 2, 200), "half of the burst is left"
    schedule = await desk.schedule("order_backfill")
    assert schedule.running_until is not None
    assert timedelta(seconds=150) < schedule.running_until - utcnow() < timedelta(seconds=200)
    progress = sync.backfill_progress(schedule)
    assert progress is not None
    assert 0.1 < progress < 0.9

    shop.shape({"spread_days": 0})
    (pushed,) = shop.place_orders(1)
    poll = await desk.poll()
    assert (poll.status, poll.created > 0) == ("success", True), "the poll has what the back-fill has left"
    assert pushed in await desk.inbox()
    async with runtime.database.transaction() as session:
        (single,) = shop.place_orders(1)
        await sync.take_push(session, "letzshop", "event-1", "push", desk.connection_id, single)
    assert (await desk.poll("order_backfill")).status == "deferred"
    await desk.do_jobs("read_order")
    assert single in await desk.inbox(), "single orders have a quota of their own"

    pages = [deferred.pages]
    for _ in range(12):
        await pass_time(desk, 200)
        run = await desk.poll("order_backfill")
        assert run.id == backfill.id
        pages.append(run.pages)
        if run.status == "success":
            break
    assert run.status == "success"
    assert max(later - earlier for earlier, later in itertools.pairwise(pages)) <= 2
    assert await desk.inbox() == told_of(shop)
    assert await desk.told() == []
