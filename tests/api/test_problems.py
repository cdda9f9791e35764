"""Every failure is a problem document with a stable code and a way to mend it."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from orion.api.routing import TransactionalRoute, UnrepeatableRoute
from orion.main.app import create_app
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.api.conftest import bearer
from tests.factories.people import a_store, a_user

JSON = {"Content-Type": "application/json"}
REGISTER = {"username": "ada", "email": "ada@example.com", "password": "a long enough password"}


@pytest.mark.parametrize(
    ("method", "url", "content", "status", "code"),
    [
        ("GET", "/api/v1/nothing", None, 404, "not_found"),
        ("GET", "/api/", None, 404, "not_found"),
        ("PATCH", "/api/v1/auth/me", None, 405, "method_not_allowed"),
        ("POST", "/api/v1/auth/register", b"{", 400, "json_invalid"),
        ("POST", "/api/v1/auth/register", b"\xff", 400, "request_malformed"),
        ("POST", "/api/v1/auth/register", b"[]", 422, "validation_failed"),
        ("POST", "/api/v1/auth/register", b"", 422, "validation_failed"),
        ("POST", "/api/v1/auth/register", b"{}" + b" " * 1_000_000, 413, "body_too_large"),
        ("GET", "/api/v1/auth/me", None, 401, "authentication_required"),
    ],
)
async def test_what_the_routes_never_see(
    client: httpx.AsyncClient, method: str, url: str, content: bytes | None, status: int, code: str
) -> None:
    answer = await client.request(method, url, content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "code", "detail", "errors", "request_id"}
    assert (problem["status"], problem["code"]) == (status, code)
    if status == 405:
        assert answer.headers["allow"] == "GET"
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_wrong_fields_are_named_as_they_were_sent_with_the_way_to_mend_them(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/register", json={"username": 5, "password": ["secret"]})
    assert answer.json()["errors"] == [
        {"field": "body.username", "message": "Input should be a valid string (got 5)"},
        {"field": "body.email", "message": "This field is required: send it"},
        {"field": "body.password", "message": "Input should be a valid string"},
    ]
    answer = await client.post("/api/v1/auth/register", json=REGISTER | {"password": "short"})
    assert (answer.status_code, answer.json()["code"]) == (422, "password_unsuitable")
    assert answer.json()["errors"] == [
        {"field": "body.password", "message": "Choose a password of 8 to 128 characters; this one has 5"}
    ]


async def test_what_cannot_be_looked_for_is_refused_also_as_a_file(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        owner = await a_user(session)
        await a_store(session, owner)
    client.headers.update(await bearer(runtime, owner))
    last, key = "9999-12-31T23:59:59-14:00", {"name": "x", "scopes": ["orders:read"]}
    for path, field, body in (
        ("/store/inventory/movements", "query.until", None),
        ("/store/audit-log", "query.since", None),
        ("/store/api-keys", "body.expires_at", key),
        ("/store/webhooks/1/replay", "body.since", {}),
        ("/store/sync/schedules/1/backfill", "body.since", {}),
        ("/marketplace/product", "body.availability_date", {"marketplace_product_id": "x"}),
    ):
        name = field.partition(".")[2]
        url = f"/api/v1{path}"
        asked = client.get(url, params={name: last}) if body is None else client.post(url, json=body | {name: last})
        problem = (await asked).json()
        assert (problem["code"], [error["field"] for error in problem["errors"]]) == ("validation_failed", [field]), url
    file = await client.get("/api/v1/store/inventory/movements?format=csv&location=%20")
    assert (file.status_code, file.json()["code"]) == (422, "location_invalid")


async def test_a_verbs_fields_have_their_documented_names(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        user = await a_user(session)
    headers = await bearer(runtime, user)
    for body, code, field in (
        ({"shop_code": "?", "shop_name": "Demo"}, "store_code_invalid", "body.shop_code"),
        ({"shop_code": "DEMO", "shop_name": ""}, "store_invalid", "body.shop_name"),
        ({"shop_code": "DEMO", "shop_name": "x", "contact_email": "?"}, "store_invalid", "body.contact_email"),
    ):
        problem = (await client.post("/api/v1/shop", json=body, headers=headers)).json()
        assert (problem["code"], [error["field"] for error in problem["errors"]]) == (code, [field])


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
async def test_text_that_no_database_holds_is_the_callers_to_mend(
    client: httpx.AsyncClient, runtime: Runtime, text: str
) -> None:
    async with runtime.database.transaction() as session:
        user = await a_user(session)
        await a_store(session, user, "DEMO")
    headers = await bearer(runtime, user)
    escaped = json.dumps({"shop_code": "NEW", "shop_name": text})
    answers = [
        await client.post("/api/v1/shop", content=escaped, headers=headers | JSON),
        await client.post("/api/v1/auth/login", content=json.dumps({"username": text, "password": text}), headers=JSON),
        await client.get("/api/v1/shop/%00", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [422, 401, 422 if not runtime.database.is_sqlite else 404]


async def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(
    settings: Settings, tmp_path: Path, database: Database
) -> None:
    away = "sqlite:////proc/nowhere/orion.db" if database.is_sqlite else "postgresql://postgres@127.0.0.1:1/nothing"
    gone = Database.__new__(Database)
    gone.__init__(f"sqlite:///{tmp_path}/there.db" if database.is_sqlite else away)  # type: ignore[misc]
    if database.is_sqlite:
        (tmp_path / "there.db").mkdir()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(Runtime(settings, gone))), base_url="http://testserver"
    ) as client:
        answer = await client.post("/api/v1/auth/register", json=REGISTER)
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.headers["retry-after"] == "5"
        assert (await client.get("/")).status_code == 200
    await gone.dispose()
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:  # aiosqlite's, of a file that did not open: it needs the loop
            await asyncio.to_thread(thread.join, 10)


async def test_the_documentation_has_one_schema_for_every_problem_and_the_key_on_every_repeatable_write(
    app: FastAPI,
    client: httpx.AsyncClient,
) -> None:
    document = (await client.get("/openapi.json")).json()
    again = (await client.get("/openapi.json")).json()
    assert again == document
    schemas = document["components"]["schemas"]
    assert set(schemas["Problem"]["properties"]) == {
        "type", "title", "status", "code", "detail", "errors", "request_id",
    }  # fmt: skip
    assert "HTTPValidationError" not in schemas
    unrepeatable = {
        (method.lower(), context.path)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, UnrepeatableRoute)
        or not isinstance(context.original_route, TransactionalRoute)
        for method in context.methods or ()
    }
    assert ("post", "/api/v1/auth/login") in unrepeatable
    assert ("post", "/api/v1/store/products") not in unrepeatable
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    assert document["components"]["parameters"]["IdempotencyKey"]["name"] == "Idempotency-Key"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            repeatable = method != "get" and (method, path) not in unrepeatable
            assert (key in operation.get("parameters", [])) == repeatable, (method, path)
            if path.startswith("/api/"):
                problem: Any = operation["responses"]["default"]["content"]["application/problem+json"]
                assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
    for page in ("/docs", "/redoc"):
        assert (await client.get(page)).headers["content-type"].startswith("text/html")
