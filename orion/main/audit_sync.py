"""Reactions that write the audit log: when connections are asked."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.sync import SyncScheduleChanged


async def sync_schedule_changed(session: AsyncSession, event: SyncScheduleChanged) -> None:
    """Note who changed when a connection is asked, or asked for a run or a back-fill."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"sync_schedule.{event.change}",
        subject=f"sync_schedule:{event.schedule_id}",
        details={
            "store_id": event.store_id,
            "connection_id": event.connection_id,
            "channel": event.channel,
            "job_type": event.job_type,
            **event.details,
        },
    )
