"""Writing products of either layer as files: our own CSV, Google's TSV and XML, Letzshop's CSV.

Streamed in steps: the next ones are read while the last ones are written, and nothing larger than a few steps is ever
in memory. Reading one of these files in again changes nothing.
"""

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import polars as pl

from orion.catalog import GOOGLE_ATTRIBUTES, Selection, read_all
from orion.catalog.exporting import OF_THE_LISTING
from orion.feeds import export_xml
from orion.feeds.export_cells import amounts, flags, google_cells, periods, with_whole_links
from orion.feeds.mending import OWN_SIGN, safe_texts
from orion.kernel import FieldError, Invalid
from orion.merchants import Store
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime

ExportFormat = Literal["csv", "google-tsv", "google-xml", "letzshop-csv"]

PERIOD = ("sale_price_effective_from", "sale_price_effective_to")
CONFIDENTIAL = ("cost_of_goods_sold", "auto_pricing_min_price")
"""Attributes that are for the store and for Google: they are in no file that anybody may fetch."""

GOOGLE_COLUMNS = (
    "id", "title", "description", "link", "image_link", "additional_image_link", "availability", "price", "sale_price",
    "sale_price_effective_date", "brand", "gtin", "mpn", "condition", "google_product_category", "product_type",
    "item_group_id", "shipping",
)  # fmt: skip
"""Letzshop's columns, and the first ones of Google's files, where the other attributes follow."""

OWN_COLUMNS = (
    "product_id", "title", "description", "link", "image_link", "availability", "price", "currency", "brand", "gtin",
    "google_product_category", "marketplace", "shop_name", "sale_price", "condition", "mpn", "item_group_id",
    "language",
)  # fmt: skip
"""The first columns of our own CSV, those that have always been there; all others follow."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a format is called outside: the end of a file's name, and its media type."""

    suffix: str
    media_type: str


FORMATS: dict[ExportFormat, FileKind] = {
    "csv": FileKind("csv", "text/csv; charset=utf-8"),
    "google-tsv": FileKind("tsv", "text/tab-separated-values; charset=utf-8"),
    "google-xml": FileKind("xml", "application/xml; charset=utf-8"),
    "letzshop-csv": FileKind("csv", "text/csv; charset=utf-8"),
}


def parse_format(text: str, field: str = "format") -> ExportFormat:
    """The format for what a person typed. Raises Invalid (`unknown_format`)."""
    for name in FORMATS:
        if name == text.strip().lower():
            return name
    message = f"{text[:64]!r} is not one of {', '.join(FORMATS)}"
    raise Invalid("unknown_format", message, errors=[FieldError(field, message)])


async def export(
    runtime: Runtime,
    selection: Selection,
    format_: ExportFormat,
    *,
    title: str,
    is_public: bool = False,
    skip: int = 0,
    limit: int | None = None,
) -> AsyncGenerator[bytes]:
    """The file, in pieces; the first one comes when the first products have been read.

    `title` is what an XML feed calls itself; `is_public` leaves out what is nobody's business. A failure midway is
    raised: whoever sends the pieces must break off then, so that nobody takes them for a whole file.
    """
    writer = _Writer(selection, format_, title, runtime.settings.public_url.rstrip("/"), is_public)
    pieces = [writer.head()]
    async for frame in _ahead(read_all(runtime.database, selection, skip=skip, limit=limit)):
        pieces.append(await asyncio.to_thread(writer.body, frame))
        yield b"".join(pieces)
        pieces = []
    if tail := writer.tail():
        yield tail


async def begun(pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The same pieces once the first of them is there: what fails at once has been raised by then."""
    try:
        first = await anext(pieces)
    except BaseException:
        await pieces.aclose()
        raise
    return _going_on(first, pieces)


async def _going_on(first: bytes, pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    try:
        yield first
        async for piece in pieces:
            yield piece
    finally:
        await pieces.aclose()


def file_name(store: Store | None, format_: ExportFormat) -> str:
    """What a file is called: plain ASCII, with the store, the day and the ending of its format."""
    whose = f"-{store.code.lower()}" if store else ""
    return f"products{whose}-{utcnow().date().isoformat()}.{FORMATS[format_].suffix}"


def write_delimited(texts: pl.DataFrame, separator: str) -> bytes:
    """The rows of a delimited file (RFC 4180, with LF)."""
    file = io.BytesIO()
    texts.write_csv(file, include_header=False, separator=separator, quote_style="necessary")
    return file.getvalue()


async def _ahead(frames: AsyncGenerator[pl.DataFrame]) -> AsyncIterator[pl.DataFrame]:
    """The frames, with the next one being read while the last one is in use."""
    reading: asyncio.Future[pl.DataFrame | None] = asyncio.ensure_future(anext(frames, None))
    try:
        while (frame := await reading) is not None:
            reading = asyncio.ensure_future(anext(frames, None))
            yield frame
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await reading
        await frames.aclose()


class _Writer:
    """Writes frames of products in one format."""

    def __init__(
        self, selection: Selection, format_: ExportFormat, title: str, public_url: str, is_public: bool
    ) -> None:
        self.format = format_
        self.title = title
        self.public_url = public_url
        self.is_own = format_ == "csv"
        self.separator = "\t" if format_ == "google-tsv" else ","
        known = [name for name in GOOGLE_ATTRIBUTES if name not in PERIOD]
        first = OWN_COLUMNS if self.is_own else GOOGLE_COLUMNS
        more = known if format_ != "letzshop-csv" else []
        settings = OF_THE_LISTING if self.is_own and selection.store_id is not None else ()
        sign = (OWN_SIGN,) if self.is_own else ()
        columns = dict.fromkeys((*first, *more, "sale_price_effective_date", *settings, *sign))
        self.columns = [name for name in columns if not (is_public and name in CONFIDENTIAL)]

    def head(self) -> bytes:
        """What stands before the products."""
        if self.format == "google-xml":
            return export_xml.head(self.title, self.public_url)
        return self.separator.join(self.columns).encode() + b"\n"

    def body(self, frame: pl.DataFrame) -> bytes:
        """The products."""
        if frame.is_empty():
            return b""
        frame = with_whole_links(frame, self.public_url)
        texts = self._texts(frame)
        if self.format == "google-xml":
            return export_xml.items(frame, texts)
        if self.is_own:
            texts = safe_texts(texts)
        return write_delimited(texts, self.separator)

    def tail(self) -> bytes:
        """What stands behind the products."""
        return export_xml.FOOT if self.format == "google-xml" else b""

    def _texts(self, frame: pl.DataFrame) -> pl.DataFrame:
        columns = [name for name in self.columns if name in GOOGLE_ATTRIBUTES]
        made = {
            self.columns[0]: pl.col("marketplace_product_id"),
            "title": pl.col("title"),
            "description": pl.col("description"),
            "sale_price_effective_date": periods(*map(pl.col, PERIOD)),
        }
        currency = pl.col("currency")
        for name in ("price", "sale_price"):
            amount = amounts(pl.col(f"{name}_minor"), currency)
            made[name] = amount if self.is_own else pl.concat_str(amount, pl.lit(" "), currency)
        if self.is_own:
            made |= {name: pl.col(name) for name in ("currency", "marketplace", "language", *OF_THE_LISTING)}
            made |= {name: flags(pl.col(name)) for name in ("is_active", "is_featured")}
            made |= {"shop_name": pl.col("store_name"), OWN_SIGN: pl.col("number")}
        named = [made[name].alias(name) for name in self.columns if name in made]
        return pl.concat([frame.select(named), google_cells(frame, columns)], how="horizontal").select(self.columns)
