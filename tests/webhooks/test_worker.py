"""Deliveries by a real worker: in order, past a dead endpoint, and on after a worker was killed."""

import asyncio
from pathlib import Path

import pytest

from orion.plumbing.jobs import working
from orion.plumbing.runtime import Runtime
from orion.webhooks import deliver
from tests.plumbing.workers import bury, eventually, worker
from tests.webhooks.conftest import Endpoint
from tests.webhooks.receiver import Receiver, receiver

pytestmark = pytest.mark.integration


@pytest.fixture
def quick(runtime: Runtime) -> Runtime:
    hurry = {"worker_tick_seconds": 0.2, "worker_poll_seconds": 0.05, "worker_drain_seconds": 0.2}
    return Runtime(runtime.settings.model_copy(update=hurry), runtime.database)


async def test_order_is_kept_past_failures_and_a_dead_endpoint_delays_no_other(
    endpoint: Endpoint, side: Receiver, quick: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "DELAYS", (0.05,) * 9)
    monkeypatch.setattr(deliver, "TIMEOUT", 600.0)
    failures = iter([True, False, True, True])
    side.answer = lambda _: "500 Oops" if next(failures, False) else "200 OK"
    async with receiver() as dead:
        dead.hold = asyncio.Event()  # never says a word
        silent = await endpoint.create(dead.url())
        for number in range(12):
            await endpoint.emit(f"product:{number % 3}", number=number)

        async def done() -> bool:
            return await endpoint.statuses() == ["delivered"] * 12

        async with working(quick):
            await eventually(done)
            await eventually(lambda: len(dead.posts) > 0)
            assert len(dead.posts) <= 4  # of one endpoint no more are under way
            assert "delivered" not in await silent.statuses()
            dead.hold.set()
    told = [post.verified(endpoint.secret) for post in side.posts]
    for entity in ("product:0", "product:1", "product:2"):
        numbers = [message["data"]["number"] for message in told if message["entity"] == entity]
        assert list(dict.fromkeys(numbers)) == sorted(set(numbers))
        assert len(set(numbers)) == 4


async def test_a_killed_worker_delivers_again_with_the_same_id(
    endpoint: Endpoint, side: Receiver, tmp_path: Path
) -> None:
    side.hold = asyncio.Event()
    await endpoint.emit()
    changes = {"FETCH_ALLOWED_HOSTS": '["127.0.0.1"]'}
    with worker(endpoint.runtime.settings, tmp_path / "log", **changes) as first:
        await eventually(lambda: len(side.posts) == 1)
        first.kill()
        first.wait()
        await bury(endpoint.runtime.database, first)
    side.hold.set()
    side.hold = None

    async def done() -> bool:
        return await endpoint.statuses() == ["delivered"]

    with worker(endpoint.runtime.settings, tmp_path / "log", **changes):
        await eventually(done)
    assert len(side.posts) == 2
    assert len(set(side.ids)) == 1
    assert side.posts[0].body == side.posts[1].body
    (delivery,) = await endpoint.deliveries()
    assert delivery.attempts == 1
