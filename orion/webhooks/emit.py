"""Telling what happened: the event, and a delivery for each endpoint that wants it, in the caller's transaction."""

import secrets
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.plumbing.db import utcnow
from orion.plumbing.db.records import insert_records
from orion.plumbing.db.settled import mark_insert
from orion.plumbing.jobs import enqueue
from orion.webhooks.models import Webhook, WebhookDelivery, WebhookEvent
from orion.webhooks.types import TYPES, matches


async def emit(session: AsyncSession, store_id: int | None, type_: str, entity: str, data: dict[str, Any]) -> None:
    """Note that `type_` happened to `entity` ("product:17") of the store, or (None) of the platform.

    `data` are JSON values. Endpoints of the store and of the platform whose event types cover it get a delivery and a
    job each. Events of one entity must come from transactions that wait for each other (as those do that change its
    row): their ids are the order in which they are told. Raises LookupError for a type that nobody documented.
    """
    await emit_many(session, store_id, [(type_, entity, data)])


async def emit_many(
    session: AsyncSession, store_id: int | None, happened: Sequence[tuple[str, str, dict[str, Any]]]
) -> None:
    """`emit` for each (type, entity, data), in this order: three statements for all, and one for each delivery."""
    for type_, _, _ in happened:
        if type_ not in TYPES:
            raise LookupError(f"there is no type of event {type_!r}")
    if not happened:
        return
    await mark_insert(session, WebhookEvent.__tablename__)
    listening = sa.or_(Webhook.store_id == store_id, Webhook.store_id.is_(None))
    hooks = (
        await session.execute(sa.select(Webhook.id, Webhook.event_types).where(Webhook.is_active, listening))
    ).all()
    if not hooks:  # nobody needs the ids
        await insert_records(session, WebhookEvent.__table__, _rows(store_id, happened))
        return
    ids = await _insert_events(session, store_id, happened)
    for webhook_id, patterns in hooks:
        wanted = [
            (id_, entity) for id_, (type_, entity, _) in zip(ids, happened, strict=True) if matches(patterns, type_)
        ]
        if wanted:
            await deliver_later(session, webhook_id, wanted)


async def emit_to(session: AsyncSession, webhook: Webhook, type_: str, entity: str, data: dict[str, Any]) -> int:
    """Like `emit`, but for this endpoint alone, whatever it wants. Returns the id of the delivery."""
    await mark_insert(session, WebhookEvent.__tablename__)
    (event_id,) = await _insert_events(session, webhook.store_id, [(type_, entity, data)])
    return (await deliver_later(session, webhook.id, [(event_id, entity)]))[0]


async def deliver_later(session: AsyncSession, webhook_id: int, events: Sequence[tuple[int, str]]) -> list[int]:
    """A delivery and a job for each event (id, entity), in this order; the ids of the deliveries."""
    rows = [
        {
            "webhook_id": webhook_id,
            "event_id": event_id,
            "entity": entity,
            "status": "pending",
            "attempts": 0,
            "created_at": utcnow(),
        }
        for event_id, entity in events
    ]
    made = await session.scalars(
        sa.insert(WebhookDelivery).returning(WebhookDelivery.id, sort_by_parameter_order=True), rows
    )
    ids = list(made)
    for delivery_id in ids:
        await enqueue_delivery(session, delivery_id, webhook_id, attempt=1)
    return ids


async def enqueue_delivery(
    session: AsyncSession, delivery_id: int, webhook_id: int, *, attempt: int, delay: float | None = None, why: str = ""
) -> None:
    """The job for one attempt (from 1) of a delivery. `why` tells apart several jobs for the same attempt."""
    name = f"webhook-{delivery_id}-{attempt}{why}"
    await enqueue(session, "deliver_webhook", delivery_id, webhook_id, attempt, id=name, delay=delay)


async def _insert_events(
    session: AsyncSession, store_id: int | None, happened: Sequence[tuple[str, str, dict[str, Any]]]
) -> list[int]:
    made = await session.scalars(
        sa.insert(WebhookEvent).returning(WebhookEvent.id, sort_by_parameter_order=True), _rows(store_id, happened)
    )
    return list(made)


def _rows(store_id: int | None, happened: Sequence[tuple[str, str, dict[str, Any]]]) -> list[dict[str, Any]]:
    now = utcnow()
    return [
        {
            "uid": f"evt_{secrets.token_hex(16)}",
            "store_id": store_id,
            "type": type_,
            "entity": entity,
            "data": data,
            "occurred_at": now,
        }
        for type_, entity, data in happened
    ]
