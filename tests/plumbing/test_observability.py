"""What a process tells of itself."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest
import structlog

from orion.main.app import create_app
from orion.plumbing import jobs
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.plumbing import sample_jobs  # noqa: F401 (declares the jobs)


@pytest.fixture
async def client(runtime: Runtime) -> Any:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(runtime)), base_url="http://localhost"
    ) as client:
        yield client


async def test_it_is_well_while_nothing_waits(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    body = answer.json()
    assert (answer.status_code, body["status"], body["failing"]) == (200, "healthy", [])
    assert body["checks"]["database"]["latency_ms"] > 0
    assert body["checks"]["worker"] == {"ok": True, "alive": False, "heartbeat_age_seconds": None}
    assert body["checks"]["queues"]["imports"] == {"waiting": 0, "delayed": 0, "running": 0}


async def test_jobs_that_wait_for_no_worker_are_reported(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        await jobs.enqueue(session, "say", "x", "y")
        await jobs.enqueue(session, "held", "x", delay=3600)
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["worker"])
    assert answer.json()["checks"]["worker"]["detail"].startswith("1 jobs wait and no worker lives")
    figures = (await client.get("/metrics")).text
    assert 'orion_jobs{queue="default",status="waiting"} 1.0' in figures
    assert 'orion_queue_depth{queue="imports"} 1.0' in figures
    async with jobs.working(runtime):
        assert (await client.get("/health")).status_code == 200
        assert "orion_worker_heartbeat_age_seconds{worker=" in (await client.get("/metrics")).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_database_that_is_down_is_named_and_no_secret_is(settings: Settings) -> None:
    database = Database("postgresql://ann:secret@127.0.0.1:1/none")
    runtime = Runtime(settings, database)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(runtime)), base_url="http://localhost"
    ) as client:
        answer = await client.get("/health")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["database"])
    assert "secret" not in answer.text
    assert "127.0.0.1" not in answer.text
    await database.dispose()


async def test_requests_have_ids_and_are_counted_by_route(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as said:
        given = await client.get("/api/v1/nowhere", headers={"X-Request-ID": "abc-1"})
        forged = await client.get("/health", headers={"X-Request-ID": 'x" admin="1'})
    assert given.headers["X-Request-ID"] == "abc-1"
    assert len(forged.headers["X-Request-ID"]) == 32
    (line,) = [line for line in said if line.get("request_id") == "abc-1" and line["event"] == "request"]
    assert (line["path"], line["route"], line["status"], line["log_level"]) == (
        "/api/v1/nowhere",
        "unmatched",
        404,
        "info",
    )
    figures = (await client.get("/metrics")).text
    assert 'orion_http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in figures
    assert 'orion_http_requests_total{method="GET",route="/health",status="200"} 1.0' in figures
    assert "nowhere" not in figures


def test_logs_are_json_with_their_context_and_plain_tracebacks() -> None:
    code = """
import logging, structlog
from orion.plumbing.observability import configure_logging
from orion.plumbing.settings import Settings
configure_logging(Settings(_env_file=None, log_format="json"))
with structlog.contextvars.bound_contextvars(job_id="j-1"):
    secret = "hidden"
    logging.getLogger("some.library").warning("it said %s", "this")
    try:
        1 / 0
    except ZeroDivisionError:
        structlog.get_logger("orion").exception("we said", rows=3)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    theirs, ours = map(json.loads, result.stderr.splitlines())
    assert (theirs["message"], theirs["job_id"], theirs["level"]) == ("it said this", "j-1", "warning")
    assert (ours["message"], ours["rows"], ours["job_id"], ours["level"]) == ("we said", 3, "j-1", "error")
    assert "ZeroDivisionError" in ours["exception"]
    assert "hidden" not in result.stderr
