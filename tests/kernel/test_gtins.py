"""GTINs, checked against python-stdnum, and what spreadsheets do to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from orion.kernel.gtins import Gtin, parse_gtin

WRONG = "has a wrong check digit: compare it with the packaging"
LOST = "has lost digits in a spreadsheet: format the column as text and export again"
NO_GTIN = "is not a number of 8, 12, 13 or 14 digits"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4006381333931", "4006381333931"),
        ("96385074", "96385074"),
        ("036000291452", "036000291452"),
        ("10012345678902", "10012345678902"),
        (" 4006381333931\t", "4006381333931"),
        ("4006381333931.0", "4006381333931"),
        ("4006381333931,00", "4006381333931"),
        ("4006381333931.", "4006381333931"),
        ("4.006381333931E+12", "4006381333931"),
        ("4,006381333931e12", "4006381333931"),
        ("'4006381333931", "4006381333931"),
        ("4-006381-333931", "4006381333931"),
        ("978-3-16-148410-0", "9783161484100"),
        ("4006381 333931", "4006381333931"),
        ("36000291452", "036000291452"),  # leading zeros lost
        ("36000291452.0", "036000291452"),
        ("1234565", "01234565"),
        ("17", "00000017"),
    ],
)
def test_what_loses_nothing_is_mended(text: str, value: str) -> None:
    assert parse_gtin(text) == Gtin(value, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("4006381333932", WRONG),
        ("96385075", WRONG),
        ("036000291453", WRONG),
        ("10012345678903", WRONG),
        ("4006381333932.0", WRONG),
        ("5.90E+12", LOST),
        ("4.01E+12", LOST),
        ("4E+12", LOST),
        ("4.0063813339310E+12", LOST),
        ("", NO_GTIN),
        ("0", NO_GTIN),
        ("0000000000000", NO_GTIN),
        ("n/a", NO_GTIN),
        ("does not apply", NO_GTIN),
        ("4006381333931.5", NO_GTIN),
        ("4006381333931 EUR", NO_GTIN),
        ("-4006381333931x", NO_GTIN),
        ("123456789012345", NO_GTIN),
        ("080442957X", NO_GTIN),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", NO_GTIN),
        ("9" * 5000, NO_GTIN),
    ],
)
def test_what_cannot_be_mended_says_why(text: str, problem: str) -> None:
    assert parse_gtin(text) == Gtin(None, problem)


LENGTHS = st.sampled_from([8, 12, 13, 14])


@st.composite
def valid_gtins(draw: st.DrawFn) -> str:
    length = draw(LENGTHS)
    body = draw(st.integers(1, 10 ** (length - 1) - 1))
    text = f"{body:0{length - 1}d}"
    return text + str(ean.calc_check_digit(text))


@given(LENGTHS.flatmap(lambda length: st.text("0123456789", min_size=length, max_size=length)))
def test_digits_are_valid_where_stdnum_says_so(digits: str) -> None:
    if set(digits) == {"0"}:
        expected = Gtin(None, NO_GTIN)
    else:
        expected = Gtin(digits, None) if ean.is_valid(digits) else Gtin(None, WRONG)
    assert parse_gtin(digits) == expected


@given(valid_gtins())
def test_valid_ones_survive_a_spreadsheet(gtin: str) -> None:
    assert parse_gtin(gtin) == Gtin(gtin, None)
    assert parse_gtin(f"{gtin}.0") == Gtin(gtin, None)
    number = str(int(gtin))  # leading zeros lost
    mended = parse_gtin(number).value
    assert parse_gtin(f"{number[0]}.{number[1:]}E+{len(number) - 1}").value == mended
    assert mended is not None
    assert ean.is_valid(mended)
    assert int(mended) == int(gtin)


@given(valid_gtins(), st.data())
def test_one_wrong_digit_is_always_found(gtin: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(gtin) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != gtin[place]]))
    wrong = gtin[:place] + other + gtin[place + 1 :]
    assert parse_gtin(wrong).value is None


@given(st.text(st.sampled_from("0123456789.,eE+-' x\u0663"), max_size=18) | st.text(max_size=20))
def test_any_text_is_a_gtin_or_has_a_problem(text: str) -> None:
    value, problem = parse_gtin(text)
    assert (value is None) != (problem is None)
    assert value is None or ean.is_valid(value)
