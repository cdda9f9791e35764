"""Connections of a store: made, changed, paused and ended by its managers. Secrets go in, and never come out again."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels import jobs as _jobs  # noqa: F401 (declares the job)
from orion.channels.events import Change, ConnectionChanged
from orion.channels.fields import expiry_of, first_to_end, parse_environment, parse_name, parse_secrets, parse_settings
from orion.channels.health import set_state, settled_state
from orion.channels.models import Connection
from orion.channels.registry import Field, Granted, manifest_of, secrets_of
from orion.kernel import Conflict, FieldError, NotFound
from orion.merchants import StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.jobs import enqueue
from orion.plumbing.sealing import place_of, seal
from orion.plumbing.settings import Settings

MOST = 20
"""Connections of one store."""


async def list_connections(
    session: AsyncSession, access: StoreAccess, *, channel: str | None = None
) -> list[Connection]:
    """The store's connections by channel and name; every member may see them."""
    query = sa.select(Connection).where(Connection.store_id == access.store.id)
    if channel is not None:
        query = query.where(Connection.channel == channel)
    return list(await session.scalars(query.order_by(Connection.channel, Connection.name, Connection.id)))


async def get_connection(
    session: AsyncSession, access: StoreAccess, connection_id: int, *, lock: bool = False
) -> Connection:
    """One of the store's connections. Raises NotFound (`connection_not_found`)."""
    query = sa.select(Connection).where(Connection.id == connection_id, Connection.store_id == access.store.id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = await session.scalar(query)
    if found is None:
        raise NotFound("connection_not_found", f"There is no connection {connection_id} in store {access.store.code}")
    return found


async def create_connection(
    session: AsyncSession,
    access: StoreAccess,
    *,
    settings: Settings,
    channel: str,
    name: str,
    environment: str = "live",
    values: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str | None] | None = None,
) -> Connection:
    """A new connection, in the state `new`; `values` are its settings. It is tried out at once, by a job.

    Raises Forbidden (`role_too_low`) below manager, Invalid (`channel_not_connectable`, `connection_invalid`), Conflict
    (`too_many_connections`, `connection_name_taken`) and what `seal` raises. Publishes ConnectionChanged.
    """
    access.require("manager")
    manifest = manifest_of(channel)
    connection = Connection(
        store_id=access.store.id,
        channel=manifest.channel,
        name=parse_name(name),
        environment=parse_environment(manifest, environment, settings),
        settings=parse_settings(manifest, values or {}),
        state="new",
        created_by=access.user.id,
    )
    parsed = parse_secrets(
        manifest,
        secrets or {},
        kept={},
        values=connection.settings,
        settings=settings,
        environment=connection.environment,
    )
    taken = sa.select(sa.func.count()).select_from(Connection).where(Connection.store_id == access.store.id)
    if (await session.scalar(taken) or 0) >= MOST:
        raise Conflict("too_many_connections", f"There are {MOST} connections already, which is the most: delete one")
    await _check_name(session, connection, connection.name)
    session.add(connection)
    await session.flush()  # its secrets are sealed for its number
    await _keep(session, settings, connection, parsed)
    details = {"name": connection.name, "environment": connection.environment, "secrets": sorted(parsed)}
    await _changed(session, access, connection, "created", details)
    if parsed:
        await enqueue(session, "check_connection", connection.id)
    return connection


