"""Telling people something, and what they do with it."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import User
from orion.kernel import NotFound, Stretch
from orion.notifications.events import MailWanted
from orion.notifications.kinds import require_kind
from orion.notifications.models import Notification, NotificationPreference
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish


async def notify(
    session: AsyncSession,
    user_ids: Iterable[int],
    kind: str,
    params: Mapping[str, Any],
    *,
    store_id: int | None = None,
    mail: bool | None = None,
) -> int:
    """Tell the active ones among the users, each in the way they prefer; `mail` is the default for who has not chosen.

    `params` are JSON values that the kind's words name. Publishes MailWanted for each user who wants a mail. Returns
    how many notifications were written. Raises Invalid (`unknown_notification_kind`).
    """
    usual = require_kind(kind)
    preference = NotificationPreference
    rows = await session.execute(
        sa.select(User.id, preference.in_app, preference.mail)
        .outerjoin(preference, sa.and_(preference.user_id == User.id, preference.kind == kind))
        .where(User.id.in_(sorted(set(user_ids))), User.is_active)
        .order_by(User.id)
    )
    by_mail = usual.mail if mail is None else mail
    written = []
    for user_id, wants_in_app, wants_mail in rows.all():
        if usual.in_app if wants_in_app is None else wants_in_app:
            written.append({"user_id": user_id, "store_id": store_id, "kind": kind, "params": dict(params)})
        if by_mail if wants_mail is None else wants_mail:
            key = f"{kind}-{secrets.token_hex(8)}"
            await publish(session, MailWanted(user_id, kind, params, store_id, key))
    if written:
        await session.execute(sa.insert(Notification), written)
    return len(written)


async def list_notifications(
    session: AsyncSession, user: User, *, unread: bool = False, before: int | None = None, limit: int = 50
) -> Stretch[Notification]:
    """What the user was told, newest first, from below id `before` on; only what is `unread` if asked."""
    query = sa.select(Notification).where(Notification.user_id == user.id)
    if unread:
        query = query.where(Notification.read_at.is_(None))
    if before is not None:
        query = query.where(Notification.id < before)
    found = list(await session.scalars(query.order_by(Notification.id.desc()).limit(limit + 1)))
    items = found[:limit]
    return Stretch(items, (items[-1].id,) if len(found) > limit else None)


async def unread_count(session: AsyncSession, user: User, *, most: int = 100) -> int:
    """How many notifications the user has not read, counted up to `most`."""
    some = (
        sa.select(Notification.id)
        .where(Notification.user_id == user.id, Notification.read_at.is_(None))
        .limit(most)
        .subquery()
    )
    return await session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


async def mark_read(session: AsyncSession, user: User, notification_id: int) -> Notification:
    """Note that the user has read it; the first time counts. Raises NotFound (`notification_not_found`)."""
    found = await session.scalar(
        sa.select(Notification).where(Notification.id == notification_id, Notification.user_id == user.id)
    )
    if found is None:
        raise NotFound("notification_not_found", f"You have no notification {notification_id}")
    if found.read_at is None:
        found.read_at = utcnow()
        await session.flush()
    return found


async def mark_all_read(session: AsyncSession, user: User) -> int:
    """Note that the user has read everything up to now; how many that were."""
    marked = await session.execute(
        sa.update(Notification)
        .where(Notification.user_id == user.id, Notification.read_at.is_(None))
        .values(read_at=utcnow())
        .returning(Notification.id)
        .execution_options(synchronize_session=False)
    )
    return len(marked.all())
