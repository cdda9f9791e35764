"""Every operation of the API against every kind of caller: the answer, and that a refusal changes nothing."""

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from orion.api.routing import TransactionalRoute
from orion.identity import User
from orion.main.tables import metadata
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from tests.api.access_table import ROWS, Row
from tests.api.conftest import bearer
from tests.factories.people import a_member, a_store, a_user, an_admin

PLAIN = {"/", "/health", "/metrics", "/api/v1/hooks/ebay/{environment}"}
"""Must answer without a working database, or ask another server first, so they run in no transaction of ours."""


def operations(app: FastAPI) -> dict[tuple[str, str], APIRoute]:
    """Every operation that is served, also those that the documentation hides."""
    return {
        (method, str(context.path)): context.original_route
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in context.methods or ()
    }


def test_the_table_has_a_row_for_every_operation_and_none_besides(app: FastAPI) -> None:
    assert set(operations(app)) == set(ROWS)


def test_every_operation_runs_in_a_transaction(app: FastAPI) -> None:
    plain = {path for (_, path), route in operations(app).items() if not isinstance(route, TransactionalRoute)}
    assert plain == PLAIN


UNAUDITED = (
    "/api/v1/auth/login",
    "/api/v1/auth/logout",
    "/api/v1/auth/refresh",
    "/api/v1/notifications",
    "/api/v1/store/inventory/reservations",
)
"""Writes that are nobody's business (logging in and out, what one has read), or that tell of themselves."""


@pytest.fixture
async def world(runtime: Runtime) -> dict[str, User]:
    """Everybody in the rows, by name."""
    async with runtime.database.transaction() as session:
        owner = await a_user(session, "owner")
        store = await a_store(session, owner, "DEMO")
        people = [await a_member(session, store, role, role) for role in ("manager", "staff", "viewer")]
        stranger = await a_user(session, "stranger")
        await a_store(session, stranger, "OTHER")
        people += [owner, stranger, await an_admin(session, "admin")]
        return {user.username: user for user in people}


@pytest.mark.parametrize("operation", sorted(ROWS), ids=" ".join)
async def test_each_caller_gets_the_answer_of_the_table(
    client: httpx.AsyncClient, runtime: Runtime, world: dict[str, User], operation: tuple[str, str]
) -> None:
    row = ROWS[operation]
    expected = {None: row.anonymous, "stranger": row.stranger, row.right[0]: row.right[1], "admin": row.admin}
    if row.low:
        expected[row.low[0]] = row.low[1]
    writes = row.changes if row.changes is not None else operation[0] != "GET"
    for name, status in sorted(expected.items(), key=lambda item: -item[1]):  # refusals first: nothing changed yet
        request = await _request(client, runtime, operation, row, name)
        if name:
            request.headers.update(await bearer(runtime, world[name]))
        before = await _fingerprint(runtime.database)
        answer = await client.send(request)
        assert answer.status_code == status, (name, answer.text)
        after = await _fingerprint(runtime.database)
        changed = after != before
        if changed and operation[0] != "GET" and not operation[1].startswith(UNAUDITED):
            assert _audited(after) > _audited(before), (name, "is not in the audit log")
        assert changed == (writes and status < 400), (name, "changed" if changed else "changed nothing")
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


async def _request(
    client: httpx.AsyncClient, runtime: Runtime, operation: tuple[str, str], row: Row, name: str | None
) -> httpx.Request:
    made = await row.prepare(runtime) if row.prepare else {}
    body = None
    if row.body is not None:
        body = {
            key: value.replace("{caller}", name or "anonymous") if isinstance(value, str) else value
            for key, value in row.body.items()
        } | {key: value for key, value in made.items() if key in row.body}
    method, path = operation
    url = path.replace(":path}", "}").format(**{**row.path, **made})
    if row.files is not None:
        return client.build_request(method, url, data=body, files=row.files, headers=dict(row.headers))
    return client.build_request(method, url, json=body, headers=dict(row.headers))


async def _fingerprint(database: Database) -> list[str]:
    """Every row of every table, in one statement."""
    if database.is_sqlite:
        cells = {
            table.name: " || ',' || ".join(f'quote("{column.name}")' for column in table.columns)
            for table in metadata.sorted_tables
        }
    else:
        cells = {table.name: "(entry.*)::text" for table in metadata.sorted_tables}
    statement = " UNION ALL ".join(
        f"SELECT '{table} ' || {columns} FROM {table} AS entry" for table, columns in cells.items()
    )
    async with database.reading() as session:
        return sorted((await session.execute(sa.text(statement.replace(":", r"\:")))).scalars())


def _audited(rows: list[str]) -> int:
    return sum(row.startswith("audit_log ") for row in rows)
