"""Portal log-ins: a random cookie, known to the database by its digest."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.models import User, WebSession
from orion.identity.secrets import digest, new_secret
from orion.plumbing.db import utcnow
from orion.plumbing.settings import Settings


async def open_web_session(session: AsyncSession, user: User, settings: Settings) -> str:
    """Log `user` in to the portals for `session_expire_hours`; gives the cookie's value."""
    cookie = new_secret()
    expires_at = utcnow() + timedelta(hours=settings.session_expire_hours)
    session.add(WebSession(token_hash=digest(cookie), user_id=user.id, expires_at=expires_at))
    await session.flush()
    return cookie


async def user_for_web_session(session: AsyncSession, cookie: str) -> User | None:
    """The active user whose cookie it is, or None when it is unknown, closed or expired."""
    user: User | None = await session.scalar(
        sa.select(User)
        .join(WebSession, WebSession.user_id == User.id)
        .where(WebSession.token_hash == digest(cookie), WebSession.expires_at > utcnow(), User.is_active)
    )
    return user


async def close_web_session(session: AsyncSession, cookie: str) -> None:
    """Log out; closing what is closed already is no error."""
    await session.execute(sa.delete(WebSession).where(WebSession.token_hash == digest(cookie)))
