"""Saying what a job is: its queue, and how often and how late it is tried again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

QUEUES: dict[str, int] = {"imports": 2, "default": 50, "webhooks": 200, "sync": 50}
"""Every queue, and how many of its jobs one worker runs side by side."""

PARTITIONED: dict[str, int] = {"webhooks": 4}
"""Queues whose jobs are enqueued for a partition, and how many of one partition a worker runs side by side."""

LONGEST_BACKOFF = 3600.0
"""Seconds; no wait between two tries that we choose ourselves is longer."""

Function = TypeVar("Function", bound=Callable[..., Awaitable[None]])


class RetryLater(Exception):
    """Raised by a job that wants to be tried again in `delay` seconds (a remote side said when to come back).

    It counts as one of the job's attempts.
    """

    def __init__(self, delay: float, reason: str = "") -> None:
        super().__init__(reason or f"again in {delay:g} s")
        self.delay = delay


@dataclass(frozen=True, slots=True)
class Job:
    """A declared job. `backoff` is the wait before the second attempt in seconds; it doubles with every further one."""

    name: str
    run: Callable[..., Awaitable[None]]
    queue: str
    attempts: int
    backoff: float
    retry_on: tuple[type[Exception], ...]
    crashes: int
    on_failure: Callable[..., Awaitable[None]] | None = None
    partition: Callable[..., str] | None = None

    def delay_after(self, error: Exception, attempt: int) -> float | None:
        """Seconds until the next attempt after `attempt` (from 1) failed with `error`; None when there is none."""
        if attempt >= self.attempts:
            return None
        if isinstance(error, RetryLater):
            return max(error.delay, 0.0)
        if isinstance(error, self.retry_on):
            return min(self.backoff * 2.0 ** (attempt - 1), LONGEST_BACKOFF)
        return None


JOBS: dict[str, Job] = {}
"""Every declared job by name. A job is known once the module that declares it is imported."""


def job(
    *,
    queue: str = "default",
    attempts: int = 5,
    backoff: float = 2.0,
    retry_on: tuple[type[Exception], ...] = (OSError,),
    crashes: int = 3,
    on_failure: Callable[..., Awaitable[None]] | None = None,
    partition: Callable[..., str] | None = None,
) -> Callable[[Function], Function]:
    """Declare `async def name(runtime, *json_args) -> None` as the job `name`.

    It is tried up to `attempts` times, while it fails with one of `retry_on` or RetryLater; any other exception, or
    the last attempt, makes it a dead letter. A worker that dies while it runs does not use up an attempt: the job is
    started again, at most `crashes` times. Of a dead letter `await on_failure(runtime, reason, *json_args)` is told, at
    least once, so it must be safe to repeat. In a partitioned queue `partition(*json_args)` names the job's partition.
    Raises ValueError for an unknown queue, for a name that is taken, and for a partition where there are none.
    """
    if queue not in QUEUES:
        raise ValueError(f"there is no queue {queue!r}: {', '.join(QUEUES)}")
    if (partition is None) == (queue in PARTITIONED):
        raise ValueError(f"a job of the queue {queue!r} has {'a' if queue in PARTITIONED else 'no'} partition")

    def declare(function: Function) -> Function:
        name: str = getattr(function, "__name__", repr(function))
        if (taken := JOBS.get(name)) and taken.run.__module__ != function.__module__:
            raise ValueError(f"{taken.run.__module__} declares a job {name!r} too")
        JOBS[name] = Job(name, function, queue, attempts, backoff, retry_on, crashes, on_failure, partition)
        return function

    return declare


def next_attempt_id(job_id: str) -> str:
    """The identifier of the run that follows: "import-17" -> "import-17~2" -> "import-17~3"."""
    base, _, number = job_id.rpartition("~")
    return f"{base}~{int(number) + 1}" if base and number.isdigit() else f"{job_id}~2"


def keyword_facts(attempt: int, request_id: str | None) -> dict[str, Any]:
    """What travels with a run besides its own arguments."""
    return {"attempt": attempt, "request_id": request_id}
