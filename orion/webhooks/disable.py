"""Disabling an endpoint: nothing is sent there any more until somebody enables it again."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.webhooks.events import WebhookDisabled
from orion.webhooks.models import OPEN, Webhook, WebhookDelivery


async def disable(session: AsyncSession, webhook: Webhook, reason: str) -> None:
    """Disable the locked endpoint because of `reason`. Publishes WebhookDisabled."""
    webhook.is_active, webhook.disabled_at, webhook.disabled_reason = False, utcnow(), reason
    await cancel_open(session, webhook)
    host = urlsplit(webhook.url).netloc
    await publish(session, WebhookDisabled(webhook.id, webhook.store_id, host, reason))


async def cancel_open(session: AsyncSession, webhook: Webhook) -> None:
    """Cancel what is on its way to the endpoint; a replay can bring it later."""
    await session.flush()
    await session.execute(
        sa.update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.status.in_(OPEN))
        .values(status="cancelled", finished_at=utcnow(), next_at=None)
        .execution_options(synchronize_session=False)
    )
