"""Availability, condition, dates, flags, numbers and lists, as feeds write them."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orion.feeds.values import (
    STORED_MOMENT,
    parse_flag,
    parse_list,
    parse_moment,
    parse_number,
    parse_period,
)
from orion.kernel import Value, parse_availability, parse_condition

NO_DATE = "is not a date; write it like 2026-12-31 or 2026-12-31T18:00+01:00"
NO_PERIOD = "is not a period; write it like 2026-11-01/2026-11-30"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("in stock", "in_stock"),
        ("in_stock", "in_stock"),
        ("In Stock", "in_stock"),
        ("INSTOCK", "in_stock"),
        ("https://schema.org/InStock", "in_stock"),
        ("http://schema.org/OutOfStock", "out_of_stock"),
        ("auf Lager", "in_stock"),
        ("en stock", "in_stock"),
        ("out-of-stock", "out_of_stock"),
        ("rupture de stock", "out_of_stock"),
        ("nicht vorrätig", "out_of_stock"),
        ("ÉPUISÉ", "out_of_stock"),
        ("pre-order", "preorder"),
        ("Précommande", "preorder"),
        ("Vorbestellung", "preorder"),
        ("backorder", "backorder"),
        ("sur commande", "backorder"),
    ],
)
def test_availability(text: str, value: str) -> None:
    assert parse_availability(text) == Value(value, None)


@pytest.mark.parametrize("text", ["maybe", "???", "", "5", "in stock soon"])
def test_unknown_availability_is_not_guessed(text: str) -> None:
    assert parse_availability(text) == Value(None, "is not known; use in_stock, out_of_stock, preorder or backorder")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("new", "new"),
        ("New", "new"),
        ("Neu", "new"),
        ("neuf", "new"),
        ("https://schema.org/new", "new"),
        ("reconditionné", "refurbished"),
        ("generalüberholt", "refurbished"),
        ("d'occasion", "used"),
        ("second-hand", "used"),
        ("gebraucht", "used"),
    ],
)
def test_condition(text: str, value: str) -> None:
    assert parse_condition(text) == Value(value, None)


def test_unknown_condition() -> None:
    assert parse_condition("broken") == Value(None, "is not known; use new, refurbished or used")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("TRUE", True),
        ("1", True),
        ("Oui", True),
        ("ja", True),
        ("no", False),
        ("0", False),
        ("false", False),
        ("non", False),
        ("Nein", False),
    ],
)
def test_flags(text: str, value: bool) -> None:
    assert parse_flag(text) == Value(value, None)


def test_unknown_flag() -> None:
    assert parse_flag("perhaps") == Value(None, "is not known; use yes or no")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("6", 6),
        (" 12 ", 12),
        ("12.0", 12),
        ("3,00", 3),
        ("007", 7),
        ("2147483647", 2**31 - 1),
        ("0" * 5000 + "5", 5),
    ],
)
def test_whole_numbers(text: str, value: int) -> None:
    assert parse_number(text) == Value(value, None)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "1.5", "six", "2147483648", "1e3", "٣", "²", "1 000", "9" * 5000, "0" * 11 + "9" * 30],
)
def test_no_whole_numbers(text: str) -> None:
    assert parse_number(text) == Value(None, "is not a whole number")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026-12-31", "2026-12-31 00:00:00.000000"),
        ("2026-12-31T18:00+01:00", "2026-12-31 17:00:00.000000"),
        ("2026-12-31T18:00+01", "2026-12-31 17:00:00.000000"),
        ("2026-12-31T18:00-0530", "2026-12-31 23:30:00.000000"),
        ("2026-12-31T18:00:30Z", "2026-12-31 18:00:30.000000"),
        ("2026-12-31T18:00:30.25Z", "2026-12-31 18:00:30.250000"),
        ("2026-12-31 18:00", "2026-12-31 18:00:00.000000"),
        ("20261231T180000Z", "2026-12-31 18:00:00.000000"),
        ("31.12.2026", "2026-12-31 00:00:00.000000"),
        ("1/2/2026", "2026-02-01 00:00:00.000000"),
        ("31/12/2026 18:05", "2026-12-31 18:05:00.000000"),
        (" 2026-12-31 ", "2026-12-31 00:00:00.000000"),
        ("0999-01-01", "0999-01-01 00:00:00.000000"),
    ],
)
def test_moments_are_stored_in_utc(text: str, stored: str) -> None:
    assert parse_moment(text) == Value(stored, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13-01",
        "31.02.2026",
        "12/31/2026",
        "2026",
        "31.12.26",
        "2026-12-31T25:00",
        "31/12/2026 24:00",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:00-14:00",
    ],
)
def test_no_moments(text: str) -> None:
    assert parse_moment(text) == Value(None, NO_DATE)


@given(st.datetimes(timezones=st.timezones()))
def test_every_iso_moment_is_read_exactly(moment: datetime) -> None:
    text = moment.isoformat()
    try:
        expected = datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:
        assert parse_moment(text) == Value(None, NO_DATE)
        return
    value = parse_moment(text).value
    assert isinstance(value, str)
    assert datetime.strptime(value, STORED_MOMENT).replace(tzinfo=UTC) == expected


@given(st.text(st.sampled_from("0123456789-:./TZ+ W"), max_size=20) | st.text(max_size=20))
def test_any_text_is_a_moment_or_has_a_problem(text: str) -> None:
    value, problem = parse_moment(text)
    assert (value is None) != (problem is None)


def test_periods() -> None:
    november = (Value("2026-11-01 00:00:00.000000", None), Value("2026-11-30 00:00:00.000000", None))
    assert parse_period("2026-11-01/2026-11-30") == november
    assert parse_period("2026-11-01T01:00+01/2026-11-30T00:00Z") == november
    assert parse_period(" 2026-11-01 / 2026-11-30 ") == november
    assert parse_period("01.11.2026/30.11.2026") == november


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-01", NO_PERIOD, NO_PERIOD),
        ("01/11/2026", NO_PERIOD, NO_PERIOD),
        ("all year", NO_PERIOD, NO_PERIOD),
        ("2026-11-01/", None, None),
        ("/2026-11-30", None, None),
        ("/", NO_PERIOD, NO_PERIOD),
        ("x/y", NO_DATE, NO_DATE),
    ],
)
def test_no_periods(text: str, start: str | None, end: str | None) -> None:
    found = parse_period(text)
    assert (found[0].problem, found[1].problem) == (start, end)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ["a"]),
        ("a,b , c", ["a", "b", "c"]),
        (",a,,b,", ["a", "b"]),
        (",", []),
        ('"a, b",c', ["a, b", "c"]),
        ('c, "a, ""b"""', ["c", 'a, "b"']),
        ('12" pipe, 6" pipe', ['12" pipe', '6" pipe']),
        ('"', []),
        ('"a\nb",c', ["a\nb", "c"]),
        ('"a"\rb,c', ["a", "b", "c"]),
        ("https://x.lu/1.jpg,https://x.lu/2.jpg", ["https://x.lu/1.jpg", "https://x.lu/2.jpg"]),
        ("https://x.lu/w_10,h_10/1.jpg , http://x.lu/2.jpg", ["https://x.lu/w_10,h_10/1.jpg", "http://x.lu/2.jpg"]),
        ("Été > Jardin, Hiver", ["Été > Jardin", "Hiver"]),
    ],
)
def test_lists(text: str, parts: list[str]) -> None:
    assert json.loads(parse_list(text)) == parts


@given(st.lists(st.text("abc é-", min_size=1, max_size=5).map(str.strip).filter(bool), min_size=1))
def test_lists_are_read_back(parts: list[str]) -> None:
    assert json.loads(parse_list(",".join(parts))) == parts
    quoted = ",".join('"' + part + ', x"' for part in parts)
    assert json.loads(parse_list(quoted)) == [f"{part}, x" for part in parts]


@given(
    st.text(max_size=30).filter(lambda text: text.isprintable()) | st.text(st.sampled_from('a", \r\n\t'), max_size=12)
)
def test_any_text_is_a_list_of_stripped_values(text: str) -> None:
    parts = json.loads(parse_list(text))
    assert all(isinstance(part, str) and part and part == part.strip() for part in parts)
