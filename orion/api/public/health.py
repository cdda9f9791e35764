"""For load balancers and monitoring: is it well, and what are its figures."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

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
    """Requests of this process; jobs, queues and workers of the whole installation. Prometheus' text format."""
    requests: RequestMetrics = request.app.state.request_metrics
    runtime: Runtime = request.app.state.runtime
    return Response(requests.render() + await job_metrics(runtime.database), media_type=CONTENT_TYPE)
