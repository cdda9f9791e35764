"""Telling feeds from the other things that addresses answer: web pages, JSON, spreadsheets, pictures."""

import codecs
import html
import re

from orion.feeds.errors import FeedUnreadable

LOOK_BYTES = 4096
"""How much of the start of a file is enough to tell."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x1f\x8b", "an archive inside an archive"),
    (b"PK\x03\x04", "an archive inside an archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "a database file"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAGE = re.compile(
    r"(<(head|body|title|script|meta|div|h1|p)\b|.*<(!doctype\s+html|html)\b)", re.IGNORECASE | re.DOTALL
)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_XML = re.compile(r"<(\?xml|!doctype|!--|[a-z_][\w.:-]*[\s/>])", re.IGNORECASE)
_JSON = re.compile(r"(\{\s*(\"[^\"\n]*\"\s*:|\})|\[\s*([\[{\]]|\"[^\"\n]*\"\s*[,\]]|-?\d))")
_MEND = "Use the address or the export of the feed as CSV, TSV or XML."


def byte_order_mark(start: bytes) -> tuple[str | None, int]:
    """The encoding that a byte order mark at the start names, and its length in bytes; (None, 0) without one."""
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return encoding, len(mark)
    return None, 0


def wide_encoding(start: bytes) -> str | None:
    """UTF-16 without a byte order mark, told by the zero bytes that every Latin character has there."""
    sample = start[: len(start) // 2 * 2]
    half = len(sample) // 2
    if half < 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def refuse_other_formats(start: bytes) -> None:
    """Raise FeedUnreadable (`feed_not_csv`) when the first bytes show something else than delimited text or XML."""
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise FeedUnreadable("feed_not_csv", f"This is {what}, not a feed. {_MEND}")
    text = _text(start)
    if text.startswith("<") and _PAGE.match(text):
        found = _TITLE.search(text)
        title = " ".join(html.unescape(found[1]).split())[:100] if found else ""
        named = f" titled “{title}”" if title else ""
        raise FeedUnreadable(
            "feed_not_csv", f"This is a web page{named}, not a feed: perhaps a log-in or error page. {_MEND}"
        )
    if _JSON.match(text):
        raise FeedUnreadable("feed_not_csv", f"This is JSON, not a feed. {_MEND}")


def is_xml(start: bytes) -> bool:
    """Whether the first bytes of what is no web page are those of an XML document."""
    return _XML.match(_text(start[:LOOK_BYTES])) is not None


def _text(start: bytes) -> str:
    encoding, skip = byte_order_mark(start)
    return start[skip:].decode(encoding or wide_encoding(start) or "utf-8", "replace").lstrip("\ufeff \t\r\n\0")
