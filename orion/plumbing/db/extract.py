"""Reading thousands of rows at once, as the text that the database has for each value: COPY on PostgreSQL.

What stands between rows and bytes elsewhere (an object per value) is what takes the time when all rows are wanted.
"""

import csv
import io
from collections.abc import Sequence
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


async def read_text(
    connection: AsyncConnection, statement: str, columns: Sequence[str], numbers: Sequence[int]
) -> tuple[pl.DataFrame, int]:
    """The statement's rows as columns of text (null and empty are both null), and how many bytes they came to.

    `numbers`, in order and at least one, are those that it is about (where it says nothing of `NUMBERS`: the first and
    the last of them).
    """
    statement = statement.replace(FIRST.name, str(numbers[0])).replace(LAST.name, str(numbers[-1]))
    if NUMBERS in statement:
        statement = statement.replace(NUMBERS, ",".join(map(str, numbers)))
    if connection.dialect.name == "sqlite":
        rows = (await connection.exec_driver_sql(statement)).all()
        texts = [[_text(value) for value in row] for row in rows]
        size = sum(len(text) for row in texts for text in row if text)
        return pl.DataFrame(texts, schema=dict.fromkeys(columns, pl.String), orient="row"), size
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await connection.exec_driver_sql(_FOR_A_STEP)
    parts: list[bytes] = []

    async def keep(part: bytes) -> None:  # to a file the driver would write in a thread, part by part
        parts.append(part)

    status = await driver.copy_from_query(statement, output=keep, format="csv")
    data = b"".join(parts)
    return _frame(data, columns, int(status.rpartition(" ")[2])), len(data)


def _frame(data: bytes, columns: Sequence[str], height: int) -> pl.DataFrame:
    if not height:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    frame = pl.read_csv(data, has_header=False, new_columns=list(columns), infer_schema=False)
    if frame.shape != (height, len(columns)):  # a reader in doubt about line ends within quotes: the exact, slow one
        lines = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
        texts = [[text or None for text in line] for line in lines]
        frame = pl.DataFrame(texts, schema=dict.fromkeys(columns, pl.String), orient="row")
    return frame


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
