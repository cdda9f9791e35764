"""When a store's connections are asked for what is new, and what that brought."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from orion import sync
from orion.api.dependencies import RuntimeDep, SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Body, Id, Moment, Parameters
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.store.connections import Manager, Viewer
from orion.api.sync_answers import (
    SyncRunAnswer,
    SyncRunList,
    SyncRunQuery,
    SyncScheduleAnswer,
    SyncScheduleChange,
    SyncScheduleList,
)
from orion.merchants import StoreAccess
from orion.sync import SyncRun

Staff = Annotated[StoreAccess, Depends(store_access("staff", "channels"))]

PREFIX = "/api/v1/store/sync"


class SyncScheduleQuery(Parameters):
    """Which schedules are wanted."""

    connection_id: int | None = Field(None, ge=1, le=2**63 - 1, description="of this connection only")


class BackfillRequest(Body):
    """How far back to read."""

    since: Moment = Field(
        description="with its zone; as far back as the channel keeps orders", examples=["2026-01-01T00:00:00Z"]
    )


router = APIRouter(prefix=PREFIX, tags=["store sync"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)


@router.get("/schedules", summary="List when channels are asked")
async def list_sync_schedules(
    session: SessionDep, access: Viewer, query: Annotated[SyncScheduleQuery, Query()]
) -> SyncScheduleList:
    """The schedules of the store's connections, back-fills among them, and what became of their last runs."""
    found = await sync.list_sync_schedules(session, access, connection_id=query.connection_id)
    return SyncScheduleList(items=[SyncScheduleAnswer.of(schedule) for schedule in found])


@router.get("/schedules/{schedule_id}", summary="Show when a channel is asked", dependencies=NO_PARAMETERS)
async def show_sync_schedule(session: SessionDep, access: Viewer, schedule_id: Id) -> SyncScheduleAnswer:
    """One schedule, how far it has come, and what became of its last run."""
    return SyncScheduleAnswer.of(await sync.get_sync_schedule(session, access, schedule_id))


@router.patch("/schedules/{schedule_id}", summary="Change when a channel is asked", dependencies=NO_PARAMETERS)
async def change_sync_schedule(
    session: SessionDep, access: Manager, schedule_id: Id, body: SyncScheduleChange
) -> SyncScheduleAnswer:
    """Change the rhythm, which begins now, whether it runs at all, or how a failed run is tried again.

    Needs a manager.
    """
    with body_fields():
        schedule = await sync.update_sync_schedule(session, access, schedule_id, **body.model_dump())
    return SyncScheduleAnswer.of(schedule)


@router.post(
    "/schedules/{schedule_id}/run", status_code=202, summary="Ask a channel at once", dependencies=NO_PARAMETERS
)
async def run_sync_schedule(session: SessionDep, access: Staff, schedule_id: Id, response: Response) -> SyncRunAnswer:
    """Start a run at once, also when the schedule is not enabled or its connection is broken.

    409 `sync_running` while one is under way or waits for the channel, `connection_paused`. Needs staff.
    """
    return _started(response, await sync.run_sync_now(session, access, schedule_id))


@router.post(
    "/schedules/{schedule_id}/backfill", status_code=202, summary="Read older orders", dependencies=NO_PARAMETERS
)
async def start_sync_backfill(
    session: SessionDep, access: Manager, schedule_id: Id, body: BackfillRequest, response: Response
) -> SyncRunAnswer:
    """Read the orders of the schedule's connection again from a moment on, beside its polls, however long it takes.

    Its own schedule (`order_backfill`) tells the progress. 409 `sync_running` while one is under way,
    `connection_paused`. Needs a manager.
    """
    schedule = await sync.get_sync_schedule(session, access, schedule_id)
    with body_fields():
        run = await sync.start_backfill(session, access, schedule.connection_id, body.since)
    return _started(response, run)


@router.get("/runs", summary="List what runs did")
async def list_sync_runs(
    session: SessionDep, runtime: RuntimeDep, access: Viewer, query: Annotated[SyncRunQuery, Query()]
) -> SyncRunList:
    """The store's runs, the newest first: what they found, and why they failed."""
    scope = f"store:{access.store.id}"
    before = query.before(runtime.settings, scope)
    found = await sync.list_sync_runs(session, access, query.wanted(), before=before, limit=query.limit)
    return SyncRunList(
        items=[SyncRunAnswer.of(run) for run in found.items],
        next_cursor=query.next_cursor(runtime.settings, scope, found),
    )


@router.get("/runs/{run_id}", summary="Show what a run did", dependencies=NO_PARAMETERS)
async def show_sync_run(session: SessionDep, access: Viewer, run_id: Id) -> SyncRunAnswer:
    """One run with its counters, and its problems in words."""
    return SyncRunAnswer.of(await sync.get_sync_run(session, access, run_id))


def _started(response: Response, run: SyncRun) -> SyncRunAnswer:
    response.headers["Location"] = f"{PREFIX}/runs/{run.id}"
    return SyncRunAnswer.of(run)
