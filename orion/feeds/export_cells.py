"""From values of products to the texts that feeds have for them, as expressions of either database.

What is null stays null, and an empty text is null too. Reading any of these texts in gives the value back exactly.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.feeds.mending import RUN_SIGNS
from orion.kernel.money import EXPONENTS
from orion.plumbing.db.cells import first_code, list_text, moment_text

UPLOADED = "/files/"
"""What addresses of files that are kept here begin with."""

Cell = sa.ColumnElement[Any]


def found_once(cells: Mapping[str, Cell], query: sa.Select[Any] | None = None) -> dict[str, Cell]:
    """The cells (of that query), for use in other expressions without being found anew wherever these name them."""
    labels = [cell.label(name) for name, cell in cells.items()]
    inner = sa.select(*labels) if query is None else query.with_only_columns(*labels)
    apart = inner.suffix_with("OFFSET 0", dialect="postgresql")  # else its planner merges it with what is around it
    return dict(apart.subquery().c)


def google_cell(name: str, value: Cell, is_json: bool) -> Cell:
    """A Google attribute as text; `is_json`: a list stays an array, of which nothing is left when it is empty."""
    kind = GOOGLE_ATTRIBUTES[name]
    if kind == "flag":
        return flag(value)
    if kind == "list":
        return sa.func.nullif(value, "[]") if is_json else list_text(value)
    if kind == "moment":
        return moment_text(value)
    return sa.cast(value, sa.Text) if kind == "number" else value


def filled(text: Cell) -> Cell:
    """The text, unless it is empty."""
    return sa.func.nullif(text, "")


def safe(text: Cell) -> Cell:
    """The text, unless it is empty, as no spreadsheet runs it: `mending.safe_text` in the words of the databases."""
    codes = [ord(sign) for sign in RUN_SIGNS]
    runs = sa.and_(first_code(text).in_([*codes, ord("'")]), first_code(sa.func.ltrim(text, "'")).in_(codes))
    looked_at = sa.case((text == "", sa.null()), (runs, sa.literal("'") + text), else_=text)
    # nearly all cells begin with a letter, which comes behind all signs: one comparison is enough for these
    return sa.case((first_code(text) > max(codes), text), else_=looked_at)


def amount(minor: Cell, currency: Cell) -> Cell:
    """An amount with the decimals of its currency: 2790 EUR is "27.90"."""
    known: dict[int, list[str]] = {}
    for code, digits in EXPONENTS.items():
        known.setdefault(digits, []).append(code)
    others = ((currency.in_(codes), _pointed(minor, digits)) for digits, codes in known.items())
    return sa.case((sa.or_(minor.is_(None), currency.is_(None)), sa.null()), *others, else_=_pointed(minor, 2))


def _pointed(minor: Cell, digits: int) -> Cell:
    if not digits:
        return sa.cast(minor, sa.Text)
    unit = sa.literal_column(str(10**digits), sa.BigInteger)
    whole = minor // unit
    return sa.cast(whole, sa.Text) + "." + sa.func.substr(sa.cast(minor - whole * unit + unit, sa.Text), 2)


def period(start: Cell, end: Cell) -> Cell:
    """Two moments as the period between them ("2026-11-01T00:00:00+00:00/…"); either may be open."""
    empty = sa.literal("")
    joined = sa.func.coalesce(moment_text(start), empty) + "/" + sa.func.coalesce(moment_text(end), empty)
    return sa.case((sa.or_(start.is_not(None), end.is_not(None)), joined))


def flag(value: Cell) -> Cell:
    """A flag as yes or no."""
    return sa.case((value, "yes"), (sa.not_(value), "no"))


def with_whole_links(values: Mapping[str, Cell], public_url: str) -> dict[str, Cell]:
    """The values with pictures that are kept here under their addresses as they are reached from outside."""
    one, more = values["image_link"], values["additional_image_link"]
    kept = sa.case((sa.func.substr(one, 1, len(UPLOADED)) == UPLOADED, sa.literal(public_url) + one), else_=one)
    whole = sa.func.replace(more, f'"{UPLOADED}', f'"{public_url}{UPLOADED}')
    return {**values, "image_link": kept, "additional_image_link": whole}
