"""Throwing away what can no longer prove anything."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.models import PasswordLink, RefreshToken, WebSession


async def purge_expired_logins(session: AsyncSession, now: datetime) -> int:
    """Delete refresh tokens, portal sessions and password links that expired before `now`; gives how many."""
    deleted = 0
    for table in (RefreshToken, WebSession, PasswordLink):
        result = await session.execute(sa.delete(table).where(table.expires_at <= now).returning(table.token_hash))
        deleted += len(result.all())
    return deleted
