"""From values as the database writes them to the texts that feeds have for them.

Whole columns at a time; what is null stays null. Reading any of these texts in gives the value back exactly.
"""

from collections.abc import Iterable

import orjson
import polars as pl

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.feeds.values import join_list
from orion.kernel.money import EXPONENTS

UPLOADED = "/files/"
"""What addresses of files that are kept here begin with."""

_BETWEEN = "\x1f"
_WEB = "https?://"


def google_cells(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """The Google attributes `names` of the products in the frame, as text."""
    return frame.select(_cell(frame[name]) for name in names)


def amounts(minor: pl.Expr, currency: pl.Expr) -> pl.Expr:
    """Amounts with the decimals of their currency: 2790 EUR is "27.90"."""
    exponent = currency.replace_strict(EXPONENTS, default=2, return_dtype=pl.Int64)
    text = minor
    for digits in (2, 3):
        padded = minor.str.zfill(digits + 1)
        pointed = pl.concat_str(padded.str.head(-digits), pl.lit("."), padded.str.tail(digits))
        text = pl.when(exponent == digits).then(pointed).otherwise(text)
    return pl.when(minor.is_not_null() & currency.is_not_null()).then(text)


def periods(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Two moments as the period between them ("2026-11-01T00:00:00+00:00/…"); either may be open."""
    joined = pl.concat_str(moments(start).fill_null(""), pl.lit("/"), moments(end).fill_null(""))
    return pl.when(start.is_not_null() | end.is_not_null()).then(joined)


def moments(texts: pl.Expr) -> pl.Expr:
    """Moments in ISO 8601, in UTC, with as many decimals of a second as they have."""
    plain = texts.str.replace(r"\+00(:00)?$", "").str.replace(r"\.0+$", "").str.replace(" ", "T", literal=True)
    return plain + "+00:00"


def flags(texts: pl.Expr) -> pl.Expr:
    """Flags as yes and no."""
    return pl.when(texts.is_in(["t", "1"])).then(pl.lit("yes")).when(texts.is_not_null()).then(pl.lit("no"))


def lists(series: pl.Series) -> pl.Series:
    """JSON arrays of strings as `join_list` writes them; an empty one is null."""
    frame = pl.DataFrame({"text": series})
    text = pl.col("text")
    body = text.str.slice(2).str.head(-2).str.replace_all(r'", ?"', _BETWEEN)
    breaks = body.str.count_matches(_BETWEEN, literal=True)
    all_web = body.str.count_matches(_BETWEEN + _WEB) == breaks
    plain = ~text.str.contains(r"[\\\x00-\x1f]") & ~body.str.contains('[",]') & (body != "")
    simple = plain & ((breaks == 0) | ~body.str.contains("^" + _WEB) | all_web)
    found = frame.select(text, done=pl.when(simple).then(body.str.replace_all(_BETWEEN, ",", literal=True)))
    odd = found.filter(text.is_not_null() & pl.col("done").is_null())
    if odd.is_empty():
        return found["done"].alias(series.name)
    known = {value: join_list(orjson.loads(value)) or None for value in odd["text"].unique()}
    mended = [known[value] if done is None and value is not None else done for value, done in found.rows()]
    return pl.Series(series.name, mended, dtype=pl.String)


def with_whole_links(frame: pl.DataFrame, public_url: str) -> pl.DataFrame:
    """The frame with pictures that are kept here under their addresses as they are reached from outside."""
    one, more = pl.col("image_link"), pl.col("additional_image_link")
    kept = pl.when(one.str.starts_with(UPLOADED)).then(pl.lit(public_url) + one).otherwise(one)
    return frame.with_columns(
        kept.alias("image_link"), more.str.replace_all(f'"{UPLOADED}', f'"{public_url}{UPLOADED}', literal=True)
    )


def _cell(series: pl.Series) -> pl.Series | pl.Expr:
    kind = GOOGLE_ATTRIBUTES[series.name]
    if kind in ("text", "number") or series.null_count() == len(series):
        return series
    if kind == "list":
        return lists(series)
    texts = pl.col(series.name)
    return (flags(texts) if kind == "flag" else moments(texts)).alias(series.name)
