"""Forgetting what has expired."""

from orion import catalog, identity, notifications, sync, webhooks
from orion.plumbing.db import utcnow
from orion.plumbing.idempotency import purge_answers
from orion.plumbing.runtime import Runtime


async def purge(runtime: Runtime) -> None:
    """Delete log-ins that have expired, answers that are no longer replayed, old notices, prices and events."""
    now = utcnow()
    async with runtime.database.transaction() as session:
        await identity.purge_expired_logins(session, now)
        await purge_answers(session, now)
        await notifications.purge_notices(session, now)
        await catalog.purge_price_changes(session, now)
    while True:
        async with runtime.database.transaction() as session:
            if not await sync.purge_runs(session, now):
                break
    while True:
        async with runtime.database.transaction() as session:
            if not await webhooks.purge_events(session, now):
                return
