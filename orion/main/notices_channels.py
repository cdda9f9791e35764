"""Reactions that tell people how their connections to channels do, and what does not come in by them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion import channels, notifications, sync
from orion.channels import Connection, ConnectionExpiring, ConnectionHealthChanged
from orion.kernel import CHANNEL_NAMES
from orion.main.notices import members_of
from orion.merchants import Role, Store
from orion.sync import EntriesUnreadable, OrderRefreshFailed, SyncFailing, SyncRecovered

_Event = (
    ConnectionHealthChanged | ConnectionExpiring | SyncFailing | SyncRecovered | EntriesUnreadable | OrderRefreshFailed
)


async def connection_health_changed(session: AsyncSession, event: ConnectionHealthChanged) -> None:
    """Tell the store's managers that a connection is broken, and when a broken one works again."""
    if event.after == "broken":
        if await sync.is_told(session, event.connection_id):
            return
        kind = "connection_broken"
    elif event.before == "broken" and event.after in ("ok", "expiring"):
        kind = "connection_works_again"
    else:
        return
    await _tell(session, event, kind, {"code": event.code, "reason": event.reason or ""}, role="manager")


async def connection_expiring(session: AsyncSession, event: ConnectionExpiring) -> None:
    """Tell the store's managers before a connection stops working: which secret ends, and what to do."""
    secret = channels.ending_secret(await session.get_one(Connection, event.connection_id))
    facts = {"ends_on": event.ends_on, "days": event.days, "secret": secret.name if secret else None}
    await _tell(session, event, "connection_expiring", facts, role="manager")


async def sync_failing(session: AsyncSession, event: SyncFailing) -> None:
    """Tell the store's staff, unless the connection is known to be broken anyway."""
    if not await _is_broken(session, event):
        await _tell(session, event, "sync_failing", {"code": event.code, "reason": event.reason})


async def sync_recovered(session: AsyncSession, event: SyncRecovered) -> None:
    """Tell the store's staff; of a connection that was broken the connection tells itself."""
    if not await _is_broken(session, event):
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
    facts = {"order": event.channel_order_id, "code": event.code, "reason": event.reason}
    await _tell(session, event, kind, facts, users=[event.actor_id])


async def _is_broken(session: AsyncSession, event: SyncFailing | SyncRecovered) -> bool:
    return (await session.get_one(Connection, event.connection_id)).state == "broken"


async def _tell(
    session: AsyncSession,
    event: _Event,
    kind: str,
    facts: dict[str, Any],
    *,
    role: Role = "staff",
    users: Sequence[int] | None = None,
) -> None:
    """Tell the `users`, or whoever has at least that `role` in the store of the connection."""
    store = await session.get_one(Store, event.store_id)
    params = {
        "store": store.name,
        "store_code": store.code,
        "connection_id": event.connection_id,
        "connection": event.name,
        "channel": CHANNEL_NAMES.get(event.channel, event.channel),
        **facts,
    }
    told = users if users is not None else await members_of(session, store, role)
    await notifications.notify(session, told, kind, params, store_id=store.id)
