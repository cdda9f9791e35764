"""The languages that products are described in, and the order in which one stands in for another."""

from orion.kernel.errors import FieldError, Invalid

LANGUAGES: tuple[str, ...] = ("en", "fr", "de")


def parse_language(text: str, field: str = "language") -> str:
    """The language code for what a person typed ("FR", " de "). Raises Invalid (`unknown_language`)."""
    code = text.strip().lower()
    if code not in LANGUAGES:
        message = f"{text!r} is not one of the languages {', '.join(LANGUAGES)}"
        raise Invalid("unknown_language", message, errors=[FieldError(field, message)])
    return code


def fallback_order(requested: str | None, default: str | None) -> list[str]:
    """Languages to try, best first: the requested one, the store's default, English, then any other."""
    wanted = [code for code in (requested, default, "en", *LANGUAGES) if code]
    return list(dict.fromkeys(wanted))
