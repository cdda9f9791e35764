"""What every worker does now and then for all: take over the jobs of dead workers, and forget old ones."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS

from orion.plumbing.db import Database, utcnow
from orion.plumbing.jobs.declare import JOBS, Job
from orion.plumbing.jobs.heartbeat import clock
from orion.plumbing.jobs.inspect import CRASH_REASON, CRASHED
from orion.plumbing.jobs.models import JobWorker
from orion.plumbing.jobs.store import job_client, workflow_status
from orion.plumbing.runtime import Runtime

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 3600.0
FORGET_AT_ONCE = 1000


Chore = Callable[[Runtime], Awaitable[None]]
"""What a worker does now and then besides its jobs; workers may do it at the same time, so it is safe to repeat."""


@dataclass(frozen=True, slots=True)
class Every:
    """A chore that is done about every so many `seconds`; others are done once an hour."""

    seconds: float
    chore: Chore

    async def __call__(self, runtime: Runtime) -> None:
        """Do it."""
        await self.chore(runtime)


async def keep_house(runtime: Runtime, engine: sa.Engine, worker_id: str, chores: Sequence[Chore]) -> None:
    """Recover at every tick; forget, and do the chores, at the start and every hour after, or as often as they say.

    A database that does not answer is tried again at the next tick.
    """
    swept = -SWEEP_SECONDS
    done: dict[int, float] = {}
    loop = asyncio.get_running_loop()
    dead_after = runtime.settings.worker_dead_after_seconds
    while True:
        try:
            await asyncio.to_thread(recover, runtime.database, engine, worker_id, dead_after)
            await tell_crashes(runtime)
            if loop.time() - swept >= SWEEP_SECONDS:
                await forget_finished(runtime.database, runtime.settings.jobs_keep_days)
                swept = loop.time()
            for number, chore in enumerate(chores):
                seconds = chore.seconds if isinstance(chore, Every) else SWEEP_SECONDS
                if loop.time() - done.get(number, -seconds) >= seconds:
                    await chore(runtime)
                    done[number] = loop.time()
        except sa.exc.SQLAlchemyError as error:
            log.warning("cannot look after the queues", error=str(error))
        await asyncio.sleep(runtime.settings.worker_tick_seconds)


def recover(database: Database, engine: sa.Engine, worker_id: str, dead_after: float) -> list[str]:
    """Put the running jobs of silent workers back into their queues; returns the ids of those workers.

    On SQLite this worker holds the file, so every other one is dead.
    """
    jobs = workflow_status(database)
    with engine.begin() as connection:
        # Who has jobs is read before who lives: a worker beats before it claims, so one that appears in between
        # is never taken for dead.
        busy = set(connection.scalars(sa.select(jobs.c.executor_id).where(jobs.c.status == "PENDING").distinct()).all())
        if not busy - {worker_id, None}:
            return []
        now = clock(connection)
        silent = now - timedelta(seconds=dead_after)
        alive = set(connection.scalars(sa.select(JobWorker.id).where(JobWorker.seen_at > silent)).all())
        if database.is_sqlite:
            alive = set()
        dead = sorted(busy - alive - {worker_id, None})
        connection.execute(sa.delete(JobWorker).where(JobWorker.id.in_(dead)))
    if dead:
        log.warning("taking over the jobs of workers that died", workers=dead)
        # The one private call into the engine: its public way to do this is a paid service.
        DBOS._recover_pending_workflows(dead)  # noqa: SLF001
    return dead


async def tell_crashes(runtime: Runtime) -> None:
    """Tell the jobs that killed their workers, within the last day, that they will not run again."""
    names = [name for name, declared in JOBS.items() if declared.on_failure]
    if not names:
        return
    since = (utcnow() - timedelta(days=1)).isoformat()
    crashed = await job_client(runtime.database).list_workflows_async(
        status=CRASHED, name=names, completed_after=since, load_output=False
    )
    for row in crashed:
        await tell_failure(runtime, JOBS[row.name], CRASH_REASON, row.input["args"] if row.input else ())


async def tell_failure(runtime: Runtime, declared: Job, reason: str, args: Sequence[Any]) -> None:
    """Call the job's `on_failure`; what goes wrong in it is logged, and hides nothing."""
    if declared.on_failure is None:
        return
    try:
        await declared.on_failure(runtime, reason, *args)
    except Exception:
        log.exception("cannot tell a job's owner that it failed", job=declared.name)


async def forget_finished(database: Database, days: int) -> int:
    """Delete jobs that finished more than `days` days ago, whatever became of them; returns how many."""
    client = job_client(database)
    before = (utcnow() - timedelta(days=days)).isoformat()
    forgotten = 0
    while True:
        old = await client.list_workflows_async(
            completed_before=before, limit=FORGET_AT_ONCE, load_input=False, load_output=False
        )
        if not old:
            return forgotten
        await client.delete_workflows_async([row.workflow_id for row in old])
        forgotten += len(old)
