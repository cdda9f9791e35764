"""Imports by their first documented paths."""

import httpx

from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.factories.feeds import make_import
from tests.factories.stores import enter_as, make_admin, make_store

BASE = "/api/v1/marketplace"
BODY = {"url": "https://example.com/products.csv", "marketplace": "Amazon", "shop_code": "demo", "batch_size": 500}


async def test_start_status_and_list(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access, other = await make_store(session), await make_store(session, "OTHER")
        foreign = await make_import(session, other)
    headers = await bearer(runtime, access.user)
    answer = await client.post(f"{BASE}/import-product", json=BODY, headers=headers)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["status"], body["marketplace"], body["store_code"], body["batch_size"]) == (
        "pending",
        "Amazon",
        "DEMO",
        500,
    )
    assert answer.headers["Location"] == f"{BASE}/import-status/{body['job_id']}"
    assert (await client.get(answer.headers["Location"], headers=headers)).json() == body
    listed = (await client.get(f"{BASE}/import-jobs", headers=headers)).json()
    assert listed == {"items": [body], "total": 1, "page": 1, "limit": 10}
    for job_id in (foreign.id, 999):
        hidden = await client.get(f"{BASE}/import-status/{job_id}", headers=headers)
        assert (hidden.status_code, hidden.json()["code"]) == (404, "import_not_found")


async def test_the_fields_have_second_names(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
    body = {"source_url": "https://example.com/x.csv", "store_code": "DEMO"}
    answer = await client.post(f"{BASE}/import-product", json=body, headers=await bearer(runtime, access.user))
    assert (answer.status_code, answer.json()["language"], answer.json()["batch_size"]) == (202, "en", 1000)


async def test_an_address_is_refused_under_its_own_name(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
    headers = await bearer(runtime, access.user)
    answer = await client.post(f"{BASE}/import-product", json=BODY | {"url": "nonsense"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_source_url")
    assert [error["field"] for error in answer.json()["errors"]] == ["body.url"]


async def test_who_may_start(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        viewer, stranger = await enter_as(session, access, "viewer"), await make_store(session, "OTHER")
        admin = await make_admin(session)
    outcomes = {}
    for name, user in {"viewer": viewer.user, "stranger": stranger.user, "admin": admin.user}.items():
        answer = await client.post(f"{BASE}/import-product", json=BODY, headers=await bearer(runtime, user))
        outcomes[name] = (answer.status_code, answer.json().get("code"))
    assert outcomes == {
        "viewer": (403, "role_too_low"),
        "stranger": (404, "store_not_found"),
        "admin": (202, None),
    }


async def test_the_list_spans_the_callers_stores(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        second = await make_store(session, "OTHER")
        viewer = await enter_as(session, access, "viewer")
        first_job = await make_import(session, access)
        second_job = await make_import(session, second, status="failed")
    of_owner = await bearer(runtime, second.user)
    assert [item["id"] for item in (await client.get(f"{BASE}/import-jobs", headers=of_owner)).json()["items"]] == [
        second_job.id
    ]
    of_viewer = await bearer(runtime, viewer.user)

    async def ids(**params: object) -> list[int]:
        answer = await client.get(f"{BASE}/import-jobs", params=params, headers=of_viewer)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await ids() == [first_job.id]
    assert await ids(shop_code="demo") == [first_job.id]
    assert await ids(shop_code="OTHER") == []
    assert await ids(status="failed") == []
    unknown = await client.get(f"{BASE}/import-jobs?skip=1", headers=of_viewer)
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "query.skip")
