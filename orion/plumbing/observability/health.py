"""Whether this installation works: its database answers, and someone takes the jobs that wait."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog

from orion.plumbing import jobs
from orion.plumbing.runtime import Runtime

log = structlog.get_logger(__name__)

DATABASE_SECONDS = 5.0
"""A database that takes longer to say anything counts as down."""


@dataclass(slots=True)
class Health:
    """`failing` names the parts that do not work: "database", "worker". `checks` has the figures of each part."""

    failing: list[str] = field(default_factory=list)
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything works."""
        return not self.failing


async def check_health(runtime: Runtime) -> Health:
    """Look at the database, the workers and the queues. Never raises; takes at most DATABASE_SECONDS."""
    health = Health()
    began = time.perf_counter()
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await runtime.database.ping()
            health.checks["database"] = {"ok": True, "latency_ms": round((time.perf_counter() - began) * 1000, 2)}
            await _check_jobs(runtime, health)
    except (sa.exc.SQLAlchemyError, OSError, TimeoutError) as error:
        # What exactly went wrong is for the log: it may name hosts and users.
        log.warning("the database does not answer", error=repr(error))
        health.failing = ["database"]
        health.checks = {"database": {"ok": False, "detail": "The database does not answer"}}
    return health


async def _check_jobs(runtime: Runtime, health: Health) -> None:
    depths = await jobs.queue_depths(runtime.database, finished=False)
    workers = await jobs.worker_heartbeats(runtime.database)
    waiting = sum(count for (_, status), count in depths.items() if status == "waiting")
    age = min((worker.age for worker in workers), default=None)
    alive = age is not None and age <= runtime.settings.worker_dead_after_seconds
    worker: dict[str, Any] = {
        "ok": alive or not waiting,
        "alive": alive,
        "heartbeat_age_seconds": None if age is None else round(age, 1),
    }
    if not worker["ok"]:
        worker["detail"] = f"{waiting} jobs wait and no worker lives: start one with `orion worker`"
        health.failing.append("worker")
    health.checks["worker"] = worker
    health.checks["queues"] = {
        queue: {status: depths.get((queue, status), 0) for status in ("waiting", "delayed", "running")}
        for queue in jobs.QUEUES
    }
