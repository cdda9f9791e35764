"""Numbers and rooms for tests of stock."""

from stdnum import ean


def gtin(number: int) -> str:
    """A valid GTIN-13, another one for every number."""
    digits = f"40063813{number:04}"
    return digits + ean.calc_check_digit(digits)
