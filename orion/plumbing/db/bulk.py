"""Writing thousands of rows at once: COPY and set-based statements on PostgreSQL, `executemany` on SQLite.

Frames have a column per table column, by name. JSON columns are JSON text, moments are "YYYY-MM-DD HH:MM:SS.ffffff" in
UTC. Everything runs in the connection's transaction; identifiers come from our own models, never from input.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any, TypeVarTuple

import orjson
import polars as pl
import sqlalchemy as sa
import xxhash
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from orion.plumbing.db.base import ID_BLOCK, utcnow

Ts = TypeVarTuple("Ts")

STORED_MOMENT = "%Y-%m-%d %H:%M:%S.%f"


@asynccontextmanager
async def bulk_connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection whose commits do not wait for the disk, for work that keeps its own checkpoint.

    A PostgreSQL server that crashes may lose the last of these transactions, each as a whole, and nothing else.
    """
    async with engine.connect() as connection:
        relaxed = connection.dialect.name == "postgresql"
        if relaxed:
            await connection.execute(sa.text("SET synchronous_commit TO OFF"))
            await connection.commit()
        try:
            yield connection
        finally:
            if relaxed:
                await connection.rollback()
                await connection.execute(sa.text("RESET synchronous_commit"))
                await connection.commit()


def stored_now() -> str:
    """Now, in the form the database keeps."""
    return utcnow().strftime(STORED_MOMENT)


def constant(name: str, value: str | int, height: int) -> pl.Series:
    """A column with the same value in every row."""
    return pl.Series(name, [value]).new_from_index(0, height)


async def existing(
    connection: AsyncConnection,
    query: sa.Select[*Ts],
    key: sa.ColumnElement[str] | InstrumentedAttribute[str],
    values: Sequence[str],
    *where: sa.ColumnElement[bool],
    lock: type | None = None,
) -> Sequence[sa.Row[*Ts]]:
    """The query's rows whose `key` is one of `values`.

    Those of the model `lock` are locked in key order on PostgreSQL until the transaction ends. One bound parameter
    however many values there are: the statement is prepared once.
    """
    query = query.where(*where)
    if connection.dialect.name == "sqlite":
        packed = sa.func.json_each(orjson.dumps(list(values)).decode()).table_valued("value")
        return (await connection.execute(query.where(key.in_(sa.select(packed.c.value))))).all()
    # One index look-up per value whatever the planner believes of the table: in a long import it grows much faster
    # than its statistics.
    listed = (
        sa.func.unnest(sa.bindparam("listed", sorted(values), sa.ARRAY(sa.Text))).table_valued("value").render_derived()
    )
    matching = query.where(key == listed.c.value)
    found = (matching if lock is None else matching.with_for_update(of=lock)).lateral()
    return (await connection.execute(sa.select(found).select_from(listed.join(found, sa.true())))).all()


