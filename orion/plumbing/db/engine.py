"""One database: its engine, and the transactions that everything runs in."""

import json
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from orion.kernel import OrionError
from orion.plumbing.db.cells import teach_sqlite_cells
from orion.plumbing.db.fold import teach_sqlite

Handlers = Mapping[type, Sequence[Callable[[AsyncSession, Any], Awaitable[None]]]]
"""Which functions react to which event, in the transaction that published it."""

_READ_ONLY = "orion_read_only"

_LONG_NUMBER = re.compile(r"\d{19}")

_EACH_ALONE = "AUTOCOMMIT"


class Database:
    """A PostgreSQL database or a SQLite file, by URL; `handlers` are the reactions to published events.

    Sessions that write and sessions that only read have connections of their own, at most `pool_size` of each: the
    database itself refuses writes on the latter. All stay open, for opening one takes longer than a list.
    """

    def __init__(self, url: str, *, handlers: Handlers | None = None, pool_size: int = 10) -> None:
        self.url = _normalise(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._engine(pool_size)
        self.reading_engine = self._reading_engine(pool_size)
        info = {"database": self, "handlers": handlers or {}}
        self._write = async_sessionmaker(self.engine, expire_on_commit=False, info=info)
        self._read = async_sessionmaker(self.reading_engine, expire_on_commit=False, autoflush=False, info=info)

    @property
    def sync_url(self) -> URL:
        """The same database for blocking drivers: sqlite3, or psycopg."""
        return self.url.set(drivername="sqlite" if self.is_sqlite else "postgresql+psycopg")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed on leaving, or rolled back when an exception leaves.

        An OrionError that `keeps_effects` is committed, and raised all the same.
        """
        async with self._write() as session:
            try:
                yield session
            except OrionError as error:
                if error.keeps_effects:
                    await session.commit()
                raise
            await session.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads. Raises RuntimeError for a statement that writes, DBAPIError for one in plain SQL.

        SQLite shows one snapshot to all of its statements. PostgreSQL shows each one what is committed by then, in a
        transaction or not, so there is none, which saves two turns to the server; see `hold_transaction`.
        """
        async with self._read() as session:
            yield session

    async def ping(self) -> None:
        """Raises what the driver raises when the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))

    async def dispose(self) -> None:
        """Close the pooled connections."""
        await self.engine.dispose()
        await self.reading_engine.dispose()

    def _engine(self, pool_size: int, **server_settings: str) -> AsyncEngine:
        pool = {"pool_size": pool_size, "max_overflow": 0}
        if self.is_sqlite:
            if self.url.database:
                folder = Path(self.url.database).parent
                try:
                    folder.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise ValueError(f"Cannot make the folder {folder} for the database: {error.strerror}") from error
            engine = create_async_engine(self.url.set(drivername="sqlite+aiosqlite"), **pool)
            prepare_sqlite(engine.sync_engine)
            return engine
        settings = {"timezone": "UTC", "jit": "off", "application_name": "orion", **server_settings}
        engine = create_async_engine(
            self.url.set(drivername="postgresql+asyncpg"),
            json_deserializer=_read_json,
            connect_args={"server_settings": settings},
            **pool,
        )
        ping_after_rest(engine.sync_engine)
        return engine

    def _reading_engine(self, pool_size: int) -> AsyncEngine:
        if self.is_sqlite:
            engine = self._engine(pool_size).execution_options(**{_READ_ONLY: True})
            event.listen(engine.sync_engine, "connect", _only_query)
        else:
            alone = self._engine(pool_size, default_transaction_read_only="on")
            engine = alone.execution_options(**{_READ_ONLY: True}, isolation_level=_EACH_ALONE)

        @event.listens_for(engine.sync_engine, "before_cursor_execute")
        def refuse_to_write(*said: Any) -> None:
            context = said[4]
            if context.isinsert or context.isupdate or context.isdelete:
                raise RuntimeError(f"a session that only reads was given {said[2][:100]!r}")

        return engine


async def hold_transaction(session: AsyncSession) -> None:
    """Run what the session does from here on in one transaction, for settings (`set_config`) that last for one.

    All sessions do so, but those that only read on PostgreSQL.
    """
    await session.connection()
    if session.sync_session.connection().get_execution_options().get("isolation_level") == _EACH_ALONE:
        await session.commit()  # gives the connection back: no other way leads into a transaction
        await session.connection(execution_options={"isolation_level": "READ COMMITTED"})


REST_SECONDS = 1.0
"""A connection that lay in the pool for so long is tried before it is used."""


def ping_after_rest(engine: sa.Engine) -> None:
    """Try pooled connections before they are used, unless they have just worked.

    SQLAlchemy's own `pool_pre_ping` does so each time, in three turns to the server: more than many requests need.
    """

    @event.listens_for(engine, "checkin")
    def checkin(_: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(connection: Any, record: Any, _: Any) -> None:
        if time.monotonic() - record.info.get("rests_since", time.monotonic()) < REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as failure:
            raise sa.exc.DisconnectionError from failure


def prepare_sqlite(engine: sa.Engine) -> None:
    """Make every connection of a SQLite engine safe for many processes.

    WAL and a busy time-out let readers and one writer work side by side; write transactions take the write lock
    at BEGIN, because a lock upgraded in mid-transaction fails at once instead of waiting.
    """

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=ON", "synchronous=NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        add_missing_functions(connection)
        teach_sqlite(connection)
        teach_sqlite_cells(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        read_only = connection.get_execution_options().get(_READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _only_query(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def add_missing_functions(connection: Any) -> None:
    """Teach a connection of an old SQLite library (before 3.42) milliseconds, which the job queue's tables count in."""
    if sqlite3.sqlite_version_info < (3, 42):
        connection.create_function("unixepoch", 1, _unixepoch)


def _read_json(text: str) -> Any:
    """JSON of the database; numbers beyond 64 bits, which the quick reader would round, by the exact one."""
    return json.loads(text) if _LONG_NUMBER.search(text) else orjson.loads(text)


def _unixepoch(modifier: str) -> float:
    return time.time() if modifier == "subsec" else int(time.time())


def _normalise(text: str) -> URL:
    try:
        url = make_url(text.replace("postgres://", "postgresql://", 1) if text.startswith("postgres://") else text)
    except (sa.exc.ArgumentError, ValueError):  # a port that is no number
        raise ValueError(
            "DATABASE_URL is no database's address: write postgresql://user:password@host:5432/orion, "
            "or sqlite:////absolute/path.db (in a password, %40 stands for @, %2F for / and %3A for :)"
        ) from None
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise ValueError(f"DATABASE_URL names {backend!r}: Orion runs on postgresql:// and sqlite:///")
    return url.set(drivername=backend)
