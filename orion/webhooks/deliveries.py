"""The delivery log, and sending again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.kernel import Conflict, FieldError, Invalid, NotFound, Stretch
from orion.merchants import Store
from orion.plumbing.events import publish
from orion.webhooks.emit import deliver_later, emit_to
from orion.webhooks.endpoints import Owner, get_webhook, store_of
from orion.webhooks.events import WebhookChanged
from orion.webhooks.models import DELIVERY_STATUSES, Webhook, WebhookDelivery, WebhookEvent
from orion.webhooks.pull import next_events
from orion.webhooks.signing import message_of
from orion.webhooks.types import parse_patterns

REPLAYED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery, its endpoint's id in it, and the event as it is sent."""

    delivery: WebhookDelivery
    event: WebhookEvent
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many events were put on their way again, and after which one to go on (None: that was all)."""

    count: int
    continue_after: str | None


async def list_deliveries(
    session: AsyncSession,
    owner: Owner,
    webhook_id: int,
    *,
    status: str | None = None,
    event_type: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Stretch[DeliveryView]:
    """What was sent or will be, newest first, from below delivery id `before` on.

    Raises what `get_webhook` raises, and Invalid (`unknown_delivery_status`, `unknown_event_type`).
    """
    webhook = await get_webhook(session, owner, webhook_id)
    query = _views().where(WebhookDelivery.webhook_id == webhook.id)
    if status is not None:
        if status not in DELIVERY_STATUSES:
            message = f"{status[:32]!r} is not one of {', '.join(DELIVERY_STATUSES)}"
            raise Invalid("unknown_delivery_status", message, errors=[FieldError("status", message)])
        query = query.where(WebhookDelivery.status == status)
    if event_type is not None:
        query = query.where(WebhookEvent.type == parse_patterns([event_type], "event_type")[0])
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    rows = (await session.execute(query.order_by(WebhookDelivery.id.desc()).limit(limit + 1))).all()
    items = [DeliveryView(row[0], row[1], message_of(row[1], row[2])) for row in rows[:limit]]
    return Stretch(items, (items[-1].delivery.id,) if len(rows) > limit else None)


async def get_delivery(session: AsyncSession, owner: Owner, delivery_id: int) -> DeliveryView:
    """One delivery to an endpoint of the owner. Raises NotFound (`delivery_not_found`)."""
    store_id = store_of(owner)
    ours = Webhook.store_id.is_(None) if store_id is None else Webhook.store_id == store_id
    query = _views().join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
    row = (await session.execute(query.where(WebhookDelivery.id == delivery_id, ours))).one_or_none()
    if row is None:
        raise NotFound("delivery_not_found", f"There is no delivery {delivery_id} here")
    return DeliveryView(row[0], row[1], message_of(row[1], row[2]))


async def send_test(session: AsyncSession, owner: Owner, webhook_id: int) -> int:
    """Send a `webhook.test` to the endpoint, whatever it wants to be told; the id of the delivery.

    Raises what `get_webhook` raises, and Conflict (`webhook_inactive`). Publishes WebhookChanged.
    """
    webhook = await _active(session, owner, webhook_id)
    data = {"webhook_id": webhook.id, "message": "It works."}
    delivery_id = await emit_to(session, webhook, "webhook.test", f"webhook:{webhook.id}", data)
    await _did(session, owner, webhook, "tested", {"delivery_id": delivery_id})
    return delivery_id


async def redeliver(session: AsyncSession, owner: Owner, delivery_id: int) -> int:
    """Send the event of a delivery once more, with the same event id; the id of the new delivery.

    Raises what `get_delivery` raises, and Conflict: `delivery_open` while the first one is still on its way, or
    `webhook_inactive`. Publishes WebhookChanged.
    """
    view = await get_delivery(session, owner, delivery_id)
    if view.delivery.status in ("pending", "waiting"):
        raise Conflict("delivery_open", f"Delivery {delivery_id} is still on its way: it will be tried again by itself")
    webhook = await _active(session, owner, view.delivery.webhook_id)
    (again,) = await deliver_later(session, webhook.id, [(view.event.id, view.event.entity)])
    await _did(session, owner, webhook, "redelivered", {"delivery_id": delivery_id, "again": again})
    return again


async def replay(
    session: AsyncSession, owner: Owner, webhook_id: int, *, since: datetime | None = None, after: str | None = None
) -> Replayed:
    """Send what happened since a moment, or after an event (by its `evt_` id), to the endpoint, in the old order.

    Only events that it wants to be told of, and at most 1,000 at a time. Raises what `get_webhook` raises, Invalid
    (`replay_from_needed` unless one of both is given), NotFound (`event_not_found`) and Conflict
    (`webhook_inactive`). Publishes WebhookChanged.
    """
    if (since is None) == (after is None):
        message = "Say where to begin: either since (a moment) or after (the id of an event)"
        raise Invalid("replay_from_needed", message, errors=[FieldError("since", message)])
    webhook = await _active(session, owner, webhook_id)
    position = 0
    if after is not None:
        found = await session.scalar(sa.select(WebhookEvent.id).where(WebhookEvent.uid == after, _told_to(webhook)))
        if found is None:
            message = f"There is no event {after[:64]!r}: events are kept for 30 days"
            raise NotFound("event_not_found", message, errors=[FieldError("after", message)])
        position = found
    events = await next_events(
        session,
        _told_to(webhook),
        after=position,
        since=since,
        patterns=webhook.event_types,
        limit=REPLAYED_AT_ONCE + 1,
    )
    chosen = events[:REPLAYED_AT_ONCE]
    if chosen:
        await deliver_later(session, webhook.id, [(event.id, event.entity) for event, _ in chosen])
    await _did(session, owner, webhook, "replayed", {"count": len(chosen)})
    return Replayed(len(chosen), chosen[-1][0].uid if len(events) > len(chosen) else None)


def _views() -> sa.Select[WebhookDelivery, WebhookEvent, str | None]:
    return (
        sa.select(WebhookDelivery, WebhookEvent, Store.code)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .outerjoin(Store, Store.id == WebhookEvent.store_id)
    )


def _told_to(webhook: Webhook) -> sa.ColumnElement[bool]:
    """The events that the endpoint may see: its store's, or for one of the platform all."""
    return sa.true() if webhook.store_id is None else WebhookEvent.store_id == webhook.store_id


async def _active(session: AsyncSession, owner: Owner, webhook_id: int) -> Webhook:
    webhook = await get_webhook(session, owner, webhook_id, lock=True)
    if not webhook.is_active:
        raise Conflict("webhook_inactive", f"Webhook {webhook_id} is not active: activate it first")
    return webhook


async def _did(
    session: AsyncSession,
    owner: Owner,
    webhook: Webhook,
    change: Literal["tested", "redelivered", "replayed"],
    facts: dict[str, Any],
) -> None:
    await publish(session, WebhookChanged(webhook.id, webhook.store_id, change, facts, actor_id=owner.user.id))
