"""One transaction per request, committed before the answer is sent."""

import asyncio
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy import event
from starlette.responses import StreamingResponse

from orion.api.dependencies import CurrentUser, SessionDep
from orion.api.routing import TransactionalRoute
from orion.identity import AuditEntry, User, record_audit
from orion.identity.models import RefreshToken
from orion.merchants import Store
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.conftest import count
from tests.factories.people import a_user

SHOP = {"shop_code": "DEMO", "shop_name": "Demo"}


@pytest.fixture
async def ada(runtime: Runtime) -> User:
    async with runtime.database.transaction() as session:
        return await a_user(session, "ada")


async def test_a_commit_that_fails_is_answered_as_a_failure(
    client: httpx.AsyncClient, runtime: Runtime, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await bearer(runtime, ada)

    def fail(connection: Any) -> None:
        connection.rollback()
        raise RuntimeError("disk full: /secret/path")

    with monkeypatch.context() as patch:
        patch.setattr(runtime.database.engine.sync_engine.dialect, "do_commit", fail)
        for key in ({}, {"Idempotency-Key": "1"}):
            answer = await client.post("/api/v1/shop", json=SHOP, headers=headers | key)
            assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
            assert answer.json()["code"] == "internal_error"
            assert answer.json()["request_id"] == answer.headers["x-request-id"]
            assert "secret" not in answer.text
    assert await count(runtime.database, Store) == 0
    again = await client.post("/api/v1/shop", json=SHOP, headers=headers | {"Idempotency-Key": "1"})
    assert (again.status_code, "idempotency-replayed" in again.headers) == (201, False)


async def test_the_commit_comes_before_the_first_byte(runtime: Runtime, app: FastAPI, ada: User) -> None:
    happened: list[str] = []
    headers = await bearer(runtime, ada)

    async def noted(scope: object, receive: object, send: object) -> None:
        async def note(message: dict[str, object]) -> None:
            happened.append(str(message["type"]))
            await send(message)

        await app(scope, receive, note)

    def note_commit(_: object) -> None:
        happened.append("commit")

    engine = runtime.database.engine.sync_engine
    event.listen(engine, "commit", note_commit)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(noted), base_url="http://testserver") as client:
        assert (await client.post("/api/v1/shop", json=SHOP, headers=headers)).status_code == 201
    event.remove(engine, "commit", note_commit)
    assert happened == ["commit", "http.response.start", "http.response.body"]


async def test_an_exception_undoes_the_request_and_gives_nothing_away(
    client: httpx.AsyncClient, app: FastAPI, runtime: Runtime, ada: User
) -> None:
    async def crash(session: SessionDep, user: CurrentUser) -> None:
        await record_audit(session, actor_id=user.id, action="crash", subject="x")
        raise RuntimeError("postgresql://user:password@host")

    app.router.routes.append(TransactionalRoute("/api/crash", crash, methods=["POST"]))
    answer = await client.post("/api/crash", headers=await bearer(runtime, ada) | {"X-Request-ID": "mine-1"})
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "code": "internal_error",
        "detail": "Something went wrong on our side; the request id finds it in the logs",
        "errors": [],
        "request_id": "mine-1",
    }
    async with runtime.database.reading() as session:
        assert await session.scalar(sa.select(AuditEntry).where(AuditEntry.action == "crash")) is None


async def test_a_get_that_writes_fails_and_nothing_of_it_is_kept(
    client: httpx.AsyncClient, app: FastAPI, runtime: Runtime, ada: User
) -> None:
    async def sneaky(session: SessionDep, user: CurrentUser) -> None:
        await record_audit(session, actor_id=user.id, action="sneaky", subject="x")

    app.router.routes.append(TransactionalRoute("/api/sneaky", sneaky, methods=["GET"]))
    assert (await client.get("/api/sneaky", headers=await bearer(runtime, ada))).status_code == 500
    async with runtime.database.reading() as session:
        assert await session.scalar(sa.select(AuditEntry).where(AuditEntry.action == "sneaky")) is None


async def test_a_streamed_answer_of_a_write_is_given_and_not_kept(
    client: httpx.AsyncClient, app: FastAPI, runtime: Runtime, ada: User
) -> None:
    async def stream(user: CurrentUser) -> StreamingResponse:
        return StreamingResponse(iter([b"a", b"b"]))

    app.router.routes.append(TransactionalRoute("/api/stream", stream, methods=["POST"]))
    headers = await bearer(runtime, ada) | {"Idempotency-Key": "1"}
    answers = [await client.post("/api/stream", headers=headers) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"ab")] * 2
    assert "idempotency-replayed" not in answers[1].headers


async def test_the_end_of_a_stolen_login_is_kept_though_the_answer_is_a_refusal(
    client: httpx.AsyncClient, runtime: Runtime, ada: User
) -> None:
    login = await client.post("/api/v1/auth/login", json={"username": "ada", "password": "a long enough password"})
    token = {"refresh_token": login.json()["refresh_token"]}
    answers = await asyncio.gather(*(client.post("/api/v1/auth/refresh", json=token) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    refused = next(answer for answer in answers if answer.status_code == 401)
    assert refused.json()["code"] == "refresh_token_reused"
    async with runtime.database.reading() as session:
        alive = await session.scalar(
            sa.select(sa.func.count()).select_from(RefreshToken).where(RefreshToken.revoked_at.is_(None))
        )
    assert alive == 0
