"""When a store's feeds are fetched again by themselves."""

from datetime import datetime
from typing import Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from orion import feeds
from orion.api.dependencies import SessionDep
from orion.api.import_answers import ImportAnswer, started
from orion.api.inputs import NO_PARAMETERS, Body, Id
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.store.imports import PREFIX, Staff, Viewer
from orion.feeds import FeedSchedule

_INTERVAL = f"one of {', '.join(feeds.PRESETS)}; or name a cron expression"
_CRON = "five fields, in UTC, at least 15 minutes apart: `30 4 * * *` is every day at 04:30"
_ON_MISSING = "what happens to products that the feed no longer has: keep, unpublish or out_of_stock"


class NewSchedule(Body):
    """A feed and how often to fetch it."""

    source_url: str = Field(examples=["https://example.com/products.csv"])
    interval: str | None = Field(None, description=_INTERVAL, examples=["6h"])
    cron: str | None = Field(None, description=_CRON, examples=[None])
    marketplace: str = Field("Letzshop", examples=["Letzshop"])
    language: str = Field("en", examples=["en"])
    batch_size: int = Field(1000, ge=feeds.MIN_BATCH_SIZE, le=feeds.MAX_BATCH_SIZE)
    on_missing: str = Field("keep", description=_ON_MISSING, examples=["keep"])
    enabled: bool = True


class ScheduleChanges(Body):
    """What is to be different; what is left out stays."""

    source_url: str | None = None
    interval: str | None = Field(None, description=_INTERVAL, examples=["24h"])
    cron: str | None = Field(None, description=_CRON)
    batch_size: int | None = Field(None, ge=feeds.MIN_BATCH_SIZE, le=feeds.MAX_BATCH_SIZE)
    on_missing: str | None = Field(None, description=_ON_MISSING)
    enabled: bool | None = None


class ScheduleAnswer(BaseModel):
    """A schedule, and what became of its last run. Times are in UTC."""

    id: int = Field(examples=[4])
    marketplace: str = Field(examples=["Letzshop"])
    language: str = Field(examples=["en"])
    source_url: str = Field(examples=["https://example.com/products.csv"])
    interval: str | None = Field(examples=["6h"])
    cron: str | None = Field(examples=[None])
    batch_size: int = Field(examples=[1000])
    on_missing: str = Field(examples=["keep"])
    enabled: bool
    user_id: int | None = Field(description="for whom it runs; null: for the store itself, that user has left")
    next_run_at: datetime | None = Field(description="null while it is not enabled")
    failures: int = Field(description="runs that failed since the last good one", examples=[0])
    failing: bool = Field(description="it fails again and again, and is tried less often")
    last_import_id: int | None
    last_run_at: datetime | None
    last_status: str | None = Field(examples=["completed"])
    last_problem: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, schedule: FeedSchedule) -> Self:
        """The answer for one schedule."""
        made = {"interval", "failing", "next_run_at"}
        return cls(
            interval=feeds.interval_name(schedule),
            failing=schedule.failures >= feeds.FAILING_FROM,
            next_run_at=schedule.next_run_at if schedule.enabled else None,
            **{name: getattr(schedule, name) for name in cls.model_fields if name not in made},
        )


class ScheduleList(BaseModel):
    """All schedules of a store: at most 50."""

    items: list[ScheduleAnswer]


router = APIRouter(
    prefix=f"{PREFIX}/schedules", tags=["store imports"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="List the store's schedules", dependencies=NO_PARAMETERS)
async def list_store_schedules(session: SessionDep, access: Viewer) -> ScheduleList:
    """Which feeds are fetched again, how often, and how it went."""
    return ScheduleList(items=[ScheduleAnswer.of(found) for found in await feeds.list_schedules(session, access)])


@router.post("", status_code=201, summary="Create a schedule", dependencies=NO_PARAMETERS)
async def create_store_schedule(
    session: SessionDep, access: Staff, body: NewSchedule, response: Response
) -> ScheduleAnswer:
    """Have a feed fetched again and again; its first run is after one interval. It runs for its creator."""
    with body_fields():
        schedule = await feeds.create_schedule(session, access, **body.model_dump())
    response.headers["Location"] = f"{PREFIX}/schedules/{schedule.id}"
    return ScheduleAnswer.of(schedule)


@router.get("/{schedule_id}", summary="Show a schedule", dependencies=NO_PARAMETERS)
async def show_store_schedule(session: SessionDep, access: Viewer, schedule_id: Id) -> ScheduleAnswer:
    """One schedule of the store."""
    return ScheduleAnswer.of(await feeds.get_schedule(session, access, schedule_id))


@router.patch("/{schedule_id}", summary="Change a schedule", dependencies=NO_PARAMETERS)
async def update_store_schedule(
    session: SessionDep, access: Staff, schedule_id: Id, body: ScheduleChanges
) -> ScheduleAnswer:
    """Change the address, the rhythm, the policy, or whether it runs; it runs for whoever changed it last."""
    with body_fields():
        schedule = await feeds.update_schedule(session, access, schedule_id, **body.model_dump(exclude_none=True))
    return ScheduleAnswer.of(schedule)


@router.delete("/{schedule_id}", status_code=204, summary="Delete a schedule", dependencies=NO_PARAMETERS)
async def delete_store_schedule(session: SessionDep, access: Staff, schedule_id: Id) -> Response:
    """End a schedule. An import that it has started goes on."""
    await feeds.delete_schedule(session, access, schedule_id)
    return Response(status_code=204)


@router.post("/{schedule_id}/run", status_code=202, summary="Run a schedule now", dependencies=NO_PARAMETERS)
async def run_store_schedule(session: SessionDep, access: Staff, schedule_id: Id, response: Response) -> ImportAnswer:
    """Start its import at once; its next run stays where it is. Watch the import at the answer's `Location`."""
    job = await feeds.run_schedule_now(session, access, schedule_id)
    return started(response, job, access.store, f"{PREFIX}/imports")
