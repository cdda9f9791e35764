"""From records as they stand in a feed to rows as the catalogue keeps them, a batch at a time."""

import codecs
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
import polars as pl

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.feeds import values
from orion.feeds.columns import Columns
from orion.feeds.grammar import Grammar
from orion.feeds.gtins import parse_gtin
from orion.feeds.issues import Issue, error, warning
from orion.feeds.memory import Memory
from orion.feeds.prices import parse_prices

VERSION = 1
"""Part of every row hash: raise it when the same record would be normalised differently, so that it is read anew."""

MAX_ID = 255


class Record(NamedTuple):
    """One record of a feed: its row number, its bytes, and the hash of them."""

    row: int
    raw: bytes
    hash: int


@dataclass(slots=True)
class Normalised:
    """`frame` has a column per catalogue column the feed has, and `record`, the index of the record it came from."""

    frame: pl.DataFrame
    issues: list[Issue]


class Parser(NamedTuple):
    """How one kind of attribute is read: the parser, the code of the warning when it fails, the column's type."""

    parse: Callable[[str], tuple[object, str | None]]
    code: str
    dtype: type[pl.DataType]


_BY_NAME = {
    "brand": Parser(values.parse_brand, "invalid_value", pl.String),
    "gtin": Parser(parse_gtin, "invalid_gtin", pl.String),
    "availability": Parser(Memory(values.parse_availability), "unknown_availability", pl.String),
    "condition": Parser(Memory(values.parse_condition), "unknown_condition", pl.String),
}
_BY_KIND = {
    "flag": Parser(Memory(values.parse_flag), "invalid_value", pl.Boolean),
    "number": Parser(Memory(values.parse_number), "invalid_value", pl.Int64),
    "moment": Parser(Memory(values.parse_moment), "invalid_date", pl.String),
}


class Normaliser:
    """Normalises the records of one feed. `currency` is what a price without one means (ISO 4217)."""

    def __init__(self, columns: Columns, delimiter: str, currency: str) -> None:
        self.columns = columns
        self.currency = currency
        self._delimiter = delimiter
        self._grammar = Grammar(delimiter, len(columns.headers))
        self.names = [str(position) for position in range(len(columns.headers))]
        self.unknown = columns.unknown()
        self.prices = Memory(parse_prices)
        self.period = Memory(values.parse_period)
        self.parsers: dict[str, Parser] = {
            name: parser
            for name, kind in GOOGLE_ATTRIBUTES.items()
            if (parser := _BY_NAME.get(name) or _BY_KIND.get(kind))
        }

    @property
    def catalogue_columns(self) -> list[str]:
        """The marketplace product columns that this feed fills."""
        names = [name for name in self.columns.meanings if name in GOOGLE_ATTRIBUTES]
        if self.columns.has("price") or self.columns.has("sale_price"):
            names += ["price_minor", "sale_price_minor", "currency"]
        if self.columns.has("sale_price_effective_date"):
            names += ["sale_price_effective_from", "sale_price_effective_to"]
        if self.unknown:
            names.append("attributes")
        return [name for name in names if name]

    def __call__(self, records: Sequence[Record]) -> Normalised:
        """Normalise the records. Those that cannot be imported are left out of the frame and named in the issues."""
        if not records:
            return Normalised(pl.DataFrame(schema={"record": pl.UInt32}), [])
        return _Batch(self, records).run()

    def parse(self, raws: Sequence[bytes]) -> pl.DataFrame:
        """The fields of the records as text, by position; white space at the ends is dropped, nothing is null."""
        try:
            frame = pl.read_csv(
                codecs.BOM_UTF8 + b"\n".join(raws) + b"\n",  # else polars takes a mark that is a record's own
                has_header=False,
                new_columns=self.names,
                separator=self._delimiter,
                infer_schema=False,
            )
        except pl.exceptions.PolarsError:
            frame = pl.DataFrame()
        if frame.height != len(raws) or frame.width != len(self.names):
            rows = [self._grammar.values(raw) for raw in raws]
            frame = pl.DataFrame(rows, schema=dict.fromkeys(self.names, pl.String), orient="row")
        stripped = pl.all().str.strip_chars()
        return frame.select(pl.when(stripped != "").then(stripped))

    def row_data(self, raw: bytes) -> dict[str, str]:
        """A record for showing: header -> text, without what the database cannot hold."""
        fields = self._grammar.values(raw)
        headers = [*self.columns.headers, *(f"extra field {n}" for n in range(1, len(fields)))]
        return {header: field.replace("\0", "\ufffd") for header, field in zip(headers, fields, strict=False)}


