"""Reading a growing table by id without missing rows that were begun earlier and committed later.

PostgreSQL gives ids out when rows are inserted, so a transaction may commit a lower id after a higher one was read.
Writers therefore leave a mark, a shared advisory lock on the highest id given out before theirs, which the server
takes away when their transaction ends. Readers stop below the lowest mark. SQLite writes one transaction at a time.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

_SPACE = 0x0413
"""The upper 16 bits of our advisory locks; the lower 48 are an id."""


async def mark_insert(session: AsyncSession, table: str) -> None:
    """Call before inserting into `table` what `settled_id` is to guard. It stands in nobody's way."""
    if session.get_bind().dialect.name == "sqlite":
        return
    key = _highest_id(table) + (_SPACE << 48)
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(key).cast(sa.Text)))


async def settled_id(session: AsyncSession, table: str) -> int | None:
    """All rows of `table` up to this id are there, or never will be; None: every row that can be read is settled.

    Read the rows after this, with another statement: what it says is about the moment before.
    """
    if session.get_bind().dialect.name == "sqlite":
        return None
    last = (await session.execute(sa.select(_highest_id(table)))).scalar_one()
    locks = sa.table(
        "pg_locks",
        sa.column("locktype", sa.Text),
        sa.column("database"),
        sa.column("classid"),
        sa.column("objid"),
        sa.column("objsubid", sa.Integer),
    )
    databases = sa.table("pg_database", sa.column("oid"), sa.column("datname", sa.Text))
    here = sa.select(databases.c.oid).where(databases.c.datname == sa.func.current_database())
    high = sa.cast(locks.c.classid, sa.BigInteger)
    ours = _SPACE << 16
    marked = (high - ours) * (1 << 32) + sa.cast(locks.c.objid, sa.BigInteger)
    lowest = await session.scalar(
        sa.select(sa.func.min(marked)).where(
            locks.c.locktype == "advisory",
            locks.c.database == here.scalar_subquery(),
            locks.c.objsubid == 1,
            high.between(ours, ours + 0xFFFF),
        )
    )
    return int(last if lowest is None else min(last, lowest))


def _highest_id(table: str) -> sa.ColumnElement[int]:
    """The highest id given out; a sequence that has given out none says 1 as well."""
    sequence = sa.table(f"{table}_id_seq", sa.column("last_value", sa.BigInteger), sa.column("is_called", sa.Boolean))
    return sequence.c.last_value - sa.case((sequence.c.is_called, 0), else_=1)
