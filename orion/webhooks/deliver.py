"""The job that posts one event to one endpoint, once, and says what follows.

Nothing is locked while the other side is being asked. A worker that dies after the post and before the note posts
again when its job goes on elsewhere: with the same webhook-id, by which receivers know.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.merchants import Store
from orion.plumbing.db import utcnow
from orion.plumbing.http_post import Posted, post
from orion.plumbing.jobs import job
from orion.plumbing.runtime import Runtime
from orion.plumbing.sealing import open_sealed, place_of
from orion.plumbing.settings import Settings
from orion.webhooks.disable import disable
from orion.webhooks.emit import enqueue_delivery
from orion.webhooks.models import OPEN, Webhook, WebhookDelivery, WebhookEvent
from orion.webhooks.signing import body_of, sign

log = structlog.get_logger(__name__)

TIMEOUT = 15.0
"""Seconds for the whole answer."""

DELAYS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds before each further attempt, three days together, as Standard Webhooks proposes; jitter comes on top."""

PATIENCE = timedelta(days=5)
"""An endpoint that takes nothing for so long is disabled."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """What one attempt sends."""

    url: str
    uid: str
    body: bytes
    keys: Sequence[str]


async def give_up(runtime: Runtime, reason: str, delivery_id: int, webhook_id: int, attempt: int) -> None:
    """The queue has given this attempt up (a mistake of ours): the delivery is dead, and the next one may go."""
    async with runtime.database.transaction() as session:
        await _lock_webhook(session, webhook_id)
        delivery = await session.get(WebhookDelivery, delivery_id)
        if delivery is not None and delivery.status in OPEN and delivery.attempts == attempt - 1:
            delivery.error = f"Something went wrong on our side: {reason}"[:1000]
            await _finish(session, delivery, "dead")


@job(
    queue="webhooks", attempts=20, backoff=1.0, retry_on=(DBAPIError,), crashes=50, on_failure=give_up,
    partition=lambda *arguments: str(arguments[1]),
)  # fmt: skip
async def deliver_webhook(runtime: Runtime, delivery_id: int, webhook_id: int, attempt: int) -> None:
    """Make the attempt of this number (from 1), unless it was made, is not due, or an earlier event must go first."""
    async with runtime.database.transaction() as session:
        letter = await _prepare(session, runtime.settings, delivery_id, webhook_id, attempt)
    if letter is None:
        return
    headers = sign(letter.uid, letter.body, letter.keys, utcnow())
    posted = await post(letter.url, letter.body, headers, settings=runtime.settings, timeout_seconds=TIMEOUT)
    async with runtime.database.transaction() as session:
        await _note(session, delivery_id, webhook_id, attempt, posted)


async def _prepare(
    session: AsyncSession, settings: Settings, delivery_id: int, webhook_id: int, attempt: int
) -> _Letter | None:
    webhook = await session.scalar(
        sa.select(Webhook).where(Webhook.id == webhook_id).with_for_update(read=True)  # not while one is being noted
    )
    delivery = await session.get(WebhookDelivery, delivery_id)
    if webhook is None or delivery is None or delivery.status != "pending" or delivery.attempts != attempt - 1:
        return None
    if not webhook.is_active:
        delivery.status, delivery.finished_at = "cancelled", utcnow()
        return None
    # Whoever finishes the earlier one locks the endpoint: that has happened before we look, or comes after we have
    # said that this one waits, and wakes it.
    lane = WebhookDelivery
    first = await session.scalar(
        sa.select(lane.id)
        .where(lane.webhook_id == webhook_id, lane.entity == delivery.entity, lane.status.in_(OPEN))
        .order_by(lane.id)
        .limit(1)
    )
    if first is not None and first < delivery_id:
        delivery.status = "waiting"
        return None
    now = utcnow()
    if webhook.paused_until is not None and webhook.paused_until > now:
        delivery.next_at = webhook.paused_until
        why = f"-at-{webhook.paused_until:%Y%m%d%H%M%S%f}"
        wait = (webhook.paused_until - now).total_seconds()
        await enqueue_delivery(session, delivery_id, webhook_id, attempt=attempt, delay=wait, why=why)
        return None
    event = await session.get_one(WebhookEvent, delivery.event_id)
    code = await session.scalar(sa.select(Store.code).where(Store.id == event.store_id)) if event.store_id else None
    return _Letter(webhook.url, event.uid, body_of(event, code), secrets_of(webhook, settings, now))


def secrets_of(webhook: Webhook, settings: Settings, now: datetime) -> list[str]:
    """The secrets that sign at `now`, the newest first: two after a rotation. Raises what `open_sealed` raises."""
    keys = [open_sealed(settings, webhook.secret, bound_to=place_of("webhooks", "secret", webhook.id))]
    if webhook.previous_secret and webhook.previous_until and webhook.previous_until > now:
        place = place_of("webhooks", "previous_secret", webhook.id)
        keys.append(open_sealed(settings, webhook.previous_secret, bound_to=place))
    return keys


async def _note(session: AsyncSession, delivery_id: int, webhook_id: int, attempt: int, posted: Posted) -> None:
    webhook = await _lock_webhook(session, webhook_id)
    delivery = await session.get(WebhookDelivery, delivery_id, with_for_update=True)
    if webhook is None or delivery is None:
        return  # deleted meanwhile
    if delivery.status != "pending" or delivery.attempts != attempt - 1:
        return  # cancelled meanwhile, or noted by a worker that was taken for dead
    now = utcnow()
    delivery.attempts, delivery.attempted_at, delivery.next_at = attempt, now, None
    delivery.response_status, delivery.error = posted.status, posted.error
    delivery.response_excerpt, delivery.seconds = posted.excerpt, round(posted.seconds, 3)
    log.info("webhook posted", delivery=delivery_id, webhook=webhook_id, status=posted.status, error=posted.error)
    if posted.status is not None and 200 <= posted.status < 300:
        webhook.failing_since = webhook.paused_until = None
        await _finish(session, delivery, "delivered")
        return
    webhook.failing_since = webhook.failing_since or now
    if posted.status == 410:
        await _finish(session, delivery, "dead")
        await disable(session, webhook, "It answered 410 (Gone).")
    elif now - webhook.failing_since >= PATIENCE:
        await _finish(session, delivery, "dead")
        days = (now - webhook.failing_since).days
        await disable(session, webhook, f"Nothing has arrived there for {days} days.")
    elif attempt > len(DELAYS):
        await _finish(session, delivery, "dead")
    else:
        await _retry(session, webhook, delivery, posted, now)


async def _retry(
    session: AsyncSession, webhook: Webhook, delivery: WebhookDelivery, posted: Posted, now: datetime
) -> None:
    delay = DELAYS[delivery.attempts - 1] * random.uniform(1.0, 1.2)  # noqa: S311 (spreads load, guards nothing)
    if posted.retry_after is not None and posted.status in (429, 503):
        delay = max(delay, posted.retry_after)
        webhook.paused_until = now + timedelta(seconds=posted.retry_after)
    delivery.next_at = now + timedelta(seconds=delay)
    await enqueue_delivery(session, delivery.id, webhook.id, attempt=delivery.attempts + 1, delay=delay)


async def _finish(session: AsyncSession, delivery: WebhookDelivery, status: str) -> None:
    """End a delivery, and let the next one of its entity go if it has been waiting for this."""
    delivery.status, delivery.finished_at, delivery.next_at = status, utcnow(), None
    await session.flush()
    lane = WebhookDelivery
    following = await session.scalar(
        sa.select(lane)
        .where(
            lane.webhook_id == delivery.webhook_id,
            lane.entity == delivery.entity,
            lane.status.in_(OPEN),
            lane.id > delivery.id,
        )
        .order_by(lane.id)
        .limit(1)
        .with_for_update()
    )
    if following is not None and following.status == "waiting":
        following.status = "pending"
        attempt = following.attempts + 1
        why = f"-after-{delivery.id}"
        await enqueue_delivery(session, following.id, following.webhook_id, attempt=attempt, why=why)


async def _lock_webhook(session: AsyncSession, webhook_id: int) -> Webhook | None:
    """The endpoint, locked before its deliveries; new deliveries may be written meanwhile."""
    found: Webhook | None = await session.scalar(
        sa.select(Webhook).where(Webhook.id == webhook_id).with_for_update(key_share=True)
    )
    return found
