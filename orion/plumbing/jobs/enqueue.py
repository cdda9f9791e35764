"""Asking for work, in the transaction of the change that causes it."""

from typing import Any

import structlog
from dbos import DBOSClient, EnqueueOptions
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from orion.plumbing.jobs.declare import JOBS, keyword_facts
from orion.plumbing.jobs.store import VERSION, job_client


async def enqueue(
    session: AsyncSession,
    name: str,
    *args: Any,
    id: str | None = None,  # noqa: A002 (the word that callers expect; the built-in is not needed here)
    delay: float | None = None,
    attempt: int = 1,
) -> str:
    """Write the job into the session's transaction: it exists when that commits, and never did when it rolls back.

    `args` are JSON values. The same `id` twice is one job. `delay` is in seconds. Returns the job's id. Raises
    LookupError when no imported module declares the job.
    """
    declared = JOBS.get(name)
    if declared is None:
        raise LookupError(f"no job is called {name!r}: the module that declares it has not been imported")
    options: EnqueueOptions = {"workflow_name": name, "queue_name": declared.queue, "app_version": VERSION}
    if id is not None:
        options["workflow_id"] = id
    if delay is not None:
        options["delay_seconds"] = delay
    if declared.partition is not None:
        options["queue_partition_key"] = declared.partition(*args)
    facts = keyword_facts(attempt, structlog.contextvars.get_contextvars().get("request_id"))
    client: DBOSClient = job_client(session.info["database"])

    def put(connection: Session) -> str:
        return client.enqueue_in_transaction(connection, options, *args, **facts).get_workflow_id()

    return await session.run_sync(put)
