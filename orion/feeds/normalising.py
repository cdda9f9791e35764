"""From records as they stand in a feed to rows as the catalogue keeps them, a batch at a time."""

import codecs
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
import polars as pl

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.feeds import mending, values
from orion.feeds.columns import Columns
from orion.feeds.grammar import Grammar
from orion.feeds.issues import Issue, error, warning
from orion.feeds.memory import Memory
from orion.kernel.choices import Value, parse_availability, parse_condition
from orion.kernel.gtins import parse_gtin
from orion.kernel.prices import parse_prices

VERSION = 3
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


class _Finding(NamedTuple):
    """What is wrong with one record; `column` is what the feed's column means, `value` what stands there."""

    place: int
    is_error: bool
    code: str
    message: str
    column: str | None
    value: str | None


class Parser(NamedTuple):
    """How one kind of attribute is read: the parser, the code of the warning when it fails, the column's type."""

    parse: Callable[[str], tuple[object, str | None]]
    code: str
    dtype: type[pl.DataType]


_BY_NAME = {
    "brand": Parser(values.parse_indexed, "invalid_value", pl.String),
    "item_group_id": Parser(values.parse_indexed, "invalid_value", pl.String),
    "gtin": Parser(parse_gtin, "invalid_gtin", pl.String),
    "availability": Parser(Memory(parse_availability), "unknown_availability", pl.String),
    "condition": Parser(Memory(parse_condition), "unknown_condition", pl.String),
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
        self.is_mended = mending.is_mended(columns)
        self._layers = mending.layers(columns)
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
        for _ in range(self._layers):
            frame = frame.select(mending.plain_text(pl.all()))
        stripped = pl.all().str.strip_chars()
        return frame.select(pl.when(stripped != "").then(stripped))

    def fields(self, raw: bytes) -> list[str]:
        """The fields of a record, as far as it can be read."""
        return self._grammar.values(raw)

    def header_of(self, meaning: str | None) -> str | None:
        """What the feed calls the column of this meaning; a name that is none is a header already."""
        if meaning is not None and meaning in self.columns.meanings:
            return self.columns.headers[self.columns.meanings.index(meaning)]
        return meaning

    def row_data(self, raw: bytes) -> dict[str, str]:
        """A record for showing: header -> text, without what the database cannot hold."""
        fields = self.fields(raw)
        headers = [*self.columns.headers, *(f"extra field {n}" for n in range(1, len(fields)))]
        return {header: field.replace("\0", "\ufffd") for header, field in zip(headers, fields, strict=False)}


class _Batch:
    """The work on one batch: a frame of texts goes in, a frame of catalogue values and the issues come out."""

    def __init__(self, feed: Normaliser, records: Sequence[Record]) -> None:
        self.feed = feed
        self.records = records
        self.findings: list[_Finding] = []
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
                self._warn(index, "nul_byte", message, *self._first_with("\0", raw))
            if not _is_utf8(mended):
                message = "The row held bytes that are not UTF-8; each became a \ufffd. Export the feed as UTF-8."
                self._warn(index, "invalid_encoding", message, *self._first_with("\ufffd", mended))
                mended = mended.decode("utf-8", "replace").encode()
            self.raws[index] = mended

    def _accept(self, index: int, title: str | None) -> bool:
        identifier = self.ids[index]
        if identifier is None:
            message = "The row has no product id. Give every product an id of its own."
            self._refuse(index, "missing_id", message, "id", None)
        elif len(identifier) > MAX_ID:
            message = f"The product id is {len(identifier)} characters long. Shorten it to {MAX_ID}."
            self._refuse(index, "id_too_long", message, "id", identifier)
        elif title is None:
            message = "The row has no title. Give the product a title."
            self._refuse(index, "missing_title", message, "title", None)
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
                message = f"The price {_shown(prices[index])} {problem}."
                self._refuse(index, "invalid_price", message, "price", prices[index])
                still[index] = False
                continue
            if minor is None and "price" in by_name:
                message = "The row has no price: the product cannot be sold until it has one."
                self._warn(index, "missing_price", message, "price", None)
            if sale_problem:
                message = f"The sale price {_shown(sales[index])} {sale_problem}; it was left out."
                self._warn(index, "invalid_sale_price", message, "sale_price", sales[index])
        out["price_minor"] = pl.Series([pair.minor for pair in found], dtype=pl.Int64)
        out["sale_price_minor"] = pl.Series([pair.sale_minor for pair in found], dtype=pl.Int64)
        out["currency"] = pl.Series([pair.currency for pair in found], dtype=pl.String)
        return still

    def _attribute(self, name: str, series: pl.Series, accepted: list[bool]) -> pl.Series:
        if GOOGLE_ATTRIBUTES[name] == "list":
            return pl.Series(
                [None if text is None else _some(values.parse_list(text)) for text in series], dtype=pl.String
            )
        parser = self.feed.parsers.get(name)
        if parser is None:
            return series
        label = "GTIN" if name == "gtin" else name.replace("_", " ")
        found = []
        for index, text in enumerate(series.to_list()):
            value, problem = parser.parse(text) if text is not None else (None, None)
            if problem and accepted[index]:
                message = f"The {label} {_shown(text)} {problem}. The product was imported without it."
                self._warn(index, parser.code, message, name, text)
            found.append(value)
        return pl.Series(found, dtype=parser.dtype)

    def _periods(self, series: pl.Series, accepted: list[bool], out: dict[str, pl.Series]) -> None:
        starts, ends = [], []
        for index, text in enumerate(series.to_list()):
            start, end = self.feed.period(text) if text else (Value(None, None), Value(None, None))
            if (problem := start.problem or end.problem) and accepted[index]:
                message = (
                    f"The sale price effective date {_shown(text)} {problem}. The product was imported without it."
                )
                self._warn(index, "invalid_date", message, "sale_price_effective_date", text)
                start = end = Value(None, problem)
            starts.append(start.value)
            ends.append(end.value)
        out["sale_price_effective_from"] = pl.Series(starts, dtype=pl.String)
        out["sale_price_effective_to"] = pl.Series(ends, dtype=pl.String)

    def _attributes(self, texts: pl.DataFrame) -> pl.Series:
        names = list(self.feed.unknown.values())
        rows = texts.select(self.feed.names[position] for position in self.feed.unknown).rows()
        kept = ({name: text for name, text in zip(names, row, strict=True) if text is not None} for row in rows)
        return pl.Series([orjson.dumps(row).decode() if row else None for row in kept], dtype=pl.String)

    def _refuse(self, index: int, code: str, message: str, column: str | None, value: str | None) -> None:
        self.findings.append(_Finding(index, True, code, message, column, value))

    def _warn(self, index: int, code: str, message: str, column: str | None, value: str | None) -> None:
        self.findings.append(_Finding(index, False, code, message, column, value))

    def _first_with(self, character: str, raw: bytes) -> tuple[str | None, str | None]:
        """The header of the first field with the character in it, and the field."""
        for header, text in zip(self.feed.columns.headers, self.feed.fields(raw), strict=False):
            if character in text:
                return header, text
        return None, None

    def _issues(self) -> list[Issue]:
        """The findings by row; what was said of a row that is not imported after all would only distract."""
        refused = {finding.place for finding in self.findings if finding.is_error}
        issues = []
        for finding in sorted(self.findings, key=lambda finding: finding.place):
            if finding.is_error or finding.place not in refused:
                record = self.records[finding.place]
                issue = error if finding.is_error else warning
                issues.append(
                    issue(
                        record.row,
                        finding.code,
                        finding.message,
                        record.raw,
                        self.ids[finding.place],
                        column=self.feed.header_of(finding.column),
                        value=finding.value,
                    )
                )
        return issues


def _some(array: str) -> str | None:
    """The JSON array, if it has anything in it."""
    return None if array == "[]" else array


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
