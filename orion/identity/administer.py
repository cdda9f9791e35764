"""What administrators do to users. One active administrator always remains."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.access import Admin
from orion.identity.audit import record_audit
from orion.identity.events import UserDeactivated
from orion.identity.models import RefreshToken, User, WebSession
from orion.kernel import Conflict, FieldError, Invalid, NotFound, Page, page_offset
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish

USER_ROLES = ("user", "admin")

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class LogIns:
    """How many log-ins of a user are open: in portals, and of programs (one for each family of tokens)."""

    portals: int
    programs: int


async def list_users(
    session: AsyncSession,
    admin: Admin,
    *,
    search: str | None = None,
    role: str | None = None,
    is_active: bool | None = None,
    page: int = 1,
    limit: int = 50,
) -> Page[User]:
    """Every user, by name; `search` finds parts of names and e-mail addresses in any case.

    Raises Invalid (`unknown_role`, `invalid_page`).
    """
    del admin  # the proof is having one
    query = sa.select(User)
    if search and (text := search.strip()):
        query = query.where(
            User.username.icontains(text, autoescape=True) | User.email.icontains(text, autoescape=True)
        )
    if role is not None:
        query = query.where(User.role == _known_role(role))
    if is_active is not None:
        query = query.where(User.is_active == is_active)
    offset = page_offset(page, limit)
    total = await session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    users = await session.scalars(query.order_by(sa.func.lower(User.username)).offset(offset).limit(limit))
    return Page(users.all(), total, page, limit)


async def get_user(session: AsyncSession, admin: Admin, user_id: int) -> User:
    """One user. Raises NotFound (`user_not_found`)."""
    del admin
    user: User | None = await session.get(User, user_id)
    if user is None:
        raise _no_user(user_id)
    return user


async def open_log_ins(session: AsyncSession, admin: Admin, user_id: int) -> LogIns:
    """How many log-ins of the user are open now."""
    del admin
    now = utcnow()
    portals = sa.select(sa.func.count()).where(WebSession.user_id == user_id, WebSession.expires_at > now)
    programs = sa.select(sa.func.count(RefreshToken.family.distinct())).where(
        RefreshToken.user_id == user_id, RefreshToken.revoked_at.is_(None), RefreshToken.expires_at > now
    )
    return LogIns(await session.scalar(portals) or 0, await session.scalar(programs) or 0)


async def set_user_status(
    session: AsyncSession, admin: Admin, user_id: int, *, is_active: bool, reason: str | None = None
) -> User:
    """Let a user in, or keep them out: deactivating ends their log-ins at once. `reason` goes to the audit log.

    Raises NotFound (`user_not_found`), Conflict (`last_admin`) and Invalid (`reason_too_long`). Publishes
    UserDeactivated.
    """
    said = parse_reason(reason)
    user = await _locked(session, user_id)
    if user.is_active == is_active:
        return user
    if not is_active:
        await _keep_an_admin(session, user)
    user.is_active = is_active
    await session.flush()
    if not is_active:
        await end_log_ins_of(session, user_id)
        await publish(session, UserDeactivated(user_id, admin.user.id))
    action = "user.activated" if is_active else "user.deactivated"
    await _note(session, admin, user, action, {"reason": said} if said else {})
    return user


async def set_user_role(session: AsyncSession, admin: Admin, user_id: int, role: str) -> User:
    """Make a user an administrator, or an administrator a plain user.

    Raises NotFound (`user_not_found`), Conflict (`last_admin`) and Invalid (`unknown_role`).
    """
    wanted = _known_role(role)
    user = await _locked(session, user_id)
    before = user.role
    if before == wanted:
        return user
    if before == "admin":
        await _keep_an_admin(session, user)
    user.role = wanted
    await session.flush()
    await _note(session, admin, user, "user.role_changed", {"role": {"before": before, "after": wanted}})
    return user


async def end_log_ins(session: AsyncSession, admin: Admin, user_id: int) -> LogIns:
    """Log a user out everywhere; gives what was ended. Raises NotFound (`user_not_found`)."""
    user = await _locked(session, user_id)
    open_now = await open_log_ins(session, admin, user_id)
    await end_log_ins_of(session, user_id)
    await _note(session, admin, user, "user.logged_out", {"portals": open_now.portals, "programs": open_now.programs})
    return open_now


async def end_log_ins_of(session: AsyncSession, user_id: int) -> None:
    """End all of a user's sessions and tokens. For verbs that have judged it already."""
    await session.execute(
        sa.update(RefreshToken)
        .where(RefreshToken.user_id == user_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    await session.execute(sa.delete(WebSession).where(WebSession.user_id == user_id))


def parse_reason(reason: str | None, field: str = "reason") -> str | None:
    """The reason without blanks around it, None for nothing. Raises Invalid (`reason_too_long`)."""
    text = (reason or "").strip()
    if len(text) > LONGEST_REASON:
        message = f"Give a reason of at most {LONGEST_REASON} characters; this one has {len(text)}"
        raise Invalid("reason_too_long", message, errors=[FieldError(field, message)])
    return text or None


async def administrator_ids(session: AsyncSession) -> list[int]:
    """The active administrators, for telling them what concerns the whole platform."""
    return list(await session.scalars(sa.select(User.id).where(User.role == "admin", User.is_active).order_by(User.id)))


def _known_role(role: str) -> str:
    if role not in USER_ROLES:
        message = f"{role[:64]!r} is not one of the roles {', '.join(USER_ROLES)}"
        raise Invalid("unknown_role", message, errors=[FieldError("role", message)])
    return role


async def _locked(session: AsyncSession, user_id: int) -> User:
    """The user, with all administrators locked: two of them cannot take each other's rights at once."""
    rows = await session.scalars(
        sa.select(User)
        .where(sa.or_(User.id == user_id, User.role == "admin"))
        .order_by(User.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    user = next((found for found in rows.all() if found.id == user_id), None)
    if user is None:
        raise _no_user(user_id)
    return user


async def _keep_an_admin(session: AsyncSession, user: User) -> None:
    if user.role != "admin":
        return
    others = sa.select(sa.func.count()).where(User.role == "admin", User.is_active, User.id != user.id)
    if not await session.scalar(others):
        message = "This is the last active administrator: make somebody else an administrator first"
        raise Conflict("last_admin", message)


async def _note(session: AsyncSession, admin: Admin, user: User, action: str, details: dict[str, Any]) -> None:
    await record_audit(session, actor_id=admin.user.id, action=action, subject=f"user:{user.username}", details=details)


def _no_user(user_id: int) -> NotFound:
    return NotFound("user_not_found", f"There is no user with id {user_id}")
