"""A worker's sign of life, from a thread of its own: a long computation in a job must not look like death."""

import os
import threading
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
import structlog

from orion.plumbing.db import utcnow
from orion.plumbing.jobs.models import JobWorker

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
"""How often a worker that was started by another process looks whether that one still lives."""


class Heartbeat(threading.Thread):
    """Writes the worker's row every `tick` seconds. Calls `on_orphaned` once, when the process `parent` is gone."""

    def __init__(
        self,
        engine: sa.Engine,
        worker_id: str,
        host: str,
        tick: float,
        *,
        parent: int | None,
        on_orphaned: Callable[[], None],
    ) -> None:
        super().__init__(name="heartbeat", daemon=True)
        # A worker that is stopped in the middle of a transaction would keep its row locked, and all others would wait.
        alone = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        self._engine = engine.execution_options(**alone)
        self._row = {"id": worker_id, "host": host, "pid": os.getpid()}
        self._started_at = utcnow()
        self._tick = tick
        self._parent = parent
        self._on_orphaned = on_orphaned
        self._over = threading.Event()

    def beat(self) -> None:
        """Say that this worker lives, now. Raises what the driver raises."""
        with self._engine.begin() as connection:
            now = utcnow() if connection.dialect.name == "sqlite" else sa.func.now()
            seen = connection.execute(
                sa.update(JobWorker).where(JobWorker.id == self._row["id"]).values(seen_at=now)
            ).rowcount
            if not seen:
                connection.execute(sa.insert(JobWorker).values(**self._row, started_at=self._started_at, seen_at=now))

    def run(self) -> None:
        """Beat until told to stop; a database that does not answer is tried again at the next tick."""
        waited = 0.0
        step = min(self._tick, LOOK_SECONDS)
        while not self._over.wait(step):
            if self._parent is not None and os.getppid() != self._parent:
                log.warning("the process that started this worker is gone; stopping")
                self._parent = None
                self._on_orphaned()
            waited += step
            if waited < self._tick:
                continue
            waited = 0.0
            try:
                self.beat()
            except sa.exc.SQLAlchemyError as error:
                log.warning("cannot write the heartbeat", error=str(error))

    def stop(self) -> None:
        """End the thread and say good-bye, so that others need not wait to take this worker's jobs."""
        self._over.set()
        self.join()
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(JobWorker).where(JobWorker.id == self._row["id"]))
        except sa.exc.SQLAlchemyError as error:
            log.warning("cannot remove the heartbeat", error=str(error))


def clock(connection: sa.Connection) -> datetime:
    """The time that all workers share: PostgreSQL's, or this machine's for a SQLite file."""
    if connection.dialect.name == "sqlite":
        return utcnow()
    now: datetime = connection.execute(sa.select(sa.func.now())).scalar_one()
    return now
