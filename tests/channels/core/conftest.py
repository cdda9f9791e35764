"""A store with a connection that leads to a channel on loopback."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from orion.channels import ChannelClient, Connection, Manifest, registry
from orion.channels.registry import client_of
from orion.plumbing.runtime import Runtime
from orion.plumbing.sealing import place_of, seal
from tests.channels.core.side import PROBE, Side, serving
from tests.factories.stores import make_store


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    async with serving(Side()) as side:
        yield side


@pytest.fixture
async def probing(side: Side, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A runtime that knows one channel, `amazon`, which is the other side."""
    monkeypatch.setattr(registry, "MANIFESTS", {"amazon": PROBE})
    settings = runtime.settings
    settings.simulator_url, settings.channel_retry_seconds = side.url, 0.0
    return runtime


@pytest.fixture
async def connection(probing: Runtime) -> Connection:
    async with probing.database.transaction() as session:
        access = await make_store(session)
        made = Connection(store_id=access.store.id, channel="amazon", name="Main", environment="simulator", settings={})
        session.add(made)
        await session.flush()
        place = place_of("connections", "credentials", made.id)
        made.credentials = seal(probing.settings, json.dumps({"refresh_token": "once-granted"}), bound_to=place)
    return made


@pytest.fixture
def client_with(probing: Runtime, connection: Connection) -> Callable[..., ChannelClient]:
    """A new client of the connection, with parts of the manifest changed."""

    def make(**changes: object) -> ChannelClient:
        manifest: Manifest = replace(PROBE, **changes)  # type: ignore[arg-type]
        return replace(client_of(probing, connection), manifest=manifest)

    return make


@pytest.fixture
def client(client_with: Callable[..., ChannelClient]) -> ChannelClient:
    return client_with()
