"""Files of failed rows: what is added to them, and how they are read again when they have been mended.

Such a file has the feed's own columns and then the findings. Cells that a spreadsheet would run as formulas carry an
apostrophe, which reading takes off again, so that nothing is lost.
"""

import re
from dataclasses import replace

import polars as pl

from orion.feeds.columns import Columns

FINDINGS = ("extra_fields", "error_row", "error_code", "error_column", "error_value", "error_message", "how_to_mend")
"""The columns at the end of a file of failed rows; the first has the fields for which the feed has no column."""

_SIGNS = frozenset(FINDINGS[2:])
"""A file that has all of these holds mended rows."""

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = r"^'('*[=+\-@\t\r])"


def is_mended(columns: Columns) -> bool:
    """Whether the feed is a file of failed rows."""
    return set(columns.headers) >= _SIGNS


def without_findings(columns: Columns) -> Columns:
    """The columns; what a file of failed rows adds is not read."""
    if not is_mended(columns):
        return columns
    added = {position for position, header in enumerate(columns.headers) if header in FINDINGS}
    meanings = (None if position in added else meaning for position, meaning in enumerate(columns.meanings))
    headers = (re.sub(_ESCAPED, r"\1", header) for header in columns.headers)
    return replace(
        columns, headers=tuple(headers), meanings=tuple(meanings), ignored=columns.ignored | frozenset(added)
    )


def safe_text(text: str) -> str:
    """A cell that no spreadsheet runs as a formula; `plain_text` undoes it for every text."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain_text(texts: pl.Expr) -> pl.Expr:
    """The texts that `safe_text` was given."""
    return texts.str.replace(_ESCAPED, "$1")
