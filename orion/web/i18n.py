"""The language of a page: chosen per request, kept in a context variable, read by templates and by Python texts."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from starlette.requests import HTTPConnection

from orion.kernel import LANGUAGES

LOCALES = Path(__file__).parent / "locales"
LANGUAGE_COOKIE = "lang"
LANGUAGE_NAMES = {"en": "English", "fr": "Français", "de": "Deutsch"}

_current: ContextVar[str] = ContextVar("language", default="en")


def current_language() -> str:
    """The language code of the page being made."""
    return _current.get()


def use_language(code: str) -> None:
    """Make the rest of this request speak a language of `LANGUAGES`."""
    _current.set(code)


def choose_language(connection: HTTPConnection) -> str:
    """The language a browser asks for: its `lang` cookie, else the best of Accept-Language, else English."""
    cookie = connection.cookies.get(LANGUAGE_COOKIE)
    if cookie in LANGUAGES:
        return cookie
    wanted = []
    for part in connection.headers.get("accept-language", "").split(","):
        code, _, quality = part.strip().partition(";q=")
        wanted.append((-_number(quality), code.replace("-", "_")))
    ordered = [code for _, code in sorted(wanted, key=lambda item: item[0]) if code]
    return negotiate_locale(ordered, LANGUAGES) or "en"


def gettext(message: str) -> str:
    """The message in the current language."""
    return _catalog(_current.get()).gettext(message)


def translate(message: str, language: str) -> str:
    """The message in a language of `LANGUAGES`, whatever this request speaks: for mails to others."""
    return _catalog(language).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The message in the current language, in the form that goes with `count`."""
    return _catalog(_current.get()).ngettext(singular, plural, count)


def lazy(message: str) -> Callable[[], str]:
    """A message to be translated when it is called: for tables of texts that are built once."""
    return lambda: gettext(message)


@cache
def _catalog(code: str) -> NullTranslations:
    path = LOCALES / code / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
