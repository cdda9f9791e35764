"""Reactions that write the audit log: webhooks."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.webhooks import WebhookChanged, WebhookDisabled


async def webhook_changed(session: AsyncSession, event: WebhookChanged) -> None:
    """Note who did what to an endpoint."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"webhook.{event.change}",
        subject=f"webhook:{event.webhook_id}",
        details={"store_id": event.store_id, **event.facts},
    )


async def webhook_disabled(session: AsyncSession, event: WebhookDisabled) -> None:
    """Note that an endpoint was disabled; nobody does that, so there is no actor."""
    await identity.record_audit(
        session,
        actor_id=None,
        action="webhook.disabled",
        subject=f"webhook:{event.webhook_id}",
        details={"store_id": event.store_id, "host": event.host, "reason": event.reason},
    )
