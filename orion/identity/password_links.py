"""Links by mail with which a user chooses a password without knowing the old one."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.access import Admin
from orion.identity.administer import end_log_ins_of, get_user
from orion.identity.audit import record_audit
from orion.identity.events import PasswordLinkMade
from orion.identity.models import PasswordLink, User
from orion.identity.passwords import check_new_password, hash_password
from orion.identity.secrets import digest, new_secret
from orion.identity.users import find_user
from orion.kernel import Conflict, Invalid, RateLimited
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.jobs import enqueue, job
from orion.plumbing.limits import Limit, address_key
from orion.plumbing.runtime import Runtime

LINK_LIFE = timedelta(hours=1)
"""How long a link that somebody asked for is good; one from an administrator lives a day."""

ADMINS_LINK_LIFE = timedelta(days=1)

_WINDOW = 15 * 60
_PER_USER = 3


async def ask_for_password_link(session: AsyncSession, login: str, *, address: str | None, runtime: Runtime) -> None:
    """Have a link mailed to the user with this name or e-mail address, if there is one.

    Nobody learns here whether there is: a job looks, so that answer and time are the same. Raises RateLimited
    (`password_links_throttled`) after `login_attempts` requests from one address in 15 minutes.
    """
    if address is not None:
        limit = Limit("password-link-address", runtime.settings.login_attempts, _WINDOW)
        allowance = await runtime.limits.hit(limit, address_key(address))
        if not allowance.allowed:
            raise RateLimited(
                "password_links_throttled",
                f"Too many requests for a new password: try again in {allowance.reset_after} seconds",
                retry_after=allowance.reset_after,
            )
    if login.isprintable() and login.strip():
        await enqueue(session, "make_password_link", login.strip()[:254])


@job(attempts=5)
async def make_password_link(runtime: Runtime, login: str) -> None:
    """Make the link that somebody asked for; more than three in 15 minutes for one user would be a nuisance."""
    async with runtime.database.transaction() as session:
        user = await find_user(session, login)
        if user is None or not user.is_active:
            return
        recent = sa.select(sa.func.count()).where(
            PasswordLink.user_id == user.id, PasswordLink.created_at > utcnow() - timedelta(seconds=_WINDOW)
        )
        if (await session.scalar(recent) or 0) < _PER_USER:
            await _make(session, user, LINK_LIFE, actor_id=None)


async def send_password_link(session: AsyncSession, admin: Admin, user_id: int) -> None:
    """Mail a user the link to choose a password. Publishes PasswordLinkMade.

    Raises NotFound (`user_not_found`) and Conflict (`user_inactive`).
    """
    user = await get_user(session, admin, user_id)
    if not user.is_active:
        raise Conflict("user_inactive", "This user is deactivated: activate them first")
    await _make(session, user, ADMINS_LINK_LIFE, actor_id=admin.user.id)
    await record_audit(
        session, actor_id=admin.user.id, action="user.password_link_sent", subject=f"user:{user.username}"
    )


async def read_password_link(session: AsyncSession, token: str) -> User:
    """Whose link it is. Raises Invalid (`password_link_invalid`) for one that is unknown, used or expired."""
    user: User | None = await session.scalar(
        sa.select(User)
        .join(PasswordLink, PasswordLink.user_id == User.id)
        .where(PasswordLink.token_hash == digest(token), *_in_force(), User.is_active)
    )
    if user is None:
        raise _not_valid()
    return user


async def use_password_link(session: AsyncSession, token: str, password: str) -> User:
    """Give the user of the link a new password, and end all their log-ins and other links.

    Raises Invalid (`password_link_invalid`, `password_unsuitable`).
    """
    user = await read_password_link(session, token)
    check_new_password(password, user.username)
    used = await session.execute(  # one statement: of two who come at once only one gets the row
        sa.update(PasswordLink)
        .where(PasswordLink.token_hash == digest(token), *_in_force())
        .values(used_at=utcnow())
        .returning(PasswordLink.user_id)
        .execution_options(synchronize_session=False)
    )
    if used.one_or_none() is None:
        raise _not_valid()
    user.password_hash = await hash_password(password)
    await session.flush()
    await session.execute(
        sa.delete(PasswordLink).where(PasswordLink.user_id == user.id, PasswordLink.used_at.is_(None))
    )
    await end_log_ins_of(session, user.id)
    await record_audit(session, actor_id=user.id, action="user.password_reset", subject=f"user:{user.username}")
    return user


async def _make(session: AsyncSession, user: User, life: timedelta, *, actor_id: int | None) -> None:
    token, expires_at = new_secret(), utcnow() + life
    session.add(PasswordLink(token_hash=digest(token), user_id=user.id, created_by=actor_id, expires_at=expires_at))
    await session.flush()
    await publish(session, PasswordLinkMade(user.id, token, expires_at, actor_id))


def _in_force() -> tuple[sa.ColumnElement[bool], ...]:
    return PasswordLink.used_at.is_(None), PasswordLink.expires_at > utcnow()


def _not_valid() -> Invalid:
    return Invalid("password_link_invalid", "This link was used already, or it has expired: ask for another one")
