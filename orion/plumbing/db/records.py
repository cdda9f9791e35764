"""Writing some hundred rows that are at hand as dictionaries, and asking for some hundred by their keys.

On PostgreSQL each is one statement with one parameter: what a page costs a worker is mostly its parameters. SQLite is
in our own process, and takes them one by one. Identifiers come from our own models, never from input.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession


class Json:
    """A value of a JSON column that is JSON already: `text` is UTF-8."""

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text = text


async def insert_records(session: AsyncSession, table: Any, records: Sequence[Mapping[str, Any]]) -> None:
    """Append rows of a table, in this order; all have the same columns, and the others are the database's to fill.

    Moments are aware. Raises sqlalchemy.exc.IntegrityError when one breaks a constraint, and TypeError for what is no
    JSON.
    """
    if not records:
        return
    if _on_sqlite(session):
        await session.execute(sa.insert(table), [_plain(record) for record in records])
        return
    names = ", ".join(records[0])
    await _write(session, f"INSERT INTO {table.name} ({names}) SELECT {names} FROM", table, records)


async def update_records(
    session: AsyncSession, table: Any, records: Sequence[Mapping[str, Any]], columns: Sequence[str], *, key: str = "id"
) -> None:
    """Set the columns of rows that are there already, by their `key`. Raises as `insert_records` does."""
    if not records:
        return
    found = [{name: record[name] for name in (key, *columns)} for record in records]
    if _on_sqlite(session):
        values: dict[str, Any] = {name: sa.bindparam(f"to_{name}") for name in columns}
        rows = [{f"to_{name}": value for name, value in _plain(record).items()} for record in found]
        await session.execute(sa.update(table).where(table.c[key] == sa.bindparam(f"to_{key}")).values(values), rows)
        return
    sets = ", ".join(f"{name} = n.{name}" for name in columns)
    await _write(session, f"UPDATE {table.name} AS t SET {sets} FROM", table, found, f"WHERE t.{key} = n.{key}")


def among(session: AsyncSession, column: Any, values: Collection[Any]) -> sa.ColumnElement[bool]:
    """Whether the column is one of the values: on PostgreSQL one parameter, however many there are."""
    if _on_sqlite(session):
        return sa.and_(column.in_(list(values)))
    return sa.and_(column == sa.any_(sa.bindparam(None, list(values), sa.ARRAY(column.type), unique=True)))


async def _write(
    session: AsyncSession, begin: str, table: Any, records: Sequence[Mapping[str, Any]], end: str = ""
) -> None:
    source = f"json_populate_recordset(NULL::{table.name}, CAST(:records AS json)) AS n"
    await session.execute(
        sa.text(f"{begin} {source} {end}"), {"records": orjson.dumps(records, default=_as_it_is).decode()}
    )


def _on_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _as_it_is(value: Any) -> orjson.Fragment:
    if isinstance(value, Json):
        return orjson.Fragment(value.text)
    raise TypeError(f"a {type(value).__name__} is no JSON")


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: orjson.loads(value.text) if isinstance(value, Json) else value for name, value in record.items()}
