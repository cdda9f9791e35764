"""What people type about stock, as it is kept; and how to mend what cannot be."""

import re
import unicodedata
from dataclasses import dataclass

from orion.inventory.models import MAX_QUANTITY
from orion.kernel import FieldError, Invalid, gtin14, parse_gtin

MAX_REASON = 255
MAX_REFERENCE = 128
MAX_CODE = 32
MAX_NAME = 100

_NO_CODE = re.compile(r"[^A-Z0-9-]+")


OF_ORDERS = "order:"
"""Claims that are called so belong to orders, which change them with `settle`: nobody else may."""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands under the bars: `gtin` as typed, `gtin14` in 14 digits; `warning` when its check digit is wrong."""

    gtin: str
    gtin14: str
    warning: str | None


def parse_label(text: str) -> Label:
    """A GTIN, or any 8 to 14 digits that somebody counts under: those get a warning, and are no product's GTIN.

    Raises Invalid (`gtin_invalid`).
    """
    value, problem = parse_gtin(text)
    if value is not None:
        return Label(value, gtin14(value), None)
    digits = text.strip().lstrip("'").replace(" ", "").replace("-", "")
    if digits.isascii() and digits.isdecimal() and 8 <= len(digits) <= 14 and digits.strip("0"):
        return Label(digits, gtin14(digits), f"{digits} {problem}. Until then no product sells from this stock")
    message = f"{text[:32]!r} {problem}"
    raise Invalid("gtin_invalid", message, errors=[FieldError("gtin", message)])


def check_quantity(quantity: int, *, least: int = 0, field: str = "quantity") -> int:
    """The quantity itself. Raises Invalid (`quantity_invalid`) unless it is from `least` to 2,147,483,647."""
    if not least <= quantity <= MAX_QUANTITY:
        message = f"A quantity is a whole number from {least} to {MAX_QUANTITY:,}; this one is {_brief(quantity)}"
        raise Invalid("quantity_invalid", message, errors=[FieldError(field, message)])
    return quantity


def parse_reason(reason: str) -> str:
    """Why stock changed, trimmed. Raises Invalid (`reason_invalid`)."""
    return _text(reason, "reason", MAX_REASON)


def check_reference(reference: str | None) -> str | None:
    """What the change belongs to (an order, a delivery note), trimmed. Raises Invalid (`reference_invalid`)."""
    return (_text(reference, "reference", MAX_REFERENCE) or None) if reference is not None else None


def location_code(text: str, field: str = "location") -> str:
    """The code of a location from a code or a name: "Main warehouse" is MAIN_WAREHOUSE, "Entrepôt 2" ENTREPOT_2.

    Raises Invalid (`location_invalid`).
    """
    plain = unicodedata.normalize("NFKD", text.strip()).encode("ascii", "ignore").decode()
    code = _NO_CODE.sub("_", plain.upper()).strip("_")
    if not code or len(code) > MAX_CODE:
        message = f"{text[:64]!r} makes no location: use 1 to {MAX_CODE} letters, digits, hyphens or underscores"
        raise Invalid("location_invalid", message, errors=[FieldError(field, message)])
    return code


def location_name(text: str) -> str:
    """The name of a location, trimmed. Raises Invalid (`location_invalid`)."""
    name = text.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        message = f"Name the location in 1 to {MAX_NAME} printable characters"
        raise Invalid("location_invalid", message, errors=[FieldError("name", message)])
    return name


def _text(text: str, field: str, longest: int) -> str:
    text = text.strip()
    if len(text) > longest or not text.isprintable():
        message = f"The {field} takes up to {longest} printable characters on one line"
        raise Invalid(f"{field}_invalid", message, errors=[FieldError(field, message)])
    return text


def _brief(quantity: int) -> str:
    return f"{quantity:,}" if abs(quantity) < 10**18 else "far too large"
