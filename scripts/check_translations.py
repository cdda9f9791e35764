"""Every text of the portals, in every language.

`python -m scripts.check_translations` says what is missing and fails if anything is; with `--update` it first brings
the .po files in line with the texts in the code, so that only the translating is left to do.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from orion.channels import MANIFESTS

WEB = Path(__file__).resolve().parent.parent / "orion" / "web"
NOTIFICATIONS = WEB.parent / "notifications"
LANGUAGES = ("fr", "de")
_SHARED = ("Adresse",)
"""Texts that really are the same in both languages, and not in English."""

METHODS = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {"**.html": {"newstyle_gettext": "true", "trimmed": "true", "extensions": "jinja2.ext.do", "silent": "false"}}


def path_of(language: str) -> Path:
    """Where the texts in a language are kept."""
    return WEB / "locales" / language / "LC_MESSAGES" / "messages.po"


def extract() -> Catalog:
    """All texts that templates and Python ask to be translated, the words of notifications, and what channels ask."""
    catalog = Catalog(charset="utf-8")
    keywords = DEFAULT_KEYWORDS | {"lazy": None, "words": None}
    for folder in (WEB, NOTIFICATIONS):
        for file, _, message, comments, context in extract_from_dir(
            folder, METHODS, OPTIONS, keywords=keywords, strip_comment_tags=True
        ):
            catalog.add(message, None, [(file, 1)], auto_comments=comments, context=context)
    for text in manifest_texts():
        catalog.add(text)
    return catalog


def manifest_texts() -> Iterator[str]:
    """What the forms of connections say: labels, helps and choices of all channels."""
    for manifest in MANIFESTS.values():
        yield from (text for text in (manifest.notes,) if text)
        for field in (*manifest.settings, *manifest.secrets):
            yield from (text for text in (field.label, field.help, field.renew) if text)
            yield from (choice[1] for choice in field.choices if not isinstance(choice, str))


def updated(language: str, texts: Catalog) -> Catalog:
    """The language's catalogue with exactly the texts of the code."""
    path = path_of(language)
    if path.is_file():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    else:
        catalog = Catalog(locale=language)
    catalog.update(texts, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def as_bytes(catalog: Catalog) -> bytes:
    """The file's content; without dates and line numbers, so that only texts make a difference."""
    target = BytesIO()
    header = (
        "# The texts of Orion's portals. Brought in line with the code by:\n"
        "#   python -m scripts.check_translations --update\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalog.locale_identifier}\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    target.write(header.encode())
    write_po(target, catalog, width=110, sort_by_file=True, include_lineno=False, omit_header=True)
    return target.getvalue()


def problems(language: str, texts: Catalog) -> Iterator[str]:
    """What keeps the language from being complete, one line each."""
    catalog = updated(language, texts)
    if not path_of(language).is_file() or path_of(language).read_bytes() != as_bytes(catalog):
        yield f"{language}: the file is not in line with the code: run python -m scripts.check_translations --update"
    for message in catalog:
        if not message.id:
            continue
        translations = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.fuzzy:
            yield f"{language}: is marked fuzzy: {message.id!r}"
        elif not all(translations):
            yield f"{language}: is not translated: {message.id!r}"
        else:
            yield from (f"{language}: {error}: {message.id!r}" for error in message.check(catalog))


def confused(texts: Catalog) -> Iterator[str]:
    """Texts that two languages share and the code does not: one of them got the other's, as merges do."""
    first, second = (updated(language, texts) for language in LANGUAGES)
    for message in first:
        other = second.get(message.id)
        same = message.id and other is not None and message.string == other.string and any(message.string)
        if same and message.string not in (message.id, *_SHARED):
            yield f"{' and '.join(LANGUAGES)}: say the same, so one of them is wrong: {message.id!r}"


def main() -> int:
    """Check, after updating if asked; returns the exit code."""
    texts = extract()
    if "--update" in sys.argv:
        for language in LANGUAGES:
            path_of(language).parent.mkdir(parents=True, exist_ok=True)
            path_of(language).write_bytes(as_bytes(updated(language, texts)))
    found = [problem for language in LANGUAGES for problem in problems(language, texts)]
    found += confused(texts)
    print("\n".join(found) or f"translations: {len(texts)} texts complete in {', '.join(LANGUAGES)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
