"""Values as channels write them in JSON. Each function raises Odd, in words, for what it cannot read."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from orion.kernel import CURRENCIES, MAX_MINOR, Money, currency_exponent

_LONGEST_EXACT = 13
"""Characters of an amount that is surely below MAX_MINOR."""


class Odd(ValueError):
    """Something in an entry is not what the protocol says; the message says what and where."""


def identifier(node: dict[str, Any], name: str = "id") -> str:
    """An id: text, or a whole number."""
    value = node.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise Odd(f"{name} is {_shown(value)}")
    return str(value)


def part(node: dict[str, Any], name: str) -> dict[str, Any] | None:
    """An object within; None when there is none."""
    value = node.get(name)
    if value is not None and not isinstance(value, dict):
        raise Odd(f"{name} is {_shown(value)}")
    return value


def text(node: Any, name: str) -> str | None:
    """Text without space around it; None when there is none."""
    value = node.get(name) if isinstance(node, dict) else None
    if type(value) is str:
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, bool | dict | list):
        raise Odd(f"{name} is {_shown(value)}")
    return str(value).strip() or None


def moment(node: dict[str, Any], name: str) -> datetime:
    """A moment in UTC. One without an offset is odd: nobody can say when it was."""
    value = node.get(name)
    try:
        found = datetime.fromisoformat(value)  # type: ignore[arg-type] # what is no text raises TypeError
        in_utc = found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Odd(f"{name} is {_shown(value)}") from None
    if found.tzinfo is None:
        raise Odd(f"{name} has no offset: {_shown(value)}")
    return in_utc


def count(node: dict[str, Any], name: str) -> int:
    """A whole number from 0 on."""
    said = node.get(name)
    if type(said) is int and 0 <= said < 2**31:
        return said
    value = _decimal(said, name)
    if value is None or value != value.to_integral_value() or not 0 <= value < 2**31:
        raise Odd(f"{name} is {_shown(said)}")
    return int(value)


def entries(node: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects."""
    value = node.get(name)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise Odd(f"{name} is {_shown(value)}")
    return value


def minor(node: dict[str, Any], name: str, currency: str) -> int | None:
    """An amount in minor units of the currency, from text or a number; None when there is none.

    Fractions of a minor unit are rounded half to even.
    """
    said = node.get(name)
    if isinstance(said, str) and len(said) < _LONGEST_EXACT:
        # Nearly all amounts are written with just the currency's decimals: a page has a thousand of them.
        whole, point, rest = said.partition(".")
        if point and len(rest) == currency_exponent(currency) and said.isascii() and (whole + rest).isdigit():
            return int(whole + rest)
    value = _decimal(said, name)
    if value is None:
        return None
    if abs(value) >= MAX_MINOR:
        raise Odd(f"{name} is {_shown(said)}")
    return Money(10 ** currency_exponent(currency), currency).scaled(value).minor


def currency(node: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The currency as it is said, and the problem with it, if it is none that we know."""
    said = text(node, "currency")
    if said is None:
        raise Odd("currency is missing")
    return said, () if said in CURRENCIES else ("currency_unknown",)


def _decimal(value: Any, name: str) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Odd(f"{name} is {_shown(value)}")
    try:
        found = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise Odd(f"{name} is {_shown(value)}") from None
    if not found.is_finite():
        raise Odd(f"{name} is {_shown(value)}")
    return found


def _shown(value: Any) -> str:
    if value is None:
        return "missing"
    return f"a {type(value).__name__}" if isinstance(value, dict | list) else repr(value)[:60]
