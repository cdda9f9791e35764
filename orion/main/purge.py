"""Forgetting what has expired."""

from orion import identity
from orion.plumbing.db import utcnow
from orion.plumbing.idempotency import purge_answers
from orion.plumbing.runtime import Runtime


async def purge(runtime: Runtime) -> None:
    """Delete log-ins that have expired and answers that are no longer replayed."""
    now = utcnow()
    async with runtime.database.transaction() as session:
        await identity.purge_expired_logins(session, now)
        await purge_answers(session, now)
