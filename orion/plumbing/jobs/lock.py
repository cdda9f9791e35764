"""One worker per SQLite file: whoever holds the lock knows that every other worker of it is dead."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import IO

import structlog

from orion.plumbing.db import Database
from orion.plumbing.jobs.inspect import worker_heartbeats

log = structlog.get_logger(__name__)

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes], *, look: bool) -> None:  # noqa: ARG001 (there is no other lock here)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: IO[bytes], *, look: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if look else fcntl.LOCK_EX) | fcntl.LOCK_NB)


@asynccontextmanager
async def only_worker(database: Database, stop: asyncio.Event | None = None) -> AsyncIterator[bool]:
    """Wait until no other worker has the SQLite file, and keep it. PostgreSQL takes any number of workers.

    Gives False when `stop` is set before that.
    """
    if not database.is_sqlite:
        yield True
        return
    stop = stop or asyncio.Event()
    told = False
    while not stop.is_set():
        with _try_lock(database) as mine:
            if mine:
                yield True
                return
        if not told:
            log.warning("another worker has this SQLite file; waiting until it ends", file=str(database.url.database))
            told = True
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.2)
    yield False


async def worker_is_alive(database: Database, dead_after_seconds: float) -> bool:
    """Whether a worker takes jobs from this database: it holds the SQLite file, or was seen lately on PostgreSQL."""
    if database.is_sqlite:
        with _try_lock(database, look=True) as free:
            return not free
    return any(worker.age <= dead_after_seconds for worker in await worker_heartbeats(database))


@contextmanager
def _try_lock(database: Database, *, look: bool = False) -> Iterator[bool]:
    """Gives whether the lock was free; it is held until leaving, and by no process that has died.

    Those who only `look` at the same time do not take each other for a worker.
    """
    path = Path(f"{database.url.database}.worker")
    with path.open("ab") as file:
        try:
            _take(file, look=look)
        except OSError:
            yield False
        else:
            yield True
