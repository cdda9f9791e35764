"""Who gets what answer from the operations on column mappings, schedules, gone products and exports."""

from typing import Any

import sqlalchemy as sa

from orion.feeds import FeedLink, FeedSchedule, ImportChange, ImportUndo, create_link, create_schedule
from orion.feeds.models import IssueRow
from orion.merchants import Store
from orion.plumbing.runtime import Runtime
from tests.api.access_imports import ADMIN, STORE, _demo, an_import, room
from tests.api.access_rows import Row, admin_only, member, public
from tests.factories.feeds import make_import

MAPPINGS = f"{STORE}/marketplace/mappings"
LINKS = f"{STORE}/feed-links"
SCHEDULES = f"{STORE}/marketplace/schedules"
URL = "https://example.com/products-{caller}.csv"


async def a_schedule(runtime: Runtime) -> dict[str, Any]:
    """A schedule of DEMO's, the only one."""
    await room(runtime)
    async with runtime.database.transaction() as session:
        await session.execute(sa.delete(FeedSchedule))
        url = "https://example.com/products.csv"
        return {"schedule_id": (await create_schedule(session, await _demo(session), source_url=url, interval="6h")).id}


async def an_unreadable_import(runtime: Runtime) -> dict[str, Any]:
    """An import of DEMO's that failed for its columns."""
    details = {"columns": {"headers": ["Nummer", "Name"], "samples": [["A1"], ["Lamp"]]}}
    async with runtime.database.transaction() as session:
        return {"job_id": (await make_import(session, await _demo(session), status="failed", details=details)).id}


async def a_held_import(runtime: Runtime) -> dict[str, Any]:
    """An import of DEMO's that has held products back, the newest."""
    details = {"gone_held_back": {"count": 21, "of": 30, "reason": "too_many"}}
    async with runtime.database.transaction() as session:
        made = await make_import(session, await _demo(session), details=details, on_missing="unpublish")
        return {"job_id": made.id}


async def a_dry_run(runtime: Runtime) -> dict[str, Any]:
    """A dry run of DEMO's, which can be applied."""
    await room(runtime)
    async with runtime.database.transaction() as session:
        return {"job_id": (await make_import(session, await _demo(session), mode="dry_run")).id}


async def an_import_with_failed_rows(runtime: Runtime) -> dict[str, Any]:
    """An import of DEMO's with a row that failed."""
    await room(runtime)
    async with runtime.database.transaction() as session:
        made = await make_import(session, await _demo(session), header="id,title", details={"delimiter": ","})
        session.add(IssueRow(import_job_id=made.id, row_number=2, is_failed=True, is_cut=False, record="A1,"))
        return {"job_id": made.id}


async def a_change(runtime: Runtime) -> dict[str, Any]:
    """An import of DEMO's that changed something which is not there any more."""
    await room(runtime)
    async with runtime.database.transaction() as session:
        made = await make_import(session, await _demo(session))
        values = {"kind": "created", "product_id": 1, "identifier": "gone", "language": "en"}
        session.add(ImportChange(import_job_id=made.id, row_number=2, **values))
        return {"job_id": made.id}


async def an_undo(runtime: Runtime) -> dict[str, Any]:
    """An import of DEMO's that was undone."""
    path = await an_import(runtime)
    async with runtime.database.transaction() as session:
        session.add(ImportUndo(import_job_id=path["job_id"], total_count=1, status="completed"))
    return path


IMPORT = f"{STORE}/marketplace/imports/{{job_id}}"


async def a_link(runtime: Runtime) -> dict[str, Any]:
    """A feed link of DEMO's, the only one."""
    await room(runtime)
    async with runtime.database.transaction() as session:
        await session.execute(sa.delete(FeedLink))
        made = await create_link(session, await _demo(session), name="Engine", format="google-tsv")
        return {
            "link_id": made.link.id,
            "token": made.path.removeprefix("/feeds/").removesuffix(".tsv"),
            "suffix": "tsv",
        }


async def a_public_link(runtime: Runtime) -> dict[str, Any]:
    """The same while DEMO is verified."""
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(Store).where(Store.code == "DEMO").values(is_verified=True))
    return await a_link(runtime)


FEED_ROWS: dict[tuple[str, str], Row] = {
    ("GET", f"{STORE}/products/export"): member("viewer"),
    ("GET", LINKS): member("viewer"),
    ("POST", LINKS): member("manager", 201, low="staff", body={"name": "Engine", "format": "csv"}),
    ("POST", f"{LINKS}/{{link_id}}/rotate"): member("manager", low="staff", prepare=a_link),
    ("DELETE", f"{LINKS}/{{link_id}}"): member("manager", 204, low="staff", prepare=a_link),
    ("GET", "/feeds/{token}.{suffix}"): public(prepare=a_public_link, changes=True),
    ("GET", MAPPINGS): member("viewer"),
    ("PUT", MAPPINGS): member("staff", low="viewer", body={"columns": {}, "marketplace": "Letzshop"}, changes=False),
    ("DELETE", MAPPINGS): member("staff", 204, low="viewer", changes=False),
    ("POST", f"{MAPPINGS}/preview"): member(
        "staff", low="viewer", prepare=an_unreadable_import, body={"job_id": 0}, changes=False
    ),
    ("GET", SCHEDULES): member("viewer"),
    ("POST", SCHEDULES): member("staff", 201, low="viewer", body={"source_url": URL, "interval": "24h"}),
    ("GET", f"{SCHEDULES}/{{schedule_id}}"): member("viewer", prepare=a_schedule),
    ("PATCH", f"{SCHEDULES}/{{schedule_id}}"): member(
        "staff", low="viewer", prepare=a_schedule, body={"enabled": False}
    ),
    ("DELETE", f"{SCHEDULES}/{{schedule_id}}"): member("staff", 204, low="viewer", prepare=a_schedule),
    ("POST", f"{SCHEDULES}/{{schedule_id}}/run"): member("staff", 202, low="viewer", prepare=a_schedule),
    ("POST", f"{IMPORT}/confirm-gone"): member("staff", low="viewer", prepare=a_held_import),
    ("GET", f"{IMPORT}/changes"): member("viewer", prepare=an_import),
    ("GET", f"{IMPORT}/failed-rows.csv"): member("viewer", prepare=an_import_with_failed_rows),
    ("POST", f"{IMPORT}/apply"): member("staff", 202, low="viewer", prepare=a_dry_run),
    ("POST", f"{IMPORT}/retry"): member("staff", 202, low="viewer", prepare=an_import_with_failed_rows),
    ("POST", f"{IMPORT}/undo"): member("staff", 202, low="viewer", prepare=a_change),
    ("GET", f"{IMPORT}/undo"): member("viewer", prepare=an_undo),
    ("GET", f"{ADMIN}/{{job_id}}/changes"): admin_only(prepare=an_import),
    ("POST", f"{ADMIN}/{{job_id}}/undo"): admin_only(202, prepare=a_change),
    ("GET", f"{ADMIN}/{{job_id}}/undo"): admin_only(prepare=an_undo),
}
