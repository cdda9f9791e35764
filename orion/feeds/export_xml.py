"""Products as an RSS 2.0 feed with Google's `g:` elements, a column of `<item>` texts at a time."""

from functools import partial
from xml.sax.saxutils import escape as escape_text

import orjson
import polars as pl

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.feeds.memory import Memory
from orion.feeds.structures import PARTS, split_parts
from orion.feeds.xml import GOOGLE, OWN

FOOT = b"</channel></rss>\n"
_NOT_XML = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"


def head(title: str, link: str) -> bytes:
    """What stands before the items."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<rss version="2.0" xmlns:g="{GOOGLE}" xmlns:orion="{OWN}"><channel>'
        f"<title>{_clean(title)}</title><link>{_clean(link)}</link>"
        f"<description>{_clean(title)}</description>\n"
    ).encode()


def items(frame: pl.DataFrame, texts: pl.DataFrame) -> bytes:
    """The products in `frame` as items; `texts` has the elements that are the same in delimited feeds, in order."""
    parts = []
    for name in texts.columns:
        if texts[name].null_count() == texts.height:
            continue
        if GOOGLE_ATTRIBUTES.get(name) == "list":
            write = Memory(partial(_elements, name))
            known = [None if value is None else write(value) for value in frame[name]]
            parts.append(pl.Series(name, known, dtype=pl.String))
        elif name in PARTS:
            structured = Memory(partial(_element, name))
            known = [None if value is None else structured(value) for value in texts[name]]
            parts.append(pl.Series(name, known, dtype=pl.String))
        else:
            parts.append(texts.select(pl.lit(f"<g:{name}>") + escaped(pl.col(name)) + f"</g:{name}>").to_series())
    if not parts:
        return b""
    rows = pl.DataFrame([part.alias(str(at)) for at, part in enumerate(parts)])
    whole = rows.select(pl.lit("<item>") + pl.concat_str(pl.all(), ignore_nulls=True) + "</item>\n").to_series()
    return "".join(whole.to_list()).encode()


def escaped(texts: pl.Expr) -> pl.Expr:
    """Text as XML carries it, without the characters that XML cannot hold at all."""
    return (
        texts.str.replace_all(_NOT_XML, "")
        .str.replace_all("&", "&amp;", literal=True)
        .str.replace_all("<", "&lt;", literal=True)
        .str.replace_all(">", "&gt;", literal=True)
        .str.replace_all("\r", "&#13;", literal=True)
    )


def _elements(name: str, value: str) -> str:
    return "".join(_element(name, text) for text in orjson.loads(value))


def _element(name: str, text: str) -> str:
    parts = split_parts(name, text)
    if parts is None or any(of != of.strip() for _, of in parts):  # whoever reads an element takes blanks off its ends
        return f"<g:{name}>{_clean(text)}</g:{name}>"
    return f"<g:{name}>" + "".join(f"<g:{part}>{_clean(of)}</g:{part}>" for part, of in parts) + f"</g:{name}>"


def _clean(text: str) -> str:
    return escape_text(text.translate(_FORBIDDEN), {"\r": "&#13;"})


_FORBIDDEN = dict.fromkeys([*(set(range(32)) - {9, 10, 13}), 0xFFFE, 0xFFFF])
