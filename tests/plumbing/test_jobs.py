"""Jobs in one process: enqueued with their transaction, tried again, dead, and alive again."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from orion.kernel import Conflict, Invalid, NotFound
from orion.plumbing import jobs
from orion.plumbing.db import Database, utcnow
from orion.plumbing.jobs.declare import JOBS, next_attempt_id
from orion.plumbing.jobs.reaper import forget_finished
from orion.plumbing.jobs.store import job_engine, workflow_status
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.plumbing import sample_jobs  # noqa: F401 (declares the jobs)
from tests.plumbing.sample_jobs import notes
from tests.plumbing.workers import eventually


@pytest.fixture
def quick(settings: Settings, database: Database) -> Runtime:
    """A runtime whose worker looks often."""
    hurry = {"worker_tick_seconds": 0.2, "worker_poll_seconds": 0.05, "worker_drain_seconds": 0.2}
    return Runtime(settings.model_copy(update=hurry), database)


async def put(
    database: Database,
    name: str,
    *args: object,
    id: str | None = None,  # noqa: A002 (as enqueue calls it)
    delay: float | None = None,
) -> str:
    async with database.transaction() as session:
        return await jobs.enqueue(session, name, *args, id=id, delay=delay)


def is_(database: Database, job_id: str, status: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        try:
            return (await jobs.job_details(database, job_id)).status == status
        except NotFound:
            return False

    return look


async def test_a_job_is_rolled_back_with_its_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await jobs.enqueue(session, "say", "x", "never", id="gone")
            raise RuntimeError
    assert await jobs.list_jobs(database) == []
    assert await jobs.queue_depths(database) == {}


async def test_the_same_id_twice_is_one_job(database: Database) -> None:
    await put(database, "say", "x", "first", id="one")
    await put(database, "say", "x", "second", id="one")
    (job,) = await jobs.list_jobs(database)
    assert (job.id, job.args, job.status, job.attempt, job.queue) == ("one", ("x", "first"), "waiting", 1, "default")
    assert await jobs.queue_depths(database) == {("default", "waiting"): 1}


async def test_a_job_that_nobody_declares_is_refused(database: Database) -> None:
    with pytest.raises(LookupError, match="'nothing'"):
        await put(database, "nothing")


async def test_jobs_are_listed_newest_first_by_status(database: Database) -> None:
    await put(database, "say", "x", "now", id="now")
    await put(database, "held", "x", id="later", delay=3600)
    assert {job.id for job in await jobs.list_jobs(database)} == {"now", "later"}
    (later,) = await jobs.list_jobs(database, status="delayed")
    assert later.id == "later"
    assert later.not_before is not None
    assert timedelta(minutes=59) < later.not_before - utcnow() <= timedelta(hours=1)
    assert await jobs.queue_depths(database) == {("default", "waiting"): 1, ("imports", "delayed"): 1}
    assert list(await jobs.oldest_waiting_seconds(database)) == ["default"]
    with pytest.raises(Invalid):
        await jobs.list_jobs(database, status="asleep")
    with pytest.raises(NotFound):
        await jobs.job_details(database, "missing")


async def test_a_worker_runs_jobs_and_says_that_it_lives(quick: Runtime, tmp_path: Path) -> None:
    database = quick.database
    assert not await jobs.worker_is_alive(database, 600)
    async with jobs.working(quick):
        await put(database, "say", str(tmp_path), "hello", id="a")
        await eventually(is_(database, "a", "done"))
        assert await jobs.worker_is_alive(database, 600)
        (worker,) = await jobs.worker_heartbeats(database)
        assert worker.age < 600
        assert (await jobs.job_details(database, "a")).worker == worker.id
    assert notes(tmp_path) == ["hello"]
    assert await jobs.worker_heartbeats(database) == []
    assert not await jobs.worker_is_alive(database, 600)


async def test_a_failing_job_is_tried_again_later_and_later(quick: Runtime, tmp_path: Path) -> None:
    async with jobs.working(quick):
        await put(quick.database, "stumble", str(tmp_path), 2, id="s")
        await eventually(is_(quick.database, "s~3", "done"))
    first, second = [await jobs.job_details(quick.database, name) for name in ("s", "s~2")]
    assert [(job.status, job.attempt, job.retried_as) for job in (first, second)] == [
        ("retried", 1, "s~2"),
        ("retried", 2, "s~3"),
    ]
    assert first.error == "ConnectionError('not yet')"
    assert notes(tmp_path) == ["try"] * 3
    assert not (tmp_path / "mourned").exists()


async def test_the_last_attempt_makes_a_dead_letter_that_can_run_again(quick: Runtime, tmp_path: Path) -> None:
    database = quick.database
    async with jobs.working(quick):
        await put(database, "stumble", str(tmp_path), 3, id="s")
        await eventually(is_(database, "s~3", "failed"))
        (dead,) = await jobs.list_jobs(database, status="failed")
        assert (dead.id, dead.attempt, dead.error) == ("s~3", 3, "not yet")
        assert (tmp_path / "mourned").read_text() == "not yet"
        with pytest.raises(Conflict):
            await jobs.requeue_job(database, "s")
        await jobs.requeue_job(database, "s~3")
        await eventually(is_(database, "s~3", "done"))
    assert notes(tmp_path) == ["try"] * 4


async def test_a_mistake_is_not_tried_again(quick: Runtime, tmp_path: Path) -> None:
    async with jobs.working(quick):
        await put(quick.database, "err", str(tmp_path), id="e")
        await eventually(is_(quick.database, "e", "failed"))
        (tmp_path / "mended").touch()
        assert (await jobs.requeue_job(quick.database, "e")).queue == "default"
        await eventually(is_(quick.database, "e", "done"))
    assert notes(tmp_path) == ["try", "try"]
    assert len(await jobs.list_jobs(quick.database)) == 1


async def test_a_job_can_name_the_moment_of_its_next_attempt(quick: Runtime, tmp_path: Path) -> None:
    async with jobs.working(quick):
        await put(quick.database, "come_back", str(tmp_path), id="c")
        await eventually(is_(quick.database, "c~2", "done"))
    assert notes(tmp_path) == ["try", "try"]


async def test_back_off_doubles_to_an_hour_and_ends() -> None:
    stumble = JOBS["stumble"]
    assert [stumble.delay_after(OSError(), attempt) for attempt in (1, 2, 3)] == [0.05, 0.1, None]
    assert stumble.delay_after(ValueError(), 1) is None
    assert stumble.delay_after(jobs.RetryLater(7), 1) == 7
    endless = jobs.Job("endless", stumble.run, "default", 99, 2.0, (OSError,), 3)
    assert endless.delay_after(OSError(), 50) == 3600
    assert [next_attempt_id(name) for name in ("a", "a~2", "a~b")] == ["a~2", "a~3", "a~b~2"]


async def test_the_request_that_asked_for_it_is_named_in_the_jobs_log(quick: Runtime, tmp_path: Path) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as said:
        with structlog.contextvars.bound_contextvars(request_id="req-1"):
            await put(quick.database, "say", str(tmp_path), "hi", id="logged")
        async with jobs.working(quick):
            await eventually(is_(quick.database, "logged", "done"))
    (done,) = [line for line in said if line["event"] == "job done"]
    assert (done["job_id"], done["request_id"], done["job"]) == ("logged", "req-1", "say")


async def test_finished_jobs_are_forgotten_after_their_days_and_waiting_ones_are_not(
    quick: Runtime, tmp_path: Path
) -> None:
    database = quick.database
    await put(database, "say", str(tmp_path), "later", id="waits", delay=3600)
    async with jobs.working(quick):
        for name in ("old", "new"):
            await put(database, "say", str(tmp_path), name, id=name)
            await eventually(is_(database, name, "done"))
    table = workflow_status(database)
    long_ago = int((utcnow() - timedelta(days=31)).timestamp() * 1000)
    engine = job_engine(database, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(
            sa.text(f"UPDATE {table.fullname} SET completed_at = :then WHERE workflow_uuid = 'old'"), {"then": long_ago}
        )
    assert await forget_finished(database, 30) == 1
    assert {job.id for job in await jobs.list_jobs(database)} == {"waits", "new"}
