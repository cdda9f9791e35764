"""Importing a file that the caller sends."""

from pathlib import Path

import httpx
import pytest

from orion.feeds import ImportJob
from orion.merchants import StoreAccess
from orion.plumbing.files import copy_to
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.api.conftest import bearer
from tests.conftest import count
from tests.factories.stores import enter_as, make_store

PATH = "/api/v1/store/marketplace/import-file"
CONTENT = b"id,title\nA,Lamp\n"


@pytest.fixture
async def access(runtime: Runtime) -> StoreAccess:
    async with runtime.database.transaction() as session:
        return await make_store(session)


@pytest.fixture
async def headers(runtime: Runtime, access: StoreAccess) -> dict[str, str]:
    return await bearer(runtime, access.user)


def kept(settings: Settings) -> list[Path]:
    """What lies in the store of files."""
    return [path for path in (settings.var_dir / "files").rglob("*") if path.is_file()]


def sent(content: bytes = CONTENT, name: str = "products.csv") -> dict:
    return {"file": (name, content, "text/csv")}


async def test_a_file_is_kept_and_its_import_queued(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str], tmp_path: Path
) -> None:
    data = {"marketplace": "amazon", "language": "fr", "batch_size": "200"}
    answer = await client.post(PATH, files=sent(name="C:\\feeds\\été.csv"), data=data, headers=headers)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["status"], body["source_url"], body["filename"]) == ("pending", None, "été.csv")
    assert (body["marketplace"], body["language"], body["batch_size"]) == ("Amazon", "fr", 200)
    async with runtime.database.reading() as session:
        job = await session.get_one(ImportJob, body["job_id"])
    assert job.upload_key is not None
    await copy_to(job.upload_key, tmp_path / "copy.csv", runtime.settings)
    assert (tmp_path / "copy.csv").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({"batch_size": "99"}, "body.batch_size", "validation_failed"),
        ({"batch_size": "5001"}, "body.batch_size", "validation_failed"),
        ({"marketplace": "Etsy"}, "body.marketplace", "unknown_marketplace"),
        ({"language": "xx"}, "body.language", "unknown_language"),
        ({"store": "DEMO"}, "body.store", "validation_failed"),
    ],
)
async def test_a_file_that_cannot_be_imported_is_not_kept(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str], data: dict, field: str, code: str
) -> None:
    answer = await client.post(PATH, files=sent(), data=data, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await count(runtime.database, ImportJob) == 0
    assert kept(runtime.settings) == []


async def test_without_a_file_there_is_nothing_to_import(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for answer in (
        await client.post(PATH, data={"language": "fr"}, headers=headers),
        await client.post(PATH, data={"file": "just text"}, headers=headers),
        await client.post(PATH, json={"file": "x"}, headers=headers),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.file"), answer.text


async def test_the_same_upload_twice_is_one_import_and_one_file(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    keyed = headers | {"Idempotency-Key": "upload-1"}
    first = await client.post(PATH, files=sent(), headers=keyed)
    second = await client.post(PATH, files=sent(), headers=keyed)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    other = await client.post(PATH, files=sent(b"id,title\nB,Mug\n"), headers=keyed)
    assert other.status_code == 409
    unkeyed = await client.post(PATH, files=sent(), headers=headers)
    assert (unkeyed.status_code, unkeyed.json()["code"]) == (409, "import_already_running")
    assert await count(runtime.database, ImportJob) == 1
    assert len(kept(runtime.settings)) == 1


async def test_only_staff_may_send_a_file(
    client: httpx.AsyncClient, runtime: Runtime, access: StoreAccess, headers: dict[str, str]
) -> None:
    async with runtime.database.transaction() as session:
        viewer, stranger = await enter_as(session, access, "viewer"), await make_store(session, "OTHER")
    callers = {
        401: {},
        403: await bearer(runtime, viewer.user),
        404: await bearer(runtime, stranger.user) | {"X-Store-Code": "DEMO"},
    }
    for status, caller in callers.items():
        answer = await client.post(PATH, files=sent(), headers=caller)
        assert answer.status_code == status, answer.text
    assert await count(runtime.database, ImportJob) == 0
    assert kept(runtime.settings) == []


async def test_a_file_beyond_the_limit_is_refused(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime.settings, "feed_max_bytes", 2_000_000)
    answer = await client.post(PATH, files=sent(b"x" * 2_000_001), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_too_large")
    assert kept(runtime.settings) == []
    fits = await client.post(PATH, files=sent(b"x" * 2_000_000), headers=headers)
    assert fits.status_code == 202  # also above the limit of other bodies
