"""The whole application over ASGI, without a socket."""

from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from orion import identity
from orion.identity import User
from orion.plumbing.runtime import Runtime
from tests.application import application


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged during the test."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    return application(runtime)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A caller who is not logged in."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        yield client


async def bearer(runtime: Runtime, user: User) -> dict[str, str]:
    """The headers of a caller who is logged in."""
    async with runtime.database.transaction() as session:
        pair = await identity.issue_tokens(session, user, runtime.settings)
    return {"Authorization": f"Bearer {pair.access_token}"}