class _Batch:
    """The work on one batch: a frame of texts goes in, a frame of catalogue values and the issues come out."""

    def __init__(self, feed: Normaliser, records: Sequence[Record]) -> None:
        self.feed = feed
        self.records = records
        self.findings: list[tuple[int, bool, str, str]] = []  # record, is it an error?, code, message
        self.raws = [record.raw for record in records]

    def run(self) -> Normalised:
        self._mend_bytes()
        feed, columns = self.feed, self.feed.columns
        texts = feed.parse(self.raws)
        by_name = {name: texts.to_series(position) for position, name in enumerate(columns.meanings) if name}
        self.ids: list[str | None] = by_name["id"].to_list()
        titles = by_name["title"].to_list()
        accepted = [self._accept(index, title) for index, title in enumerate(titles)]

        out: dict[str, pl.Series] = {
            "record": pl.Series(range(len(self.records)), dtype=pl.UInt32),
            "marketplace_product_id": by_name["id"],
            "title": by_name["title"],
            "description": by_name.get("description", pl.Series([None] * len(titles), dtype=pl.String)),
        }
        if columns.has("price") or columns.has("sale_price"):
            accepted = self._prices(by_name, accepted, out)
        for name, series in by_name.items():
            if name in GOOGLE_ATTRIBUTES:
                out[name] = self._attribute(name, series, accepted)
        if (periods := by_name.get("sale_price_effective_date")) is not None:
            self._periods(periods, accepted, out)
        if feed.unknown:
            out["attributes"] = self._attributes(texts)
        frame = pl.DataFrame(out)
        if not all(accepted):
            frame = frame.filter(pl.Series(accepted))
        return Normalised(frame, self._issues())

    def _mend_bytes(self) -> None:
        joined = b"\n".join(self.raws)
        if b"\0" not in joined and _is_utf8(joined):
            return
        for index, raw in enumerate(self.raws):
            mended = raw.replace(b"\0", b"")
            if len(mended) != len(raw):
                message = "The row held NUL bytes, which were taken out. Check the program that exports the feed."
                self._warn(index, "nul_byte", message)
            if not _is_utf8(mended):
                message = "The row held bytes that are not UTF-8; each became a \ufffd. Export the feed as UTF-8."
                self._warn(index, "invalid_encoding", message)
                mended = mended.decode("utf-8", "replace").encode()
            self.raws[index] = mended

    def _accept(self, index: int, title: str | None) -> bool:
        identifier = self.ids[index]
        if identifier is None:
            self._refuse(index, "missing_id", "The row has no product id. Give every product an id of its own.")
        elif len(identifier) > MAX_ID:
            message = f"The product id is {len(identifier)} characters long. Shorten it to {MAX_ID}."
            self._refuse(index, "id_too_long", message)
        elif title is None:
            self._refuse(index, "missing_title", "The row has no title. Give the product a title.")
        else:
            return True
        return False

    def _prices(self, by_name: dict[str, pl.Series], accepted: list[bool], out: dict[str, pl.Series]) -> list[bool]:
        empty: list[str | None] = [None] * len(accepted)
        currencies = by_name["currency"].to_list() if "currency" in by_name else empty
        prices = by_name["price"].to_list() if "price" in by_name else empty
        sales = by_name["sale_price"].to_list() if "sale_price" in by_name else empty
        default, read = self.feed.currency, self.feed.prices
        found = [
            read(price or "", sale or "", code.upper() if code else default)
            for price, sale, code in zip(prices, sales, currencies, strict=True)
        ]
        still = list(accepted)
        for index, (minor, _, _, problem, sale_problem) in enumerate(found):
            if not accepted[index]:
                continue
            if problem:
                self._refuse(index, "invalid_price", f"The price {_shown(prices[index])} {problem}.")
                still[index] = False
                continue
            if minor is None and "price" in by_name:
                self._warn(index, "missing_price", "The row has no price: the product cannot be sold until it has one.")
            if sale_problem:
                message = f"The sale price {_shown(sales[index])} {sale_problem}; it was left out."
                self._warn(index, "invalid_sale_price", message)
        out["price_minor"] = pl.Series([pair.minor for pair in found], dtype=pl.Int64)
        out["sale_price_minor"] = pl.Series([pair.sale_minor for pair in found], dtype=pl.Int64)
        out["currency"] = pl.Series([pair.currency for pair in found], dtype=pl.String)
        return still

    def _attribute(self, name: str, series: pl.Series, accepted: list[bool]) -> pl.Series:
        if GOOGLE_ATTRIBUTES[name] == "list":
            return pl.Series([None if text is None else values.parse_list(text) for text in series], dtype=pl.String)
        parser = self.feed.parsers.get(name)
        if parser is None:
            return series
        label = "GTIN" if name == "gtin" else name.replace("_", " ")
        found = []
        for index, text in enumerate(series.to_list()):
            value, problem = parser.parse(text) if text is not None else (None, None)
            if problem and accepted[index]:
                message = f"The {label} {_shown(text)} {problem}. The product was imported without it."
                self._warn(index, parser.code, message)
            found.append(value)
        return pl.Series(found, dtype=parser.dtype)

    def _periods(self, series: pl.Series, accepted: list[bool], out: dict[str, pl.Series]) -> None:
        starts, ends = [], []
        for index, text in enumerate(series.to_list()):
            start, end = self.feed.period(text) if text else (values.Value(None, None), values.Value(None, None))
            if (problem := start.problem or end.problem) and accepted[index]:
                message = (
                    f"The sale price effective date {_shown(text)} {problem}. The product was imported without it."
                )
                self._warn(index, "invalid_date", message)
                start = end = values.Value(None, problem)
            starts.append(start.value)
            ends.append(end.value)
        out["sale_price_effective_from"] = pl.Series(starts, dtype=pl.String)
        out["sale_price_effective_to"] = pl.Series(ends, dtype=pl.String)

    def _attributes(self, texts: pl.DataFrame) -> pl.Series:
        names = list(self.feed.unknown.values())
        rows = texts.select(self.feed.names[position] for position in self.feed.unknown).rows()
        kept = ({name: text for name, text in zip(names, row, strict=True) if text is not None} for row in rows)
        return pl.Series([orjson.dumps(row).decode() if row else None for row in kept], dtype=pl.String)

    def _refuse(self, index: int, code: str, message: str) -> None:
        self.findings.append((index, True, code, message))

    def _warn(self, index: int, code: str, message: str) -> None:
        self.findings.append((index, False, code, message))

    def _issues(self) -> list[Issue]:
        """The findings by row; what was said of a row that is not imported after all would only distract."""
        refused = {index for index, is_error, _, _ in self.findings if is_error}
        issues = []
        for index, is_error, code, message in sorted(self.findings, key=lambda finding: finding[0]):
            if is_error or index not in refused:
                record = self.records[index]
                issue = error if is_error else warning
                issues.append(issue(record.row, code, message, record.raw, self.ids[index]))
        return issues


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _shown(text: str | None) -> str:
    """A value for a message: quoted, and not longer than a line."""
    text = text or ""
    return repr(text if len(text) <= 80 else text[:77] + "...")
