"""What the API says of schedules of channels and of their runs."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from orion import sync
from orion.api.inputs import Body, Parameters
from orion.kernel import Stretch
from orion.plumbing.cursors import read_cursor, write_cursor
from orion.plumbing.db import utcnow
from orion.plumbing.settings import Settings
from orion.sync import RunFilter, SyncRun, SyncSchedule

JobType = Literal["order_import", "product_pull", "order_backfill"]


class UnreadAnswer(BaseModel):
    """An entry of the channel that could not be read; it is asked for singly in each run, for a week."""

    channel_id: str = Field(examples=["902-1845936-5435065"])
    problem: str = Field(examples=["lines[0].quantity is not a number"])


class SyncScheduleAnswer(BaseModel):
    """When one job type runs for one connection, how far it has come, and what became of its last run."""

    id: int = Field(examples=[4])
    connection_id: int = Field(examples=[7])
    job_type: str = Field(description="order_import, product_pull or order_backfill", examples=["order_import"])
    enabled: bool
    interval_minutes: int | None = Field(examples=[5])
    cron: str | None = Field(examples=[None])
    max_retries: int = Field(examples=[3])
    retry_delay_seconds: int = Field(examples=[60])
    next_run_at: datetime | None = Field(description="null while it is not enabled")
    is_running: bool = Field(description="a run is under way, or waits for the channel")
    progress: float | None = Field(description="of a back-fill or a long first read, 0 to 1", examples=[None])
    watermark: datetime | None = Field(description="up to when all has been read, by the channel's clock")
    unread: list[UnreadAnswer]
    failures: int = Field(description="runs that failed since the last good one", examples=[0])
    last_run_at: datetime | None
    last_success_at: datetime | None
    last_status: str | None = Field(examples=["success"])
    last_problem: str | None
    last_problem_code: str | None = Field(description="what it is about, for programs", examples=[None])
    last_duration_ms: int | None = Field(examples=[840])
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, schedule: SyncSchedule) -> Self:
        """The answer for one schedule."""
        problem = schedule.last_problem
        made: dict[str, Any] = {
            "last_problem": problem.detail if problem else None,
            "last_problem_code": (problem.code or None) if problem else None,
            "next_run_at": schedule.next_run_at if schedule.enabled else None,
            "is_running": schedule.running_until is not None and schedule.running_until > utcnow(),
            "progress": sync.backfill_progress(schedule),
            "unread": [
                UnreadAnswer(channel_id=name, problem=entry["problem"])
                for name, entry in sorted((schedule.unread or {}).items())
            ],
        }
        return cls(**made, **{name: getattr(schedule, name) for name in cls.model_fields if name not in made})


class SyncScheduleList(BaseModel):
    """The schedules of a store, by connection and job type."""

    items: list[SyncScheduleAnswer]


class SyncScheduleChange(Body):
    """What is to be different; what is left out stays."""

    enabled: bool | None = Field(None, strict=True)
    interval_minutes: int | None = Field(None, strict=True, description="every so many minutes", examples=[10])
    cron: str | None = Field(None, max_length=100, description="or five fields, in UTC", examples=["0 */2 * * *"])
    max_retries: int | None = Field(None, strict=True, description="of a failed run, 0 to 20", examples=[3])
    retry_delay_seconds: int | None = Field(
        None, strict=True, description="before the first, doubling: 1 to 3600", examples=[60]
    )


class SyncRunAnswer(BaseModel):
    """What one run did."""

    id: int = Field(examples=[5120])
    connection_id: int = Field(examples=[7])
    channel: str = Field(examples=["letzshop"])
    job_type: str = Field(examples=["order_import"])
    trigger: str = Field(description="schedule, person, push or backfill", examples=["schedule"])
    status: str = Field(description="running, success, partial, failed or deferred", examples=["success"])
    started_at: datetime
    finished_at: datetime | None
    window_from: datetime | None = Field(description="what was asked for; null: from the beginning")
    window_to: datetime | None
    pages: int = Field(examples=[1])
    seen: int = Field(description="entries that the channel told", examples=[12])
    created: int = Field(examples=[2])
    updated: int = Field(examples=[1])
    unchanged: int = Field(examples=[9])
    failed: int = Field(description="entries that could not be read", examples=[0])
    errors: list[str] = Field(description="at most 50, in words", examples=[[]])
    problem: str | None = Field(description="why it failed or waits", examples=[None])
    problem_code: str | None = Field(description="what that is about, for programs", examples=[None])

    @classmethod
    def of(cls, run: SyncRun, **more: Any) -> Self:
        """The answer for one run."""
        made: dict[str, Any] = {
            "errors": run.errors or [],
            "problem": run.problem.detail if run.problem else None,
            "problem_code": (run.problem.code or None) if run.problem else None,
        }
        names = [name for name in SyncRunAnswer.model_fields if name not in made]
        return cls(**made, **{name: getattr(run, name) for name in names}, **more)


class SyncRunList(BaseModel):
    """A stretch of the runs, the newest first."""

    items: list[SyncRunAnswer]
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


class SyncRunQuery(Parameters):
    """Which runs are wanted."""

    connection_id: int | None = Field(None, ge=1, le=2**63 - 1)
    job_type: JobType | None = None
    status: Literal["running", "success", "partial", "failed", "deferred"] | None = None
    trigger: Literal["schedule", "person", "push", "backfill"] | None = None
    noteworthy: bool = Field(False, description="only those that found something new, or did not go well")
    cursor: str | None = Field(
        None, max_length=2000, description="`next_cursor` of the stretch before; the same filters with it"
    )
    limit: int = Field(50, ge=1, le=200)

    def wanted(self) -> RunFilter:
        """The filter of the runs."""
        return RunFilter(self.connection_id, self.job_type, self.status, self.trigger, self.noteworthy)

    def before(self, settings: Settings, scope: str) -> int | None:
        """The id to go on below. Raises Invalid (`invalid_cursor`)."""
        return None if self.cursor is None else int(read_cursor(settings, self._scope(scope), self.cursor)[0])

    def next_cursor(self, settings: Settings, scope: str, found: Stretch[Any]) -> str | None:
        """Where the list goes on."""
        return write_cursor(settings, self._scope(scope), found.after) if found.after else None

    def _scope(self, scope: str) -> str:
        return f"runs:{scope}:{self.model_dump_json(exclude={'cursor', 'limit'})}"
