"""Starting worker processes for tests, and waiting for what they do."""

import asyncio
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from orion.plumbing.db import Database, utcnow
from orion.plumbing.jobs.models import JobWorker
from orion.plumbing.settings import Settings
from tests.plumbing.sample_jobs import work

ROOT = Path(__file__).parents[2]


def environment(settings: Settings, **changes: object) -> dict[str, str]:
    """The environment of a process that works on the test's database, with short ticks."""
    values: dict[str, object] = {
        "DATABASE_URL": settings.database_url,
        "VAR_DIR": settings.var_dir,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "LOG_LEVEL": "INFO",
        "WORKER_TICK_SECONDS": 0.2,
        "WORKER_POLL_SECONDS": 0.05,
        "WORKER_DEAD_AFTER_SECONDS": 600,  # a slow machine is no death; see `bury`
        "WORKER_DRAIN_SECONDS": 0.3,
        "PYTHONPATH": ROOT,
        "COLUMNS": 200,
    }
    return os.environ | {name: str(value) for name, value in (values | changes).items()}


_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.plumbing.sample_jobs", "orion.main.worker"])


class Process:
    """A worker process, forked from one that has imported everything: importing takes seconds, forking does not."""

    def __init__(self, variables: dict[str, str], log: Path, main: Callable[[dict[str, str], str], None]) -> None:
        self._process = _processes.Process(target=main, args=(variables, str(log)), daemon=True)
        self._process.start()
        self.pid = self._process.pid
        assert self.pid is not None

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, seconds: float = 200) -> int | None:
        self._process.join(seconds)
        return self._process.exitcode


@contextmanager
def worker(
    settings: Settings, log: Path, *, main: Callable[[dict[str, str], str], None] = work, **changes: object
) -> Iterator[Process]:
    """A worker process that knows the sample jobs, or what `main` knows; killed at the end if it is still there."""
    process = Process(environment(settings, **changes), log, main)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def bury(database: Database, process: Process) -> None:
    """Have a worker that was killed or stopped count as silent for hours, so that nobody has to wait for that."""
    async with database.transaction() as session:
        long_ago = utcnow() - timedelta(hours=2)
        await session.execute(sa.update(JobWorker).where(JobWorker.pid == process.pid).values(seen_at=long_ago))


async def eventually(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 200) -> None:
    """Wait until `condition` holds; fails after so many seconds, which only a test that hangs ever sees."""
    deadline = time.monotonic() + seconds
    while True:
        held = condition()
        if held if isinstance(held, bool) else await held:
            return
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.03)
