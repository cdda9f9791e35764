"""Reactions that write the audit log: stock. What programs do is in the movements alone."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.feeds import StockImported, StockImportRequested
from orion.inventory import LocationChanged, StockChanged, ThresholdChanged


async def stock_changed(session: AsyncSession, event: StockChanged) -> None:
    """Note who changed which level by how many; an import is noted once, as a whole."""
    if event.actor_id is None or event.kind == "import":
        return
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"stock.{event.kind}",
        subject=f"stock:{event.item_id}",
        details={
            "store_id": event.store_id,
            "gtin": event.gtin,
            "location": event.location,
            "delta": event.delta,
            "on_hand": event.on_hand,
            "available": event.available,
            "reason": event.reason,
            "reference": event.reference,
        },
    )


async def location_changed(session: AsyncSession, event: LocationChanged) -> None:
    """Note who made, changed, closed or deleted a location."""
    if event.actor_id is None:
        return
    changes = {field: {"before": before, "after": after} for field, (before, after) in event.changes.items()}
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"location.{event.change}",
        subject=f"location:{event.code}",
        details={"store_id": event.store_id, **changes},
    )


async def threshold_changed(session: AsyncSession, event: ThresholdChanged) -> None:
    """Note from how many on an item is low now."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="stock.threshold",
        subject=f"stock:{event.item_id}",
        details={"store_id": event.store_id, "gtin": event.gtin, "before": event.before, "after": event.after},
    )


async def stock_import_requested(session: AsyncSession, event: StockImportRequested) -> None:
    """Note who sent which file."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="stock.import_requested",
        subject=f"stock-import:{event.import_id}",
        details={"store_id": event.store_id, "name": event.name},
    )


async def stock_imported(session: AsyncSession, event: StockImported) -> None:
    """Note what became of a file."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="stock.imported",
        subject=f"stock-import:{event.import_id}",
        details={
            "store_id": event.store_id,
            "name": event.name,
            "status": event.status,
            "changed": event.changed,
            "failed": event.failed,
            "dry_run": event.dry_run,
        },
    )
