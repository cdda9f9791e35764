"""Reading what people and clients give for a product's fields: each checked, and every wrong one named at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.catalog.effective import Prices
from orion.kernel import (
    CURRENCIES,
    FieldError,
    Invalid,
    OrionError,
    Value,
    parse_availability,
    parse_condition,
    parse_gtin,
    parse_price,
)

MAX_INDEXED = 255
MAX_TITLE = 1000
MAX_TEXT = 100_000
MAX_LINK = 2048
MAX_VALUES = 100
MAX_COUNT = 2**31 - 1
LINKS = ("link", "mobile_link", "canonical_link", "image_link", "lifestyle_image_link", "virtual_model_link")
LINK_LISTS = ("additional_image_link", "video_link")
_SHORT = ("brand", "item_group_id")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something was written otherwise than it was asked for, or will not do what it seems to: `field` says where."""

    code: str
    field: str
    message: str


class Reader:
    """Collects what is wrong with the fields of one request, and what is worth saying about the rest."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self.notices: list[Notice] = []

    @contextmanager
    def field(self, name: str) -> Iterator[None]:
        """Where a ValueError, or an error of the kernel, is one about the field `name`."""
        try:
            yield
        except ValueError as error:
            self.errors.append(FieldError(name, str(error)))
        except OrionError as error:
            self.errors.append(FieldError(name, error.detail))

    def finish(self, code: str) -> None:
        """Raises Invalid (`code`) when a field is wrong."""
        if self.errors:
            raise Invalid(code, "; ".join(f"{e.field}: {e.message}" for e in self.errors), errors=self.errors)

    def google(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Google attributes as they are stored; empty text and lists are None.

        A GTIN that is none is left out with the notice `invalid_gtin`, as in a row of a feed.
        """
        read: dict[str, Any] = {}
        for name, value in values.items():
            if name not in GOOGLE_ATTRIBUTES:
                raise TypeError(f"a product has no attribute {name!r}")
            with self.field(name):
                read[name] = self.attribute(name, value)
        return read

    def attribute(self, name: str, value: Any) -> Any:
        """One Google attribute as it is stored. Raises ValueError with how to mend it."""
        kind = GOOGLE_ATTRIBUTES[name]
        if value is None:
            return None
        if kind == "list":
            return read_list(value, read_link if name in LINK_LISTS else read_text)
        if kind == "number":
            return read_count(value, least=0)
        if kind == "flag":
            return bool(value)
        if kind == "moment":
            if not isinstance(value, datetime) or value.tzinfo is None:
                raise ValueError("Give a date and time with its zone, such as 2026-12-31T18:00:00+01:00")
            return value
        text = read_text(value, MAX_INDEXED if name in _SHORT else MAX_TEXT)
        if text is None:
            return None
        if name == "gtin":
            return self._gtin(text)
        if name in LINKS:
            return read_link(text)
        known = _CHOICES.get(name)
        return _chosen(known, text) if known else text

    def _gtin(self, text: str) -> str | None:
        gtin = parse_gtin(text)
        if gtin.problem:
            message = f"The GTIN {text[:80]!r} {gtin.problem}. The product was saved without it."
            self.notices.append(Notice("invalid_gtin", "gtin", message))
        return gtin.value

    def prices(self, changes: Mapping[str, Any], before: Prices, default_currency: str) -> Prices:
        """The prices after `changes` (of "price", "sale_price" and "currency", as text or None) to those `before`.

        A price without a currency is in the one sent, else in that of the prices there are, else in the default.
        """
        currency = self.currency(changes.get("currency"))
        default = currency or before.currency or default_currency
        found: dict[str, tuple[int, str]] = {}
        for name, kept in (("price", before.minor), ("sale_price", before.sale_minor)):
            if name not in changes:
                if kept is not None and before.currency:
                    found[name] = (kept, before.currency)
            elif (text := read_text(changes[name])) is not None:
                read = parse_price(text, default)
                if read.minor is None or read.currency is None:
                    self.errors.append(FieldError(name, f"{text[:80]!r} {read.problem}; write it like 29.99"))
                else:
                    found[name] = (read.minor, read.currency)
        named = {currency for _, currency in found.values()} | ({currency} if currency else set())
        if len(named) > 1:
            message = f"Price and sale price are in one currency, these are in {' and '.join(sorted(named))}: send both"
            self.errors.append(FieldError("currency", message))
            return before
        if not found:
            return Prices()
        price, sale = found.get("price"), found.get("sale_price")
        return Prices(price and price[0], sale and sale[0], named.pop())

    def currency(self, text: str | None) -> str | None:
        """The ISO 4217 code, or None for no text."""
        code = (text or "").strip().upper()
        if code and code not in CURRENCIES:
            self.errors.append(FieldError("currency", f"{code[:16]!r} is not an ISO 4217 code such as EUR"))
            return None
        return code or None


def read_text(value: str | None, longest: int = MAX_TEXT) -> str | None:
    """The text without blanks around it; None for an empty one. Raises ValueError for what cannot be kept."""
    text = (value or "").strip()
    if "\0" in text:
        raise ValueError("Take the NUL character out")
    if len(text) > longest:
        raise ValueError(f"Use at most {longest} characters; these are {len(text)}")
    return text or None


def read_link(value: str | None) -> str | None:
    """An address that a browser opens. Raises ValueError for any other scheme than http and https."""
    text = read_text(value, MAX_LINK)
    if text is None:
        return None
    if any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError("Take the blanks and line breaks out of the address (a blank within it is written %20)")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("This is no web address: check the brackets and the port number") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise ValueError("Give a whole web address, such as https://example.com/lamp.jpg")
    return text


def read_list(values: Sequence[str], read: Callable[[str], str | None]) -> list[str] | None:
    """The values that are not empty, each read by `read`; None when none is left."""
    if len(values) > MAX_VALUES:
        raise ValueError(f"Give at most {MAX_VALUES} values; these are {len(values)}")
    return [value for text in values if (value := read(text)) is not None] or None


def read_count(value: int, *, least: int) -> int:
    """A whole number from `least` to 2,147,483,647. Raises ValueError for any other."""
    if not least <= value <= MAX_COUNT:
        raise ValueError(f"Give a whole number from {least} to {MAX_COUNT:,}")
    return value


def _chosen(parse: Callable[[str], Value], text: str) -> Any:
    read = parse(text)
    if read.problem:
        raise ValueError(f"{text[:80]!r} {read.problem}")
    return read.value


_CHOICES = {"availability": parse_availability, "condition": parse_condition}
