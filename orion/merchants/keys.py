"""API keys: how programs enter one store, and what they may do there."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import User
from orion.kernel import Conflict, FieldError, Forbidden, Invalid, NotFound, Page, Unauthenticated, page_offset
from orion.merchants.access import ROLES, StoreAccess, open_store_by_key
from orion.merchants.events import ApiKeyChanged
from orion.merchants.models import ApiKey, Store
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.settings import Settings

AREAS = ("catalog", "channels", "imports", "inventory", "orders", "products", "store", "webhooks")
"""What a key's scopes are about; each route of a store belongs to one of them."""

SCOPES = ("catalog:read", *(f"{area}:{act}" for area in AREAS if area != "catalog" for act in ("read", "write")))
"""Every scope; `catalog` is the public catalogue, which no store's key writes."""

KEY_MARK = "orion_"
"""What every API key begins with, and no access token does."""

MOST_KEYS = 100
"""Keys in force that one store may have."""

LONGEST_OVERLAP = timedelta(days=7)
"""For how long the secret before a rotation may live on."""

USE_NOTED_EVERY = timedelta(hours=1)
"""How exactly `last_used_at` is kept: more would write with every read."""

Change = Literal["created", "rotated", "revoked"]

_KEY = re.compile(r"orion_([0-9a-f]{12})_([0-9a-f]{48})([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key and the text that programs send: the only time that it can be seen."""

    key: ApiKey
    token: str


def read_api_key(token: str, settings: Settings) -> str | None:
    """The prefix of a key that we gave out, known by its check digits; asks no database, so revoked ones pass.

    None for any other text. After SECRET_KEY changed, earlier keys still open their stores, but are None here.
    """
    match = _KEY.fullmatch(token)
    if match is None or not hmac.compare_digest(match[3], _check_digits(match[1], match[2], settings)):
        return None
    return match[1]


async def access_by_key(session: AsyncSession, token: str) -> StoreAccess:
    """Access to the key's store, within the key's role. Raises Unauthenticated (`api_key_invalid`, `api_key_expired`).

    A key is invalid once it was revoked, its store or its maker was deactivated, or its maker left the merchant.
    """
    match = _KEY.fullmatch(token)
    access = await open_store_by_key(session, ApiKey.prefix == match[1]) if match else None
    if access is None or access.key is None or not _is_secret_of(access.key, token):
        raise Unauthenticated(
            "api_key_invalid", "This API key is not valid, or not any more: ask the store for another"
        )
    if access.key.expires_at and access.key.expires_at <= utcnow():
        raise Unauthenticated("api_key_expired", "This API key has expired: ask the store for another")
    return access


def require_scope(access: StoreAccess, scope: str) -> None:
    """Raises Forbidden (`scope_missing`) when a program acts whose key was not given `scope`; people have them all."""
    if access.key is not None and scope not in access.key.scopes:
        raise Forbidden("scope_missing", f"The API key {access.key.name!r} was not given the scope {scope}")


def use_is_news(access: StoreAccess) -> bool:
    """Whether the key's `last_used_at` is old enough to be written again."""
    used = access.key.last_used_at if access.key else utcnow()
    return used is None or used < utcnow() - USE_NOTED_EVERY


async def note_key_use(session: AsyncSession, key_id: int) -> None:
    """Keep that the key was used now."""
    await session.execute(sa.update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=utcnow()))


async def list_api_keys(
    session: AsyncSession, access: StoreAccess, *, page: int = 1, limit: int = 50
) -> Page[tuple[ApiKey, str]]:
    """The store's keys, also the revoked and expired ones, newest first, each with its maker's user name.

    Raises Forbidden (`role_too_low` below manager, `api_key_not_accepted`).
    """
    _in_person(access)
    mine = ApiKey.store_id == access.store.id
    total = await session.scalar(sa.select(sa.func.count()).select_from(ApiKey).where(mine)) or 0
    rows = await session.execute(
        sa.select(ApiKey, User.username)
        .join(User, User.id == ApiKey.created_by)
        .where(mine)
        .order_by(ApiKey.id.desc())
        .offset(page_offset(page, limit))
        .limit(limit)
    )
    return Page([(key, username) for key, username in rows], total, page, limit)


