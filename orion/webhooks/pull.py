"""Reading what happened, instead of being told: the same messages in the same order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.merchants import Store
from orion.plumbing.db.settled import settled_id
from orion.webhooks.endpoints import Owner, store_of
from orion.webhooks.models import WebhookDelivery, WebhookEvent
from orion.webhooks.signing import message_of
from orion.webhooks.types import TYPES, matches, parse_patterns

KEPT = timedelta(days=30)
PURGED_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Pulled:
    """Messages in order, the position to go on from, and whether there are more already."""

    items: list[dict[str, Any]]
    position: int
    has_more: bool


async def list_events(
    session: AsyncSession, owner: Owner, *, patterns: Sequence[str] = (), after: int = 0, limit: int = 100
) -> Pulled:
    """What happened in the store (on the platform) after position `after`, oldest first; nothing is ever skipped.

    The position stays valid when there is nothing more yet. Raises Forbidden (`role_too_low`), Invalid
    (`unknown_event_type`).
    """
    store_id = store_of(owner)
    wanted = parse_patterns(patterns, "types") if patterns else ["*"]
    which = sa.true() if store_id is None else WebhookEvent.store_id == store_id
    found = await next_events(session, which, after=after, patterns=wanted, limit=limit + 1)
    items = found[:limit]
    position = items[-1][0].id if items else after
    return Pulled([message_of(event, code) for event, code in items], position, len(found) > limit)


async def next_events(
    session: AsyncSession,
    which: sa.ColumnElement[bool],
    *,
    after: int,
    patterns: Sequence[str],
    limit: int,
    since: datetime | None = None,
) -> list[tuple[WebhookEvent, str | None]]:
    """The settled events (with their store's code) after id `after` whose type one of the patterns covers."""
    settled = await settled_id(session, WebhookEvent.__tablename__)
    query = (
        sa.select(WebhookEvent, Store.code)
        .outerjoin(Store, Store.id == WebhookEvent.store_id)
        .where(which, WebhookEvent.id > after)
    )
    if settled is not None:
        query = query.where(WebhookEvent.id <= settled)
    if since is not None:
        query = query.where(WebhookEvent.occurred_at >= since)
    if "*" not in patterns:
        query = query.where(WebhookEvent.type.in_([type_ for type_ in TYPES if matches(patterns, type_)]))
    rows = await session.execute(query.order_by(WebhookEvent.id).limit(limit))
    return [(event, code) for event, code in rows]


async def purge_events(session: AsyncSession, now: datetime) -> int:
    """Forget up to 5,000 events of more than 30 days ago with their deliveries; how many that were."""
    old = (
        sa.select(WebhookEvent.id)
        .where(WebhookEvent.occurred_at <= now - KEPT)
        .order_by(WebhookEvent.id)
        .limit(PURGED_AT_ONCE)
    )
    ids = list(await session.scalars(old))
    if ids:
        await session.execute(sa.delete(WebhookDelivery).where(WebhookDelivery.event_id.in_(ids)))
        await session.execute(sa.delete(WebhookEvent).where(WebhookEvent.id.in_(ids)))
    return len(ids)
