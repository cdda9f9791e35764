"""Writing products of either layer as files: our own CSV, Google's TSV and XML, Letzshop's CSV.

The database writes the cells and their lines (`export_cells`); from us comes what stands before and behind them, and
what XML needs. Streamed in steps: the next ones are read while the last one is sent, and nothing larger than a few
steps is ever in memory. Reading one of these files in again changes nothing.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from orion.catalog import GOOGLE_ATTRIBUTES, Selection, read_all
from orion.catalog.exporting import OF_THE_LISTING
from orion.feeds import export_xml
from orion.feeds.export_cells import (
    Cell,
    amount,
    filled,
    flag,
    found_once,
    google_cell,
    period,
    safe,
    with_whole_links,
)
from orion.feeds.mending import OWN_SIGN
from orion.kernel import FieldError, Invalid
from orion.merchants import Store
from orion.plumbing.db import utcnow
from orion.plumbing.db.extract import Delimited
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
    products = read_all(runtime.database, selection, writer.statement, writer.form, skip=skip, limit=limit)
    async with aclosing(products):
        async for lines in products:
            pieces.append(await writer.body(lines))
            yield b"".join(pieces)
            pieces = []
    pieces.append(writer.tail())
    if any(pieces):
        yield b"".join(pieces)


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


_NEVER_EMPTY_NOR_RUN = frozenset(
    (OWN_SIGN, "price", "sale_price", "sale_price_effective_date", "is_active", "is_featured")
) | {name for name, kind in GOOGLE_ATTRIBUTES.items() if kind in ("flag", "moment", "number")}


class _Writer:
    """Writes products in one format."""

    def __init__(
        self, selection: Selection, format_: ExportFormat, title: str, public_url: str, is_public: bool
    ) -> None:
        self.names = selection.columns
        self.format = format_
        self.title = title
        self.public_url = public_url
        self.is_own = format_ == "csv"
        self.form = export_xml.FORM if format_ == "google-xml" else Delimited("\t" if format_ == "google-tsv" else ",")
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
        return self.form.separator.join(self.columns).encode() + b"\n"

    def statement(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """The products' cells, made from the query of their values."""
        values: dict[str, Cell] = dict(zip(self.names, query.selected_columns, strict=True))
        lists = (name for name, kind in GOOGLE_ATTRIBUTES.items() if kind == "list")
        values |= {name: sa.cast(values[name], sa.Text) for name in lists}
        values = found_once(with_whole_links(values, self.public_url), query)
        cells = found_once(self._cells(values))
        if self.format == "google-xml":
            return sa.select(*export_xml.elements(cells))
        return sa.select(*(self._finished(name, cell) for name, cell in cells.items()))

    async def body(self, lines: bytes) -> bytes:
        """The products, as they were read."""
        return await asyncio.to_thread(export_xml.items, lines) if self.format == "google-xml" else lines

    def tail(self) -> bytes:
        """What stands behind the products."""
        return export_xml.FOOT if self.format == "google-xml" else b""

    def _finished(self, name: str, cell: Cell) -> Cell:
        if name in _NEVER_EMPTY_NOR_RUN:
            return cell
        return safe(cell) if self.is_own else filled(cell)

    def _cells(self, values: dict[str, Cell]) -> dict[str, Cell]:
        as_is = self.format == "google-xml"  # which has an element for each value of a list
        made = {name: google_cell(name, values[name], as_is) for name in self.columns if name in GOOGLE_ATTRIBUTES}
        made |= {
            self.columns[0]: values["marketplace_product_id"],
            "title": values["title"],
            "description": values["description"],
            "sale_price_effective_date": period(*(values[name] for name in PERIOD)),
        }
        currency = values["currency"]
        for name in ("price", "sale_price"):
            written = amount(values[f"{name}_minor"], currency)
            made[name] = written if self.is_own else written + " " + currency
        if self.is_own:
            made |= {name: values[name] for name in ("currency", "marketplace", "language")}
            made |= {"shop_name": values["store_name"], OWN_SIGN: sa.cast(values["number"], sa.Text)}
            for name in (name for name in OF_THE_LISTING if name in values):
                is_flag = name in ("is_active", "is_featured")
                made[name] = flag(values[name]) if is_flag else sa.cast(values[name], sa.Text)
        return {name: made[name] for name in self.columns}
