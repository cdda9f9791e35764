"""What can be wrong with one row of a feed."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

MAX_RAW = 4000
"""Bytes of a row that are shown, field by field."""

MAX_KEPT = 64 << 10
"""Bytes of a row that are kept to write it again."""


@dataclass(slots=True)
class Issue:
    """Row `row` (as a spreadsheet counts) was not imported (`error`), or not quite as it stood (`warning`).

    `raw` is the record as it came, cut at MAX_KEPT bytes; `is_cut` says whether it was.
    `identifier` is the product id, where one could be read; `column` is the header of the column that it is about, and
    `value` what stands there.
    """

    row: int
    severity: Severity
    type: str
    message: str
    raw: bytes
    identifier: str | None = None
    column: str | None = None
    value: str | None = None
    is_cut: bool = False


def error(
    row: int,
    type_: str,
    message: str,
    raw: bytes,
    identifier: str | None = None,
    *,
    column: str | None = None,
    value: str | None = None,
) -> Issue:
    """The row was not imported."""
    return Issue(row, "error", type_, message, raw[:MAX_KEPT], identifier, column, value, len(raw) > MAX_KEPT)


def warning(
    row: int,
    type_: str,
    message: str,
    raw: bytes,
    identifier: str | None = None,
    *,
    column: str | None = None,
    value: str | None = None,
) -> Issue:
    """The row was imported, without a value or with a mended one."""
    return Issue(row, "warning", type_, message, raw[:MAX_KEPT], identifier, column, value, len(raw) > MAX_KEPT)


HOW_TO_MEND = {
    "missing_id": "Give every product an id of its own, and keep it from export to export.",
    "missing_title": "Give the product a title.",
    "invalid_price": "Write the price like 29.99 EUR.",
    "too_few_fields": "Put the values into their columns. Delimiters are missing, or a line break has no quotes.",
    "too_many_fields": "Put the values into their columns, those with the delimiter or a line break in double quotes.",
    "malformed_quotes": 'Close the quoted field with a double quote, and write quotes inside it twice ("").',
    "record_too_long": "Shorten the row. Often a quote was left open and the row swallowed others.",
    "id_too_long": "Shorten the id to 255 characters. Often the columns have slipped and this is a description.",
    "missing_price": "Give the product a price; until then it cannot be sold.",
    "invalid_sale_price": "Write the sale price like the price, in the same currency.",
    "invalid_gtin": "Compare the GTIN with the packaging, and format the column as text before exporting.",
    "unknown_availability": "Use in_stock, out_of_stock, preorder or backorder.",
    "unknown_condition": "Use new, refurbished or used.",
    "invalid_date": "Write 2026-12-31, 2026-12-31T18:00+01:00, or 2026-11-01/2026-11-30 for a period.",
    "invalid_value": "Use whole numbers, and yes or no.",
    "nul_byte": "Take the NUL bytes out: check the program that exports the feed.",
    "invalid_encoding": "Export the whole feed as UTF-8.",
    "duplicate_id": "Keep one row for each product.",
    "shared_product": "Nothing, if it is the same thing. If it is another one, give it an id of its own.",
}
"""What to do about each type, in a sentence."""

_FAMILIES = {"missing_id": "missing_id", "missing_title": "missing_title"} | dict.fromkeys(
    ("invalid_price", "too_few_fields", "too_many_fields", "malformed_quotes", "record_too_long"), "parse_error"
)


def family(type_: str) -> str:
    """The documented error type that an exact type belongs to: what is not a parse error is a validation error."""
    return _FAMILIES.get(type_, "validation_error")
