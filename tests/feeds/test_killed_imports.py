"""An import whose worker is killed ends like one that was never disturbed."""

import asyncio
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from bench.make_feed import Options, feed_blocks
from orion.feeds import ImportJob
from orion.main.tables import metadata
from orion.plumbing.runtime import Runtime
from tests.feeds.importing import counters, import_bytes, new_store, reload, snapshot, start
from tests.feeds.nursery import kill, nursery
from tests.plumbing.workers import eventually

KILLS = 25
FEED = b"".join(feed_blocks(Options(rows=20_000, error_rate=0.02)))
OPTIONS = {"batch_size": 100}


async def undisturbed(runtime: Runtime) -> dict[str, list[tuple[object, ...]]]:
    """What an import leaves behind that nobody disturbs; the database is empty again afterwards."""
    job = await import_bytes(runtime, await new_store(runtime), FEED, **OPTIONS)
    assert job.status == "completed_with_errors"
    assert job.error_count > 100
    assert job.warning_count > 100
    assert job.skipped_count > 10
    left = await snapshot(runtime)
    async with runtime.database.transaction() as session:
        if runtime.database.is_sqlite:
            for table in reversed(metadata.sorted_tables):
                await session.execute(table.delete())
        else:
            names = ", ".join(table.name for table in metadata.sorted_tables)
            await session.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
            await session.execute(sa.text("TRUNCATE dbos.workflow_status CASCADE"))
        if runtime.database.is_sqlite:
            await session.execute(sa.text("DELETE FROM workflow_status"))
    shutil.rmtree(runtime.settings.var_dir / "spool")
    return left


async def moved(runtime: Runtime, job_id: int, since: tuple[object, ...], seconds: float) -> tuple[object, ...]:
    """Wait until the import is elsewhere than `since`, or so many seconds; where it is."""
    deadline = time.monotonic() + seconds
    while (now := _place(await reload(runtime, job_id))) == since and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    return now


def _place(job: ImportJob) -> tuple[object, ...]:
    return (job.status, job.phase, job.next_offset)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_25_kills_at_random_moments_leave_no_trace(runtime: Runtime, tmp_path: Path) -> None:
    expected = await undisturbed(runtime)
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 (to repeat a failure)
    moments = random.Random(seed)
    job = await start(runtime, await new_store(runtime), FEED, **OPTIONS)
    kills, places = 0, set()
    with nursery(runtime.settings, tmp_path / "workers.log") as workers:
        while kills < KILLS:
            before = _place(await reload(runtime, job.id))
            worker = workers.worker()
            if kills % 3:  # two of three lives get on with the work, every third dies at any moment of its start
                await moved(runtime, job.id, before, 10)
                await asyncio.sleep(moments.uniform(0, 0.08))
            else:
                await asyncio.sleep(moments.uniform(0, 1.5))
            kill(worker)
            kills += 1
            places.add(_place(await reload(runtime, job.id)))
            assert (await reload(runtime, job.id)).status in ("pending", "processing"), "it ended before it was killed"
        assert len(places) >= 10
        workers.worker()
        await eventually(_ended(runtime, job.id), 120)
    assert counters(await reload(runtime, job.id))["processed"] == 20_000
    assert await snapshot(runtime) == expected


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_another_worker_takes_over_from_a_killed_one(runtime: Runtime, tmp_path: Path) -> None:
    expected = await undisturbed(runtime)
    job = await start(runtime, await new_store(runtime), FEED, **OPTIONS)
    with nursery(runtime.settings, tmp_path / "workers.log") as workers:
        first = workers.worker()
        begun = await moved(runtime, job.id, ("pending", "waiting", 0), 20)
        assert begun[0] == "processing"
        workers.worker()
        await eventually(lambda: _past(runtime, job.id, 100_000), 30)
        kill(first)
        assert (await reload(runtime, job.id)).status == "processing"
        await eventually(_ended(runtime, job.id), 90)
    assert await snapshot(runtime) == expected


def _ended(runtime: Runtime, job_id: int) -> Callable[[], object]:
    async def ended() -> bool:
        return (await reload(runtime, job_id)).phase == "finished"

    return ended


async def _past(runtime: Runtime, job_id: int, offset: int) -> bool:
    return (await reload(runtime, job_id)).next_offset > offset
