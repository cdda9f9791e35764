"""XML feeds (RSS 2.0 and Atom 1.0 with Google's `g:` elements), rewritten as a delimited file with one header.

Read by expat as a stream: neither the file nor a tree of it is ever in memory. No entity beyond XML's own five is
expanded and nothing outside the file is read. A record of the intermediate file has as many fields as there were
columns when it was written, and ends with a character that XML cannot hold; the second step, which only copies, gives
every record the same number of fields.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast
from xml.parsers import expat

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.feeds.columns import SPECIAL, fold
from orion.feeds.errors import FeedUnreadable
from orion.feeds.formats import byte_order_mark, wide_encoding
from orion.feeds.splitting import MAX_RECORD
from orion.feeds.structures import join_parts
from orion.feeds.values import join_list

GOOGLE = "http://base.google.com/ns/1.0"
OWN = "https://orion.invalid/ns/export/1"
"""The namespace that our own exports declare: in these, one element is one value of a list, whatever it holds."""

MAX_COLUMNS = 1000
MAX_DEPTH = 100
_END = b"\x1e"
_READ = 1 << 18
_COPY = 1 << 20
_ITEMS = ("item", "entry")
_IGNORED = frozenset({"updated", "published", "pubDate"})
"""When the entry was written, which is another moment in every export."""
_ATOM = {"summary": "description", "content": "description"}


@dataclass(frozen=True, slots=True)
class Flattened:
    """The delimited file that an XML feed became: UTF-8, commas, LF; `encoding` is what the XML was written in."""

    digest: str
    size: int
    encoding: str
    items: int


def flatten(source: Path, target: Path, *, max_bytes: int, only_beginning: bool = False) -> Flattened:
    """Write the items of the XML feed `source` to `target`, one record each. Blocking: call in a thread.

    `only_beginning`: the file may break off behind its first items. Raises FeedUnreadable: `feed_bad_xml` with line
    and item when it is not well-formed, or holds entity declarations, is nested deeper than any feed, or has no items;
    `feed_too_large` when the file would grow beyond `max_bytes`.
    """
    rough = target.with_name(f"{target.name}.rough")
    try:
        with rough.open("wb") as writing:
            items = _Items(writing, max_bytes)
            encoding = _read_items(source, items, only_beginning)
        digest, size = _even_out(rough, target, items)
    finally:
        rough.unlink(missing_ok=True)
    return Flattened(digest, size, encoding, items.count)


class _Items:
    """Collects the elements of one item after the other and writes each item as a record."""

    def __init__(self, writing: IO[bytes], max_bytes: int) -> None:
        self.columns: dict[str, int] = {}
        self.widths: list[tuple[int, int]] = []  # from this offset on, records have so many fields
        self.count = 0
        self.size = 0
        self._writing = writing
        self._max_bytes = max_bytes
        self._prefixes = {"g"}
        self._is_own = False
        self._path: list[str] = []
        self._item_depth = 0
        self._values: dict[str, list[str]] = {}
        self._google: set[str] = set()
        self._texts: list[str] = []
        self._parts: list[tuple[str, str]] = []
        self._length = 0
        self._link: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if attributes:
            self._declare(attributes)
        path = self._path
        path.append(name)
        depth = len(path)
        if depth > MAX_DEPTH:
            raise FeedUnreadable("feed_bad_xml", f"The XML is nested more than {MAX_DEPTH} deep: this is no feed.")
        if not self._item_depth:
            if 1 < depth <= 3 and self._local(name) in _ITEMS:
                self._item_depth = depth
                self._values, self._google, self._length = {}, set(), 0
            return
        if depth == self._item_depth + 1:
            self._parts, self._link = [], attributes.get("href") if name == "link" else None
            if self._link is not None and attributes.get("rel", "alternate") != "alternate":
                self._link = ""
        self._texts = []

    def text(self, data: str) -> None:
        if self._item_depth:
            self._length += len(data)
            if self._length <= MAX_RECORD:
                self._texts.append(data)

    def end(self, name: str) -> None:
        depth = len(self._path)
        self._path.pop()
        if not self._item_depth:
            return
        if depth == self._item_depth:
            self._item_depth = 0
            self._write()
        elif depth == self._item_depth + 1:
            if self._parts:
                self._add(name, join_parts(self._local(name), self._parts))
            else:
                self._add(name, "".join(self._texts) if self._link is None else self._link)
            self._texts = []
        elif depth == self._item_depth + 2:
            if text := "".join(self._texts).strip():
                self._parts.append((self._local(name), text))
            self._texts = []

    def _declare(self, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            if value == GOOGLE and name.startswith("xmlns:"):
                self._prefixes.add(name[6:])
            self._is_own = self._is_own or (value == OWN and name.startswith("xmlns:"))

    def _local(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        return local if colon and prefix in self._prefixes else name

    def _add(self, name: str, text: str) -> None:
        text = text.strip()
        column = self._local(name)
        if not text or column in _IGNORED:
            return
        google = column != name
        column = _ATOM.get(column, column)
        if google and column not in self._google:
            self._values[column] = [text]  # Google's own element goes before RSS's or Atom's of the same name
            self._google.add(column)
        elif google or column not in self._google:
            self._values.setdefault(column, []).append(text)

    def _write(self) -> None:
        self.count += 1
        columns = self.columns
        for column in self._values:
            if column not in columns:
                columns[column] = len(columns)
                if len(columns) > MAX_COLUMNS:
                    message = f"The items have more than {MAX_COLUMNS} different elements: this is no product feed."
                    raise FeedUnreadable("feed_bad_xml", message)
        if not self.widths or self.widths[-1][1] != len(columns):
            self.widths.append((self.size, len(columns)))
        fields = [""] * len(columns)
        for column, values in self._values.items():
            alone = len(values) == 1 and not self._is_own
            fields[columns[column]] = _field(values[0] if alone else _joined(column, values))
        record = ",".join(fields)
        if self._length > MAX_RECORD:
            record += " " * (MAX_RECORD + 1 - min(len(record), MAX_RECORD))  # is reported as a row that is too long
        data = record.encode("utf-8", "replace") + _END
        self.size += len(data)
        if self.size > self._max_bytes:
            message = f"The feed holds more than {self._max_bytes:,} bytes. Split it, or ask the operator to raise it."
            raise FeedUnreadable("feed_too_large", message)
        self._writing.write(data)


def _read_items(source: Path, items: _Items, only_beginning: bool) -> str:
    with source.open("rb") as file:
        start = file.read(4096)
    mark, _ = byte_order_mark(start)
    wide = mark or wide_encoding(start)
    if wide and wide.startswith("utf-32"):
        raise FeedUnreadable("feed_bad_xml", "The feed is written in UTF-32. Export it as UTF-8.")
    declared: list[str] = []
    parser = cast("Any", expat.ParserCreate(None if mark or not wide else "utf-16"))
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.StartElementHandler = items.start
    parser.EndElementHandler = items.end
    parser.CharacterDataHandler = items.text
    parser.XmlDeclHandler = lambda _version, encoding, _standalone: declared.append(encoding or "utf-8")
    parser.EntityDeclHandler = _refuse_entity
    parser.UnparsedEntityDeclHandler = _refuse_entity
    parser.ExternalEntityRefHandler = _refuse_entity
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        with source.open("rb") as file:
            while piece := file.read(_READ):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        if not (only_beginning and items.count):
            raise _broken(error, items) from None
    except (LookupError, ValueError) as error:  # an encoding that does not exist, or that expat cannot read
        message = f"The XML is written in an encoding that cannot be read ({error}). Export it as UTF-8."
        raise FeedUnreadable("feed_bad_xml", message) from None
    if not items.count:
        message = "The XML has no <item> (RSS) and no <entry> (Atom): it is no product feed, or an empty one."
        raise FeedUnreadable("feed_bad_xml", message)
    return (mark or wide or (declared[0] if declared else "utf-8")).lower()


def _refuse_entity(*_: Any) -> int:
    message = "The XML declares entities of its own, which feeds do not need and attacks do. Export it without a DTD."
    raise FeedUnreadable("feed_bad_xml", message)


def _broken(error: expat.ExpatError, items: _Items) -> FeedUnreadable:
    reason = expat.errors.messages.get(error.code, str(error)) if error.code else str(error)
    hints = {
        expat.errors.XML_ERROR_UNDEFINED_ENTITY: "Write characters as they are, or as numbers (&#160;), not as &nbsp;.",
        expat.errors.XML_ERROR_INVALID_TOKEN: "Is an & or < not written as &amp; or &lt;, or the encoding wrong?",
        expat.errors.XML_ERROR_NO_ELEMENTS: "The file breaks off.",
        expat.errors.XML_ERROR_UNCLOSED_TOKEN: "The file breaks off.",
    }
    hint = hints.get(reason, "Export it again.")
    where = f"line {error.lineno}, column {error.offset + 1}, in or behind item {items.count + 1}"
    message = f"The XML cannot be read at {where}: {reason}. {hint} Nothing of it was imported."
    return FeedUnreadable("feed_bad_xml", message)


def _even_out(rough: Path, target: Path, items: _Items) -> tuple[str, int]:
    """Write the header, and every record with as many fields as the header has. Returns SHA-256 and size."""
    digest, size, width = hashlib.sha256(), 0, len(items.columns)
    ends = [offset for offset, _ in items.widths[1:]] + [items.size]
    with rough.open("rb") as reading, target.open("wb") as writing:

        def put(data: bytes) -> None:
            nonlocal size
            digest.update(data)
            size += writing.write(data)

        put(",".join(_field(name) for name in items.columns).encode() + b"\n")
        for (start, fields), end in zip(items.widths, ends, strict=True):
            ending = b"," * (width - fields) + b"\n"
            left = end - start
            while left:
                piece = reading.read(min(left, _COPY))
                left -= len(piece)
                put(piece.replace(_END, ending))
    return digest.hexdigest(), size


def _field(text: str) -> str:
    if '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return f'"{text}"' if "," in text or "\n" in text or "\r" in text else text


def _joined(column: str, values: list[str]) -> str:
    """Several elements of one name: a list where a product may have several, else the first counts."""
    kind = GOOGLE_ATTRIBUTES.get(fold(column), "text" if column in SPECIAL else "list")
    return join_list(values) if kind == "list" else values[0]
