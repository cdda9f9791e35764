"""The cells of exports: both databases write the same bytes, and reading them in gives the values back."""

import asyncio
import csv
import io
import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import orjson
import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import JSONB

from orion.feeds import export_xml
from orion.feeds.export_cells import amount, filled, found_once, safe
from orion.feeds.mending import plain_text, safe_text
from orion.feeds.structures import join_parts
from orion.feeds.values import parse_list
from orion.kernel import Money, parse_price
from orion.plumbing.db import Database
from orion.plumbing.db.cells import list_text
from orion.plumbing.db.extract import Delimited, compile_text, read_bytes

LINKS = ["https://x.example/a,b.jpg", "https://x.example/c.jpg?q=1,2", "http://x.example/,https://y.example", "http,d"]
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
EVIL = st.text(st.sampled_from("=+-@'\t\r\n\",;\\ a:&<>[]\x01\x02\x7f\u2028\ufeff\uffff"), max_size=8)
VALUES = (TEXTS | EVIL | st.sampled_from([*LINKS, '["x"]', "A:\\\\:b:c"])).map(str.strip).filter(bool)
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS | EVIL | st.sampled_from(['["x"]', '["', "\\.", "6:50 EUR"]),
        st.lists(VALUES, max_size=4) | st.lists(st.sampled_from(LINKS), max_size=3),
        st.none() | st.integers(0, 10**12),
        st.sampled_from(["EUR", "JPY", "KWD", None]),
    ),
    min_size=20,
    max_size=40,
)

Row = tuple[str | None, list[str], int | None, str | None]


@pytest.fixture(scope="module")
def urls(sqlite_template: Any, postgresql_url: str) -> list[str]:
    return [f"sqlite:///{sqlite_template}", postgresql_url]


@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
@given(rows=ROWS, separator=st.sampled_from(",\t"))
def test_delimited_cells(urls: list[str], rows: list[Row], separator: str) -> None:
    def cells(values: dict[str, Any]) -> list[Any]:
        written = amount(values["minor"], values["currency"])
        found = found_once({"text": values["text"], "array": list_text(values["array"]), "amount": written})
        return [filled(safe(cell)) for cell in found.values()]

    data = written_by_both(urls, rows, cells, Delimited(separator))
    read = list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator, strict=True))
    assert data == b"".join(as_line(line, separator) for line in read)
    assert [line[0] for line in read] == [safe_text(text or "") for text, *_ in rows]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for line in read for cell in line)
    texts = pl.DataFrame(read, schema=["text", "array", "amount"], orient="row").select(plain_text(pl.all()))
    for (text, values, minor, currency), (cell, joined, written) in zip(rows, texts.rows(), strict=True):
        assert cell == (text or "")
        assert (orjson.loads(parse_list(joined)) if joined else []) == values
        if minor is None or currency is None:
            assert written == ""
        else:
            assert written == str(Money(minor, currency))
            assert parse_price(written, currency)[:2] == (minor, currency)


@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
@given(rows=ROWS)
def test_elements(urls: list[str], rows: list[Row]) -> None:
    def cells(values: dict[str, Any]) -> list[Any]:
        array = sa.func.nullif(values["array"], "[]")
        texts = dict.fromkeys(("title", "installment"), values["text"])
        return list(export_xml.elements(texts | {"product_highlight": array, "product_detail": array}))

    lines = written_by_both(urls, rows, cells, export_xml.FORM, export_xml.items)
    items = ElementTree.fromstring(b"<all xmlns:g='g'>" + lines + b"</all>")  # noqa: S314 (our own)
    assert len(items) == len(rows)
    for (text, values, *_), item in zip(rows, items, strict=True):
        assert [element.text or "" for element in item.findall("{g}title")] == ([clean(text)] if text else [])
        assert [element.text or "" for element in item.findall("{g}product_highlight")] == list(map(clean, values))
        details = item.findall("{g}product_detail")
        assert len(details) == len(values)
        plain = ((joined(element), value) for element, value in zip(details, values, strict=True))
        assert all(text == value for text, value in plain if clean(value) == value)
        assert len(item.findall("{g}installment")) == bool(text)


def test_lists_are_quoted_only_where_they_must_be(urls: list[str]) -> None:
    lists = {
        "a": ["a"],
        "a > b,c d": ["a > b", "c d"],
        ",".join(LINKS[:2]): LINKS[:2],
        "https://x.example/1,https://x.example/2": ["https://x.example/1", "https://x.example/2"],
        '"a, b","c"': ["a, b", "c"],
        '"https://x.example/1","c"': ["https://x.example/1", "c"],
        '"say ""x"""': ['say "x"'],
        "漢字,é": ["漢字", "é"],
        "": [],
    }
    rows: list[Row] = [('["x"]', values, None, None) for values in lists.values()]
    data = written_by_both(urls, rows, lambda values: [sa.null(), list_text(values["array"])], Delimited("\t"))
    read = csv.reader(io.StringIO(data.decode(), newline=""), delimiter="\t", strict=True)
    assert [line[1] for line in read] == list(lists)


def written_by_both(
    urls: Sequence[str], rows: Sequence[Row], cells: Any, form: Delimited, finish: Any = bytes
) -> bytes:
    """What both databases write, which is the same."""
    first, second = (finish(asyncio.run(written(url, rows, cells, form))) for url in urls)
    assert first == second
    return bytes(first)


async def written(url: str, rows: Sequence[Row], cells: Any, form: Delimited) -> bytes:
    database = Database(url)
    try:
        selects = [
            sa.select(
                sa.literal(text, sa.Text).label("text"),
                stored(values, at, database.is_sqlite).label("array"),
                sa.cast(sa.literal(minor, sa.BigInteger), sa.BigInteger).label("minor"),
                sa.cast(sa.literal(currency, sa.Text), sa.Text).label("currency"),
            )
            for at, (text, values, minor, currency) in enumerate(rows)
        ]
        statement = compile_text(sa.select(*cells(dict(sa.union_all(*selects).subquery().c))), database.engine.dialect)
        async with database.reading() as session:
            data, count = await read_bytes(await session.connection(), statement, form, [1])
        assert count == len(rows)
        return data
    finally:
        await database.dispose()


def stored(values: list[str], at: int, is_sqlite: bool) -> Any:
    """The list as the database has it: SQLite keeps the text that it was given by either of two writers."""
    if is_sqlite:
        return sa.literal(json.dumps(values) if at % 2 else orjson.dumps(values).decode(), sa.Text)
    return sa.cast(sa.cast(sa.literal(orjson.dumps(values).decode(), sa.Text), JSONB), sa.Text)


def as_line(cells: Sequence[str], separator: str) -> bytes:
    """The cells as RFC 4180 has them, quoted where they must be."""
    quoted = (
        '"' + cell.replace('"', '""') + '"' if set(cell) & {separator, '"', "\r", "\n"} else cell for cell in cells
    )
    return (separator.join(quoted) + "\n").encode()


def joined(element: ElementTree.Element) -> str:
    """The text of an element with parts, or with none."""
    parts = [(part.tag.removeprefix("{g}"), part.text or "") for part in element]
    return join_parts("product_detail", parts) if parts else element.text or ""


def clean(text: str) -> str:
    return "".join(sign for sign in text if ord(sign) not in export_xml.NOT_XML)
