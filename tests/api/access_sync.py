"""Who gets what answer from the operations on channels' health, on when they are asked, and from their hooks."""

from datetime import timedelta
from typing import Any

from orion.channels import Connection
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from orion.sync import SyncRun, SyncSchedule
from tests.api.access_channels import a_connection
from tests.api.access_rows import Row, admin_only, member, public

STORE = "/api/v1/store/sync"


async def a_schedule(runtime: Runtime) -> dict[str, Any]:
    """A new connection of DEMO's, its schedule, and a run; `since` for a back-fill."""
    made = await a_connection(runtime)
    now = utcnow()
    async with runtime.database.transaction() as session:
        connection = await session.get_one(Connection, made["connection_id"])
        common = {"store_id": connection.store_id, "connection_id": connection.id, "job_type": "order_import"}
        schedule = SyncSchedule(interval_minutes=5, next_run_at=now, **common)
        run = SyncRun(channel="letzshop", trigger="schedule", status="success", finished_at=now, **common)
        session.add_all([schedule, run])
        await session.flush()
        since = (now - timedelta(days=9)).isoformat()
        return {"schedule_id": schedule.id, "run_id": run.id, "since": since}


_ONE = f"{STORE}/schedules/{{schedule_id}}"

SYNC_ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/health/marketplace-integrations"): admin_only(),
    ("POST", "/api/v1/hooks/amazon/{connection_id}/{token}"): public(
        404, path={"connection_id": 1, "token": "guessed"}, body={}
    ),
    ("GET", "/api/v1/hooks/ebay/{environment}"): public(422, path={"environment": "live"}),
    ("POST", "/api/v1/hooks/ebay/{environment}"): public(404, path={"environment": "live"}, body={}),
    ("GET", f"{STORE}/schedules"): member("viewer"),
    ("GET", _ONE): member("viewer", prepare=a_schedule),
    ("PATCH", _ONE): member("manager", low="staff", body={"interval_minutes": 9}, prepare=a_schedule),
    ("POST", f"{_ONE}/run"): member("staff", 202, low="viewer", prepare=a_schedule),
    ("POST", f"{_ONE}/backfill"): member("manager", 202, low="staff", body={"since": ""}, prepare=a_schedule),
    ("GET", f"{STORE}/runs"): member("viewer"),
    ("GET", f"{STORE}/runs/{{run_id}}"): member("viewer", prepare=a_schedule),
    ("GET", "/api/v1/admin/connections"): admin_only(),
    ("GET", "/api/v1/admin/sync/runs"): admin_only(),
    ("GET", "/api/v1/admin/integrations"): admin_only(),
}
