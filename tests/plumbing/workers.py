"""Starting worker processes for tests, and waiting for what they do."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orion.plumbing.settings import Settings

ROOT = Path(__file__).parents[2]
Process = subprocess.Popen[bytes]


def environment(settings: Settings, **changes: object) -> dict[str, str]:
    """The environment of a process that works on the test's database, with short ticks."""
    values: dict[str, object] = {
        "DATABASE_URL": settings.database_url,
        "VAR_DIR": settings.var_dir,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "LOG_LEVEL": "INFO",
        "WORKER_TICK_SECONDS": 0.2,
        "WORKER_POLL_SECONDS": 0.05,
        "WORKER_DEAD_AFTER_SECONDS": 1.5,
        "WORKER_DRAIN_SECONDS": 0.3,
        "PYTHONPATH": ROOT,
        "COLUMNS": 200,
    }
    return os.environ | {name: str(value) for name, value in (values | changes).items()}


@contextmanager
def worker(settings: Settings, log: Path, **changes: object) -> Iterator[Process]:
    """A worker process that knows the sample jobs; killed at the end if it is still there."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.plumbing.sample_jobs"],
            env=environment(settings, **changes),
            cwd=ROOT,
            stdout=file,
            stderr=file,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def eventually(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 40) -> None:
    """Wait until `condition` holds; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        held = condition()
        if held if isinstance(held, bool) else await held:
            return
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.03)
