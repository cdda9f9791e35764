"""Making users and changing what proves them."""

import re

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.audit import record_audit
from orion.identity.models import RefreshToken, User, WebSession
from orion.identity.passwords import check_new_password, hash_password, verify_password
from orion.identity.secrets import digest
from orion.kernel import Conflict, FieldError, Invalid
from orion.plumbing.db import utcnow

_USERNAME = re.compile(r"[A-Za-z0-9._-]{3,64}", re.ASCII)


async def register(session: AsyncSession, *, username: str, email: str, password: str) -> User:
    """A new user without special rights.

    Raises Invalid (`username_invalid`, `email_invalid`, `password_unsuitable`) and Conflict (`username_taken`,
    `email_taken`); names and addresses are compared without regard to case.
    """
    user = await _add_user(session, username, email, password, role="user")
    await record_audit(session, actor_id=user.id, action="user.registered", subject=f"user:{user.username}")
    return user


async def create_admin(session: AsyncSession, *, username: str, email: str, password: str) -> User:
    """A new administrator; raises what `register` raises."""
    user = await _add_user(session, username, email, password, role="admin")
    await record_audit(session, actor_id=user.id, action="admin.created", subject=f"user:{user.username}")
    return user


async def change_password(
    session: AsyncSession,
    user: User,
    current: str,
    new: str,
    *,
    keep_family: str | None = None,
    keep_cookie: str | None = None,
) -> None:
    """Give the user a new password and end all log-ins but the present one.

    The present one is the token family of the access token (`keep_family`) or the portal's cookie (`keep_cookie`).
    Raises Invalid (`password_wrong` when `current` is not the password, `password_unsuitable` for the new one).
    """
    matches, _ = await verify_password(current, user.password_hash)
    if not matches:
        message = "This is not your present password"
        raise Invalid("password_wrong", message, errors=[FieldError("current_password", message)])
    check_new_password(new, user.username, "new_password")
    if new == current:
        message = "Choose a password that differs from the present one"
        raise Invalid("password_unsuitable", message, errors=[FieldError("new_password", message)])
    user.password_hash = await hash_password(new)
    session.add(user)
    tokens = sa.update(RefreshToken).where(RefreshToken.user_id == user.id, RefreshToken.revoked_at.is_(None))
    if keep_family:
        tokens = tokens.where(RefreshToken.family != keep_family)
    await session.execute(tokens.values(revoked_at=utcnow()))
    sessions = sa.delete(WebSession).where(WebSession.user_id == user.id)
    if keep_cookie:
        sessions = sessions.where(WebSession.token_hash != digest(keep_cookie))
    await session.execute(sessions)
    await record_audit(session, actor_id=user.id, action="user.password_changed", subject=f"user:{user.username}")


async def find_user(session: AsyncSession, login: str) -> User | None:
    """The user with this name or e-mail address, whatever the case; an "@" makes it an address."""
    if not login.isprintable():  # no name or address is; some databases refuse to compare such text
        return None
    column = User.email if "@" in login else User.username
    user: User | None = await session.scalar(sa.select(User).where(sa.func.lower(column) == login.strip().lower()))
    return user


async def _add_user(session: AsyncSession, username: str, email: str, password: str, *, role: str) -> User:
    username, email = username.strip(), _checked_email(email)
    if not _USERNAME.fullmatch(username):
        message = "Choose a user name of 3 to 64 letters, digits, dots, hyphens or underscores"
        raise Invalid("username_invalid", message, errors=[FieldError("username", message)])
    check_new_password(password, username)
    await _refuse_taken(session, username, email)
    user = User(username=username, email=email, password_hash=await hash_password(password), role=role)
    try:
        async with session.begin_nested():
            session.add(user)
    except IntegrityError:  # somebody took it between the look and the leap
        await _refuse_taken(session, username, email)
        raise
    return user


def _checked_email(text: str) -> str:
    try:
        email = validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        message = f"{text[:254]!r} is not an e-mail address: {error}"
        raise Invalid("email_invalid", message, errors=[FieldError("email", message)]) from None
    if len(email) > 254:
        message = "Give an e-mail address of at most 254 characters"
        raise Invalid("email_invalid", message, errors=[FieldError("email", message)])
    return email


async def _refuse_taken(session: AsyncSession, username: str, email: str) -> None:
    for field, column, value in (("username", User.username, username), ("email", User.email, email)):
        if await session.scalar(sa.select(User.id).where(sa.func.lower(column) == value.lower())):
            message = (
                f"The {'user name' if field == 'username' else 'e-mail address'} {value!r} is taken: choose another"
            )
            raise Conflict(f"{field}_taken", message, errors=[FieldError(field, message)])
