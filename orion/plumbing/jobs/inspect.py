"""Looking at jobs, and giving dead ones another chance."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from dbos import DBOSClient, WorkflowStatus

from orion.kernel import Conflict, Invalid, NotFound
from orion.plumbing.db import Database, utcnow
from orion.plumbing.jobs.declare import JOBS
from orion.plumbing.jobs.models import JobWorker
from orion.plumbing.jobs.store import job_client, workflow_status

CRASHED = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
CRASH_REASON = "Its worker died every time it ran"
_STATUS = {
    "DELAYED": "delayed",
    "ENQUEUED": "waiting",
    "PENDING": "running",
    "SUCCESS": "done",
    "ERROR": "failed",
    CRASHED: "failed",
    "CANCELLED": "cancelled",
}
STATUSES: tuple[str, ...] = tuple(dict.fromkeys(_STATUS.values()))
"""delayed (not before some moment), waiting, running, done, failed (a dead letter), cancelled."""


@dataclass(frozen=True, slots=True)
class JobView:
    """One run of a job. `status` is one of STATUSES, or "retried": it failed, and `retried_as` is the next attempt."""

    id: str
    name: str
    queue: str | None
    status: str
    attempt: int
    args: tuple[Any, ...]
    error: str | None
    retried_as: str | None
    starts: int
    worker: str | None
    created_at: datetime
    not_before: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker by its last sign of life; `age` of that sign in seconds."""

    id: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    age: float


async def list_jobs(database: Database, status: str | None = None, limit: int = 50) -> list[JobView]:
    """The newest jobs, newest first; of one `status` when given. Raises Invalid (`unknown_job_status`)."""
    if status is not None and status not in STATUSES:
        raise Invalid("unknown_job_status", f"{status!r} is not one of the job states {', '.join(STATUSES)}")
    wanted = [theirs for theirs, ours in _STATUS.items() if ours == status] or None
    rows = await job_client(database).list_workflows_async(status=wanted, limit=limit, sort_desc=True)
    return [_view(row) for row in rows]


async def job_details(database: Database, job_id: str) -> JobView:
    """One job by its id. Raises NotFound (`job_not_found`)."""
    return _view(await _find(job_client(database), job_id))


async def requeue_job(database: Database, job_id: str) -> JobView:
    """Let a dead letter run once more, under its own id. Raises NotFound, or Conflict (`job_not_failed`)."""
    client = job_client(database)
    row = await _find(client, job_id)
    if _STATUS[row.status] not in ("failed", "cancelled"):
        raise Conflict("job_not_failed", f"Job {job_id} is {_STATUS[row.status]}: only failed jobs can run again")
    declared = JOBS.get(row.name)
    queue = declared.queue if declared else row.queue_name
    partition = declared.partition(*row.input["args"]) if declared and declared.partition and row.input else None
    if row.status == "ERROR":
        await client.rewind_workflow_async(job_id, queue_name=queue, queue_partition_key=partition)
    else:
        await client.resume_workflow_async(job_id, queue_name=queue)
    return await job_details(database, job_id)


async def queue_depths(database: Database, *, finished: bool = True) -> dict[tuple[str, str], int]:
    """How many jobs there are, by (queue, status), with or without the `finished` ones.

    The queue of a job that killed its workers is "".
    """
    jobs = workflow_status(database)
    query = sa.select(jobs.c.queue_name, jobs.c.status, sa.func.count()).group_by(jobs.c.queue_name, jobs.c.status)
    if not finished:
        query = query.where(jobs.c.status.in_(("DELAYED", "ENQUEUED", "PENDING")))
    depths: dict[tuple[str, str], int] = {}
    async with database.reading() as session:
        for queue, status, count in await session.execute(query):
            key = (queue or "", _STATUS[status])
            depths[key] = depths.get(key, 0) + count
    return depths


async def oldest_waiting_seconds(database: Database) -> dict[str, float]:
    """By queue, for how many seconds its oldest job that could run has been waiting; empty queues are left out."""
    jobs = workflow_status(database)
    ready = sa.func.coalesce(jobs.c.delay_until_epoch_ms, jobs.c.created_at)
    query = (
        sa.select(jobs.c.queue_name, sa.func.min(ready)).where(jobs.c.status == "ENQUEUED").group_by(jobs.c.queue_name)
    )
    now = utcnow().timestamp()
    async with database.reading() as session:
        return {queue: max(now - oldest / 1000, 0.0) for queue, oldest in await session.execute(query)}


async def worker_heartbeats(database: Database) -> list[WorkerView]:
    """Every worker that has not said good-bye, the most recently seen first."""
    async with database.reading() as session:
        now = utcnow() if database.is_sqlite else await session.scalar(sa.select(sa.func.now()))
        assert now is not None  # noqa: S101 (a database that has no clock does not answer at all)
        workers = await session.scalars(sa.select(JobWorker).order_by(JobWorker.seen_at.desc()))
        return [
            WorkerView(w.id, w.host, w.pid, w.started_at, w.seen_at, max((now - w.seen_at).total_seconds(), 0.0))
            for w in workers
        ]


async def _find(client: DBOSClient, job_id: str) -> WorkflowStatus:
    rows = await client.list_workflows_async(workflow_ids=[job_id])
    if not rows:
        raise NotFound("job_not_found", f"There is no job {job_id!r}")
    return rows[0]


def _view(row: WorkflowStatus) -> JobView:
    given = row.input or {"args": (), "kwargs": {}}
    retried_as = row.output.get("retried_as") if isinstance(row.output, dict) else None
    error = str(row.error) if row.error is not None else None
    if row.status == CRASHED:
        error = CRASH_REASON
    return JobView(
        id=row.workflow_id,
        name=row.name,
        queue=row.queue_name,
        status="retried" if retried_as else _STATUS[row.status],
        attempt=given["kwargs"].get("attempt", 1),
        args=tuple(given["args"]),
        error=error or (row.output.get("error") if isinstance(row.output, dict) else None),
        retried_as=retried_as,
        starts=row.recovery_attempts or 0,
        worker=row.executor_id,
        created_at=_moment(row.created_at) or utcnow(),
        not_before=_moment(row.delay_until_epoch_ms),
        started_at=_moment(row.dequeued_at),
        finished_at=_moment(row.completed_at),
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
