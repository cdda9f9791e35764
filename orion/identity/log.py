"""Reading the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.access import Admin
from orion.identity.models import AuditEntry, User
from orion.kernel import FieldError, Invalid, Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are wanted; None is "any".

    `actor` is a user name, exactly but in any case; `action` and `subject` are exact, or beginnings that end in "*"
    ("member.*"); `since` and `until` include the moment itself. `user_id` is for entries of one actor by id.
    """

    actor: str | None = None
    user_id: int | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry and the name of who did it, None for the system and for users who were deleted."""

    entry: AuditEntry
    actor: str | None


async def audit_log(
    session: AsyncSession,
    admin: Admin,
    wanted: AuditFilter,
    *,
    store_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Stretch[AuditLine]:
    """The whole platform's entries, newest first, from below id `before` on; `store_id` keeps those of one store.

    Raises Invalid (`audit_filter_invalid`).
    """
    del admin  # the proof is having one
    scopes: list[sa.ColumnElement[bool]] = [sa.true() if store_id is None else AuditEntry.store_id == store_id]
    return await read_audit_log(session, scopes, wanted, before=before, limit=limit)


async def read_audit_log(
    session: AsyncSession,
    scopes: list[sa.ColumnElement[bool]],
    wanted: AuditFilter,
    *,
    before: int | None = None,
    limit: int = 50,
) -> Stretch[AuditLine]:
    """The entries of any of the `scopes` (no entry in two), newest first. For verbs that have judged who may read them.

    Each scope is read by an index of its own and stops at the limit, however long the log is. Raises Invalid
    (`audit_filter_invalid`).
    """
    conditions = _conditions(wanted)
    if before is not None:
        conditions.append(AuditEntry.id < before)
    parts = [
        sa.select(AuditEntry.id).where(scope, *conditions).order_by(AuditEntry.id.desc()).limit(limit + 1).subquery()
        for scope in scopes
    ]
    ids = sa.union_all(*(sa.select(part.c.id) for part in parts))
    rows = await session.execute(
        sa.select(AuditEntry, User.username)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.id.in_(ids))
        .order_by(AuditEntry.id.desc())
        .limit(limit + 1)
    )
    found = [AuditLine(entry, username) for entry, username in rows]
    items = found[:limit]
    return Stretch(items, (items[-1].entry.id,) if len(found) > limit else None)


def _conditions(wanted: AuditFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.user_id is not None:
        conditions.append(AuditEntry.actor_id == wanted.user_id)
    if wanted.actor is not None:
        users = sa.select(User.id).where(sa.func.lower(User.username) == wanted.actor.strip().lower())
        conditions.append(AuditEntry.actor_id.in_(users))
    for column, text in ((AuditEntry.action, wanted.action), (AuditEntry.subject, wanted.subject)):
        if text is not None:
            conditions.append(_matches(column, text.strip()))
    for field, moment in (("since", wanted.since), ("until", wanted.until)):
        if moment is not None and moment.tzinfo is None:
            message = "Say the zone too, as in 2026-11-20T00:00:00Z"
            raise Invalid("audit_filter_invalid", message, errors=[FieldError(field, message)])
    if wanted.since is not None:
        conditions.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditEntry.at <= wanted.until)
    return conditions


def _matches(column: Any, text: str) -> sa.ColumnElement[bool]:
    condition: sa.ColumnElement[bool] = (
        column.startswith(text[:-1], autoescape=True) if text.endswith("*") else column == text
    )
    return condition
