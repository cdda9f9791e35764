"""Why something did not come in: a code that stays, and the details in English, kept in one column."""

import re
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from orion.channels import ChannelError


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is stable, and put in the reader's words; `detail` is in English, often with the channel's own words."""

    code: str
    detail: str

    @classmethod
    def of(cls, error: ChannelError) -> Self:
        """The problem that an error is."""
        return cls(error.code, error.detail)


class ProblemType(TypeDecorator[Problem]):
    """Kept as text that people can read in the database too: "[code] detail"."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Problem | None, dialect: Any) -> str | None:
        """The text of a problem."""
        return None if value is None else f"[{value.code}] {value.detail}"

    def process_result_value(self, value: str | None, dialect: Any) -> Problem | None:
        """The problem of a text; one that was written without a code has none."""
        if value is None:
            return None
        found = _WRITTEN.fullmatch(value)
        return Problem(found[1], found[2]) if found else Problem("", value)


_WRITTEN = re.compile(r"\[([a-z0-9_]*)\] (.*)", re.DOTALL)
