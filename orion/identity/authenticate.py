"""Checking a name and a password, slowly and not too often."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.models import User
from orion.identity.passwords import verify_password
from orion.identity.users import find_user
from orion.kernel import RateLimited, Unauthenticated
from orion.plumbing.db import utcnow
from orion.plumbing.limits import Allowance, Limit, address_key
from orion.plumbing.runtime import Runtime

_WINDOW = 15 * 60


async def authenticate(
    session: AsyncSession, login: str, password: str, *, address: str | None, runtime: Runtime
) -> User:
    """The active user with this name or e-mail address and this password.

    `address` is the caller's, or None where there is none (the command line). Raises Unauthenticated
    (`credentials_invalid`, alike in answer and in time for an unknown name and a wrong password; `user_inactive`)
    and RateLimited (`login_throttled`) after `login_attempts` failures per user or per address in 15 minutes.
    """
    attempts = runtime.settings.login_attempts
    by_user, by_address = Limit("login-user", attempts, _WINDOW), Limit("login-address", attempts, _WINDOW)
    user = await find_user(session, login)
    name = str(user.id) if user else login.strip().lower()[:254]
    if address is not None:
        _refuse_unless(await runtime.limits.test(by_address, address_key(address)))
    # Counted before the check, so that attempts in parallel cannot all pass; forgotten when the password is right.
    _refuse_unless(await runtime.limits.hit(by_user, name))

    matches, newer_hash = await verify_password(password, user.password_hash if user else None)
    if user is None or not matches:
        if address is not None:
            await runtime.limits.hit(by_address, address_key(address))
        raise Unauthenticated("credentials_invalid", "The user name or the password is wrong")
    await runtime.limits.clear(by_user, name)
    if not user.is_active:
        raise Unauthenticated("user_inactive", "This user is deactivated: ask an administrator")
    user.last_login_at = utcnow()
    if newer_hash:
        user.password_hash = newer_hash
    await session.flush()
    return user


def _refuse_unless(allowance: Allowance) -> None:
    if not allowance.allowed:
        raise RateLimited(
            "login_throttled",
            f"Too many failed log-ins: try again in {allowance.reset_after} seconds",
            retry_after=allowance.reset_after,
        )
