"""What a cell of a file says, found by the statement itself: the same text from both databases.

PostgreSQL writes a whole file of such cells without an object per value on our side.
"""

import re
from collections.abc import Callable
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

WEB = "https?://"
_ESCAPED = re.compile(r'["\\\x00-\x1f]')
"""What JSON writes with a backslash."""

_LINK = re.compile(WEB)
_LINK_WITHIN = re.compile(f',[^"]*{WEB}')


class position(GenericFunction[int]):  # noqa: N801 (it reads as the SQL function it is)
    """Where the second text begins in the first one, counted from 1; 0: nowhere."""

    type = sa.Integer()
    inherit_cache = True
    name = "strpos"
    identifier = "orion_position"


class first_code(GenericFunction[int]):  # noqa: N801 (it reads as the SQL function it is)
    """The Unicode number of a text's first character."""

    type = sa.Integer()
    inherit_cache = True
    name = "ascii"
    identifier = "orion_first_code"


class moment_text(GenericFunction[str]):  # noqa: N801 (it reads as the SQL function it is)
    """A moment in ISO 8601, in UTC: with six decimals of a second, or none where they are zeros."""

    type = sa.Text()
    inherit_cache = True
    name = "moment_text"
    identifier = "orion_moment_text"


class list_text(GenericFunction[str]):  # noqa: N801 (it reads as the SQL function it is)
    """A JSON array of strings, given as its text, as a list between commas; an empty one is null.

    Values are quoted ("a, b","c"), all of them, when one of them holds a comma, a quote, a backslash or a control
    character; addresses may hold commas when nothing but addresses is in the list.
    """

    type = sa.Text()
    inherit_cache = True
    name = "list_text"
    identifier = "orion_list_text"


def teach_sqlite_cells(connection: Any) -> None:
    """Give a new SQLite connection the functions that the cells need."""
    connection.create_function("orion_list_text", 1, _list_text, deterministic=True)


def _named(name: str) -> Callable[..., str]:
    def compiled(element: Any, compiler: SQLCompiler, **options: Any) -> str:
        return name + compiler.function_argspec(element, **options)

    return compiled


compiles(position, "sqlite")(_named("instr"))
compiles(first_code, "sqlite")(_named("unicode"))
compiles(list_text, "sqlite")(_named("orion_list_text"))


@compiles(moment_text, "sqlite")
def _moment_on_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.function_argspec(element, **options)
    return f"replace(replace({moment}, ' ', 'T'), '.000000', '') || '+00:00'"


@compiles(moment_text, "postgresql")
def _moment_on_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.function_argspec(element, **options)
    written = f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    return f"replace({written}, '.000000', '') || '+00:00'"


@compiles(list_text, "postgresql")
def _list_on_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.function_argspec(element, **options)
    plain = f"""strpos({text}, '\\') = 0"""
    body = f"substr({text}, 3, length({text}) - 4)"
    joined = f"""replace({body}, '", "', ',')"""
    only_links = f"""{text} ~ '^\\["{WEB}[^"]*"(, "{WEB}[^"]*")*]$' AND {text} !~ ',[^"]*{WEB}'"""
    no_commas = f"""strpos(replace({text}, '", "', ''), ',') = 0 AND strpos({text}, '["http') = 0"""
    quoted = """string_agg('"' || replace(of.value, '"', '""') || '"', ',' ORDER BY of.at)"""
    values = f"jsonb_array_elements_text({text}::jsonb) WITH ORDINALITY AS of(value, at)"
    return f"""CASE WHEN coalesce({text}, '[]') = '[]' THEN NULL
WHEN {plain} AND strpos({text}, ',') = 0 THEN {body}
WHEN {plain} AND {no_commas} THEN {joined}
WHEN {plain} AND {only_links} THEN {joined}
ELSE (SELECT {quoted} FROM {values}) END"""  # noqa: S608 (our own words around a column)


def _list_text(text: str | None) -> str | None:
    values: list[str] = orjson.loads(text) if text else []
    if not values:
        return None
    plain = ",".join(values)
    if not _ESCAPED.search(plain):
        if all(map(_LINK.match, values)) and not any(map(_LINK_WITHIN.search, values)):
            return plain
        if plain.count(",") == len(values) - 1 and (len(values) == 1 or not plain.startswith("http")):
            return plain
    return ",".join('"' + value.replace('"', '""') + '"' for value in values)
