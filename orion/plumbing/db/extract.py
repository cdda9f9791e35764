"""Reading thousands of rows at once, as the bytes of a file: COPY on PostgreSQL.

What stands between rows and bytes elsewhere (an object per value) is what takes the time when all rows are wanted.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

NUMBERS = "{numbers}"
"""Stands in a statement for rows' numbers between commas; `FIRST` and `LAST` for the lowest and the highest of them."""

FIRST, LAST = sa.literal_column("{first}", sa.BigInteger), sa.literal_column("{last}", sa.BigInteger)


_FOR_A_STEP = "SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('work_mem', '64MB', true)"
"""A few thousand rows are no work for several processes, and are put in order in memory."""


@dataclass(frozen=True, slots=True)
class Delimited:
    """How rows stand in a file: as in RFC 4180, with LF. Null is nothing at all."""

    separator: str = ","
    quote: str = '"'


def compile_text(query: sa.Select[Any], dialect: sa.Dialect) -> str:
    """The statement with its parameters written into it, to be run often with other numbers.

    For queries whose parameters are our own constants: what people typed belongs into bound ones.
    """
    return str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def is_listed(column: InstrumentedAttribute[int], dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """Whether the column is one of the numbers that a compiled statement is run with."""
    if dialect.name == "sqlite":
        return column.in_(sa.select(sa.literal_column("value")).select_from(sa.text(f"json_each('[{NUMBERS}]')")))
    return column == sa.func.any(sa.literal_column(f"'{{{NUMBERS}}}'::bigint[]"))


async def read_bytes(
    connection: AsyncConnection, statement: str, form: Delimited, numbers: Sequence[int]
) -> tuple[bytes, int]:
    """The statement's rows as lines of a file, and how many there are. All columns are texts.

    `numbers`, in order and at least one, are those that it is about (where it says nothing of `NUMBERS`: the first and
    the last of them).
    """
    statement = statement.replace(FIRST.name, str(numbers[0])).replace(LAST.name, str(numbers[-1]))
    if NUMBERS in statement:
        statement = statement.replace(NUMBERS, ",".join(map(str, numbers)))
    if connection.dialect.name == "sqlite":
        found = await connection.exec_driver_sql(statement)
        rows = found.all()
        return write_delimited([tuple(row) for row in rows], list(found.keys()), form), len(rows)
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await connection.exec_driver_sql(_FOR_A_STEP)
    parts: list[bytes] = []

    async def keep(part: bytes) -> None:  # to a file the driver would write in a thread, part by part
        parts.append(part)

    status = await driver.copy_from_query(
        statement, output=keep, format="csv", delimiter=form.separator, quote=form.quote
    )
    return b"".join(parts), int(status.rpartition(" ")[2])


def write_delimited(rows: Sequence[Sequence[str | None]], columns: Sequence[str], form: Delimited) -> bytes:
    """The rows as PostgreSQL writes them."""
    file = io.BytesIO()
    frame = pl.DataFrame(rows, schema=[(f"{at}", pl.String) for at in range(len(columns))], orient="row")
    frame.write_csv(
        file, include_header=False, separator=form.separator, quote_char=form.quote, quote_style="necessary"
    )
    return file.getvalue()
