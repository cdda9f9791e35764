"""Reading a GTIN, and undoing what spreadsheets do to it where that loses nothing."""

import re
from typing import NamedTuple

_SCIENTIFIC = re.compile(r"([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,2})")
_DECIMALS = re.compile(r"[.,]0*$")
_ZERO = ord("0")


class Gtin(NamedTuple):
    """The GTIN, or what is wrong with the text."""

    value: str | None
    problem: str | None


def parse_gtin(text: str) -> Gtin:
    """Read a GTIN-8, -12, -13 or -14 and verify its check digit.

    Mended without loss: "4006381333931.0", "4.006381333931E+12", a leading apostrophe, spaces and hyphens, and
    leading zeros that were cut off. Check digit: https://www.gs1.org/services/how-calculate-check-digit-manually
    (weights 3 and 1 from the right, so leading zeros change nothing).
    """
    digits = text.strip().lstrip("'")
    if not digits.isdecimal():
        digits = digits.replace(" ", "").replace("-", "")
        if match := _SCIENTIFIC.fullmatch(digits):
            digits = match[1] + (match[2] or "")
            if len(digits) != int(match[3]) + 1:
                return Gtin(None, "has lost digits in a spreadsheet: format the column as text and export again")
        else:
            digits = _DECIMALS.sub("", digits)
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 14 or not digits.strip("0"):
        return Gtin(None, "is not a number of 8, 12, 13 or 14 digits")
    length = len(digits)
    if length not in (8, 12, 13, 14):
        digits = digits.zfill(8 if length < 8 else 12)
    codes = digits.encode()
    weighted = sum(codes[-1::-2]) + 3 * sum(codes[-2::-2]) - _ZERO * (-(-len(codes) // 2) + 3 * (len(codes) // 2))
    if weighted % 10:
        return Gtin(None, "has a wrong check digit: compare it with the packaging")
    return Gtin(digits, None)


def gtin14(gtin: str) -> str:
    """The GTIN with leading zeros to 14 digits, in which GTIN-8, -12, -13 and -14 of one thing are equal.

    Source: GS1 General Specifications, 4.14 "GTIN-14 in a fixed-length field".
    """
    return gtin.zfill(14)


_OWN_NUMBERS = (range(20, 30), range(40, 50), range(200, 300), range(980, 985), range(990, 1000))
"""GS1 prefixes of numbers that companies give out for themselves, and of coupons: no two of them need be one thing.

Source: GS1 General Specifications, 1.4.3 (GS1 Prefixes) and 1.4.4 (GS1-8 Prefixes).
"""


def global_gtin14(gtin: str) -> str | None:
    """The GTIN in 14 digits if it is valid and means the same thing everywhere, else None."""
    read = parse_gtin(gtin).value
    if read is None:
        return None
    digits = gtin14(read)
    if digits.startswith("000000"):  # a GTIN-8 has prefixes of its own
        return None if int(digits[6:9]) < 100 or 200 <= int(digits[6:9]) < 300 else digits
    prefix = int(digits[1:4])
    return None if any(prefix in range_ for range_ in _OWN_NUMBERS) else digits
