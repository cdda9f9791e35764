"""Nobody but our own pages can write in a visitor's name, and the API takes no cookies."""

import httpx
import pytest
from fastapi import FastAPI

from orion import identity
from orion.feeds import ImportJob
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from tests.conftest import count
from tests.factories.people import PASSWORD
from tests.web.conftest import HTMX, ORIGIN, Shopkeeper, Visitor, browser_like

FORM = {"source": "url", "source_url": "https://example.com/a.csv", "language": "en", "marketplace": "Letzshop"}


@pytest.mark.parametrize("token", [None, "", "0" * 64])
async def test_a_form_without_our_token_is_refused(owner: Shopkeeper, database: Database, token: str | None) -> None:
    data = FORM if token is None else FORM | {"csrf_token": token}
    response = await owner.client.post(f"{owner.home}/marketplace", data=data)
    assert response.status_code == 403
    assert "This form is out of date" in response.text
    assert await count(database, ImportJob) == 0


async def test_the_token_of_another_session_is_refused(owner: Shopkeeper, admin: Visitor, database: Database) -> None:
    response = await owner.client.post(f"{owner.home}/marketplace", data=FORM | {"csrf_token": await admin.token()})
    assert response.status_code == 403
    assert await count(database, ImportJob) == 0


async def test_the_token_may_come_as_a_header(owner: Shopkeeper, database: Database) -> None:
    headers = HTMX | {"X-CSRF-Token": await owner.token()}
    response = await owner.client.post(f"{owner.home}/marketplace", data=FORM, headers=headers)
    assert response.status_code == 200
    assert await count(database, ImportJob) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{ORIGIN}:8000"},
    ],
)
async def test_another_site_is_refused_even_with_the_token(
    owner: Shopkeeper, database: Database, headers: dict[str, str]
) -> None:
    data = FORM | {"csrf_token": await owner.token()}
    response = await owner.client.post(f"{owner.home}/marketplace", data=data, headers=headers)
    assert response.status_code == 403
    assert "came from another site" in response.text
    assert await count(database, ImportJob) == 0


async def test_a_write_that_does_not_say_where_it_is_from_is_refused(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        assert (await client.post("/login", data={"login": "olga", "password": PASSWORD})).status_code == 403


async def test_another_site_cannot_log_a_visitor_in(owner: Shopkeeper, client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/login", data={"login": "olga", "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


async def test_the_api_takes_no_cookie(owner: Shopkeeper, app: FastAPI) -> None:
    response = await owner.client.get("/api/v1/auth/me")
    assert (response.status_code, response.json()["code"]) == (401, "authentication_required")


async def test_a_page_takes_no_token_of_the_api(owner: Shopkeeper, runtime: Runtime, app: FastAPI) -> None:
    async with runtime.database.transaction() as session:
        pair = await identity.issue_tokens(session, owner.user, runtime.settings)
    async with browser_like(app, Authorization=f"Bearer {pair.access_token}") as client:
        assert (await client.get(owner.home)).status_code == 303
