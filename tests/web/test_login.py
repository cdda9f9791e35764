"""Logging in and out, and what the cookie is like."""

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from orion.identity.models import WebSession
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.conftest import count
from tests.factories.people import PASSWORD, a_store, a_user
from tests.web.conftest import HTMX, Shopkeeper, Visitor, browser_like, csrf_token


@pytest.fixture
async def olga(runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        await a_store(session, await a_user(session, "olga"), "ALPHA")


async def log_in(
    client: httpx.AsyncClient, login: str = "olga", password: str = PASSWORD, **more: str
) -> httpx.Response:
    return await client.post("/login", data={"login": login, "password": password, **more})


async def test_the_right_password_opens_a_session(client: httpx.AsyncClient, olga: None, database: Database) -> None:
    response = await log_in(client)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("orion_staff=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert await count(database, WebSession) == 1
    home = await client.get("/", follow_redirects=True)
    assert (home.status_code, home.url.path) == (200, "/store/ALPHA")


async def test_over_https_the_cookie_is_bound_to_the_host(app: FastAPI, olga: None) -> None:
    async with browser_like(app, "https://testserver") as client:
        cookie = (await log_in(client)).headers["set-cookie"]
        assert cookie.startswith("__Host-orion_staff=")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
        assert (await client.get("/store/ALPHA")).status_code == 200


async def test_a_plain_cookie_opens_nothing_over_https(app: FastAPI, olga: None, client: httpx.AsyncClient) -> None:
    await log_in(client)
    value = client.cookies["orion_staff"]
    async with browser_like(app, "https://testserver", Cookie=f"orion_staff={value}") as https:
        assert (await https.get("/store/ALPHA")).status_code == 303


async def test_the_email_address_works_too(client: httpx.AsyncClient, olga: None) -> None:
    assert (await log_in(client, "OLGA@example.com")).status_code == 303


@pytest.mark.parametrize(("login", "password"), [("olga", "wrong password"), ("nobody", PASSWORD), ("", "")])
async def test_anything_else_keeps_the_name_and_says_one_thing(
    client: httpx.AsyncClient, olga: None, database: Database, login: str, password: str
) -> None:
    response = await log_in(client, login, password)
    assert response.status_code == 401
    assert "The user name or the password is wrong" in response.text
    assert f'name="login" value="{login}"' in response.text
    assert password == "" or password not in response.text
    assert "set-cookie" not in response.headers
    assert await count(database, WebSession) == 0


async def test_too_many_failures_are_told_when_to_come_back(
    settings: Settings, client: httpx.AsyncClient, olga: None
) -> None:
    settings.login_attempts = 2
    statuses = [(await log_in(client, password="wrong password")).status_code for _ in range(2)]
    assert statuses == [401, 401]
    response = await log_in(client)
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 900
    assert "Too many failed log-ins" in response.text


async def test_logging_in_anew_ends_the_old_session(client: httpx.AsyncClient, olga: None, app: FastAPI) -> None:
    await log_in(client)
    old = client.cookies["orion_staff"]
    await log_in(client)
    assert client.cookies["orion_staff"] != old
    async with browser_like(app, Cookie=f"orion_staff={old}") as other:
        assert (await other.get("/store/ALPHA")).status_code == 303


async def test_logging_out_ends_the_session_everywhere(owner: Shopkeeper, database: Database) -> None:
    response = await owner.post("/logout", {})
    assert (response.status_code, response.headers["location"]) == (303, "/login")
    assert 'orion_staff="";' in response.headers["set-cookie"]
    assert await count(database, WebSession) == 0
    assert (await owner.client.get(owner.home)).status_code == 303


@pytest.mark.parametrize(
    ("following", "goes_to"),
    [
        ("/store/ALPHA/products?page=2", "/store/ALPHA/products?page=2"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ],
)
async def test_one_goes_on_to_a_page_of_ours_only(
    client: httpx.AsyncClient, olga: None, following: str, goes_to: str
) -> None:
    assert (await log_in(client, next=following)).headers["location"] == goes_to


async def test_a_page_asks_for_a_log_in_and_then_comes_back(client: httpx.AsyncClient, olga: None) -> None:
    response = await client.get("/store/ALPHA/products?search=tea")
    assert response.status_code == 303
    assert response.headers["location"] == "/login?next=/store/ALPHA/products%3Fsearch%3Dtea"
    form = await client.get(response.headers["location"])
    assert 'name="next" value="/store/ALPHA/products?search=tea"' in form.text


async def test_a_fragment_sends_the_whole_page_to_the_log_in(client: httpx.AsyncClient) -> None:
    headers = HTMX | {"HX-Current-URL": "http://testserver/store/ALPHA/marketplace?page=2"}
    response = await client.get("/store/ALPHA/marketplace", headers=headers)
    assert response.status_code == 401
    assert response.headers["hx-redirect"] == "/login?next=/store/ALPHA/marketplace%3Fpage%3D2"
    assert response.text == ""


async def test_an_expired_session_is_none(owner: Shopkeeper, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(sa.update(WebSession).values(expires_at=sa.func.now()))
    response = await owner.client.get(owner.home)
    assert response.status_code == 303
    assert "orion_staff" in response.headers["set-cookie"]


async def test_who_is_logged_in_need_not_log_in(owner: Shopkeeper) -> None:
    response = await owner.client.get("/login?next=/stores")
    assert (response.status_code, response.headers["location"]) == (303, "/stores")


async def test_an_administrator_starts_with_the_imports(admin: Visitor) -> None:
    assert (await admin.client.get("/")).headers["location"] == "/admin"


async def test_who_has_no_store_is_told_how_to_get_one(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        await a_user(session, "nina")
    await log_in(client, "nina")
    page = await client.get("/", follow_redirects=True)
    assert page.url.path == "/stores"
    assert "You are not a member of a store yet" in page.text


async def test_the_password_page_changes_it_and_ends_other_sessions(
    client: httpx.AsyncClient, olga: None, app: FastAPI
) -> None:
    await log_in(client)
    async with browser_like(app) as other:
        await log_in(other)
        change = {"current_password": PASSWORD, "new_password": "another fine one"}
        response = await client.post("/account", data=change | {"csrf_token": await csrf_token(client)})
        assert response.status_code == 200
        assert "Your password is changed" in response.text
        assert (await client.get("/store/ALPHA")).status_code == 200
        assert (await other.get("/store/ALPHA")).status_code == 303
        assert (await log_in(other)).status_code == 401
        assert (await log_in(other, password="another fine one")).status_code == 303


async def test_a_wrong_present_password_is_said_at_its_field(owner: Shopkeeper) -> None:
    response = await owner.post("/account", {"current_password": "not it", "new_password": "another fine one"})
    assert response.status_code == 422
    assert "This is not your present password" in response.text
    assert 'aria-describedby="current_password-note"' in response.text