async def update_connection(
    session: AsyncSession,
    access: StoreAccess,
    connection_id: int,
    *,
    settings: Settings,
    name: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> Connection:
    """Change the name, or settings (those not given stay). Other settings are tried out at once, by a job.

    Raises what `get_connection` and `create_connection` raise. Publishes ConnectionChanged when anything differs.
    """
    access.require("manager")
    connection = await get_connection(session, access, connection_id, lock=True)
    manifest = manifest_of(connection.channel)
    details: dict[str, Any] = {}
    if name is not None and (parsed_name := parse_name(name)) != connection.name:
        await _check_name(session, connection, parsed_name)
        details["name"] = connection.name = parsed_name
    if values is not None:
        parsed = parse_settings(manifest, {**connection.settings, **values})
        own = secrets_of(settings, connection)
        parse_secrets(manifest, {}, kept=own, values=parsed, settings=settings, environment=connection.environment)
        if parsed != connection.settings:
            details["settings"] = connection.settings = parsed
            _forget_token(connection)
            await _begin_anew(session, connection)
    if details:
        await session.flush()
        await _changed(session, access, connection, "updated", details)
    return connection


async def replace_credentials(
    session: AsyncSession,
    access: StoreAccess,
    connection_id: int,
    *,
    settings: Settings,
    secrets: Mapping[str, str | None],
) -> Connection:
    """Put secrets in the place of others, and try them out by a job; those not given stay, null takes one away.

    Raises what `get_connection` and `create_connection` raise. Publishes ConnectionChanged, which says only the names.
    """
    access.require("manager")
    connection = await get_connection(session, access, connection_id, lock=True)
    parsed = parse_secrets(
        manifest_of(connection.channel),
        secrets,
        kept=secrets_of(settings, connection),
        values=connection.settings,
        settings=settings,
        environment=connection.environment,
    )
    if not secrets:
        return connection
    await _keep(session, settings, connection, parsed, entered=frozenset(secrets))
    await _begin_anew(session, connection)
    await _changed(session, access, connection, "credentials_replaced", {"secrets": sorted(secrets)})
    return connection


async def keep_granted(
    session: AsyncSession, settings: Settings, connection: Connection, granted: Granted, actor_id: int
) -> None:
    """Keep what a consent brought. Publishes ConnectionChanged."""
    own = secrets_of(settings, connection)
    if granted.settings:
        connection.settings = {**connection.settings, **granted.settings}
    await _keep(session, settings, connection, {**own, **granted.secrets}, entered=frozenset(granted.secrets))
    await _begin_anew(session, connection)
    await _publish(
        session, connection, "credentials_replaced", {"secrets": sorted(granted.secrets), "by": "consent"}, actor_id
    )


async def pause_connection(session: AsyncSession, access: StoreAccess, connection_id: int) -> Connection:
    """Ask the channel nothing more until it is resumed. Raises what `get_connection` raises, and Forbidden."""
    access.require("manager")
    connection = await get_connection(session, access, connection_id, lock=True)
    if connection.state != "paused":
        await set_state(session, connection, "paused")
        await _changed(session, access, connection, "paused", {})
    return connection


async def resume_connection(session: AsyncSession, access: StoreAccess, connection_id: int) -> Connection:
    """Let a paused connection go on; it is tried out at once, by a job. Raises what `pause_connection` raises."""
    access.require("manager")
    connection = await get_connection(session, access, connection_id, lock=True)
    if connection.state == "paused":
        await set_state(session, connection, "new")
        await _begin_anew(session, connection)
        await _changed(session, access, connection, "resumed", {})
    return connection


async def test_connection(session: AsyncSession, access: StoreAccess, connection_id: int) -> Connection:
    """Have a job ask the channel now whether the credentials work; `checked_at`, `state` and `reason` then say it.

    Raises what `pause_connection` raises.
    """
    access.require("manager")
    connection = await get_connection(session, access, connection_id)
    await enqueue(session, "check_connection", connection.id)
    return connection


async def delete_connection(session: AsyncSession, access: StoreAccess, connection_id: int) -> None:
    """Delete a connection with its schedules and the log of its runs.

    Raises Conflict (`connection_has_orders`) while orders refer to it, and what `get_connection` raises. Publishes
    ConnectionChanged.
    """
    access.require("manager")
    connection = await get_connection(session, access, connection_id, lock=True)
    facts = {"name": connection.name, "environment": connection.environment}
    try:
        async with session.begin_nested():
            await session.execute(sa.delete(Connection).where(Connection.id == connection.id))
    except IntegrityError:
        raise Conflict(
            "connection_has_orders",
            f"Orders came in by {connection.name!r}, and they keep it: pause it instead, and nothing is asked any more",
        ) from None
    session.expunge(connection)
    await _changed(session, access, connection, "deleted", facts)


async def _keep(
    session: AsyncSession,
    settings: Settings,
    connection: Connection,
    secrets: Mapping[str, str],
    entered: frozenset[str] | None = None,
) -> None:
    """Seal the secrets; those `entered` (all for None) are as old as now. Calls with the old ones end with them."""
    now = utcnow()
    before = connection.credentials_since or {}
    stamp = now.astimezone(UTC).isoformat(timespec="seconds")
    since = {name: stamp if entered is None or name in entered else before.get(name, stamp) for name in secrets}
    place = place_of("connections", "credentials", connection.id)
    connection.credentials = seal(settings, json.dumps(dict(secrets)), bound_to=place) if secrets else None
    connection.credentials_since = since
    connection.credentials_expire_at = expiry_of(manifest_of(connection.channel), since)
    connection.warned_at = None
    _forget_token(connection)
    await session.flush()


def _forget_token(connection: Connection) -> None:
    connection.access_token = connection.access_expires_at = connection.token_lease_until = None


async def _begin_anew(session: AsyncSession, connection: Connection) -> None:
    """What was wrong may be mended: forget it, and try. A paused connection stays paused."""
    connection.failures, connection.failing_since = 0, None
    if connection.state != "paused":
        await set_state(session, connection, settled_state(connection, "new"))
    await session.flush()
    await enqueue(session, "check_connection", connection.id)


async def _check_name(session: AsyncSession, connection: Connection, name: str) -> None:
    query = sa.select(Connection.id).where(
        Connection.store_id == connection.store_id,
        Connection.channel == connection.channel,
        Connection.name == name,
    )
    with session.no_autoflush:
        taken = await session.scalar(query)
    if taken is not None and taken != connection.id:
        message = f"There is a connection {name!r} to this channel already: choose another name"
        raise Conflict("connection_name_taken", message, errors=[FieldError("name", message)])


async def _changed(
    session: AsyncSession, access: StoreAccess, connection: Connection, change: Change, details: dict[str, Any]
) -> None:
    await _publish(session, connection, change, details, access.user.id)


async def _publish(
    session: AsyncSession, connection: Connection, change: Change, details: dict[str, Any], actor_id: int | None
) -> None:
    event = ConnectionChanged(connection.store_id, connection.id, connection.channel, change, details, actor_id)
    await publish(session, event)


def ending_secret(connection: Connection) -> Field | None:
    """Which secret ends first, where some are known to end; its `renew` says what to do about it."""
    first = first_to_end(manifest_of(connection.channel), connection.credentials_since or {})
    return first[0] if first else None


def secret_dates(connection: Connection) -> dict[str, datetime]:
    """Which secrets are set, and since when: all that is ever told of them."""
    return {name: datetime.fromisoformat(at) for name, at in (connection.credentials_since or {}).items()}
