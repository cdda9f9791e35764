"""The form that starts an import: its values, its quick fills, and what happens when it is sent."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.datastructures import FormData, UploadFile

from orion.feeds import MAX_BATCH_SIZE, MIN_BATCH_SIZE
from orion.kernel import LANGUAGES, FieldError, Invalid
from orion.merchants import Store
from orion.plumbing import files
from orion.plumbing.runtime import Runtime
from orion.web import parse
from orion.web.i18n import gettext

DEFAULT_BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class ImportForm:
    """What the form shows. `source` is "url" or "file"; `errors` are messages by field, "" for the form as a whole."""

    source: str = "url"
    source_url: str = ""
    language: str = "en"
    marketplace: str = "Letzshop"
    batch_size: str = str(DEFAULT_BATCH_SIZE)
    on_missing: str = "keep"
    dry_run: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)

    def with_errors(self, errors: Mapping[str, str]) -> "ImportForm":
        """The same values with what is wrong about them."""
        return replace(self, errors=errors)

    def checked_batch_size(self) -> int:
        """The batch size as a number. Raises Invalid (`invalid_batch_size`) for what is none."""
        if not (self.batch_size.isascii() and self.batch_size.isdigit()) or len(self.batch_size) > 9:
            message = gettext("Enter a whole number from %(least)s to %(most)s.") % {
                "least": MIN_BATCH_SIZE,
                "most": MAX_BATCH_SIZE,
            }
            raise Invalid("invalid_batch_size", message, errors=[FieldError("batch_size", message)])
        return int(self.batch_size)


def blank_form(store: Store | None, fill: str | None = None) -> ImportForm:
    """The form before anything is typed; `fill` names the language of a feed address of the store to put in."""
    language = fill or (store.default_language if store else "en")
    if store is None or fill is None:
        return ImportForm(language=language)
    return ImportForm(language=language, source_url=feed_urls(store).get(fill, ""))


def sent_form(form: FormData) -> ImportForm:
    """The form as it was sent."""
    return ImportForm(
        source="file" if parse.field(form, "source") == "file" else "url",
        source_url=parse.field(form, "source_url"),
        language=parse.field(form, "language"),
        marketplace=parse.field(form, "marketplace"),
        batch_size=parse.field(form, "batch_size") or str(DEFAULT_BATCH_SIZE),
        on_missing=parse.field(form, "on_missing") or "keep",
        dry_run=parse.field(form, "dry_run") == "1",
    )


def feed_urls(store: Store) -> dict[str, str]:
    """The feed addresses that the store has, by language."""
    urls = {language: getattr(store, f"feed_url_{language}") for language in LANGUAGES}
    return {language: url for language, url in urls.items() if url}


@asynccontextmanager
async def chosen_source(form: ImportForm, sent: FormData, runtime: Runtime) -> AsyncIterator[dict[str, Any]]:
    """The source of the feed as `start_import` takes it; an upload is kept, and deleted again if the start fails.

    Raises Invalid (`file_needed`, `url_needed`, `upload_too_large`).
    """
    if form.source == "url":
        if not form.source_url:
            raise _missing("source_url", "url_needed", gettext("Enter the address of the feed."))
        yield {"source_url": form.source_url}
        return
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise _missing("file", "file_needed", gettext("Choose a file."))
    name = file.filename.replace("\\", "/").rpartition("/")[2]
    settings = runtime.settings
    key = await files.save_upload(_chunks(file), name=name, settings=settings, max_bytes=settings.feed_max_bytes)
    try:
        yield {"upload_key": key, "filename": name}
    except BaseException:
        await files.delete_upload(key, settings)
        raise


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(1 << 16):
        yield chunk


def _missing(name: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(name, message)])
