"""Hashing and judging passwords. Hashing runs in a thread: it takes tens of milliseconds of processor on purpose."""

import asyncio
import secrets
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from orion.kernel import FieldError, Invalid

SHORTEST, LONGEST = 8, 128

_HASHES = PasswordHash((Argon2Hasher(), BcryptHasher()))


def check_new_password(password: str, username: str, field: str = "password") -> None:
    """Raises Invalid (`password_unsuitable`) unless the password has 8 to 128 characters and is not the user name."""
    if not SHORTEST <= len(password) <= LONGEST:
        message = f"Choose a password of {SHORTEST} to {LONGEST} characters; this one has {len(password)}"
    elif password.casefold() == username.casefold():
        message = "Choose a password that is not the user name"
    elif "\x00" in password:
        message = "Choose a password without NUL characters"
    else:
        return
    raise Invalid("password_unsuitable", message, errors=[FieldError(field, message)])


async def hash_password(password: str) -> str:
    """The argon2 hash of a password."""
    return await asyncio.to_thread(_HASHES.hash, password)


async def verify_password(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """Whether the password is the hash's, and a newer hash to keep instead when the old one is bcrypt or weak.

    Without a hash (no such user) it takes as long as with one, and is wrong.
    """
    return await asyncio.to_thread(_verify, password, password_hash)


def _verify(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    stand_in = _stand_in()
    if len(password) > LONGEST:  # no stored hash can be of it, and hashing megabytes would be a favour to attackers
        password, password_hash = password[:LONGEST], None
    try:
        matches, newer = _HASHES.verify_and_update(password, password_hash or stand_in)
    except (UnknownHashError, ValueError):
        return False, None
    return (matches, newer) if password_hash else (False, None)


@cache
def _stand_in() -> str:
    return _HASHES.hash(secrets.token_hex())