async def reserve_ids(connection: AsyncConnection, table: str, count: int, *, block: int = ID_BLOCK) -> list[int]:
    """`count` new values of the `id` of a table that counts in blocks; what is left of the last block is never used.

    `block` is 1 for a table that counts one by one. On SQLite they follow the highest one, and the transaction's write
    lock keeps them ours.
    """
    if not count:
        return []
    if connection.dialect.name == "sqlite":
        highest = sa.select(sa.func.coalesce(sa.func.max(sa.column("id", sa.Integer)), 0)).select_from(sa.table(table))
        last = (await connection.execute(highest)).scalar_one()
        return list(range(last + 1, last + 1 + count))
    next_id = sa.func.nextval(sa.func.pg_get_serial_sequence(table, "id"))
    blocks = sa.func.generate_series(1, -(-count // block)).alias()
    starts = (await connection.execute(sa.select(sa.func.array_agg(next_id)).select_from(blocks))).scalar_one()
    return [start + step for start in starts for step in range(block)][:count]


async def insert_rows(connection: AsyncConnection, table: str, frame: pl.DataFrame) -> None:
    """Append the frame's rows. Raises sqlalchemy.exc.IntegrityError when one breaks a constraint."""
    if connection.dialect.name == "sqlite":
        await _execute_many(connection, f"INSERT INTO {table} ({_names(frame)}) VALUES ({_marks(frame)})", frame)
    else:
        await _copy(connection, table, frame)


async def update_rows(connection: AsyncConnection, table: str, key: str | Sequence[str], frame: pl.DataFrame) -> None:
    """Set the frame's columns in the rows that its `key` column (or columns) name."""
    keys = [key] if isinstance(key, str) else list(key)
    columns = [name for name in frame.columns if name not in keys]
    if connection.dialect.name == "sqlite":
        sets = ", ".join(f"{name} = ?" for name in columns)
        where = " AND ".join(f"{name} = ?" for name in keys)
        await _execute_many(connection, f"UPDATE {table} SET {sets} WHERE {where}", frame.select([*columns, *keys]))
        return
    stage = await _staged(connection, table, frame)
    sets = ", ".join(f"{name} = s.{name}" for name in columns)
    same = " AND ".join(f"t.{name} = s.{name}" for name in keys)
    await connection.execute(sa.text(f"UPDATE {table} AS t SET {sets} FROM {stage} AS s WHERE {same}"))


async def upsert_rows(
    connection: AsyncConnection, table: str, keys: Sequence[str], frame: pl.DataFrame, *, update: Sequence[str] = ()
) -> None:
    """Insert the rows; where `keys` exist already, set the `update` columns, or nothing if there are none."""
    sets = ", ".join(f"{name} = excluded.{name}" for name in update)
    action = f"DO UPDATE SET {sets}" if update else "DO NOTHING"
    conflict = f"ON CONFLICT ({', '.join(keys)}) {action}"
    names = _names(frame)
    if connection.dialect.name == "sqlite":
        await _execute_many(connection, f"INSERT INTO {table} ({names}) VALUES ({_marks(frame)}) {conflict}", frame)
        return
    stage = await _staged(connection, table, frame)
    await connection.execute(sa.text(f"INSERT INTO {table} ({names}) SELECT {names} FROM {stage} {conflict}"))


async def _staged(connection: AsyncConnection, table: str, frame: pl.DataFrame) -> str:
    """A temporary table of this connection with the frame's rows; it is emptied when the transaction ends."""
    stage = f"stage_{xxhash.xxh32_hexdigest((_names(frame) + table).encode())}"
    names = _names(frame)
    await connection.execute(
        sa.text(
            f"CREATE TEMP TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS AS SELECT {names} FROM {table} WITH NO DATA"
        )
    )
    await connection.execute(sa.text(f"DELETE FROM {stage}"))
    await _copy(connection, stage, frame)
    return stage


async def _copy(connection: AsyncConnection, table: str, frame: pl.DataFrame) -> None:
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():
        await connection.execute(sa.select(1))  # SQLAlchemy begins with the first statement it sees
    source = BytesIO(frame.write_csv(include_header=False, null_value="", quote_style="necessary").encode())
    try:
        await driver.copy_to_table(table, source=source, columns=frame.columns, format="csv")
    except Exception as failure:
        if getattr(failure, "sqlstate", "")[:2] == "23":
            raise sa.exc.IntegrityError(f"COPY {table}", None, failure) from failure
        raise


async def _execute_many(connection: AsyncConnection, statement: str, frame: pl.DataFrame) -> None:
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        await driver.executemany(statement, frame.rows())
    except Exception as failure:
        if type(failure).__name__ == "IntegrityError":
            raise sa.exc.IntegrityError(statement, None, failure) from failure
        raise


def _names(frame: pl.DataFrame) -> str:
    return ", ".join(frame.columns)


def _marks(frame: pl.DataFrame) -> str:
    return ", ".join("?" * frame.width)