async def get_api_key(session: AsyncSession, access: StoreAccess, key_id: int) -> tuple[ApiKey, str]:
    """One key and its maker's user name. Raises Forbidden as `list_api_keys` does, NotFound (`api_key_not_found`)."""
    _in_person(access)
    row = (
        await session.execute(
            sa.select(ApiKey, User.username)
            .join(User, User.id == ApiKey.created_by)
            .where(ApiKey.id == key_id, ApiKey.store_id == access.store.id)
        )
    ).one_or_none()
    if row is None:
        raise _no_key(access, key_id)
    return row[0], row[1]


async def create_api_key(
    session: AsyncSession,
    access: StoreAccess,
    settings: Settings,
    *,
    name: str,
    scopes: Sequence[str],
    role: str = "staff",
    expires_at: datetime | None = None,
) -> NewKey:
    """A key for programs of the store, with the role and the scopes given; without `expires_at` it does not expire.

    Raises Forbidden (`role_too_low` below manager, or for a role above one's own; `api_key_not_accepted`), Invalid
    (`api_key_unsuitable`) and Conflict (`too_many_api_keys`). Publishes ApiKeyChanged.
    """
    _in_person(access)
    known = [wanted for wanted in ROLES if wanted == role.strip().lower()]
    name = name.strip()
    errors = []
    if not 1 <= len(name) <= 100 or not name.isprintable():
        errors.append(FieldError("name", "Give a name of 1 to 100 printable characters that says who uses the key"))
    if not scopes:
        errors.append(FieldError("scopes", f"Give at least one scope of {', '.join(SCOPES)}"))
    errors += [
        FieldError(f"scopes.{at}", f"{scope[:64]!r} is none of the scopes {', '.join(SCOPES)}")
        for at, scope in enumerate(scopes)
        if scope not in SCOPES
    ]
    if not known:
        errors.append(FieldError("role", f"{role[:64]!r} is not one of the roles {', '.join(ROLES)}"))
    if expires_at is not None and expires_at <= utcnow():
        errors.append(FieldError("expires_at", "Give a time in the future, or none"))
    if errors:
        raise Invalid("api_key_unsuitable", "; ".join(f"{e.field}: {e.message}" for e in errors), errors=errors)
    access.require(known[0])
    await _make_room(session, access)
    token, prefix = _new_token(settings)
    key = ApiKey(
        store_id=access.store.id,
        name=name,
        prefix=prefix,
        secret_hash=_digest(token),
        scopes=sorted(set(scopes), key=SCOPES.index),
        role=known[0],
        created_by=access.user.id,
        expires_at=expires_at,
    )
    session.add(key)
    await session.flush()
    await _tell(session, access, key, "created")
    return NewKey(key, token)


async def rotate_api_key(
    session: AsyncSession, access: StoreAccess, key_id: int, settings: Settings, *, overlap: timedelta = timedelta(0)
) -> NewKey:
    """Another secret for a key; for the time of the `overlap` (up to a week) the one before is good too.

    The key is then its rotator's. Raises NotFound (`api_key_not_found`), Conflict (`api_key_revoked`), Invalid
    (`api_key_unsuitable`) and Forbidden as `create_api_key` does. Publishes ApiKeyChanged.
    """
    _in_person(access)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        message = f"Let the old secret live on for 0 to {LONGEST_OVERLAP // timedelta(hours=1)} hours"
        raise Invalid("api_key_unsuitable", message, errors=[FieldError("overlap_hours", message)])
    key = await _existing(session, access, key_id)
    if key.revoked_at is not None:
        raise Conflict("api_key_revoked", "This API key was revoked: create another one")
    access.require(next(role for role in ROLES if role == key.role))
    token, _ = _new_token(settings, key.prefix)
    key.previous_hash, key.previous_until = (key.secret_hash, utcnow() + overlap) if overlap else (None, None)
    key.secret_hash, key.created_by = _digest(token), access.user.id
    await session.flush()
    await _tell(session, access, key, "rotated")
    return NewKey(key, token)


