"""Adapters that are connected to simulators."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from orion.channels import open_adapter
from orion.plumbing.runtime import Runtime
from tests.factories.channels import make_connection
from tests.factories.stores import make_store
from tests.simulators.running import Simulators

Connect = Callable[..., Awaitable[Any]]


@pytest.fixture
def simulated(runtime: Runtime, simulators: Simulators) -> Runtime:
    """A runtime whose simulators are there, and that waits for nothing."""
    settings = runtime.settings
    settings.simulator_url = simulators.url
    settings.simulator_rate_factor = 1000
    settings.channel_retry_seconds = 0
    return runtime


@pytest.fixture
async def connect(simulated: Runtime) -> AsyncIterator[Connect]:
    """Opens the adapter of a new store's connection to a simulator: `await connect("letzshop", dialect="orders")`."""
    made = 0
    async with AsyncExitStack() as stack:

        async def connect(channel: str, *, credentials: dict[str, str] | None = None, **settings: Any) -> Any:
            nonlocal made
            made += 1
            async with simulated.database.transaction() as session:
                access = await make_store(session, f"STORE{made}")
                connection = await make_connection(
                    session, simulated.settings, access, channel, credentials=credentials, **settings
                )
            return await stack.enter_async_context(open_adapter(simulated, connection))

        yield connect
