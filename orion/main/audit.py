"""Reactions that write the audit log: imports."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.feeds import ImportFinished, ImportRequested


async def import_requested(session: AsyncSession, event: ImportRequested) -> None:
    """Note who asked for an import."""
    await identity.record_audit(
        session,
        actor_id=event.user_id,
        action="import.requested",
        subject=f"import:{event.import_id}",
        details={"store_id": event.store_id},
    )


async def import_finished(session: AsyncSession, event: ImportFinished) -> None:
    """Note how an import ended; nobody does that, so there is no actor."""
    await identity.record_audit(
        session,
        actor_id=None,
        action=f"import.{event.status}",
        subject=f"import:{event.import_id}",
        details={"store_id": event.store_id},
    )