async def revoke_api_key(session: AsyncSession, access: StoreAccess, key_id: int) -> None:
    """End a key; ending what has ended is no error.

    Raises NotFound (`api_key_not_found`) and Forbidden (`role_too_low`, `api_key_not_accepted`). Publishes
    ApiKeyChanged.
    """
    _in_person(access)
    key = await _existing(session, access, key_id)
    if key.revoked_at is None:
        key.revoked_at = utcnow()
        await session.flush()
        await _tell(session, access, key, "revoked")


async def revoke_keys_made_by(session: AsyncSession, user_id: int, *, merchant_id: int | None = None) -> int:
    """End every key that a user has made, in one merchant's stores or in all; gives how many. For reactions to events.

    Such keys open nothing any more as it is: this keeps them from coming back to life with their maker.
    """
    keys = sa.update(ApiKey).where(ApiKey.created_by == user_id, ApiKey.revoked_at.is_(None))
    if merchant_id is not None:
        keys = keys.where(ApiKey.store_id.in_(sa.select(Store.id).where(Store.merchant_id == merchant_id)))
    ended = await session.execute(
        keys.values(revoked_at=utcnow()).returning(ApiKey.id).execution_options(synchronize_session=False)
    )
    return len(ended.all())


def _is_secret_of(key: ApiKey, token: str) -> bool:
    sent = _digest(token)
    if hmac.compare_digest(key.secret_hash, sent):
        return True
    in_time = key.previous_until is not None and key.previous_until > utcnow()
    return in_time and hmac.compare_digest(key.previous_hash or "", sent)


def _in_person(access: StoreAccess) -> None:
    if access.key is not None:
        raise Forbidden("api_key_not_accepted", "API keys are managed by people: log in for this")
    access.require("manager")


async def _existing(session: AsyncSession, access: StoreAccess, key_id: int) -> ApiKey:
    key: ApiKey | None = await session.scalar(
        sa.select(ApiKey).where(ApiKey.id == key_id, ApiKey.store_id == access.store.id).with_for_update()
    )
    if key is None:
        raise _no_key(access, key_id)
    return key


def _no_key(access: StoreAccess, key_id: int) -> NotFound:
    return NotFound("api_key_not_found", f"Store {access.store.code} has no API key with id {key_id}")


async def _make_room(session: AsyncSession, access: StoreAccess) -> None:
    in_force = sa.select(sa.func.count()).where(ApiKey.store_id == access.store.id, ApiKey.revoked_at.is_(None))
    if (await session.scalar(in_force) or 0) >= MOST_KEYS:
        raise Conflict("too_many_api_keys", f"A store may have {MOST_KEYS} API keys: revoke one that nobody uses")


async def _tell(session: AsyncSession, access: StoreAccess, key: ApiKey, change: Change) -> None:
    store = access.store
    facts = {"name": key.name, "prefix": key.prefix, "scopes": key.scopes, "role": key.role}
    await publish(session, ApiKeyChanged(key.id, store.id, store.merchant_id, change, facts, actor_id=access.user.id))


def _new_token(settings: Settings, prefix: str | None = None) -> tuple[str, str]:
    prefix, secret = prefix or secrets.token_hex(6), secrets.token_hex(24)
    return f"{KEY_MARK}{prefix}_{secret}{_check_digits(prefix, secret, settings)}", prefix


def _check_digits(prefix: str, secret: str, settings: Settings) -> str:
    text = f"api-key\0{prefix}\0{secret}".encode()
    return hmac.new(settings.signing_key().encode(), text, hashlib.sha256).hexdigest()[:16]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
