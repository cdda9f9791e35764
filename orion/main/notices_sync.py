"""Reactions that tell people what does not come in from a channel."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion import notifications
from orion.channels import Connection
from orion.main.notices import members_of
from orion.merchants import Store
from orion.sync import EntriesUnreadable, OrderRefreshFailed, SyncFailing, SyncRecovered


async def sync_failing(session: AsyncSession, event: SyncFailing) -> None:
    """Tell the store's staff, unless the connection is known to be broken anyway."""
    connection = await session.get_one(Connection, event.connection_id)
    if connection.state != "broken":
        await _tell(session, event, "sync_failing", {"reason": event.reason})


async def sync_recovered(session: AsyncSession, event: SyncRecovered) -> None:
    """Tell the store's staff; of a connection that was broken the connection tells itself."""
    connection = await session.get_one(Connection, event.connection_id)
    if connection.state != "broken":
        await _tell(session, event, "sync_recovered", {})


async def entries_unreadable(session: AsyncSession, event: EntriesUnreadable) -> None:
    """Tell the store's staff what the channel sent that cannot be read."""
    facts = {"count": event.count, "entries": ", ".join(event.entries), "reason": event.problem}
    await _tell(session, event, "entries_unreadable", facts)


async def order_refresh_failed(session: AsyncSession, event: OrderRefreshFailed) -> None:
    """Tell who asked for it."""
    if event.actor_id is None:
        return
    kind = "order_refresh_failed" if event.what == "refresh" else "order_acknowledge_failed"
    facts = {"order": event.channel_order_id, "reason": event.reason}
    await _tell(session, event, kind, facts, users=[event.actor_id])


async def _tell(
    session: AsyncSession,
    event: SyncFailing | SyncRecovered | EntriesUnreadable | OrderRefreshFailed,
    kind: str,
    facts: dict[str, Any],
    users: list[int] | None = None,
) -> None:
    store = await session.get_one(Store, event.store_id)
    params = {
        "store": store.name,
        "store_code": store.code,
        "connection_id": event.connection_id,
        "connection": event.name,
        **facts,
    }
    told = users if users is not None else await members_of(session, store, "staff")
    await notifications.notify(session, told, kind, params, store_id=store.id)
