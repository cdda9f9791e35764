"""Answers to writes, kept so that a repeated request gets the same one instead of a second effect.

The row is written in the transaction of the effect: either both are there or neither. While that transaction runs, a
second request with the key finds out from the database: PostgreSQL lets it wait for a moment and then says so, SQLite
runs one write transaction at a time, so the second one waits and replays.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from orion.kernel import Conflict, FieldError, Invalid
from orion.plumbing.db import Base, utcnow

KEPT = timedelta(hours=24)
"""How long an answer is replayed."""

_WAIT = "1s"
"""How long PostgreSQL waits for another request with the same key before it says that one is under way."""
_LOCK_NOT_AVAILABLE = "55P03"


class StoredAnswer(Base):
    """The answer to one write, by the SHA-256 of caller, method, path and key; `status` is null until it is known."""

    __tablename__ = "idempotency_keys"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    request_hash: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int | None]
    media_type: Mapped[str | None] = mapped_column(sa.String(255))
    location: Mapped[str | None] = mapped_column(sa.Text)
    body: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: status, media type and Location header (where there was one), and the body's bytes."""

    status: int
    media_type: str | None
    location: str | None
    body: bytes


def check_key(key: str) -> str:
    """The key itself. Raises Invalid (`idempotency_key_invalid`) unless it is 1 to 255 printable ASCII characters."""
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        message = "Send 1 to 255 printable ASCII characters as Idempotency-Key, best a new UUID for each act"
        raise Invalid("idempotency_key_invalid", message, errors=[FieldError("header.Idempotency-Key", message)])
    return key


def identify(caller: str, method: str, path: str, key: str) -> str:
    """The id that an answer is kept under: the same key of another caller, or for another path, is another answer."""
    return hashlib.sha256("\n".join((caller, method, path, key)).encode("utf-8", "surrogatepass")).hexdigest()


async def claim(session: AsyncSession, id_: str, request_hash: str) -> Answer | None:
    """Take the key for this transaction, or give the answer that is kept under it.

    Raises Conflict: `idempotency_key_reused` when the kept answer is to another request, `idempotency_in_flight` when
    the first request is not finished.
    """
    now = utcnow()
    dialect = session.get_bind().dialect.name
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(StoredAnswer)
    empty = {"request_hash": request_hash, "status": None, "created_at": now}
    taking = insert.values(id=id_, **empty).on_conflict_do_update(
        index_elements=["id"],
        set_=empty | {"media_type": None, "location": None, "body": None},
        where=StoredAnswer.created_at <= now - KEPT,
    )
    if dialect == "postgresql":
        await session.execute(sa.text(f"SET LOCAL lock_timeout = '{_WAIT}'"))
    try:
        taken = await session.execute(taking.returning(StoredAnswer.id))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise _in_flight() from None
        raise
    if dialect == "postgresql":
        await session.execute(sa.text("SET LOCAL lock_timeout TO DEFAULT"))
    if taken.one_or_none() is not None:
        return None
    kept = await session.get_one(StoredAnswer, id_)
    if kept.request_hash != request_hash:
        raise Conflict(
            "idempotency_key_reused",
            "This Idempotency-Key was used for a request with another body: use a new key for each act",
        )
    if kept.status is None:
        raise _in_flight()
    return Answer(kept.status, kept.media_type, kept.location, kept.body or b"")


async def keep(session: AsyncSession, id_: str, answer: Answer) -> None:
    """Store the answer under the key that this transaction claimed."""
    await session.execute(
        sa.update(StoredAnswer)
        .where(StoredAnswer.id == id_)
        .values(status=answer.status, media_type=answer.media_type, location=answer.location, body=answer.body)
    )


async def forget(session: AsyncSession, id_: str) -> None:
    """Give the key back: the same request may be tried again."""
    await session.execute(sa.delete(StoredAnswer).where(StoredAnswer.id == id_))


async def purge_answers(session: AsyncSession, now: datetime) -> int:
    """Delete the answers that are no longer replayed at `now`; gives how many."""
    deleted = await session.execute(
        sa.delete(StoredAnswer).where(StoredAnswer.created_at <= now - KEPT).returning(StoredAnswer.id)
    )
    return len(deleted.all())


def _in_flight() -> Conflict:
    return Conflict(
        "idempotency_in_flight",
        "The first request with this Idempotency-Key is still being worked on: ask again in a moment",
        retry_after=1,
    )
