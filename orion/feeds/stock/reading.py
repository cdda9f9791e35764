"""A file of quantities as rows: which column means what, and what each cell says."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from orion.feeds.stock.models import STOCK_MODES
from orion.inventory import MAX_QUANTITY, ItemKey, StockRow
from orion.kernel import FieldError, Invalid, parse_gtin

MAX_COLUMNS = 200
MAX_CELL = 10_000
_ALIASES = {
    "gtin": "gtin ean ean13 upc isbn barcode gtin13 gtin14 gtin12 gtin8 strichcode code_barres",
    "product_id": "product_id produkt_id produit_id",
    "sku": "sku id item_id offer_id article_id article_number artikelnummer reference marketplace_product_id",
    "location": "location location_code warehouse lager lagerort standort emplacement entrepot shelf",
    "quantity": "quantity qty stock on_hand count menge bestand anzahl quantite stock_quantity inventory",
    "mode": "mode modus",
    "reason": "reason grund motif note",
}
_MEANINGS = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
_KEYS = ("gtin", "product_id", "sku")
_WHOLE = re.compile(r"'?([0-9]{1,15})(?:[.,]0*)?")


class BadCell(Exception):
    """A cell that cannot be read: the meaning of its column, and what is wrong."""

    def __init__(self, meaning: str, code: str, message: str) -> None:
        super().__init__(message)
        self.meaning, self.code, self.message = meaning, code, message


@dataclass(frozen=True, slots=True)
class Columns:
    """The header as it is written, and the position of each meaning that it has."""

    header: tuple[str, ...]
    positions: dict[str, int]

    def title(self, meaning: str) -> str | None:
        """What the file calls the column of that meaning; any of the columns that name the item for its key."""
        for name in (meaning, *(_KEYS if meaning in _KEYS else ())):
            if name in self.positions:
                return self.header[self.positions[name]]
        return None

    def cell(self, cells: Sequence[str], meaning: str) -> str:
        """The cell of that meaning, trimmed; empty where the row or the file has none."""
        position = self.positions.get(meaning)
        return cells[position].strip() if position is not None and position < len(cells) else ""


def read_columns(header: Sequence[str]) -> Columns:
    """What the columns mean; those that mean nothing here are passed over.

    Raises Invalid: `stock_columns_missing` without a quantity or anything that names the item, or
    `stock_columns_twice` when two columns mean the same.
    """
    titles = tuple(title.strip() for title in header[:MAX_COLUMNS])
    positions: dict[str, int] = {}
    for position, title in enumerate(titles):
        meaning = _MEANINGS.get(_plain(title))
        if meaning is None:
            continue
        if meaning in positions:
            message = f"The columns {titles[positions[meaning]]!r} and {title!r} both mean {meaning}: take one out"
            raise Invalid("stock_columns_twice", message, errors=[FieldError(meaning, message)])
        positions[meaning] = position
    wanted = [] if any(name in positions for name in _KEYS) else ["gtin (or sku, or product_id)"]
    wanted += [] if "quantity" in positions else ["quantity"]
    if wanted:
        found = ", ".join(repr(title[:40]) for title in titles[:20])
        message = f"The file has no column {' and none '.join(wanted)}. Name it in the first row; that row has {found}"
        raise Invalid("stock_columns_missing", message, errors=[FieldError("header", message)])
    return Columns(titles, positions)


def open_rows(path: Path, delimiter: str, start: int) -> Iterator[list[str]]:
    """Every record of a prepared file, its header first; blank lines are empty lists. Blocking: call in a thread.

    A record that no reader can take (one cell of many megabytes) ends the file with Invalid (`stock_unreadable`).
    """
    with path.open("rb") as raw:
        raw.seek(start)
        try:
            yield from csv.reader(_lines(raw), delimiter=delimiter)
        except csv.Error as error:
            message = f"The file cannot be read on ({error}): is a quotation mark missing?"
            raise Invalid("stock_unreadable", message) from error


def read_row(columns: Columns, cells: Sequence[str], *, mode: str, default_location: str | None) -> StockRow:
    """What a row says. Raises BadCell for the first cell that cannot be read."""
    quantity = _quantity(columns.cell(cells, "quantity"))
    key = _key(columns, cells)
    own_mode = columns.cell(cells, "mode").lower() or mode
    if own_mode not in STOCK_MODES:
        raise BadCell("mode", "unknown_mode", f"{own_mode[:32]!r} is not one of {', '.join(STOCK_MODES)}")
    location = columns.cell(cells, "location") or default_location
    if not location:
        raise BadCell("location", "location_missing", "Say where the goods lie: the store has no default location yet")
    return StockRow(key, location, quantity, own_mode == "add", columns.cell(cells, "reason"))


def _key(columns: Columns, cells: Sequence[str]) -> ItemKey:
    if text := columns.cell(cells, "gtin"):
        value, problem = parse_gtin(text)
        if value is None:
            raise BadCell("gtin", "gtin_invalid", f"{text[:32]!r} {problem}")
        return ItemKey(gtin=value)
    if text := columns.cell(cells, "product_id"):
        if not (match := _WHOLE.fullmatch(text)):
            raise BadCell("product_id", "product_id_invalid", f"{text[:32]!r} is not the number of a product")
        return ItemKey(product_id=int(match[1]))
    if text := columns.cell(cells, "sku"):
        return ItemKey(sku=text.lstrip("'"))
    missing = next(name for name in _KEYS if name in columns.positions)
    raise BadCell(missing, "item_missing", "The row names no item: fill in a GTIN, a SKU or a product id")


def _quantity(text: str) -> int:
    if not text:
        raise BadCell("quantity", "quantity_missing", "The quantity is empty: write 0 if there are none")
    if not (match := _WHOLE.fullmatch(text)) or int(match[1]) > MAX_QUANTITY:
        message = f"{text[:32]!r} is not a whole number from 0 to {MAX_QUANTITY:,}, written in digits alone"
        raise BadCell("quantity", "quantity_invalid", message)
    return int(match[1])


def _lines(raw: IO[bytes]) -> Iterator[str]:
    """The lines as text, whatever stands in them. A line that never ends is cut, so that memory does not."""
    while line := raw.readline(1 << 20):
        yield line.decode("utf-8", "replace").replace("\0", "")


def _plain(title: str) -> str:
    text = unicodedata.normalize("NFKD", title.removeprefix("g:").casefold())
    return re.sub(r"[^a-z0-9]+", "_", "".join(c for c in text if not unicodedata.combining(c))).strip("_")
