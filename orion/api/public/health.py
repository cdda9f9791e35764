"""For load balancers and monitoring: is it well, and what are its figures."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from orion import sync
from orion.api.dependencies import AdminUser, SessionDep
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.public.figures import business_metrics
from orion.api.routing import TransactionalRoute
from orion.plumbing.observability import RequestMetrics, check_health, job_metrics
from orion.plumbing.observability.metrics import CONTENT_TYPE
from orion.plumbing.runtime import Runtime


class HealthReport(BaseModel):
    """How the installation is."""

    status: str = Field(examples=["healthy"], description='"healthy" or "unhealthy"')
    failing: list[str] = Field(examples=[[]], description='The parts that do not work: "database", "worker"')
    checks: dict[str, dict[str, Any]] = Field(
        description="Figures of each part: database latency (ms), age of the last worker heartbeat (s), queue depths"
    )


router = APIRouter(tags=["operations"])


@router.get(
    "/health",
    summary="Is it well?",
    response_model=HealthReport,
    responses={503: {"model": HealthReport, "description": "Something does not work; `failing` names it"}},
)
async def health(request: Request) -> Response:
    """200 while the database answers and workers take the jobs that wait; 503 with the failing parts otherwise."""
    runtime: Runtime = request.app.state.runtime
    found = await check_health(runtime)
    report = HealthReport(
        status="healthy" if found.ok else "unhealthy", failing=found.failing, checks=found.checks
    ).model_dump()
    return JSONResponse(report, status_code=200 if found.ok else 503, headers={"Cache-Control": "no-store"})


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(request: Request) -> Response:
    """Requests of this server's processes; jobs, workers, channels, orders and stock of the whole installation.

    In Prometheus' format.
    """
    requests: RequestMetrics = request.app.state.request_metrics
    runtime: Runtime = request.app.state.runtime
    business = await runtime.kept.get("metrics", lambda: business_metrics(runtime.database))
    return Response(requests.render() + await job_metrics(runtime.database) + business.value, media_type=CONTENT_TYPE)


class JobHealth(BaseModel):
    """One job type of all connections to a channel together."""

    status: str = Field(examples=["ok"], description="the worst of: failing, late, unread, ok, idle (nobody asks)")
    connections: int = Field(examples=[3])
    asked: int = Field(examples=[3], description="connections that are neither paused nor switched off")
    lag_seconds: float = Field(examples=[74.2], description="since the last good run, of the one that waits longest")
    last_success_at: datetime | None = Field(description="the oldest of the last good runs; null: one never had any")
    error_rate: float = Field(examples=[0.0], description="failed runs of the last day, of all that ended")
    unread_entries: int = Field(examples=[0], description="what the channel sent and could not be read")
    problems: list[dict[str, str | None]] = Field(
        examples=[[]], description="at most ten: store, connection, status, code, problem in words"
    )


class HealthQuery(BaseModel):
    """Whose connections are meant."""

    model_config = ConfigDict(extra="forbid")

    store_id: int | None = Field(None, ge=1, le=2**63 - 1, description="only this store's", examples=[5])


integrations = APIRouter(tags=["operations"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)


@integrations.get("/health/marketplace-integrations", summary="Do the channels work?")
async def marketplace_integrations_health(
    session: SessionDep, admin: AdminUser, query: Annotated[HealthQuery, Query()]
) -> dict[str, dict[str, JobHealth | str]]:
    """For each channel its job types, and `api_status`, the worst state of its connections. For administrators."""
    return await sync.integration_health(session, admin, store_id=query.store_id)
