"""Reactions that write the audit log: what people did to the catalogue."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.catalog import BulkRunCancelled, MarketplaceProductChanged, ProductChanged, ProductsChanged

_LONGEST = 200


async def product_changed(session: AsyncSession, event: ProductChanged) -> None:
    """Note who changed a store's product, from what to what."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"product.{event.change}",
        subject=f"product:{event.product_id}",
        details={"store_id": event.store_id, "changes": _shown(event.changes)},
    )


async def products_changed(session: AsyncSession, event: ProductsChanged) -> None:
    """Note who did what to how many products."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"products.{event.action}",
        subject=f"store:{event.store_id}",
        details={"store_id": event.store_id, "count": event.count},
    )


async def bulk_run_cancelled(session: AsyncSession, event: BulkRunCancelled) -> None:
    """Note who stopped what, and after how many products."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="products.run_cancelled",
        subject=f"bulk_run:{event.run_id}",
        details={"store_id": event.store_id, "action": event.action, "count": event.done},
    )


async def marketplace_product_changed(session: AsyncSession, event: MarketplaceProductChanged) -> None:
    """Note who changed a canonical record, from what to what."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"marketplace_product.{event.change}",
        subject=f"marketplace_product:{event.marketplace}:{event.marketplace_product_id}",
        details={"id": event.id, "store_id": event.store_id, "changes": _shown(event.changes)},
    )


def _shown(changes: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {field: {"before": _short(before), "after": _short(after)} for field, (before, after) in changes.items()}


def _short(value: Any) -> Any:
    """A value for the log: long texts are cut, they are in the product."""
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value[:_LONGEST]}..." if isinstance(value, str) and len(value) > _LONGEST else value
