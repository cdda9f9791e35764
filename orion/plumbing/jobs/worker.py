"""The worker: takes jobs from the queues and runs them on its event loop."""

import asyncio
import functools
import logging
import math
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig

from orion.plumbing.jobs.declare import JOBS, PARTITIONED, QUEUES, Job, next_attempt_id
from orion.plumbing.jobs.enqueue import enqueue
from orion.plumbing.jobs.heartbeat import Heartbeat
from orion.plumbing.jobs.lock import only_worker
from orion.plumbing.jobs.reaper import Chore, keep_house, tell_failure
from orion.plumbing.jobs.store import APPLICATION, SERIALIZER, VERSION, job_client, job_engine
from orion.plumbing.runtime import Runtime

log = structlog.get_logger(__name__)

_SAID_TWICE = ("Exception encountered in asynchronous workflow", "Asyncio task cancelled for workflow")

Running = dict[str, "asyncio.Task[Any]"]


async def run_worker(runtime: Runtime, parent_pid: int | None = None, *, chores: Sequence[Chore] = ()) -> None:
    """Run jobs until SIGTERM or SIGINT, or until the process `parent_pid`, which started this one, is gone.

    Jobs that are running then have `worker_drain_seconds` to finish; what is left is cancelled, stays in its queue
    and is continued by the next worker. The `chores` are done once an hour, or as often as they say.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    _on_signals(loop, stop.set)

    def orphaned() -> None:
        # If jobs hold the loop, nobody is left who would press Ctrl-C a second time.
        deadline = threading.Timer(runtime.settings.worker_drain_seconds + 10, os._exit, (1,))
        deadline.daemon = True
        deadline.start()
        loop.call_soon_threadsafe(stop.set)

    async with only_worker(runtime.database, stop) as ready:
        if ready:
            async with _working(runtime, parent_pid, orphaned, chores):
                await stop.wait()


@asynccontextmanager
async def working(runtime: Runtime, *, chores: Sequence[Chore] = ()) -> AsyncIterator[None]:
    """Run jobs in this very process for as long as the block lasts. On SQLite, waits for the file's other worker."""
    async with only_worker(runtime.database), _working(runtime, None, lambda: None, chores):
        yield


@asynccontextmanager
async def _working(
    runtime: Runtime, parent_pid: int | None, orphaned: Callable[[], None], chores: Sequence[Chore]
) -> AsyncIterator[None]:
    settings, database = runtime.settings, runtime.database
    host = socket.gethostname()
    worker_id = f"{host}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    engine = job_engine(database, pool_size=5, max_overflow=5, pool_pre_ping=not database.is_sqlite)
    heartbeat = Heartbeat(
        engine, worker_id, host, settings.worker_tick_seconds, parent=parent_pid, on_orphaned=orphaned
    )
    running: Running = {}
    await asyncio.to_thread(heartbeat.beat)
    for queue, concurrency in QUEUES.items():
        await job_client(database).register_queue_async(
            queue,
            worker_concurrency=concurrency,
            partition_worker_concurrency=PARTITIONED.get(queue),
            polling_interval_sec=settings.worker_poll_seconds,
        )
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": database.url.render_as_string(hide_password=False),
        "system_database_engine": engine,
        "executor_id": worker_id,
        "application_version": VERSION,
        "serializer": SERIALIZER,
        "use_listen_notify": False,
        "run_migrations": False,
        "log_level": "WARNING",
        # We use none of the engine's notifications; what counts is that a stopping worker waits this long.
        "notification_listener_polling_interval_sec": 0.2,
    }
    _tame_engine_log()
    DBOS(config=config)
    for declared in list(JOBS.values()):
        register = DBOS.workflow(name=declared.name, max_recovery_attempts=declared.crashes)
        register(_runner(runtime, declared, running))
    DBOS.launch()  # inside the running loop, so that jobs run on it
    heartbeat.start()
    housekeeping = asyncio.create_task(keep_house(runtime, engine, worker_id, chores))
    log.info("worker started", worker=worker_id, queues=list(QUEUES))
    try:
        yield
    finally:
        housekeeping.cancel()
        with suppress(asyncio.CancelledError):
            await housekeeping
        await _drain(running, settings.worker_drain_seconds)
        heartbeat.stop()
        engine.dispose()
        log.info("worker stopped", worker=worker_id)


def _runner(runtime: Runtime, declared: Job, running: Running) -> Callable[..., Any]:
    async def run(*args: Any, attempt: int = 1, request_id: str | None = None) -> dict[str, str] | None:
        job_id = DBOS.workflow_id
        task = asyncio.current_task()
        if job_id is None or task is None:
            raise RuntimeError("a job runs inside the worker only")
        context = {"job_id": job_id, "job": declared.name} | ({"request_id": request_id} if request_id else {})
        running[job_id] = task
        began = time.monotonic()
        with structlog.contextvars.bound_contextvars(**context):
            try:
                await declared.run(runtime, *args)
            except Exception as error:
                delay = declared.delay_after(error, attempt)
                if delay is None:
                    log.exception("job failed", attempt=attempt)
                    await tell_failure(runtime, declared, str(error) or repr(error), args)
                    raise
                again = next_attempt_id(job_id)
                async with runtime.database.transaction() as session:
                    await enqueue(session, declared.name, *args, id=again, delay=delay, attempt=attempt + 1)
                log.warning("job will be tried again", attempt=attempt, delay=delay, error=repr(error), next=again)
                return {"retried_as": again, "error": repr(error)}
            else:
                log.info("job done", attempt=attempt, seconds=round(time.monotonic() - began, 3))
                return None
            finally:
                running.pop(job_id, None)

    run.__qualname__ = run.__name__ = declared.name
    return run


async def _drain(running: Running, seconds: float) -> None:
    """Take no more jobs; wait for those that run; cancel what is left, which keeps its place in the queue."""
    patience = math.ceil(seconds) + 2 if running else 0
    loop = asyncio.get_running_loop()
    destroy = functools.partial(DBOS.destroy, destroy_registry=True, workflow_completion_timeout_sec=patience)
    with ThreadPoolExecutor(1) as pool:  # not the loop's own: the engine takes that one with it
        closing = loop.run_in_executor(pool, destroy)
        if running:
            log.info("waiting for running jobs", jobs=sorted(running), seconds=seconds)
            _, late = await asyncio.wait(set(running.values()), timeout=seconds)
            if late:
                log.warning("leaving jobs to the next worker", jobs=sorted(running))
                for task in late:
                    task.cancel()
                await asyncio.wait(late, timeout=2)
        await closing
    loop.set_default_executor(ThreadPoolExecutor())


def _tame_engine_log() -> None:
    """The engine's log goes where ours goes. It repeats each failed job's traceback, which `run` has logged already."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.addFilter(lambda record: not str(record.msg).startswith(_SAID_TWICE))


def _on_signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
