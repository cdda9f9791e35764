"""Endpoints: who is told, of what, and with which secret."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import Admin
from orion.kernel import Conflict, NotFound
from orion.merchants import StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.http_post import parse_post_url
from orion.plumbing.sealing import open_sealed, place_of, seal
from orion.plumbing.settings import Settings
from orion.webhooks.disable import cancel_open
from orion.webhooks.events import WebhookChanged
from orion.webhooks.models import Webhook
from orion.webhooks.signing import new_secret
from orion.webhooks.types import parse_patterns

MOST = 20
"""Endpoints of one store."""

ROTATION_HOURS = 24
"""How long the previous secret signs too."""

Owner = StoreAccess | Admin
"""Whose endpoints: a store's (for managers of it), or the platform's (for administrators)."""


def store_of(owner: Owner) -> int | None:
    """The id of the owner's store, None for the platform. Raises Forbidden (`role_too_low`) below manager."""
    if isinstance(owner, Admin):
        return None
    owner.require("manager")
    return owner.store.id


async def create_webhook(
    session: AsyncSession,
    owner: Owner,
    *,
    settings: Settings,
    url: str,
    event_types: Sequence[str],
    description: str | None = None,
) -> tuple[Webhook, str]:
    """A new endpoint, and its secret, which is shown this once.

    Raises Forbidden (`role_too_low`), Invalid (`invalid_url`, `unknown_event_type`), Conflict (`too_many_webhooks`)
    and what `seal` raises. Publishes WebhookChanged.
    """
    store_id = store_of(owner)
    patterns = parse_patterns(event_types)
    address = parse_post_url(url, settings)
    taken = await session.scalar(sa.select(sa.func.count()).select_from(Webhook).where(_of(store_id))) or 0
    if taken >= MOST:
        raise Conflict("too_many_webhooks", f"There are {taken} webhooks already, and {MOST} is the most: delete one")
    webhook = Webhook(
        store_id=store_id,
        url=address,
        description=(description or "").strip() or None,
        secret="",
        event_types=patterns,
        created_by=owner.user.id,
    )
    session.add(webhook)
    await session.flush()  # its secret is sealed for its number
    secret = new_secret()
    webhook.secret = seal(settings, secret, bound_to=place_of("webhooks", "secret", webhook.id))
    await session.flush()
    await _changed(session, owner, webhook, "created", {"host": _host(webhook), "event_types": patterns})
    return webhook, secret


async def list_webhooks(session: AsyncSession, owner: Owner) -> list[Webhook]:
    """The owner's endpoints, oldest first. Raises Forbidden (`role_too_low`)."""
    return list(await session.scalars(sa.select(Webhook).where(_of(store_of(owner))).order_by(Webhook.id)))


async def get_webhook(session: AsyncSession, owner: Owner, webhook_id: int, *, lock: bool = False) -> Webhook:
    """One of the owner's endpoints. Raises Forbidden (`role_too_low`) and NotFound (`webhook_not_found`)."""
    query = sa.select(Webhook).where(Webhook.id == webhook_id, _of(store_of(owner)))
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = await session.scalar(query)
    if found is None:
        raise NotFound("webhook_not_found", f"There is no webhook {webhook_id} here")
    return found


async def update_webhook(
    session: AsyncSession, owner: Owner, webhook_id: int, *, settings: Settings, **changes: Any
) -> Webhook:
    """Change `url`, `description`, `event_types` or `is_active` of an endpoint.

    Deactivating cancels what is on its way; activating starts anew with events from then on (a replay brings earlier
    ones). Raises what `get_webhook` and `create_webhook` raise. Publishes WebhookChanged when anything differs.
    """
    webhook = await get_webhook(session, owner, webhook_id, lock=True)
    parsers: dict[str, Callable[[Any], Any]] = {
        "url": lambda value: parse_post_url(value, settings),
        "event_types": parse_patterns,
        "description": lambda value: (value or "").strip() or None,
        "is_active": bool,
    }
    facts = {}
    for field, value in changes.items():
        parsed = parsers[field](value)
        if getattr(webhook, field) != parsed:
            setattr(webhook, field, parsed)
            facts[field] = _host(webhook) if field == "url" else parsed
    if not facts:
        return webhook
    if facts.get("is_active"):
        webhook.disabled_at = webhook.disabled_reason = webhook.failing_since = webhook.paused_until = None
    elif "is_active" in facts:
        webhook.disabled_at = utcnow()
        await cancel_open(session, webhook)
    await session.flush()
    await _changed(session, owner, webhook, "updated", facts)
    return webhook


async def delete_webhook(session: AsyncSession, owner: Owner, webhook_id: int) -> None:
    """Delete an endpoint with its deliveries. Raises what `get_webhook` raises. Publishes WebhookChanged."""
    webhook = await get_webhook(session, owner, webhook_id, lock=True)
    await _changed(session, owner, webhook, "deleted", {"host": _host(webhook)})
    await session.execute(sa.delete(Webhook).where(Webhook.id == webhook.id))


async def rotate_secret(
    session: AsyncSession, owner: Owner, webhook_id: int, *, settings: Settings
) -> tuple[Webhook, str]:
    """Give the endpoint a new secret, shown this once; the present one signs beside it for 24 hours.

    A second rotation within these takes the place of the first: never more than two secrets sign. Raises what
    `get_webhook` and `seal` raise. Publishes WebhookChanged.
    """
    webhook = await get_webhook(session, owner, webhook_id, lock=True)
    place, previous_place = (place_of("webhooks", column, webhook.id) for column in ("secret", "previous_secret"))
    present, secret = open_sealed(settings, webhook.secret, bound_to=place), new_secret()
    webhook.previous_secret = seal(settings, present, bound_to=previous_place)
    webhook.previous_until = utcnow() + timedelta(hours=ROTATION_HOURS)
    webhook.secret = seal(settings, secret, bound_to=place)
    await session.flush()
    await _changed(session, owner, webhook, "secret_rotated", {})
    return webhook, secret


async def _changed(session: AsyncSession, owner: Owner, webhook: Webhook, change: Any, facts: dict[str, Any]) -> None:
    await publish(session, WebhookChanged(webhook.id, webhook.store_id, change, facts, actor_id=owner.user.id))


def _of(store_id: int | None) -> sa.ColumnElement[bool]:
    return Webhook.store_id.is_(None) if store_id is None else Webhook.store_id == store_id


def _host(webhook: Webhook) -> str:
    """The part of the address that is no secret: paths and queries may hold tokens."""
    return urlsplit(webhook.url).netloc
