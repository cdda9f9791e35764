"""Pushes of channels: each once, and none is believed; all they do is to have an order read."""

import hashlib
import hmac
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels import Connection
from orion.plumbing.jobs import enqueue
from orion.plumbing.settings import Settings
from orion.sync.models import HookReceipt

MAX_EVENT_ID = 128
MAX_ORDER_ID = 255


async def take_push(
    session: AsyncSession,
    channel: str,
    event_id: str,
    topic: str,
    connection_id: int | None,
    channel_order_id: str | None,
) -> bool:
    """Note a push, and have the order it names read before everything else; whether it was new.

    The same event again changes nothing. Who calls has looked at the signature; the order's content is not taken from
    the push in any case. A push for no connection of ours is noted, and that is all. Long ids are cut.
    """
    insert: Any = sqlite.insert if session.info["database"].is_sqlite else postgresql.insert
    long = len(event_id) > MAX_EVENT_ID
    row = {
        "channel": channel,
        "event_id": hashlib.sha256(event_id.encode()).hexdigest() if long else event_id,
        "topic": topic[:64],
        "connection_id": connection_id,
        "channel_order_id": channel_order_id[:MAX_ORDER_ID] if channel_order_id else None,
    }
    added = insert(HookReceipt).values(row).on_conflict_do_nothing().returning(HookReceipt.id)
    if await session.scalar(added) is None:
        return False
    if connection_id is not None and channel_order_id:
        await enqueue(session, "read_order", connection_id, channel_order_id[:MAX_ORDER_ID], "push")
    return True


async def connections_of(session: AsyncSession, channel: str, setting: str, value: str) -> list[Connection]:
    """The connections to the channel whose `setting` (the channel's own id of the user) is `value`, not paused ones."""
    query = sa.select(Connection).where(
        Connection.channel == channel, Connection.settings[setting].as_string() == value, Connection.state != "paused"
    )
    return list(await session.scalars(query.order_by(Connection.id)))


def hook_token(settings: Settings, channel: str, connection_id: int) -> str:
    """What a connection's hook address ends with; it is told to the store, and to its channel by it."""
    text = f"hook\0{channel}\0{connection_id}".encode()
    return hmac.new(settings.signing_key().encode(), text, hashlib.sha256).hexdigest()[:40]


def push_address(settings: Settings, connection: Connection) -> str | None:
    """Where pushes for this connection are posted, for its managers; None for channels that have no such address."""
    if connection.channel != "amazon":
        return None
    token = hook_token(settings, connection.channel, connection.id)
    return f"{settings.public_url.rstrip('/')}/api/v1/hooks/{connection.channel}/{connection.id}/{token}"


async def connection_by_token(
    session: AsyncSession, settings: Settings, channel: str, connection_id: int, token: str
) -> Connection | None:
    """The connection whose hook address this is; None for any other token."""
    if not hmac.compare_digest(token.encode(), hook_token(settings, channel, connection_id).encode()):
        return None
    query = sa.select(Connection).where(Connection.id == connection_id, Connection.channel == channel)
    found: Connection | None = await session.scalar(query)
    return found
