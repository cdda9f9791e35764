"""Reading the other values of a feed: dates, flags, numbers and lists."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from orion.kernel.choices import Value, choice
from orion.plumbing.db.bulk import STORED_MOMENT

_FLAG = {"true": "yes|1|y|oui|ja|vrai|wahr", "false": "no|0|n|non|nein|faux|falsch"}
_DAY_FIRST = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})(?:[ T]+([0-9]{1,2}):([0-9]{2}))?")
_SHORT_OFFSET = re.compile(r"([+-][0-9]{2})$")
_ONE_VALUE = re.compile(r'[^",\\\x00-\x1f]+')
_NEXT_LINK = re.compile(r"\s*,\s*(?=https?://)")

MAX_INDEXED = 255

_flag_word = choice(_FLAG, "yes or no")


def parse_indexed(text: str) -> Value:
    """Take a text of at most 255 characters: products are found by it, and an index takes no long texts."""
    return Value(text, None) if len(text) <= MAX_INDEXED else Value(None, f"is longer than {MAX_INDEXED} characters")


def parse_flag(text: str) -> Value:
    """Read yes or no, in the languages of feeds."""
    value, problem = _flag_word(text)
    return Value(None if problem else value == "true", problem)


def parse_number(text: str) -> Value:
    """Read a whole number from 0 to 2,147,483,647; a spreadsheet's trailing ".0" is dropped."""
    digits = re.sub(r"[.,]0+$", "", text.strip())
    if digits.isascii() and digits.isdecimal():
        digits = digits.lstrip("0") or "0"
        if len(digits) <= 10 and int(digits) < 2**31:
            return Value(int(digits), None)
    return Value(None, "is not a whole number")


def parse_moment(text: str) -> Value:
    """Read an ISO 8601 date or time, or a day-first one (31.12.2026, 31/12/2026 18:00); no zone means UTC.

    The value is in the form the database keeps: "2026-12-31 18:00:00.000000", UTC.
    """
    text = text.strip()
    try:
        if match := _DAY_FIRST.fullmatch(text):
            day, month, year, hour, minute = (int(part or 0) for part in match.groups())
            moment = datetime(year, month, day, hour, minute, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(_SHORT_OFFSET.sub(r"\1:00", text) if "T" in text else text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return Value(moment.astimezone(UTC).strftime(STORED_MOMENT).rjust(26, "0"), None)
    except (ValueError, OverflowError):
        return Value(None, "is not a date; write it like 2026-12-31 or 2026-12-31T18:00+01:00")


def parse_period(text: str) -> tuple[Value, Value]:
    """Read the beginning and the end of "2026-11-01T00:00+01/2026-11-30" (ISO 8601, a slash between).

    One of the two may be left out: the period is open on that side.
    """
    start, slash, end = (part.strip() for part in text.partition("/"))
    if not slash or not (start or end) or _DAY_FIRST.fullmatch(text.strip()):
        problem = Value(None, "is not a period; write it like 2026-11-01/2026-11-30")
        return problem, problem
    return parse_moment(start) if start else _OPEN, parse_moment(end) if end else _OPEN


_OPEN = Value(None, None)


def parse_list(text: str) -> str:
    """Read several values between commas as a JSON array of strings.

    A value that holds a comma is quoted ("a, b",c); addresses are only cut where the next one begins, because they
    may hold commas themselves.
    """
    text = text.strip()
    if _ONE_VALUE.fullmatch(text):
        return f'["{text}"]'
    if text.startswith(("http://", "https://")):
        parts = _NEXT_LINK.split(text)
    elif '"' in text:
        lines = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
        try:
            parts = [part for line in lines for part in line]
        except csv.Error:
            parts = text.split(",")
    else:
        parts = text.split(",")
    return orjson.dumps([part for value in parts if (part := value.strip())]).decode()


def join_list(values: Sequence[str]) -> str:
    """The text from which `parse_list` reads exactly these values (none blank, no white space at their ends)."""
    plain = ",".join(values)
    if _ONE_VALUE.fullmatch(plain) or orjson.loads(parse_list(plain)) == list(values):
        return plain
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="").writerow(values)
    return buffer.getvalue()
