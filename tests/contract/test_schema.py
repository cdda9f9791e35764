"""Whatever the OpenAPI documents allow a caller to ask, no reading operation breaks on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orion.main.app import create_app
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.api.conftest import bearer
from tests.factories.catalog import make_product
from tests.factories.feeds import make_import
from tests.factories.orders import make_synced
from tests.factories.stores import make_admin, make_store
from tests.web.browser import served

TRIES = 2
"""Random calls of each operation."""

PLAIN = {"/", "/health", "/metrics"}
"""They take nothing."""


def prepare(settings: Settings) -> dict[str, str]:
    """Make one of most things; the headers of an administrator who works in the store that has them."""

    async def make() -> dict[str, str]:
        runtime = Runtime(settings, Database(settings.effective_database_url, handlers=HANDLERS))
        async with runtime.database.transaction() as session:
            access = await make_store(session)
            await make_product(session, access.store)
            await make_import(session, access)
            await make_synced(session, access)
            admin = await make_admin(session)
        headers = await bearer(runtime, admin.user)
        await runtime.database.dispose()
        return headers | {"X-Store-Code": "DEMO"}

    return asyncio.run(make())


@pytest.mark.slow
@pytest.mark.parametrize("document", ["/openapi.json", "/v2.1/openapi.json"])
def test_no_reading_operation_breaks(settings: Settings, document: str) -> None:
    headers = prepare(settings)

    def make_app() -> FastAPI:
        runtime = Runtime(settings, Database(settings.effective_database_url, handlers=HANDLERS))

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            yield
            await runtime.database.dispose()

        return create_app(runtime, lifespan=lifespan)

    with served(make_app) as address, httpx.Client(base_url=address, headers=headers, timeout=30) as client:
        schema = schemathesis.openapi.from_dict(client.get(document).json())
        base = document.removesuffix("/openapi.json")
        broken: list[tuple[str, str]] = []
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.method.upper() == "GET" and operation.path not in PLAIN:
                _try(client, base, operation, broken)
        assert broken == []


def _try(client: httpx.Client, base: str, operation: Any, broken: list[tuple[str, str]]) -> None:
    """Call an operation a few times with what its parameters allow, every other time for what is there."""

    @hypothesis_settings(
        max_examples=TRIES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), known=st.booleans())
    def call(case: Any, known: bool) -> None:
        if known:
            case.path_parameters = {
                name: 1 if isinstance(value, int) else "DEMO" if name.endswith("_code") else value
                for name, value in (case.path_parameters or {}).items()
            }
        answer = client.get(base + case.formatted_path, params=case.query)
        if answer.status_code >= 500:
            broken.append((str(answer.request.url), answer.text[:500]))

    call()
