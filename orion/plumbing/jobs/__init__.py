"""Background jobs: enqueued in the caller's transaction, run at least once, taken over when their worker dies.

The only package that knows which engine (DBOS) runs them. Two rules keep jobs safe to repeat: their arguments are
JSON (identifiers, not objects), and their effects can be made twice without harm.
"""

from orion.plumbing.jobs.declare import JOBS, QUEUES, Job, RetryLater, job
from orion.plumbing.jobs.enqueue import enqueue
from orion.plumbing.jobs.inspect import (
    STATUSES,
    JobView,
    WorkerView,
    job_details,
    list_jobs,
    oldest_waiting_seconds,
    queue_depths,
    requeue_job,
    worker_heartbeats,
)
from orion.plumbing.jobs.lock import worker_is_alive
from orion.plumbing.jobs.reaper import Chore, Every
from orion.plumbing.jobs.store import prepare_job_tables
from orion.plumbing.jobs.worker import run_worker, working

__all__ = [
    "JOBS",
    "QUEUES",
    "STATUSES",
    "Chore",
    "Every",
    "Job",
    "JobView",
    "RetryLater",
    "WorkerView",
    "enqueue",
    "job",
    "job_details",
    "list_jobs",
    "oldest_waiting_seconds",
    "prepare_job_tables",
    "queue_depths",
    "requeue_job",
    "run_worker",
    "worker_heartbeats",
    "worker_is_alive",
    "working",
]
