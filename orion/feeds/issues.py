"""What can be wrong with one row of a feed."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

MAX_RAW = 4000
"""Bytes of a row that are kept to show it."""


@dataclass(slots=True)
class Issue:
    """Row `row` (as a spreadsheet counts) was not imported (`error`), or not quite as it stood (`warning`).

    `raw` is the record as it came, cut at MAX_RAW bytes; `identifier` the product id, where one could be read.
    """

    row: int
    severity: Severity
    type: str
    message: str
    raw: bytes
    identifier: str | None = None


def error(row: int, type_: str, message: str, raw: bytes, identifier: str | None = None) -> Issue:
    """The row was not imported."""
    return Issue(row, "error", type_, message, raw[:MAX_RAW], identifier)


def warning(row: int, type_: str, message: str, raw: bytes, identifier: str | None = None) -> Issue:
    """The row was imported, without a value or with a mended one."""
    return Issue(row, "warning", type_, message, raw[:MAX_RAW], identifier)


_FAMILIES = {"missing_id": "missing_id", "missing_title": "missing_title"} | dict.fromkeys(
    ("invalid_price", "too_few_fields", "too_many_fields", "malformed_quotes", "record_too_long"), "parse_error"
)


def family(type_: str) -> str:
    """The documented error type that an exact type belongs to: what is not a parse error is a validation error."""
    return _FAMILIES.get(type_, "validation_error")
