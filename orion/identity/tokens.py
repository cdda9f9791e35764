"""Access tokens (signed, half an hour) and refresh tokens (random, used once, in families)."""

import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import jwt
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.audit import record_audit
from orion.identity.models import RefreshToken, User
from orion.identity.secrets import digest, new_secret
from orion.kernel import Unauthenticated
from orion.plumbing.db import utcnow
from orion.plumbing.settings import Settings

_ISSUER, _AUDIENCE, _ALGORITHM = "orion", "orion-api", "HS256"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a log-in gives; `expires_in` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says: whose it is, and from which log-in (token family) it comes."""

    user_id: int
    family: str


class RefreshTokenReused(Unauthenticated):
    """A refresh token came twice: one of the two callers stole it, so the family is revoked, and stays so."""

    keeps_effects = True


async def issue_tokens(session: AsyncSession, user: User, settings: Settings) -> TokenPair:
    """Tokens for a fresh log-in of `user`, a family of their own."""
    return await _issue(session, user.id, secrets.token_hex(16), settings)


async def rotate_tokens(session: AsyncSession, refresh_token: str, settings: Settings) -> TokenPair:
    """New tokens for a refresh token, which is used up by it.

    Raises Unauthenticated (`refresh_token_invalid` when it is unknown, expired or revoked, `refresh_token_reused`
    when it was used before: then its whole family is revoked, `user_inactive`).
    """
    token_hash, now = digest(refresh_token), utcnow()
    used = await session.execute(  # one statement: of two callers with the same token only one gets the row
        sa.update(RefreshToken)
        .where(
            RefreshToken.token_hash == token_hash,
            RefreshToken.used_at.is_(None),
            RefreshToken.revoked_at.is_(None),
            RefreshToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(RefreshToken.user_id, RefreshToken.family)
        .execution_options(synchronize_session=False)
    )
    row = used.one_or_none()
    if row is None:
        await _refuse(session, token_hash)
        raise Unauthenticated("refresh_token_invalid", "The refresh token is not valid: log in again")
    if not await session.scalar(sa.select(User.is_active).where(User.id == row.user_id)):
        raise Unauthenticated("user_inactive", "This user is deactivated: ask an administrator")
    return await _issue(session, row.user_id, row.family, settings)


async def revoke_tokens(session: AsyncSession, refresh_token: str) -> None:
    """Log out: revoke every token that descends from the same log-in. An unknown token is no error."""
    family = await session.scalar(
        sa.select(RefreshToken.family).where(RefreshToken.token_hash == digest(refresh_token))
    )
    if family:
        await _revoke_family(session, family)


def read_access_token(token: str, settings: Settings) -> AccessClaims:
    """What a token says, if we signed it and it is in date; asks no database, so log-outs go unnoticed.

    Raises Unauthenticated (`access_token_expired`, `access_token_invalid`).
    """
    try:
        claims, expires_at = _decode(token, settings.signing_key())
        if expires_at <= time.time():
            raise jwt.ExpiredSignatureError
        return claims
    except jwt.ExpiredSignatureError:
        raise Unauthenticated(
            "access_token_expired", "The access token has expired: refresh it, or log in again"
        ) from None
    except (jwt.InvalidTokenError, ValueError):
        raise Unauthenticated("access_token_invalid", "The access token is not valid: log in again") from None


@lru_cache(maxsize=1000)  # programs send the same token many times; what it says never changes, only its expiry comes
def _decode(token: str, key: str) -> tuple[AccessClaims, int]:
    claims = jwt.decode(
        token,
        key,
        algorithms=[_ALGORITHM],
        issuer=_ISSUER,
        audience=_AUDIENCE,
        options={"require": ["exp", "iat", "sub", "jti", "sid"]},
    )
    return AccessClaims(int(claims["sub"]), str(claims["sid"])), int(claims["exp"])


OF_LOG_IN = sa.and_(
    User.id == sa.bindparam("user_id"),
    User.is_active,
    sa.exists().where(RefreshToken.family == sa.bindparam("family"), RefreshToken.revoked_at.is_(None)),
)
"""For queries of the user whose token says `user_id` and `family`: active, and the log-in was not ended."""

_USER_OF_LOG_IN = sa.select(User).where(OF_LOG_IN)


async def user_for_claims(session: AsyncSession, claims: AccessClaims) -> User:
    """The active user whose token says so.

    Raises Unauthenticated (`access_token_invalid`) after the log-in was ended.
    """
    user: User | None = await session.scalar(_USER_OF_LOG_IN, {"user_id": claims.user_id, "family": claims.family})
    if user is None:
        raise log_in_ended()
    return user


def log_in_ended() -> Unauthenticated:
    """What to raise where OF_LOG_IN finds nobody."""
    return Unauthenticated("access_token_invalid", "The log-in of this token was ended: log in again")


async def _issue(session: AsyncSession, user_id: int, family: str, settings: Settings) -> TokenPair:
    now, lifetime = utcnow(), timedelta(minutes=settings.access_token_expire_minutes)
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": str(user_id),
        "iat": now,
        "exp": now + lifetime,
        "jti": secrets.token_hex(16),
        "sid": family,
    }
    refresh_token = new_secret()
    expires_at = now + timedelta(days=settings.refresh_token_expire_days)
    session.add(RefreshToken(token_hash=digest(refresh_token), user_id=user_id, family=family, expires_at=expires_at))
    await session.flush()
    access_token = jwt.encode(claims, settings.signing_key(), algorithm=_ALGORITHM)
    return TokenPair(access_token, refresh_token, int(lifetime.total_seconds()))


async def _refuse(session: AsyncSession, token_hash: str) -> None:
    token = await session.get(RefreshToken, token_hash)
    if token is None or token.used_at is None or token.revoked_at is not None:
        return
    await _revoke_family(session, token.family)
    await record_audit(session, actor_id=token.user_id, action="refresh_token.reused", subject=f"user:{token.user_id}")
    raise RefreshTokenReused(
        "refresh_token_reused",
        "This refresh token was used before, so somebody may have copied it: all its log-ins are ended, log in again",
    )


async def _revoke_family(session: AsyncSession, family: str) -> None:
    await session.execute(
        sa.update(RefreshToken)
        .where(RefreshToken.family == family, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=utcnow())
        .execution_options(synchronize_session=False)
    )
