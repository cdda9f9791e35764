"""A market in this process, and a store that is connected to it."""

from collections.abc import Awaitable, Callable

import pytest

from orion.channels import registry
from orion.kernel import Channel
from orion.plumbing.runtime import Runtime
from tests.sync.desk import Desk, open_desk
from tests.sync.market import Market, manifest_for

Open = Callable[..., Awaitable[Desk]]


@pytest.fixture
def market() -> Market:
    return Market()


@pytest.fixture
def connect(market: Market, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Connects a store to the market, which plays the channel that is named."""
    runtime.settings.simulator_url = "http://127.0.0.1:1"

    async def connect(channel: Channel = "ebay", code: str = "DEMO") -> Desk:
        monkeypatch.setitem(registry.MANIFESTS, channel, manifest_for(channel, market))
        return await open_desk(runtime, channel, code=code)

    return connect


@pytest.fixture
async def desk(connect: Open) -> Desk:
    return await connect()
