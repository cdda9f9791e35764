"""Reactions that write the audit log: what stores arrange for their feeds."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.feeds import (
    FeedLinkChanged,
    GoneConfirmed,
    ImportUndone,
    MappingChanged,
    ScheduleChanged,
    UndoRequested,
)


async def mapping_changed(session: AsyncSession, event: MappingChanged) -> None:
    """Note who said what columns mean."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="feed_mapping.updated",
        subject=f"store:{event.store_id}",
        details={"marketplace": event.marketplace, "before": event.before, "after": event.after},
    )


async def schedule_changed(session: AsyncSession, event: ScheduleChanged) -> None:
    """Note who arranged when a feed is fetched, or that the system took a schedule over from somebody who left."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"schedule.{event.change}",
        subject=f"schedule:{event.schedule_id}",
        details={"store_id": event.store_id, **event.details},
    )


async def feed_link_changed(session: AsyncSession, event: FeedLinkChanged) -> None:
    """Note who opened products to the public, or closed them."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"feed_link.{event.change}",
        subject=f"feed_link:{event.link_id}",
        details={"store_id": event.store_id, **event.details},
    )


async def gone_confirmed(session: AsyncSession, event: GoneConfirmed) -> None:
    """Note who let a policy take many products at once."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="import.gone_confirmed",
        subject=f"import:{event.import_id}",
        details={"store_id": event.store_id, "count": event.count},
    )


async def undo_requested(session: AsyncSession, event: UndoRequested) -> None:
    """Note who asked to undo an import."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="import.undo_requested",
        subject=f"import:{event.import_id}",
        details={"store_id": event.store_id, "count": event.count},
    )


async def import_undone(session: AsyncSession, event: ImportUndone) -> None:
    """Note what came of undoing an import."""
    counts = {"restored": event.restored, "removed": event.removed, "kept": event.kept}
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="import.undone" if event.status == "completed" else "import.undo_failed",
        subject=f"import:{event.import_id}",
        details={"store_id": event.store_id, **counts},
    )
