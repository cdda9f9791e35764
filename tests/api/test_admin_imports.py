"""Imports of every store, for administrators."""

import httpx
import pytest

from orion.feeds import ImportJob
from orion.identity import Admin
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.conftest import count
from tests.factories.feeds import make_import
from tests.factories.stores import make_admin, make_store

BASE = "/api/v1/admin/marketplace-import-jobs"
URL = "https://example.com/products.csv"


@pytest.fixture
async def admin(runtime: Runtime) -> Admin:
    async with runtime.database.transaction() as session:
        return await make_admin(session, "root")


@pytest.fixture
async def headers(runtime: Runtime, admin: Admin) -> dict[str, str]:
    return await bearer(runtime, admin.user)


@pytest.mark.parametrize("path", [BASE, f"{BASE}/"])
async def test_start_for_any_store(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str], path: str
) -> None:
    async with runtime.database.transaction() as session:
        store = (await make_store(session, "SHOP")).store
    answer = await client.post(path, json={"store_id": store.id, "source_url": URL}, headers=headers)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["job_id"], body["status"], body["store_code"], body["user_id"]) == (1, "pending", "SHOP", 1)
    assert answer.headers["Location"] == f"{BASE}/1"
    shown = (await client.get(f"{BASE}/1", headers=headers)).json()
    assert (shown["id"], shown["store_name"], shown["created_by"]) == (1, "Store SHOP", "root")
    listed = (await client.get(path, headers=headers)).json()
    assert {**listed, "items": []} == {"items": [], "total": 1, "page": 1, "limit": 10}
    assert listed["items"] == [shown]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"store_id": 999}, 404, "store_not_found"),
        ({"store_id": 0}, 422, "validation_failed"),
        ({"store_id": 2**63}, 422, "validation_failed"),
        ({"store_id": None}, 422, "validation_failed"),
        ({"marketplace": "Etsy"}, 422, "unknown_marketplace"),
        ({"batch_size": 99}, 422, "validation_failed"),
        ({"shop": "X"}, 422, "validation_failed"),
    ],
)
async def test_bad_input(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str], change: dict, status: int, code: str
) -> None:
    async with runtime.database.transaction() as session:
        store = (await make_store(session)).store
    answer = await client.post(BASE, json={"store_id": store.id, "source_url": URL} | change, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await count(runtime.database, ImportJob) == 0


async def test_filters_and_statistics(
    client: httpx.AsyncClient, runtime: Runtime, admin: Admin, headers: dict[str, str]
) -> None:
    async with runtime.database.transaction() as session:
        one, two = await make_store(session), await make_store(session, "OTHER")
        mine = await make_import(session, one, user_id=admin.user.id)
        failed = await make_import(session, two, status="failed", marketplace="Amazon")
        pending = await make_import(session, two, status="pending", user_id=None)

    async def ids(**params: object) -> list[int]:
        answer = await client.get(BASE, params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await ids() == [pending.id, failed.id, mine.id]
    assert await ids(store_id=one.store.id) == [mine.id]
    assert await ids(status="failed") == [failed.id]
    assert await ids(marketplace="amazon") == [failed.id]
    assert await ids(created_by_me="true") == [mine.id]
    assert await ids(created_by_me="false", limit=1, page=2) == [failed.id]
    assert await ids(store_id=two.store.id, status="completed") == []
    unknown = await client.get(BASE, params={"state": "failed"}, headers=headers)
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "query.state")
    statistics = await client.get(f"{BASE}/stats", headers=headers)
    assert statistics.json() == {
        "total": 3,
        "pending": 1,
        "processing": 0,
        "completed": 1,
        "completed_with_errors": 0,
        "failed": 1,
        "cancelled": 0,
    }
    missing = await client.get(f"{BASE}/999", headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "import_not_found")
