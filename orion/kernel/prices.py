"""Reading a price as people and spreadsheets write it."""

import re
from typing import NamedTuple

from orion.kernel.money import CURRENCIES, MAX_MINOR, currency_exponent

_SYMBOLS = {
    "€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "¥": "JPY", "ZŁ": "PLN", "KČ": "CZK", "FR.": "CHF", "₹": "INR",
}  # fmt: skip
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"})
_MARK = r"[A-Za-z]{3}|US\$|[€$£¥₹]|[Zz][łŁ]|[Kk][čČ]|[Ff]r\."
_PRICE = re.compile(rf"({_MARK})?\s*([+-]?[0-9][0-9., ']*?|[+-]?[.,][0-9]+)\s*({_MARK})?(?:\s*)")
_SPACED = re.compile(r"([1-9][0-9]{0,2}(?:([ '])[0-9]{3})(?:\2[0-9]{3})*)([.,][0-9]+)?")
_GROUPED = {mark: re.compile(rf"[1-9][0-9]{{0,2}}(?:\{mark}[0-9]{{3}})+") for mark in ".,"}


class Price(NamedTuple):
    """Minor units and currency; or neither, and `problem` says what is wrong with the text."""

    minor: int | None
    currency: str | None
    problem: str | None


def parse_price(text: str, default_currency: str) -> Price:
    """Read a price: "29.99 EUR", "€1.234,56", "1 234,56 €", "CHF 1'200", "12".

    A price without a mark is in `default_currency`, which may be written as a symbol too.

    Of two different marks the last is the decimal mark; the same mark several times groups thousands; one mark
    followed by exactly three digits groups too ("1.234" is 1234), unless the number begins with 0 or the currency
    has three decimals. Negative amounts, more decimals than the currency has, irregular groups, unknown or
    contradictory currencies are problems, never guesses.
    """
    match = _PRICE.fullmatch(text.translate(_SPACES).strip())
    if not match:
        return Price(None, None, "is not a price")
    before, number, after = match.groups()
    marks = {_SYMBOLS.get(mark.upper(), mark.upper()) for mark in (before, after) if mark}
    if len(marks) > 1:
        return Price(None, None, "names two currencies")
    currency = marks.pop() if marks else _SYMBOLS.get(default_currency, default_currency)
    if currency not in CURRENCIES:
        return Price(None, None, f"names a currency {currency!r} that does not exist")
    if number[0] in "+-":
        return Price(None, None, "is signed: prices are zero or more, without a sign")
    exponent = currency_exponent(currency)
    parts = _whole_and_fraction(number, exponent)
    if parts is None:
        return Price(None, None, "cannot be read: are its dots and commas in the right places?")
    whole, fraction = parts
    if fraction[exponent:].strip("0"):
        return Price(None, None, f"has more decimals than {currency}, which has {exponent}")
    digits = (whole.lstrip("0") or "0") + fraction[:exponent].ljust(exponent, "0")
    if len(digits) >= len(str(MAX_MINOR)):
        return Price(None, None, "is too large")
    return Price(int(digits), currency, None)


class Prices(NamedTuple):
    """A price and a sale price in minor units of one currency; a problem says why one of them is missing."""

    minor: int | None
    sale_minor: int | None
    currency: str | None
    problem: str | None
    sale_problem: str | None


def parse_prices(price_text: str, sale_text: str, default_currency: str) -> Prices:
    """Read a price and a sale price, each empty when there is none. They must be in the same currency."""
    price = parse_price(price_text, default_currency) if price_text else _NOTHING
    sale = parse_price(sale_text, price.currency or default_currency) if sale_text else _NOTHING
    problem = sale.problem
    if sale.currency and price.currency and sale.currency != price.currency:
        problem = f"is in {sale.currency}, the price in {price.currency}"
    if problem:
        sale = _NOTHING
    return Prices(price.minor, sale.minor, price.currency or sale.currency, price.problem, problem)


_NOTHING = Price(None, None, None)


def _whole_and_fraction(number: str, exponent: int) -> tuple[str, str] | None:
    """Digits before and behind the decimal mark, grouping removed; None when the marks make no sense."""
    if " " in number or "'" in number:
        match = _SPACED.fullmatch(number)
        return (match[1].replace(match[2], ""), (match[3] or ".")[1:]) if match else None
    dots, commas = number.count("."), number.count(",")
    if dots and commas:
        decimal, group = (".", ",") if number.rfind(".") > number.rfind(",") else (",", ".")
        whole, _, fraction = number.rpartition(decimal)
        if not fraction or not _GROUPED[group].fullmatch(whole):
            return None
        return whole.replace(group, ""), fraction
    if not dots and not commas:
        return number, ""
    mark = "." if dots else ","
    whole, _, fraction = number.partition(mark)
    grouped = _GROUPED[mark].fullmatch(number) is not None
    if dots + commas > 1 or (grouped and exponent != len(fraction)):
        return (number.replace(mark, ""), "") if grouped else None
    return (whole, fraction) if fraction else None
