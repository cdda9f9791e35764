"""Reactions that write the audit log."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.feeds import ImportFinished, ImportRequested
from orion.merchants import MemberChanged, StoreCreated, StoreUpdated


async def store_created(session: AsyncSession, event: StoreCreated) -> None:
    """Note who opened the store."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="store.created",
        subject=f"store:{event.code}",
        details={"name": event.name, "merchant_id": event.merchant_id},
    )


async def store_updated(session: AsyncSession, event: StoreUpdated) -> None:
    """Note what changed, from what to what."""
    changes = {field: {"before": before, "after": after} for field, (before, after) in event.changes.items()}
    await identity.record_audit(
        session, actor_id=event.actor_id, action="store.updated", subject=f"store:{event.code}", details=changes
    )


async def member_changed(session: AsyncSession, event: MemberChanged) -> None:
    """Note whose role changed."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"member.{event.change}",
        subject=f"merchant:{event.merchant_id}",
        details={"user_id": event.user_id, "before": event.before, "after": event.after},
    )


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
