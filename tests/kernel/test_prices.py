# ruff: noqa: RUF001 - apostrophes and spaces that look like others are what real prices have
"""Prices as people and spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orion.kernel import CURRENCIES, MAX_MINOR, currency_exponent
from orion.kernel.prices import Price, parse_price


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [
        ("29.99 EUR", 2999, "EUR"),
        ("29,99 EUR", 2999, "EUR"),
        ("EUR 29.99", 2999, "EUR"),
        ("EUR29.99", 2999, "EUR"),
        ("29.99eur", 2999, "EUR"),
        ("29.99", 2999, "EUR"),
        ("12", 1200, "EUR"),
        ("12.5", 1250, "EUR"),
        ("0", 0, "EUR"),
        ("007", 700, "EUR"),
        (".5", 50, "EUR"),
        (",50 €", 50, "EUR"),
        ("0.10", 10, "EUR"),
        ("€1.234,56", 123456, "EUR"),
        ("1.234,56 €", 123456, "EUR"),
        ("1,234.56 €", 123456, "EUR"),
        ("1.234.567,8 €", 123456780, "EUR"),
        ("1,234,567", 123456700, "EUR"),
        ("1.234.567", 123456700, "EUR"),
        ("1.234", 123400, "EUR"),
        ("1,234", 123400, "EUR"),
        ("1234,5", 123450, "EUR"),
        ("1 234,56 €", 123456, "EUR"),
        ("1\u00a0234,56\u00a0€", 123456, "EUR"),
        ("1\u202f234\u202f567,00 €", 123456700, "EUR"),
        ("CHF 1'200.50", 120050, "CHF"),
        ("1’200.50 CHF", 120050, "CHF"),
        ("Fr. 12.50", 1250, "CHF"),
        ("$12.99", 1299, "USD"),
        ("US$ 12.99", 1299, "USD"),
        ("$12.99 USD", 1299, "USD"),
        ("£3", 300, "GBP"),
        ("¥1200", 1200, "JPY"),
        ("1,200 JPY", 1200, "JPY"),
        ("1200.00 JPY", 1200, "JPY"),
        ("12,99 zł", 1299, "PLN"),
        ("1.234 KWD", 1234, "KWD"),
        ("0.5 KWD", 500, "KWD"),
        ("1,234.567 KWD", 1234567, "KWD"),
        ("12.9900 EUR", 1299, "EUR"),
        ("  12.00 EUR \n", 1200, "EUR"),
        ("99999999999.99", MAX_MINOR - 1, "EUR"),
    ],
)
def test_prices_are_read_exactly(text: str, minor: int, currency: str) -> None:
    assert parse_price(text, "EUR") == Price(minor, currency, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-1", "is signed: prices are zero or more, without a sign"),
        ("-5.00 EUR", "is signed: prices are zero or more, without a sign"),
        ("+5", "is signed: prices are zero or more, without a sign"),
        ("-.5", "is signed: prices are zero or more, without a sign"),
        ("abc", "is not a price"),
        ("call us", "is not a price"),
        ("EUR", "is not a price"),
        ("€", "is not a price"),
        ("12 EUR 13", "is not a price"),
        ("1e3", "is not a price"),
        ("NaN", "is not a price"),
        ("١٢", "is not a price"),
        ("", "is not a price"),
        ("1.2.3", "cannot be read: are its dots and commas in the right places?"),
        ("12,34,56", "cannot be read: are its dots and commas in the right places?"),
        ("1,2,3 EUR", "cannot be read: are its dots and commas in the right places?"),
        ("12.34.56,78 EUR", "cannot be read: are its dots and commas in the right places?"),
        ("1.234,567.89", "cannot be read: are its dots and commas in the right places?"),
        ("1234.567,89", "cannot be read: are its dots and commas in the right places?"),
        ("1 23", "cannot be read: are its dots and commas in the right places?"),
        ("1'234 567", "cannot be read: are its dots and commas in the right places?"),
        ("12.", "cannot be read: are its dots and commas in the right places?"),
        ("1.234,", "cannot be read: are its dots and commas in the right places?"),
        ("12.999 EUR", None),
        ("0.123", "has more decimals than EUR, which has 2"),
        ("1.2345", "has more decimals than EUR, which has 2"),
        ("12.5 JPY", "has more decimals than JPY, which has 0"),
        ("12 XYZ", "names a currency 'XYZ' that does not exist"),
        ("€12 USD", "names two currencies"),
        ("EUR 12 CHF", "names two currencies"),
        ("100000000000.00", "is too large"),
        ("9" * 5000, "is too large"),
        ("0." + "1" * 5000, "has more decimals than EUR, which has 2"),
    ],
)
def test_what_is_no_price_is_never_guessed(text: str, problem: str | None) -> None:
    expected = Price(None, None, problem) if problem else Price(1299900, "EUR", None)
    assert parse_price(text, "EUR") == expected


def test_a_price_without_a_currency_is_in_the_one_given() -> None:
    assert parse_price("12.50", "CHF") == Price(1250, "CHF", None)
    assert parse_price("12.50", "€") == Price(1250, "EUR", None)
    assert parse_price("12.50 USD", "CHF") == Price(1250, "USD", None)
    assert parse_price("12.50", "EURO") == Price(None, None, "names a currency 'EURO' that does not exist")


FORMS = [
    (",", "."),  # English
    (".", ","),  # European
    (" ", ","),
    ("\u00a0", ","),
    ("\u202f", ","),
    ("'", "."),  # Swiss
    ("’", "."),
    ("", "."),
    ("", ","),
]
MARKS = {"EUR": ["€", "EUR", "eur"], "USD": ["$", "US$", "USD"], "CHF": ["CHF", "Fr."], "GBP": ["£"], "JPY": ["¥"]}


@given(
    minor=st.integers(0, MAX_MINOR - 1) | st.integers(0, 2_000_000),
    currency=st.sampled_from(sorted(CURRENCIES)) | st.sampled_from(sorted(MARKS)),
    form=st.sampled_from(FORMS),
    space=st.sampled_from(["", " ", "\u00a0"]),
    before=st.booleans(),
    data=st.data(),
)
def test_every_amount_is_read_back_from_every_form(
    minor: int,
    currency: str,
    form: tuple[str, str],
    space: str,
    before: bool,
    data: st.DataObject,
) -> None:
    group, decimal = form
    exponent = currency_exponent(currency)
    whole, fraction = divmod(minor, 10**exponent)
    number = f"{whole:,}".replace(",", group)
    if exponent:
        number += f"{decimal}{fraction:0{exponent}d}"
    mark = data.draw(st.sampled_from(MARKS.get(currency, [currency])))
    text = f"{mark}{space}{number}" if before else f"{number}{space}{mark}"
    assert parse_price(text, "SEK") == Price(minor, currency, None)


@given(st.text(st.sampled_from("0123456789.,' -+€$EURxX\u00a0"), max_size=12) | st.text(max_size=20))
def test_any_text_is_a_price_or_has_a_problem(text: str) -> None:
    price = parse_price(text, "EUR")
    if price.problem is None:
        assert price.minor is not None
        assert 0 <= price.minor < MAX_MINOR
        assert price.currency in CURRENCIES
    else:
        assert (price.minor, price.currency) == (None, None)
