"""Writes that are repeated: one effect, one answer."""

import asyncio
from datetime import timedelta
from typing import Literal

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI, UploadFile

from orion.api.dependencies import CurrentUser, SessionDep
from orion.api.routing import TransactionalRoute
from orion.identity import AuditEntry, User, record_audit
from orion.kernel import Conflict
from orion.merchants import Store
from orion.plumbing.db import utcnow
from orion.plumbing.idempotency import StoredAnswer, purge_answers
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.conftest import count
from tests.factories.people import a_user

SHOP = {"shop_code": "DEMO", "shop_name": "Demo"}
KEY = {"Idempotency-Key": "0b0f7a39-5f52-4c56-a5e5-0123456789ab"}


@pytest.fixture
async def ada(runtime: Runtime) -> User:
    async with runtime.database.transaction() as session:
        return await a_user(session, "ada")


@pytest.fixture
async def headers(runtime: Runtime, ada: User) -> dict[str, str]:
    return await bearer(runtime, ada) | KEY


async def test_a_repeated_write_gets_the_first_answer_and_has_one_effect(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    first = await client.post("/api/v1/shop", json=SHOP, headers=headers)
    again = await client.post("/api/v1/shop", json=SHOP, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"] == "application/json"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await count(runtime.database, Store) == 1
    assert await count(runtime.database, StoredAnswer) == 1


async def test_the_key_with_another_request_is_refused(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    await client.post("/api/v1/shop", json=SHOP, headers=headers)
    for url, body in (("/api/v1/shop", SHOP | {"shop_code": "ELSE"}), ("/api/v1/shop?x=1", SHOP)):
        other = await client.post(url, json=body, headers=headers)
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert await count(runtime.database, Store) == 1


async def test_a_key_is_its_callers_and_its_paths_own(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    assert (await client.post("/api/v1/shop", json=SHOP, headers=headers)).status_code == 201
    async with runtime.database.transaction() as session:
        bob = await a_user(session, "bob")
    foreign = await client.post("/api/v1/shop", json=SHOP, headers=await bearer(runtime, bob) | KEY)
    assert (foreign.status_code, foreign.json()["code"]) == (409, "store_code_taken")
    register = {"username": "new", "email": "new@example.com", "password": "a long enough password"}
    elsewhere = await client.post("/api/v1/auth/register", json=register, headers=headers)
    assert elsewhere.status_code == 201
    nobody = await client.post("/api/v1/shop", json=SHOP, headers=KEY)
    assert nobody.status_code == 401
    invalid = await client.post("/api/v1/shop", json=SHOP, headers=KEY | {"Authorization": "Bearer x"})
    assert (invalid.status_code, invalid.json()["code"]) == (401, "access_token_invalid")


async def test_a_deactivated_user_gets_no_replay(
    client: httpx.AsyncClient, runtime: Runtime, ada: User, headers: dict[str, str]
) -> None:
    assert (await client.post("/api/v1/shop", json=SHOP, headers=headers)).status_code == 201
    async with runtime.database.transaction() as session:
        (await session.get_one(User, ada.id)).is_active = False
    assert (await client.post("/api/v1/shop", json=SHOP, headers=headers)).status_code == 401


async def test_a_failure_is_not_kept_and_the_key_may_be_used_again(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    wrong = await client.post("/api/v1/shop", json=SHOP | {"shop_name": ""}, headers=headers)
    assert wrong.status_code == 422
    assert await count(runtime.database, StoredAnswer) == 0
    right = await client.post("/api/v1/shop", json=SHOP, headers=headers)
    assert right.status_code == 201
    assert "idempotency-replayed" not in right.headers


async def test_an_empty_answer_is_replayed_too(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    body = {"current_password": "a long enough password", "new_password": "another long password"}
    first = await client.put("/api/v1/auth/password", json=body, headers=headers)
    again = await client.put("/api/v1/auth/password", json=body, headers=headers)
    assert (first.status_code, again.status_code, again.content) == (204, 204, b"")
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "caf\xe9"])
async def test_keys_that_are_none(client: httpx.AsyncClient, headers: dict[str, str], key: str) -> None:
    answer = await client.post("/api/v1/shop", json=SHOP, headers={**headers, "Idempotency-Key": key.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_invalid")


async def test_answers_with_tokens_are_never_stored(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    body = {"username": "ada", "password": "a long enough password"}
    answers = [await client.post("/api/v1/auth/login", json=body, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["refresh_token"] != answers[1].json()["refresh_token"]
    assert await count(runtime.database, StoredAnswer) == 0


async def test_an_answer_is_replayed_for_a_day(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    await client.post("/api/v1/shop", json=SHOP, headers=headers)

    async def age(hours: float) -> None:
        async with runtime.database.transaction() as session:
            await session.execute(sa.update(StoredAnswer).values(created_at=utcnow() - timedelta(hours=hours)))

    await age(23.9)
    async with runtime.database.transaction() as session:
        assert await purge_answers(session, utcnow()) == 0
    assert (await client.post("/api/v1/shop", json=SHOP, headers=headers)).status_code == 201
    await age(24.1)
    late = await client.post("/api/v1/shop", json=SHOP, headers=headers)
    assert (late.status_code, late.json()["code"]) == (409, "store_code_taken")
    other = await client.post("/api/v1/shop", json=SHOP | {"shop_code": "OTHER"}, headers=headers)
    assert (other.status_code, "idempotency-replayed" in other.headers) == (201, False)
    await age(24.1)
    async with runtime.database.transaction() as session:
        assert await purge_answers(session, utcnow()) == 1
    assert await count(runtime.database, StoredAnswer) == 0


async def test_of_many_at_once_one_has_the_effect_and_the_others_its_answer_or_are_told_to_wait(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str]
) -> None:
    answers = await asyncio.gather(*(client.post("/api/v1/shop", json=SHOP, headers=headers) for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    created = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in created}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in created) == 1
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency_in_flight"}
    assert await count(runtime.database, Store) == 1


class Gate(asyncio.Event):
    """What a request waits for; `reached` is set by the first that does."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def wait(self) -> Literal[True]:
        self.reached.set()
        return await super().wait()


@pytest.fixture
def gate(app: FastAPI) -> Gate:
    """Adds routes to the application: one that waits for the gate within its transaction, and one for uploads."""
    gate = Gate()

    async def slow(session: SessionDep, user: CurrentUser) -> dict[str, str]:
        await record_audit(session, actor_id=user.id, action="slow", subject="x")
        await gate.wait()
        return {"done": "slowly"}

    async def failing(session: SessionDep, user: CurrentUser) -> None:
        await record_audit(session, actor_id=user.id, action="slow", subject="x")
        await gate.wait()
        raise Conflict("no", "No")

    async def upload(session: SessionDep, user: CurrentUser, name: str, file: UploadFile) -> dict[str, int]:
        await record_audit(session, actor_id=user.id, action="upload", subject=name)
        return {"size": len(await file.read())}

    for path, endpoint in (("/slow", slow), ("/failing", failing), ("/upload", upload)):
        app.router.routes.append(TransactionalRoute("/api" + path, endpoint, methods=["POST"]))
    return gate


async def test_while_the_first_runs_postgresql_says_so_and_sqlite_waits(
    client: httpx.AsyncClient, runtime: Runtime, headers: dict[str, str], gate: Gate
) -> None:
    first = asyncio.create_task(client.post("/api/slow", headers=headers))
    await gate.reached.wait()
    second = asyncio.create_task(client.post("/api/slow", headers=headers))
    if runtime.database.is_sqlite:
        await asyncio.sleep(0.3)
        assert not second.done()
        gate.set()
        replay = await second
        assert (replay.status_code, replay.json()) == (200, {"done": "slowly"})
        assert replay.headers["idempotency-replayed"] == "true"
    else:
        refusal = await second
        assert (refusal.status_code, refusal.json()["code"]) == (409, "idempotency_in_flight")
        assert refusal.headers["retry-after"] == "1"
        gate.set()
    assert (await first).json() == {"done": "slowly"}
    async with runtime.database.reading() as session:
        actions = list(await session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action == "slow")))
    assert actions == ["slow"]


async def test_when_the_first_fails_the_one_that_waited_tries_for_itself(
    client: httpx.AsyncClient, headers: dict[str, str], gate: Gate
) -> None:
    first = asyncio.create_task(client.post("/api/failing", headers=headers))
    await gate.reached.wait()
    second = asyncio.create_task(client.post("/api/failing", headers=headers))
    await asyncio.sleep(0.2)
    gate.set()
    assert [(await task).json()["code"] for task in (first, second)] == ["no", "no"]


async def test_an_upload_is_told_by_its_parts_not_by_its_boundary(
    client: httpx.AsyncClient, headers: dict[str, str], gate: Gate
) -> None:
    url = "/api/upload?name=feed"

    async def upload(name: str, content: bytes) -> httpx.Response:
        return await client.post(url, files={"file": (name, content, "text/csv")}, headers=headers)

    first = await upload("feed.csv", b"id,title\n" * 200_000)
    assert (first.status_code, first.json()) == (200, {"size": 1_800_000})
    again = await upload("feed.csv", b"id,title\n" * 200_000)
    assert first.request.headers["content-type"] != again.request.headers["content-type"]
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    for name, content in (("other.csv", b"id,title\n" * 200_000), ("feed.csv", b"id,title\r" * 200_000)):
        assert (await upload(name, content)).json()["code"] == "idempotency_key_reused"
