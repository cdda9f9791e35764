"""Products as an RSS 2.0 feed with Google's `g:` elements.

The database writes one line for each product, with a cell for each element. What is left to do here is what texts of
XML may not hold, and the elements that have parts.
"""

import re
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape as escape_text
from xml.sax.saxutils import unescape

import orjson
import sqlalchemy as sa

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.feeds.export_cells import Cell
from orion.feeds.memory import Memory
from orion.feeds.structures import PARTS, split_parts
from orion.feeds.xml import GOOGLE, OWN
from orion.plumbing.db.cells import position
from orion.plumbing.db.extract import Delimited

FOOT = b"</channel></rss>\n"
FORM = Delimited(separator="\x01", quote="\x02")
"""What stands around the elements are signs that XML cannot hold at all: `items` takes them out with all of these."""

NOT_XML = [*(set(range(32)) - {9, 10, 13}), 0xFFFE, 0xFFFF]
_SINGLE = bytes(code for code in NOT_XML if code < 32)
_LONGER = [chr(code).encode() for code in NOT_XML if code >= 32]
_LISTS = frozenset(name for name, kind in GOOGLE_ATTRIBUTES.items() if kind == "list")
_PARTED = re.compile(rf"<g:({'|'.join(PARTS)})>([^<]*)</g:\1>".encode())
"""Elements that have parts, and arrays of such."""

_ARRAY = re.compile(rf"<g:({'|'.join(sorted(_LISTS - set(PARTS)))})>(\[\"[^<]*)</g:\1>".encode())
"""Other arrays whose values the database does not tell apart: no value that it does has quotes."""


def head(title: str, link: str) -> bytes:
    """What stands before the items."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<rss version="2.0" xmlns:g="{GOOGLE}" xmlns:orion="{OWN}"><channel>'
        f"<title>{_clean(title)}</title><link>{_clean(link)}</link>"
        f"<description>{_clean(title)}</description>\n"
    ).encode()


def elements(cells: Mapping[str, Cell]) -> Iterator[Cell]:
    """The cells of an item, from the texts of its elements, where lists are JSON arrays."""
    yield sa.literal("<item>")
    for name, cell in cells.items():
        text = _escaped(cell) if GOOGLE_ATTRIBUTES.get(name, "text") in ("text", "list") else cell
        if name in _LISTS:
            text = sa.case((position(cell, "\\") == 0, _split(name, text)), else_=text)
        else:
            text = sa.func.nullif(text, "")
        yield sa.literal(f"<g:{name}>") + text + f"</g:{name}>"
    yield sa.literal("</item>")


def items(lines: bytes) -> bytes:
    """The items, from the lines of their cells."""
    clean = lines.translate(None, _SINGLE).replace(b"\r", b"&#13;")
    if clean.find(_LONGER[0][0]) >= 0:  # looking for one byte takes no time
        for sign in _LONGER:
            clean = clean.replace(sign, b"")
    write = Memory(_write)

    def with_parts(found: re.Match[bytes]) -> bytes:
        name, text = found.groups()
        return write(name.decode(), text.decode())

    for elements, mark in ((_ARRAY, b'>["'), (_PARTED, b"")):
        if mark in clean:
            clean = elements.sub(with_parts, clean)
    return clean


def _escaped(text: Cell) -> Cell:
    for sign, meaning in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = sa.func.replace(text, sign, meaning)
    return text


def _split(name: str, array: Cell) -> Cell:
    """An array without backslashes: no value holds a quote. One database has blanks after the commas."""
    body = sa.func.substr(array, 3, sa.func.length(array) - 4)
    between = f"</g:{name}><g:{name}>"
    return sa.func.replace(sa.func.replace(body, '", "', between), '","', between)


def _write(name: str, escaped: str) -> bytes:
    text = unescape(escaped, {"&#13;": "\r"})
    values = orjson.loads(text) if name in _LISTS and text.startswith('["') else [text]
    return "".join(_element(name, value) for value in values).encode()


def _element(name: str, text: str) -> str:
    text = text.translate(_FORBIDDEN)  # first, as `items` did where nothing was escaped: parts are told by what is left
    parts = split_parts(name, text)
    if parts is None or any(of != of.strip() for _, of in parts):  # whoever reads an element takes blanks off its ends
        return f"<g:{name}>{_clean(text)}</g:{name}>"
    return f"<g:{name}>" + "".join(f"<g:{part}>{_clean(of)}</g:{part}>" for part, of in parts) + f"</g:{name}>"


def _clean(text: str) -> str:
    return escape_text(text.translate(_FORBIDDEN), {"\r": "&#13;"})


_FORBIDDEN = dict.fromkeys(NOT_XML)
