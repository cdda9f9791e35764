"""Connections, runs and lags of every store, for administrators."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from orion import channels, sync
from orion.api.connection_answers import ConnectionAnswer
from orion.api.dependencies import AdminUser, RuntimeDep, SessionDep
from orion.api.inputs import Parameters
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.api.sync_answers import JobType, SyncRunAnswer, SyncRunQuery
from orion.channels import ConnectionView
from orion.kernel import Channel
from orion.plumbing.cursors import read_cursor, write_cursor
from orion.sync import IntegrationFilter, RunView, SyncFigures

StoreId = Annotated[int | None, Field(ge=1, le=2**63 - 1, description="only this store's", examples=[5])]


class AdminConnectionQuery(Parameters):
    """Which connections are wanted."""

    store_id: StoreId = None
    channel: Channel | None = None
    state: Literal["new", "ok", "expiring", "broken", "paused"] | None = None
    cursor: str | None = Field(
        None, max_length=2000, description="`next_cursor` of the stretch before; the same filters with it"
    )
    limit: int = Field(50, ge=1, le=200)


class AdminConnectionAnswer(ConnectionAnswer):
    """A connection, and whose it is."""

    store_id: int = Field(examples=[5])
    store_code: str = Field(examples=["DEMO"])

    @classmethod
    def of_any(cls, view: ConnectionView) -> Self:
        """The answer for a connection of any store."""
        facts = ConnectionAnswer.of(view.connection).model_dump()
        return cls(store_id=view.connection.store_id, store_code=view.store_code, **facts)


class AdminConnectionList(BaseModel):
    """A stretch of the connections, the newest first."""

    items: list[AdminConnectionAnswer]
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


class AdminRunQuery(SyncRunQuery):
    """Which runs are wanted, of one store or of all."""

    store_id: StoreId = None


class AdminRunAnswer(SyncRunAnswer):
    """What one run did, and for whom."""

    store_id: int = Field(examples=[5])
    store_code: str = Field(examples=["DEMO"])
    connection: str = Field(description="what the connection is called", examples=["Letzshop"])

    @classmethod
    def of_any(cls, view: RunView) -> Self:
        """The answer for a run of any store."""
        return cls.of(view.run, store_id=view.run.store_id, store_code=view.store_code, connection=view.connection_name)


class AdminRunList(BaseModel):
    """A stretch of the runs, the newest first."""

    items: list[AdminRunAnswer]
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


class IntegrationQuery(Parameters):
    """Which integrations are wanted."""

    store_id: StoreId = None
    channel: Channel | None = None
    job_type: JobType | None = None
    status: Literal["ok", "unread", "late", "failing", "idle"] | None = None
    cursor: str | None = Field(
        None, max_length=2000, description="`next_cursor` of the stretch before; the same filters with it"
    )
    limit: int = Field(50, ge=1, le=200)


class IntegrationAnswer(BaseModel):
    """One job type of one connection."""

    store_id: int = Field(examples=[5])
    store_code: str = Field(examples=["DEMO"])
    connection_id: int = Field(examples=[7])
    connection_name: str = Field(examples=["Letzshop"])
    connection_state: str = Field(description="new, ok, expiring, broken or paused", examples=["ok"])
    channel: str = Field(examples=["letzshop"])
    job_type: str = Field(examples=["order_import"])
    status: str = Field(description="failing, late, unread, ok or idle (nobody asks)", examples=["ok"])
    lag_seconds: float = Field(description="since the last good run", examples=[74.2])
    late_after: float = Field(description="it is late with a longer lag, in seconds", examples=[900.0])
    last_success_at: datetime | None
    last_status: str | None = Field(description="of the last run", examples=["success"])
    problem: str | None = Field(examples=[None])
    failures: int = Field(description="runs that failed since the last good one", examples=[0])
    unread: int = Field(description="entries of the channel that cannot be read", examples=[0])
    runs: int = Field(description="of the last day", examples=[288])
    error_rate: float = Field(description="failed ones of these, 0 to 1", examples=[0.0])

    @classmethod
    def of(cls, figures: SyncFigures) -> Self:
        """The answer for one job type of one connection."""
        facts = {name: getattr(figures, name) for name in cls.model_fields}
        return cls(**facts | {"lag_seconds": round(figures.lag_seconds, 1), "error_rate": round(figures.error_rate, 4)})


class IntegrationList(BaseModel):
    """A stretch of them, by store, connection and job type, and how many are wanted of each status."""

    items: list[IntegrationAnswer]
    by_status: dict[str, int] = Field(description="of all stretches", examples=[{"ok": 20, "failing": 1}])
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


router = APIRouter(
    prefix="/api/v1/admin", tags=["admin channels"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("/connections", summary="List the connections of every store")
async def list_all_connections(
    session: SessionDep, runtime: RuntimeDep, admin: AdminUser, query: Annotated[AdminConnectionQuery, Query()]
) -> AdminConnectionList:
    """Connections of every store, the newest first, without their secrets."""
    scope = f"connections:{query.model_dump_json(exclude={'cursor', 'limit'})}"
    before = read_cursor(runtime.settings, scope, query.cursor)[0] if query.cursor is not None else None
    found = await channels.list_all_connections(session, admin, before=before, **query.model_dump(exclude={"cursor"}))
    return AdminConnectionList(
        items=[AdminConnectionAnswer.of_any(view) for view in found.items],
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )


@router.get("/sync/runs", summary="List what runs of every store did")
async def list_all_sync_runs(
    session: SessionDep, runtime: RuntimeDep, admin: AdminUser, query: Annotated[AdminRunQuery, Query()]
) -> AdminRunList:
    """Runs of every store, the newest first: what they found, and why they failed."""
    before = query.before(runtime.settings, "platform")
    found = await sync.list_all_sync_runs(
        session, admin, query.wanted(), store_id=query.store_id, before=before, limit=query.limit
    )
    return AdminRunList(
        items=[AdminRunAnswer.of_any(view) for view in found.items],
        next_cursor=query.next_cursor(runtime.settings, "platform", found),
    )


@router.get("/integrations", summary="Show how far behind each connection is")
async def list_integrations(
    session: SessionDep, runtime: RuntimeDep, admin: AdminUser, query: Annotated[IntegrationQuery, Query()]
) -> IntegrationList:
    """The lag, the state and the failures of each job type of each connection, by store; back-fills have none.

    `/health/marketplace-integrations` says the same of each channel together.
    """
    facts = query.model_dump(exclude={"cursor", "limit"})
    scope = f"integrations:{query.model_dump_json(exclude={'cursor', 'limit'})}"
    after = read_cursor(runtime.settings, scope, query.cursor) if query.cursor is not None else None
    found = await sync.list_integrations(session, admin, IntegrationFilter(**facts), after=after, limit=query.limit)
    return IntegrationList(
        items=[IntegrationAnswer.of(figures) for figures in found.items],
        by_status=found.by_status,
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )
