"""A store's imports over JSON."""

import csv
import io
import json

import httpx
import pytest

from orion.feeds import Feed, ImportJob
from orion.merchants import StoreAccess
from orion.plumbing.jobs import list_jobs
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.conftest import count
from tests.factories.feeds import make_import, make_issue
from tests.factories.stores import make_store

BASE = "/api/v1/store/marketplace"
BODY = {"source_url": "https://example.com/products.csv", "marketplace": "Letzshop", "batch_size": 1000}


@pytest.fixture
async def access(runtime: Runtime) -> StoreAccess:
    async with runtime.database.transaction() as session:
        return await make_store(session)


@pytest.fixture
async def headers(runtime: Runtime, access: StoreAccess) -> dict[str, str]:
    return await bearer(runtime, access.user)


async def test_start_and_watch(client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]) -> None:
    answer = await client.post(f"{BASE}/import", json=BODY, headers=headers)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["job_id"], body["id"], body["status"], body["phase"]) == (1, 1, "pending", "waiting")
    assert answer.headers["Location"] == f"{BASE}/imports/1"
    shown = await client.get(answer.headers["Location"], headers=headers)
    assert shown.status_code == 200
    assert shown.json() == body
    moments = {name: body.pop(name) for name in ("created_at", "updated_at")}
    assert all(moment.endswith("Z") for moment in moments.values())
    assert body == {
        "id": 1,
        "job_id": 1,
        "status": "pending",
        "phase": "waiting",
        "store_id": 1,
        "store_code": "DEMO",
        "store_name": "Store DEMO",
        "user_id": 1,
        "marketplace": "Letzshop",
        "language": "en",
        "source_url": "https://example.com/products.csv",
        "filename": None,
        "batch_size": 1000,
        "on_missing": "keep",
        "mode": "full",
        "retry_of": None,
        "dry_run_id": None,
        "changes_purged": False,
        "imported_count": 0,
        "updated_count": 0,
        "unchanged_count": 0,
        "skipped_count": 0,
        "error_count": 0,
        "warning_count": 0,
        "total_processed": 0,
        "total_rows": None,
        "progress": {
            "fraction": None,
            "rows_per_second": None,
            "remaining_seconds": None,
            "elapsed_seconds": None,
        },
        "cancel_requested": False,
        "failure": None,
        "details": {},
        "started_at": None,
        "completed_at": None,
    }
    assert [job.id for job in await list_jobs(runtime.database)] == ["import-1"]


async def test_the_address_has_a_second_name(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    body = {"url": "https://example.com/products.csv", "language": "fr"}
    answer = await client.post(f"{BASE}/import", json=body, headers=headers)
    assert answer.status_code == 202
    assert (answer.json()["source_url"], answer.json()["language"]) == ("https://example.com/products.csv", "fr")
    both = await client.post(f"{BASE}/import", json=BODY | {"url": "https://example.com/x"}, headers=headers)
    assert (both.status_code, both.json()["errors"][0]["field"]) == (422, "body.url")


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"marketplace": "Etsy"}, "body.marketplace", "unknown_marketplace"),
        ({"language": "es"}, "body.language", "unknown_language"),
        ({"batch_size": 99}, "body.batch_size", "validation_failed"),
        ({"batch_size": 5001}, "body.batch_size", "validation_failed"),
        ({"batch_size": "many"}, "body.batch_size", "validation_failed"),
        ({"source_url": "ftp://example.com/x"}, "body.source_url", "invalid_source_url"),
        ({"source_url": None}, "body.source_url", "validation_failed"),
        ({"batchsize": 1000}, "body.batchsize", "validation_failed"),
        ({"upload_key": "x"}, "body.upload_key", "validation_failed"),
    ],
)
async def test_bad_input_names_the_field(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str], change: dict, field: str, code: str
) -> None:
    answer = await client.post(f"{BASE}/import", json=BODY | change, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await count(runtime.database, ImportJob) == 0
    assert await count(runtime.database, Feed) == 0


async def test_the_range_of_batch_sizes_is_named(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    small = await client.post(f"{BASE}/import", json=BODY | {"batch_size": 99}, headers=headers)
    assert "greater than or equal to 100" in small.json()["detail"]
    large = await client.post(f"{BASE}/import", json=BODY | {"batch_size": 5001}, headers=headers)
    assert "less than or equal to 5000" in large.json()["detail"]


async def test_a_store_that_is_not_mine_does_not_exist(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    async with runtime.database.transaction() as session:
        await make_store(session, "OTHER")
    answers = [
        await client.post(f"{BASE}/import", json=BODY, headers=headers | {"X-Store-Code": code})
        for code in ("OTHER", "NOWHERE")
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "store_not_found")] * 2
    assert await count(runtime.database, ImportJob) == 0


async def test_the_same_request_twice_is_one_import(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    keyed = headers | {"Idempotency-Key": "start-1"}
    first = await client.post(f"{BASE}/import", json=BODY, headers=keyed)
    second = await client.post(f"{BASE}/import", json=BODY, headers=keyed)
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json() == first.json()
    assert second.headers["Location"] == first.headers["Location"]
    other = await client.post(f"{BASE}/import", json=BODY | {"batch_size": 500}, headers=keyed)
    assert other.status_code == 409
    assert await count(runtime.database, ImportJob) == 1
    assert len(await list_jobs(runtime.database)) == 1


async def test_a_second_start_names_the_running_import(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    first = await client.post(f"{BASE}/import", json=BODY, headers=headers)
    second = await client.post(f"{BASE}/import", json=BODY, headers=headers)
    assert (second.status_code, second.json()["code"]) == (409, "import_already_running")
    assert f"Import {first.json()['job_id']} " in second.json()["detail"]


async def test_the_list_has_pages_and_filters(
    client: httpx.AsyncClient, runtime: Runtime, access: StoreAccess, headers: dict[str, str]
) -> None:
    async with runtime.database.transaction() as session:
        await make_import(session, access, imported_count=150, updated_count=25, error_count=2, processed_count=177)
        await make_import(session, access, status="failed", failure_code="not_found", failure_message="404")
        await make_import(session, await make_store(session, "OTHER"))
    page = (await client.get(f"{BASE}/imports", params={"page": 1, "limit": 1}, headers=headers)).json()
    assert {**page, "items": []} == {"items": [], "total": 2, "page": 1, "limit": 1}
    assert [item["status"] for item in page["items"]] == ["failed"]
    assert page["items"][0]["failure"] == {"code": "not_found", "message": "404"}
    done = (await client.get(f"{BASE}/imports", params={"status": "completed"}, headers=headers)).json()
    counters = ("imported_count", "updated_count", "error_count", "total_processed")
    assert [tuple(item[name] for name in counters) for item in done["items"]] == [(150, 25, 2, 177)]
    assert done["limit"] == 10


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/imports?state=done", "query.state"),
        ("/imports?page=0", "query.page"),
        ("/imports?limit=201", "query.limit"),
        ("/imports?page=99999999999999999999", "query.page"),
        ("/imports/1?verbose=1", "query.verbose"),
        ("/imports/1/errors?severity=fatal", "query.severity"),
        ("/imports/1/errors?format=xml", "query.format"),
        ("/imports/x", "path.job_id"),
        ("/imports/0", "path.job_id"),
        ("/imports/9223372036854775808", "path.job_id"),
    ],
)
async def test_unknown_and_impossible_parameters_are_refused(
    client: httpx.AsyncClient, headers: dict[str, str], path: str, field: str
) -> None:
    answer = await client.get(BASE + path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_an_unknown_status_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.get(f"{BASE}/imports", params={"status": "done"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_status")
    assert "completed_with_errors" in answer.json()["detail"]


async def test_the_last_number_is_simply_not_there(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.get(f"{BASE}/imports/9223372036854775807", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "import_not_found")


async def test_errors_with_row_data(
    client: httpx.AsyncClient, runtime: Runtime, access: StoreAccess, headers: dict[str, str]
) -> None:
    async with runtime.database.transaction() as session:
        job = await make_import(session, access, status="completed_with_errors")
        for row in (3, 2, 5):
            await make_issue(session, job, row)
        await make_issue(session, job, 4, severity="warning", identifier=None, row_data={"gtin": "123"})
    path = f"{BASE}/imports/{job.id}/errors"
    page = (await client.get(path, headers=headers, params={"limit": 2})).json()
    assert {**page, "items": []} == {"items": [], "total": 4, "page": 1, "limit": 2}
    assert page["items"][0] == {
        "id": 2,
        "row_number": 2,
        "severity": "error",
        "error_type": "validation_error",
        "code": "unreadable_price",
        "identifier": "SKU-2",
        "error_message": "The price 'abc' is not a number: write it like 29.90 EUR.",
        "row_data": {"id": "SKU-2", "price": "abc"},
        "column_name": None,
        "value": None,
    }
    warnings = (await client.get(path, headers=headers, params={"severity": "warning"})).json()
    assert [(item["row_number"], item["identifier"]) for item in warnings["items"]] == [(4, None)]
    last = (await client.get(path, headers=headers, params={"limit": 2, "page": 3})).json()
    assert (last["items"], last["total"]) == ([], 4)


async def test_errors_as_a_spreadsheet(
    client: httpx.AsyncClient, runtime: Runtime, access: StoreAccess, headers: dict[str, str]
) -> None:
    async with runtime.database.transaction() as session:
        job = await make_import(session, access, status="completed_with_errors")
        for row in range(2, 1205):  # more than one step
            await make_issue(session, job, row)
        await make_issue(session, job, 2000, severity="warning", identifier="=1+1", row_data={"title": 'é, "x"\n'})
    path = f"{BASE}/imports/{job.id}/errors"
    answer = await client.get(path, headers=headers | {"Accept": "text/csv"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="import-{job.id}-errors.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [int(row["row_number"]) for row in rows] == [*range(2, 1205), 2000]
    assert rows[-1]["identifier"] == "'=1+1"  # a spreadsheet must not run it
    assert json.loads(rows[-1]["row_data"]) == {"title": 'é, "x"\n'}
    few = await client.get(path, headers=headers, params={"format": "csv", "severity": "warning", "limit": 1})
    assert [row["row_number"] for row in csv.DictReader(io.StringIO(few.text))] == ["2000"]
    as_json = await client.get(path, headers=headers | {"Accept": "text/csv"}, params={"format": "json"})
    assert as_json.json()["total"] == 1204
    missing = await client.get(f"{BASE}/imports/999/errors?format=csv", headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "import_not_found")


async def test_cancel(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    job_id = (await client.post(f"{BASE}/import", json=BODY, headers=headers)).json()["job_id"]
    answer = await client.post(f"{BASE}/imports/{job_id}/cancel", headers=headers)
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["phase"]) == ("cancelled", "finished")
    again = await client.post(f"{BASE}/imports/{job_id}/cancel", headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "import_already_finished")
