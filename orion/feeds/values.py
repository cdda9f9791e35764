"""Reading the other values of a feed: availability, condition, dates, flags, numbers and lists."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from orion.plumbing.db.bulk import STORED_MOMENT

_AVAILABILITY = {
    "in_stock": "in stock|instock|in inventory|available|yes|en stock|disponible|auf lager|lieferbar|sofort lieferbar|"
    "vorrätig|verfügbar",
    "out_of_stock": "out of stock|outofstock|out of inventory|sold out|unavailable|no|rupture de stock|en rupture|"
    "épuisé|indisponible|nicht vorrätig|nicht auf lager|ausverkauft|nicht lieferbar|nicht verfügbar",
    "preorder": "pre order|presale|précommande|vorbestellung|vorbestellbar",
    "backorder": "back order|available for order|sur commande|auf bestellung|nachbestellung|bestellbar",
}
_CONDITION = {
    "new": "neuf|neu|brand new|nouveau",
    "refurbished": "reconditionné|generalüberholt|refurb|renewed",
    "used": "occasion|gebraucht|d'occasion|second hand",
}
_FLAG = {"true": "yes|1|y|oui|ja|vrai|wahr", "false": "no|0|n|non|nein|faux|falsch"}
_MARKUP = re.compile(r"^https?://schema\.org/")
_BETWEEN = re.compile(r"[\s_-]+")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})(?:[ T]+([0-9]{1,2}):([0-9]{2}))?")
_SHORT_OFFSET = re.compile(r"([+-][0-9]{2})$")
_ONE_VALUE = re.compile(r'[^",\\\x00-\x1f]+')
_NEXT_LINK = re.compile(r"\s*,\s*(?=https?://)")

MAX_BRAND = 255


class Value(NamedTuple):
    """What a text means, or what is wrong with it."""

    value: str | int | bool | None
    problem: str | None


def _words(table: dict[str, str]) -> dict[str, str]:
    return {_fold(word): name for name, words in table.items() for word in (name, *words.split("|"))}


def _fold(text: str) -> str:
    return _BETWEEN.sub("", _MARKUP.sub("", text.strip().casefold()))


def _choice(table: dict[str, str], known: str) -> Callable[[str], Value]:
    words = _words(table)

    def parse(text: str) -> Value:
        value = words.get(_fold(text))
        return Value(value, None if value else f"is not known; use {known}")

    return parse


parse_availability = _choice(_AVAILABILITY, "in_stock, out_of_stock, preorder or backorder")
parse_condition = _choice(_CONDITION, "new, refurbished or used")
_flag_word = _choice(_FLAG, "yes or no")


def parse_brand(text: str) -> Value:
    """Take a brand of at most 255 characters: products are found by it, and an index takes no long texts."""
    return Value(text, None) if len(text) <= MAX_BRAND else Value(None, f"is longer than {MAX_BRAND} characters")


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
    """Read the beginning and the end of "2026-11-01T00:00+01/2026-11-30" (ISO 8601, a slash between)."""
    start, slash, end = text.partition("/")
    if not slash or _DAY_FIRST.fullmatch(text.strip()):
        problem = Value(None, "is not a period; write it like 2026-11-01/2026-11-30")
        return problem, problem
    return parse_moment(start), parse_moment(end)


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
        try:
            parts = next(csv.reader([text.replace("\n", " ")], skipinitialspace=True))
        except csv.Error:
            parts = text.split(",")
    else:
        parts = text.split(",")
    return orjson.dumps([part for value in parts if (part := value.strip())]).decode()
