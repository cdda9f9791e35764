"""Secrets at rest: sealed with AES-256-GCM, bound to the place they are kept at, opened only by who has the key.

A sealed text is `v1.<key id>.<base64url of nonce, ciphertext and tag>`. The associated data are the version, the key's
id and the place (`place_of("webhook_endpoints", "secret", 17)`), so a sealed text that was copied to another row or
column does not open there. AES-GCM as in NIST SP 800-38D, with random nonces of 96 bits: a key seals at most 2**32
texts, which is why there can be several (`SEALING_KEYS`).
"""

import base64
import binascii
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.ext.asyncio import AsyncSession

from orion.kernel import Unavailable
from orion.plumbing.db import Base, Database
from orion.plumbing.settings import Settings

_VERSION = "v1"
_NONCE_BYTES = 12
_BATCH = 500

SEALED_COLUMNS: list[tuple[str, str]] = []
"""Every (table, column) that holds sealed texts; its table has the primary key `id`."""


def sealed_column(table: str, column: str) -> None:
    """Say that the column holds sealed texts, each bound to `place_of(table, column, id)`, so that keys can change."""
    if (table, column) not in SEALED_COLUMNS:
        SEALED_COLUMNS.append((table, column))


def place_of(table: str, column: str, row_id: int) -> str:
    """What the text in that column of that row is bound to."""
    return f"{table}.{column}:{row_id}"


def new_key(name: str) -> str:
    """A new key for `SEALING_KEYS`: "<name>:<base64 of 32 random bytes>"."""
    return f"{name}:{base64.b64encode(AESGCM.generate_key(256)).decode()}"


def seal(settings: Settings, text: str, *, bound_to: str) -> str:
    """The text as it may be stored at `bound_to`. Raises Unavailable (`sealing_keys_missing`) without a key."""
    keys = _keys(settings)
    if not keys:
        raise _keys_missing()
    name = next(iter(keys))
    nonce = os.urandom(_NONCE_BYTES)
    sealed = keys[name].encrypt(nonce, text.encode("utf-8", "surrogatepass"), _associated(name, bound_to))
    return f"{_VERSION}.{name}.{base64.urlsafe_b64encode(nonce + sealed).decode().rstrip('=')}"


def open_sealed(settings: Settings, sealed: str, *, bound_to: str) -> str:
    """The text that `seal` was given.

    Raises Unavailable: `sealing_keys_missing` when its key is not in `SEALING_KEYS` (any more), `seal_broken` when it
    was tampered with, sealed for another place, or is no sealed text.
    """
    version, name, encoded = (*sealed.split("."), "", "")[:3]
    keys = _keys(settings)
    if version == _VERSION and name not in keys:
        raise _keys_missing(name)
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        if version != _VERSION or len(sealed.split(".")) != 3:
            raise ValueError("no sealed text")
        opened = keys[name].decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _associated(name, bound_to))
    except (InvalidTag, ValueError, binascii.Error):
        message = f"The secret at {bound_to} does not open: it was changed, or copied from elsewhere. Enter it again."
        raise Unavailable("seal_broken", message) from None
    return opened.decode("utf-8", "surrogatepass")


async def check_sealing(database: Database, settings: Settings) -> None:
    """Raises Unavailable (`sealing_keys_missing`) when the database holds sealed texts and we have no key at all."""
    if settings.sealing_key_texts():
        return
    async with database.reading() as session:
        for table, column in SEALED_COLUMNS:
            held = _column(table, column)
            if (await session.execute(sa.select(held).where(held.is_not(None)).limit(1))).first():
                raise _keys_missing()


async def rotate_keys(database: Database, settings: Settings) -> dict[str, int]:
    """Seal everything anew that the first key did not seal; how many texts of each "table.column" that were.

    Works through the tables in small transactions, beside the running application: a text that changes meanwhile is
    left as it is. Raises what `open_sealed` raises, with everything before that text done.
    """
    keys = _keys(settings)
    if not keys:
        raise _keys_missing()
    current = f"{_VERSION}.{next(iter(keys))}."
    counts = {}
    for table, column in SEALED_COLUMNS:
        done, last = 0, 0
        while True:
            async with database.transaction() as session:
                rows = await _stale(session, table, column, current, last)
                for row_id, text in rows:
                    place = place_of(table, column, row_id)
                    anew = seal(settings, open_sealed(settings, text, bound_to=place), bound_to=place)
                    held = Base.metadata.tables[table].c
                    await session.execute(
                        sa.update(Base.metadata.tables[table])
                        .where(held.id == row_id, held[column] == text)
                        .values({column: anew})
                    )
            if not rows:
                break
            done, last = done + len(rows), rows[-1][0]
        counts[f"{table}.{column}"] = done
    return counts


async def _stale(session: AsyncSession, table: str, column: str, current: str, last: int) -> list[tuple[int, str]]:
    held, id_ = _column(table, column), _column(table, "id")
    query = (
        sa.select(id_, held)
        .where(id_ > last, held.is_not(None), held != "", sa.not_(held.startswith(current, autoescape=True)))
        .order_by(id_)
        .limit(_BATCH)
    )
    return [(row_id, text) for row_id, text in await session.execute(query)]


def _column(table: str, column: str) -> sa.ColumnElement[Any]:
    found: sa.ColumnElement[Any] = Base.metadata.tables[table].c[column]
    return found


def _keys(settings: Settings) -> Mapping[str, AESGCM]:
    return _parsed(tuple(settings.sealing_key_texts()))


@lru_cache(maxsize=8)
def _parsed(texts: tuple[str, ...]) -> Mapping[str, AESGCM]:
    pairs = (text.split(":", 1) for text in texts)
    return {name: AESGCM(base64.b64decode(key)) for name, key in pairs}


def _associated(name: str, bound_to: str) -> bytes:
    return f"orion\0{_VERSION}\0{name}\0{bound_to}".encode()


def _keys_missing(name: str = "") -> Unavailable:
    which = f"the key {name[:64]!r}" if name else "a key"
    return Unavailable(
        "sealing_keys_missing",
        f"Secrets are kept sealed, and {which} is missing in SEALING_KEYS: the operator has to set it "
        "(`orion keys new` makes one).",
    )
