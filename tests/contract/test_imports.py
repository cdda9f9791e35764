"""The guide to imports: its operations for stores and administrators, and the pages that it describes."""

import httpx
from fastapi import FastAPI

from orion import identity
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.contract.conftest import work_off
from tests.contract.documents import IMPORTS, PAGES
from tests.contract.walk import Walk
from tests.factories.stores import make_admin, make_store
from tests.web.conftest import browser_like

STORE = "/api/v1/store/marketplace"
ADMIN = "/api/v1/admin/marketplace-import-jobs"
COUNTERS = {"imported_count": 2, "updated_count": 0, "error_count": 1, "total_processed": 3}


async def test_the_walk_over_the_operations(client: httpx.AsyncClient, runtime: Runtime, feed: str) -> None:
    async with runtime.database.transaction() as session:
        access, admin = await make_store(session), await make_admin(session)
    owner, boss = await bearer(runtime, access.user), await bearer(runtime, admin.user)
    walk = Walk(IMPORTS, client)

    wanted = {"source_url": feed, "marketplace": "Letzshop", "batch_size": 1000}
    job = await walk.call(
        f"POST {STORE}/import", json=wanted, by=owner, status=202, gives={"job_id": int, "status": "pending"}
    )
    at = {"job_id": job["job_id"]}
    await walk.call(f"GET {STORE}/imports/{{job_id}}", at, by=owner, gives={"id": job["job_id"], "total_processed": 0})
    await work_off(runtime, job)
    done = {"id": job["job_id"], "status": "completed_with_errors", **COUNTERS}
    await walk.call(f"GET {STORE}/imports/{{job_id}}", at, by=owner, gives=done)
    page = {"page": 1, "limit": 10}
    await walk.call(f"GET {STORE}/imports", by=owner, params=page, gives={"items": [done], "total": 1, **page})
    error = {
        "row_number": 4,
        "identifier": "PROD003",
        "error_type": "missing_title",
        "error_message": str,
        "row_data": {"product_id": "PROD003", "description": "No title"},
    }
    await walk.call(
        f"GET {STORE}/imports/{{job_id}}/errors", at, by=owner, gives={"items": [error], "total": 1, "page": 1}
    )

    await walk.call(f"POST {ADMIN}", json=wanted | {"store_id": access.store.id}, by=owner, status=403)
    again = wanted | {"store_id": access.store.id, "language": "fr"}
    second = await walk.call(
        f"POST {ADMIN}", json=again, by=boss, status=202, gives={"job_id": int, "status": "pending"}
    )
    await work_off(runtime, second)
    at = {"job_id": second["job_id"]}
    await walk.call(f"GET {ADMIN}/{{job_id}}", at, by=boss, gives={"store_id": access.store.id, "language": "fr"})
    for query, found in (
        ({}, [second["job_id"], job["job_id"]]),
        ({"store_id": access.store.id, "status": "completed_with_errors", "created_by_me": "true"}, [second["job_id"]]),
        ({"marketplace": "Amazon"}, []),
        ({"status": "pending"}, []),
    ):
        listed = await walk.call(f"GET {ADMIN}", by=boss, params=query, gives={"total": len(found)})
        assert [each["id"] for each in listed["items"]] == found, query
    counts = {"total": 2, "pending": 0, "processing": 0, "completed": 0, "completed_with_errors": 2, "failed": 0}
    await walk.call(f"GET {ADMIN}/stats", by=boss, gives=counts)
    walk.finish()


async def test_the_walk_over_the_pages(app: FastAPI, runtime: Runtime, feed: str) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session, feed_url_fr="https://shop.example.com/fr.csv")
        admin = (await make_admin(session)).user
        cookies = [await identity.open_web_session(session, user, runtime.settings) for user in (access.user, admin)]
    headers = await bearer(runtime, access.user)
    async with browser_like(app) as client:
        asked = await client.post(f"{STORE}/import", json={"source_url": feed}, headers=headers)
        assert asked.status_code == 202
        walk = Walk(PAGES, client)
        at = {"store_code": "DEMO"}
        client.cookies.set("orion_staff", cookies[0], domain="testserver.local")
        page = await walk.call("GET /store/{store_code}/marketplace", at)
        for promised in ("https://shop.example.com/fr.csv", 'name="language"', 'name="batch_size"', "every 10s"):
            assert promised in page, promised
        page = await walk.call("GET /store/{store_code}/settings", at)
        assert "https://shop.example.com/fr.csv" in page
        await walk.call("GET /admin/imports", status=403)

        client.cookies.set("orion_staff", cookies[1], domain="testserver.local")
        page = await walk.call("GET /admin/marketplace")
        assert "Store DEMO" in page
        page = await walk.call("GET /admin/imports")
        for promised in (
            "feed.csv",
            'name="store"',
            'name="status"',
            'name="marketplace"',
            'name="creator"',
            "every 15s",
        ):
            assert promised in page, promised
        page = await walk.call("GET /admin/stores/{store_code}/edit", at)
        assert "https://shop.example.com/fr.csv" in page
        walk.finish()
