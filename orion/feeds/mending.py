"""Files that we write for people, and how they are read again: failed rows to mend, and our own export.

A file of failed rows has the feed's own columns and then the findings; an export has columns that are only to be read.
Cells that a spreadsheet would run as formulas carry an apostrophe, which reading takes off again, so that nothing is
lost.
"""

import re
from dataclasses import replace

import polars as pl

from orion.feeds.columns import Columns

FINDINGS = ("extra_fields", "error_row", "error_code", "error_column", "error_value", "error_message", "how_to_mend")
"""The columns at the end of a file of failed rows; the first has the fields for which the feed has no column."""

_SIGNS = frozenset(FINDINGS[2:])
"""A file that has all of these holds mended rows."""

OWN_SIGN = "orion_id"
"""The column that our own CSV ends with; a file that has it was written by us."""

ONLY_SHOWN = frozenset(
    (
        OWN_SIGN, "marketplace", "shop_name", "language", "sku", "is_active", "is_featured", "display_order",
        "min_quantity", "max_quantity",
    )
)  # fmt: skip
"""Columns of our own CSV that say something about a product and change nothing when they are read in."""

RUN_SIGNS = "=+-@\t\r"
"""Signs with which formulas begin."""

_RUN = f"'*[{re.escape(RUN_SIGNS)}]"
_FORMULA = re.compile(_RUN)
_ESCAPED = f"^'({_RUN})"


def is_mended(columns: Columns) -> bool:
    """Whether the feed is a file of failed rows."""
    return set(columns.headers) >= _SIGNS


def layers(columns: Columns) -> int:
    """How many apostrophes the feed's cells may carry: one by an export, one more as a file of failed rows."""
    return (OWN_SIGN in columns.headers) + is_mended(columns)


def without_ours(columns: Columns) -> Columns:
    """The columns; what an export or a file of failed rows adds is not read."""
    ours = (FINDINGS if is_mended(columns) else ()) + ((*ONLY_SHOWN,) if OWN_SIGN in columns.headers else ())
    if not ours:
        return columns
    added = {position for position, header in enumerate(columns.headers) if header in ours}
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
