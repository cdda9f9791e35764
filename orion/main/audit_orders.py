"""Reactions that write the audit log: what members do with orders. What channels do is in the orders' history alone."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.orders import OrderChanged


async def order_changed(session: AsyncSession, event: OrderChanged) -> None:
    """Note who did what with which order; nothing of its buyer."""
    if event.actor_id is None:
        return
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"order.{event.what}",
        subject=f"order:{event.order_id}",
        details={
            "store_id": event.store_id,
            "channel": event.channel,
            "number": event.number,
            "status": event.status,
            "flags": list(event.flags),
        },
    )
