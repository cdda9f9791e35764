"""Reactions that write the audit log: connections to channels."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.channels import ConnectionChanged, ConnectionHealthChanged


async def connection_changed(session: AsyncSession, event: ConnectionChanged) -> None:
    """Note who did what to a connection; of secrets only the names are known here."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"connection.{event.change}",
        subject=f"connection:{event.connection_id}",
        details={"store_id": event.store_id, "channel": event.channel, **event.details},
    )


async def connection_health_changed(session: AsyncSession, event: ConnectionHealthChanged) -> None:
    """Note that a connection stopped working, or works again; nobody does that, so there is no actor."""
    if "broken" not in (event.before, event.after):
        return
    await identity.record_audit(
        session,
        actor_id=None,
        action="connection.broken" if event.after == "broken" else "connection.works_again",
        subject=f"connection:{event.connection_id}",
        details={"store_id": event.store_id, "channel": event.channel, "name": event.name, "reason": event.reason},
    )
