"""Connections of stores to simulated marketplaces."""

import json
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels import Connection
from orion.merchants import StoreAccess
from orion.plumbing.sealing import place_of, seal
from orion.plumbing.settings import Settings


async def make_connection(
    session: AsyncSession,
    settings: Settings,
    access: StoreAccess,
    channel: str,
    *,
    credentials: dict[str, str] | None = None,
    name: str = "Simulator",
    state: str = "ok",
    **channel_settings: Any,
) -> Connection:
    """A connection that works, to the simulator at `settings.simulator_url`, with what that simulator lets in."""
    from orion.simulators.serve import KINDS  # noqa: PLC0415 (most tests need no simulators)

    let_in = next(dict(kind.credentials) for kind in KINDS if kind.channel == channel)
    connection = Connection(
        store_id=access.store.id,
        channel=channel,
        name=name,
        environment="simulator",
        settings=channel_settings,
        state=state,
    )
    session.add(connection)
    await session.flush()  # credentials are sealed for their row
    place = place_of("connections", "credentials", connection.id)
    connection.credentials = seal(settings, json.dumps(credentials or let_in), bound_to=place)
    await session.flush()
    return connection
