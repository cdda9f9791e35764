"""The portals over ASGI without a socket, and visitors who are logged in to them."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

from orion import identity
from orion.identity import User
from orion.merchants import Store
from orion.plumbing.runtime import Runtime
from orion.web import assets
from tests import databases
from tests.application import application
from tests.factories.people import a_store
from tests.factories.stores import make_admin, make_user

ORIGIN = "http://testserver"


@pytest.fixture(scope="session", autouse=True)
def built_assets() -> None:
    """Pages need the browser files; without them every test here would fail for the same, dull reason."""
    try:
        assets.require_assets()
    except assets.AssetsMissing as missing:
        pytest.fail(str(missing))


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a test names another: the verbs below are tested on both, and pages hold no SQL."""
    kind = getattr(request, "param", "sqlite")
    url: str = request.getfixturevalue(f"{kind}_url")
    if kind == "postgresql":
        databases.empty(url)
    return url


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    return application(runtime)


def browser_like(app: FastAPI, origin: str = ORIGIN, **headers: str) -> httpx.AsyncClient:
    """A client that says what browsers say of themselves."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url=origin,
        headers={"Origin": origin, "Sec-Fetch-Site": "same-origin", "Accept": "text/html", **headers},
    )


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor who is not logged in."""
    async with browser_like(app) as client:
        yield client


@dataclass(frozen=True)
class Visitor:
    """Somebody logged in: who, and their browser."""

    user: User
    client: httpx.AsyncClient

    async def token(self) -> str:
        """The CSRF token of the visitor's pages."""
        return await csrf_token(self.client)

    async def post(self, path: str, data: dict[str, str], **options: object) -> httpx.Response:
        """Send a form as a page would."""
        return await self.client.post(path, data={**data, "csrf_token": await self.token()}, **options)  # type: ignore[arg-type]


async def csrf_token(client: httpx.AsyncClient) -> str:
    """The CSRF token of the pages of whoever is logged in."""
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', (await client.get("/account")).text)
    assert found
    return found[1]


async def enter(runtime: Runtime, client: httpx.AsyncClient, user: User) -> Visitor:
    """Log `user` in, by the verb that the log-in page calls."""
    async with runtime.database.transaction() as session:
        cookie = await identity.open_web_session(session, user, runtime.settings)
    client.cookies.set("orion_staff", cookie, domain="testserver.local")
    return Visitor(user, client)


@dataclass(frozen=True)
class Shopkeeper(Visitor):
    """A visitor with a store of their own."""

    store: Store

    @property
    def home(self) -> str:
        return f"/store/{self.store.code}"


@pytest.fixture
async def owner(app: FastAPI, runtime: Runtime) -> AsyncIterator[Shopkeeper]:
    """The owner of the store ALPHA."""
    async with runtime.database.transaction() as session:
        user = await make_user(session, "olga")
        store = await a_store(
            session, user, "ALPHA", name="Alpha", feed_url_fr="https://example.com/fr.csv", default_language="fr"
        )
    async with browser_like(app) as client:
        visitor = await enter(runtime, client, user)
        yield Shopkeeper(visitor.user, visitor.client, store)


@pytest.fixture
async def admin(app: FastAPI, runtime: Runtime) -> AsyncIterator[Visitor]:
    """An administrator without a store."""
    async with runtime.database.transaction() as session:
        user = (await make_admin(session, "ada")).user
    async with browser_like(app) as client:
        yield await enter(runtime, client, user)


HTMX = {"HX-Request": "true"}
