"""Jobs when their worker is killed, frozen, poisoned or told to stop: real processes, real signals."""

import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from orion.plumbing import jobs
from orion.plumbing.db import Database
from orion.plumbing.settings import Settings
from tests.plumbing.sample_jobs import notes
from tests.plumbing.test_jobs import is_, put
from tests.plumbing.workers import Process, bury, eventually, worker

pytestmark = pytest.mark.integration


def begun(folder: Path, process: Process) -> Callable[[], bool]:
    return (folder / f"begun-{process.pid}").exists


def alive(database: Database, workers: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return len(await jobs.worker_heartbeats(database)) >= workers

    return look


async def test_another_worker_continues_the_job_of_a_killed_one(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    """On SQLite the other worker waits for the file, and gets it when the first one dies."""
    log = tmp_path / "log"
    await put(database, "held", str(tmp_path), id="h")
    with worker(settings, log) as first:
        await eventually(begun(tmp_path, first))
        with worker(settings, log) as second:
            if not database.is_sqlite:
                await eventually(alive(database, 2))
            assert not begun(tmp_path, second)()
            first.kill()
            first.wait()
            await bury(database, first)
            await eventually(begun(tmp_path, second))
            (tmp_path / "release").touch()
            await eventually(is_(database, "h", "done"))
            job = await jobs.job_details(database, "h")
            assert job.starts == 2
            assert not (tmp_path / f"ended-{first.pid}").exists()


async def test_a_worker_that_was_taken_for_dead_has_no_say_any_more(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    if database.is_sqlite:
        pytest.skip("a frozen worker keeps the SQLite file, so nobody takes over")
    log = tmp_path / "log"
    await put(database, "held", str(tmp_path), id="h")
    with worker(settings, log) as zombie:
        await eventually(begun(tmp_path, zombie))
        (tmp_path / f"fail-{zombie.pid}").touch()
        zombie.send_signal(signal.SIGSTOP)
        await bury(database, zombie)
        with worker(settings, log) as heir:
            await eventually(begun(tmp_path, heir))
            (tmp_path / "release").touch()
            await eventually(is_(database, "h", "done"))
            zombie.send_signal(signal.SIGCONT)
            await eventually((tmp_path / f"ended-{zombie.pid}").exists)
            await put(database, "say", str(tmp_path), "after", id="after")
            await eventually(is_(database, "after", "done"))
            job = await jobs.job_details(database, "h")
            assert (job.status, job.error, job.starts) == ("done", None, 2)


async def test_a_job_that_kills_its_worker_is_given_up(settings: Settings, database: Database, tmp_path: Path) -> None:
    log = tmp_path / "log"
    await put(database, "poison", str(tmp_path), id="p")
    for _ in range(3):
        with worker(settings, log) as victim:
            await eventually(lambda: victim.poll() is not None)
            assert victim.poll() == -signal.SIGKILL
            await bury(database, victim)
    with worker(settings, log) as survivor:
        await eventually(is_(database, "p", "failed"))
        await eventually((tmp_path / "mourned").exists)
        assert survivor.poll() is None
    assert notes(tmp_path) == ["bite"] * 3
    assert (tmp_path / "mourned").read_text() == "Its worker died every time it ran"
    assert (await jobs.requeue_job(database, "p")).status == "waiting"


async def test_a_worker_that_is_told_to_stop_finishes_its_job(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    await put(database, "held", str(tmp_path), id="h")
    with worker(settings, tmp_path / "log", WORKER_DRAIN_SECONDS=200) as process:
        await eventually(begun(tmp_path, process))
        process.terminate()
        await put(database, "say", str(tmp_path), "too late", id="next")
        (tmp_path / "release").touch()
        assert process.wait() == 0
    assert (await jobs.job_details(database, "h")).status == "done"
    # A poll may have been under way when the signal came: such a job is finished too, and none is left half-way.
    assert (await jobs.job_details(database, "next")).status in ("waiting", "done")
    assert await jobs.worker_heartbeats(database) == []


async def test_a_job_that_takes_too_long_to_stop_is_continued_by_the_next_worker(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    await put(database, "held", str(tmp_path), id="h")
    with worker(settings, log) as process:
        await eventually(begun(tmp_path, process))
        process.terminate()
        assert process.wait() == 0
    assert (await jobs.job_details(database, "h")).status == "running"
    assert "Traceback" not in log.read_text()
    with worker(settings, log) as following:
        await eventually(begun(tmp_path, following))
        (tmp_path / "release").touch()
        await eventually(is_(database, "h", "done"))
