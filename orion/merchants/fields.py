"""What the fields of a store may hold, and how to mend what they may not."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from orion.kernel import CURRENCIES, FieldError, Invalid, OrionError, parse_language

_CODE = re.compile(r"[A-Za-z0-9_-]{2,32}")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII)


def parse_store_code(text: str, field: str = "code") -> str:
    """The code as it is stored: upper case. Raises Invalid (`store_code_invalid`)."""
    code = text.strip()
    if not _CODE.fullmatch(code):  # before upper(), which turns some other letters into these
        message = f"{text[:64]!r} is no store code: use 2 to 32 letters A-Z, digits, hyphens or underscores"
        raise Invalid("store_code_invalid", message, errors=[FieldError(field, message)])
    return code.upper()


def parse_fields(values: dict[str, Any]) -> dict[str, Any]:
    """The values as they are stored: trimmed, checked, empty text as None.

    Raises Invalid (`store_invalid`) with one error for each field that is wrong, and TypeError for a field that a
    store does not have.
    """
    parsed, errors = {}, []
    for field, value in values.items():
        parse = _PARSERS.get(field)
        if parse is None:
            raise TypeError(f"a store has no field {field!r} that can be set")
        text = str(value) if isinstance(value, int) else (value or "").strip()
        try:
            if "\x00" in text:
                raise ValueError("Take the NUL character out")
            parsed[field] = parse(text) if text or field in _REQUIRED else None
        except ValueError as error:
            errors.append(FieldError(field, str(error)))
        except OrionError as error:
            errors.append(FieldError(field, error.detail))
    if errors:
        raise Invalid("store_invalid", "; ".join(f"{e.field}: {e.message}" for e in errors), errors=errors)
    return parsed


def _name(text: str) -> str:
    if not 1 <= len(text) <= 255:
        raise ValueError(f"Give a name of 1 to 255 characters; this one has {len(text)}")
    return text


def _at_most(longest: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if len(text) > longest:
            raise ValueError(f"Use at most {longest} characters; these are {len(text)}")
        return text

    return check


def _email(text: str) -> str:
    try:
        return _at_most(254)(validate_email(text, check_deliverability=False).normalized)
    except EmailNotValidError as error:
        raise ValueError(f"{text[:254]!r} is not an e-mail address: {error}") from None


def _currency(text: str) -> str:
    code = text.upper()
    if code not in CURRENCIES:
        raise ValueError(f"{text[:16]!r} is not an ISO 4217 currency code such as EUR")
    return code


def _domain(text: str) -> str:
    domain = text.lower().rstrip(".")
    if not _HOST.fullmatch(domain):
        raise ValueError(f"{text[:255]!r} is no domain: give the bare host name, such as shop.example.com")
    return domain


def _feed_url(text: str) -> str:
    if any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError("Take the blanks and line breaks out of the address (a blank within it is written %20)")
    if len(text) > 2048:
        raise ValueError(f"Use an address of at most 2048 characters; this one has {len(text)}")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("This is no web address: check the brackets and the port number") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError("Start the address with https:// (or http://)")
    if not host:
        raise ValueError("Name a host after the scheme, as in https://example.com/feed.csv")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "Take the user name and password out of the address (the part before the @): it is stored and shown in "
            "clear; ask for a feed address with a token in its path or query instead"
        )
    return text


def _website(text: str) -> str:
    return _feed_url(text) if "://" in text else _feed_url(f"https://{text}")


def _threshold(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 2**31):
        raise ValueError("Give a whole number from 0 to 2,147,483,647, or nothing")
    return int(text)


_PARSERS: dict[str, Callable[[str], str | int]] = {
    "name": _name,
    "description": _at_most(10_000),
    "domain": _domain,
    "contact_email": _email,
    "contact_phone": _at_most(64),
    "website": _website,
    "business_address": _at_most(1000),
    "tax_number": _at_most(64),
    "default_language": lambda text: parse_language(text, "default_language"),
    "default_currency": _currency,
    "feed_url_en": _feed_url,
    "feed_url_fr": _feed_url,
    "feed_url_de": _feed_url,
    "low_stock_threshold": _threshold,
}
_REQUIRED = ("name", "default_language", "default_currency")
