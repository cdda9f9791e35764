"""Comparing text without regard to case, alike on both databases and in every alphabet."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class fold(GenericFunction[str]):  # noqa: N801 (it reads as the SQL function it is)
    """`lower(text)`; SQLite's own `lower` knows only A to Z, so there it is a function of ours."""

    type = sa.Text()
    inherit_cache = True
    name = "lower"
    identifier = "orion_fold"


@compiles(fold, "sqlite")
def _on_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"orion_fold{compiler.function_argspec(element, **options)}"


def teach_sqlite(connection: Any) -> None:
    """Give a new SQLite connection the function `orion_fold`."""
    connection.create_function("orion_fold", 1, _lower, deterministic=True)


Column = sa.SQLColumnExpression[Any]


def contains(column: Column, text: str) -> sa.ColumnElement[bool]:
    """Whether `text` occurs in the column, without regard to case; `%` and `_` in it stand for themselves."""
    return fold(column).contains(text.lower(), autoescape=True)


def equals(column: Column, text: str) -> sa.ColumnElement[bool]:
    """Whether the column is `text`, without regard to case."""
    return fold(column) == text.lower()


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
