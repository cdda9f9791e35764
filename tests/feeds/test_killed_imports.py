"""An import whose worker is killed ends like one that was never disturbed."""

import asyncio
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bench.feeds import Options, feed_blocks
from orion.main.tables import metadata
from orion.plumbing.runtime import Runtime
from tests.feeds.braking import BATCHES, work_a_little
from tests.feeds.importing import counters, import_bytes, new_store, reload, snapshot, start
from tests.plumbing.sample_jobs import work_for_orion
from tests.plumbing.workers import Process, bury, eventually, worker

KILLS = 25
ROWS, FEWER = 2400, 1000
FEED, SHORTER = (b"".join(feed_blocks(Options(rows=rows, error_rate=0.15))) for rows in (ROWS, FEWER))
OPTIONS = {"batch_size": 20}
"""Many small batches: what counts is how often one is cut short, not how much it holds."""
assert KILLS * BATCHES * OPTIONS["batch_size"] < ROWS


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let imports ask for smaller batches than stores may."""
    monkeypatch.setattr("orion.feeds.start.MIN_BATCH_SIZE", 1)


@contextmanager
def another(
    runtime: Runtime, tmp_path: Path, main: Callable[[dict[str, str], str], None] = work_for_orion
) -> Iterator[Process]:
    """A worker that looks often for the jobs of dead ones."""
    log = tmp_path / "workers.log"
    with worker(runtime.settings, log, main=main, WORKER_TICK_SECONDS=0.1) as process:
        yield process


async def undisturbed(runtime: Runtime, feed: bytes) -> dict[str, list[tuple[object, ...]]]:
    """What an import leaves behind that nobody disturbs; the database is empty again afterwards."""
    job = await import_bytes(runtime, await new_store(runtime), feed, **OPTIONS)
    assert job.status == "completed_with_errors"
    assert job.error_count > 50
    assert job.warning_count > 50
    assert job.skipped_count > 10
    left = await snapshot(runtime)
    async with runtime.database.transaction() as session:
        if runtime.database.is_sqlite:
            await _empty_sqlite(session)
        else:
            names = ", ".join(table.name for table in metadata.sorted_tables)
            await session.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
            await session.execute(sa.text("TRUNCATE dbos.workflow_status CASCADE"))
    shutil.rmtree(runtime.settings.var_dir / "spool")
    return left


async def _empty_sqlite(session: AsyncSession) -> None:
    """Empty every table, also the log that refuses to lose what is in it."""
    guards = (
        await session.execute(
            sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'")
        )
    ).all()
    for name, _ in guards:
        await session.execute(sa.text(f"DROP TRIGGER {name}"))
    for table in reversed(metadata.sorted_tables):
        await session.execute(table.delete())
    await session.execute(sa.text("DELETE FROM workflow_status"))
    for _, statement in guards:
        await session.execute(sa.text(statement))


async def moved(runtime: Runtime, job_id: int) -> None:
    """Wait until the import has written another batch."""
    before = (await reload(runtime, job_id)).next_offset

    async def further() -> bool:
        return (await reload(runtime, job_id)).next_offset != before

    await eventually(further)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_25_kills_at_random_moments_leave_no_trace(runtime: Runtime, tmp_path: Path) -> None:
    expected = await undisturbed(runtime, FEED)
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    moments = random.Random(seed)
    job = await start(runtime, await new_store(runtime), FEED, **OPTIONS)
    offsets = set()
    for kills in range(KILLS):
        with another(runtime, tmp_path, work_a_little) as victim:
            if kills % 2:  # every other life gets on with the work, the rest die at any moment of their start
                await moved(runtime, job.id)
                await asyncio.sleep(moments.uniform(0, 0.05))
            else:
                await asyncio.sleep(moments.uniform(0, 1.2))
            assert victim.poll() is None, "it died before it was killed"
            victim.kill()
            victim.wait()
            await bury(runtime.database, victim)
        now = await reload(runtime, job.id)
        assert now.status in ("pending", "processing"), "it ended before it was killed"
        offsets.add(now.next_offset)
    assert len(offsets) >= 10
    with another(runtime, tmp_path):
        await eventually(_ended(runtime, job.id))
    assert counters(await reload(runtime, job.id))["processed"] == ROWS
    assert await snapshot(runtime) == expected


@pytest.mark.slow
async def test_another_worker_takes_over_from_a_killed_one(runtime: Runtime, tmp_path: Path) -> None:
    expected = await undisturbed(runtime, SHORTER)
    job = await start(runtime, await new_store(runtime), SHORTER, **OPTIONS)
    with another(runtime, tmp_path, work_a_little) as first:
        await moved(runtime, job.id)
        with another(runtime, tmp_path):
            first.kill()
            first.wait()
            await bury(runtime.database, first)
            assert (await reload(runtime, job.id)).status == "processing"
            await eventually(_ended(runtime, job.id))
    assert await snapshot(runtime) == expected


def _ended(runtime: Runtime, job_id: int) -> Callable[[], object]:
    async def ended() -> bool:
        return (await reload(runtime, job_id)).phase == "finished"

    return ended
