"""From records as they stand in a feed to rows as the catalogue keeps them."""

import csv
import io
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.feeds.columns import read_columns
from orion.feeds.issues import MAX_KEPT, Issue
from orion.feeds.normalising import MAX_ID, Normalised, Normaliser, Record

LONG = "€" * (MAX_ID + 1)
KEPT = "The product was imported without it."


def normaliser(header: str, delimiter: str = ",", currency: str = "EUR") -> Normaliser:
    return Normaliser(read_columns(header.split(delimiter)), delimiter, currency)


def normalised(header: str, *raws: str | bytes, delimiter: str = ",", currency: str = "EUR") -> Normalised:
    encoded = [raw if isinstance(raw, bytes) else raw.encode() for raw in raws]
    records = [Record(row, raw, 0) for row, raw in enumerate(encoded, 2)]
    return normaliser(header, delimiter, currency)(records)


def told(found: Normalised) -> list[tuple[int, str, str]]:
    return [(issue.row, issue.severity, issue.type) for issue in found.issues]


def only(found: Normalised) -> Issue:
    (issue,) = found.issues
    return issue


def test_a_plain_feed() -> None:
    found = normalised(
        "id,title,description,price,gtin,availability",
        '1,Lamp,"A ""fine"" lamp,\nbright",29.99 EUR,4006381333931.0,in stock',
        " 2 , Chair\u00a0,,1.234 CHF,,",
    )
    assert found.issues == []
    assert found.frame.rows(named=True) == [
        {
            "record": 0,
            "marketplace_product_id": "1",
            "title": "Lamp",
            "description": 'A "fine" lamp,\nbright',
            "price_minor": 2999,
            "sale_price_minor": None,
            "currency": "EUR",
            "gtin": "4006381333931",
            "availability": "in_stock",
        },
        {
            "record": 1,
            "marketplace_product_id": "2",
            "title": "Chair",
            "description": None,
            "price_minor": 123400,
            "sale_price_minor": None,
            "currency": "CHF",
            "gtin": None,
            "availability": None,
        },
    ]


def test_no_records() -> None:
    found = normaliser("id,title,price")([])
    assert found.frame.height == 0
    assert found.frame.columns == ["record"]
    assert found.issues == []


EXAMPLES: dict[str, tuple[str, object, type[pl.DataType]]] = {
    "text": (" Some text ", "Some text", pl.String),
    "list": ("a, b", '["a","b"]', pl.String),
    "flag": ("oui", True, pl.Boolean),
    "number": ("6.0", 6, pl.Int64),
    "moment": ("31.12.2026", "2026-12-31 00:00:00.000000", pl.String),
}
NAMED = {
    "gtin": ("'4006381333931", "4006381333931", pl.String),
    "availability": ("auf Lager", "in_stock", pl.String),
    "condition": ("neuf", "new", pl.String),
}
FED = [name for name in GOOGLE_ATTRIBUTES if name not in ("sale_price_effective_from", "sale_price_effective_to")]


def test_every_attribute_is_read_by_its_kind() -> None:
    examples = {name: NAMED.get(name) or EXAMPLES[GOOGLE_ATTRIBUTES[name]] for name in FED}
    assert {GOOGLE_ATTRIBUTES[name] for name in FED} == set(EXAMPLES)
    cells = "\t".join(text for text, _, _ in examples.values())
    found = normalised(
        "\t".join(["id", "title", *FED]), f"1\tLamp\t{cells}", "2\tChair" + "\t" * len(FED), delimiter="\t"
    )
    assert found.issues == []
    full, empty = found.frame.rows(named=True)
    assert {name: full[name] for name in FED} == {name: value for name, (_, value, _) in examples.items()}
    assert {empty[name] for name in FED} == {None}
    assert {name: found.frame.schema[name] for name in FED} == {name: kind for name, (_, _, kind) in examples.items()}


@pytest.mark.parametrize(
    ("column", "text", "code", "message"),
    [
        ("gtin", "4006381333932", "invalid_gtin", "The GTIN '4006381333932' has a wrong check digit"),
        ("gtin", "5.90E+12", "invalid_gtin", "The GTIN '5.90E+12' has lost digits in a spreadsheet"),
        ("availability", "maybe", "unknown_availability", "The availability 'maybe' is not known; use in_stock, "),
        ("condition", "broken", "unknown_condition", "The condition 'broken' is not known; use new, "),
        ("adult", "perhaps", "invalid_value", "The adult 'perhaps' is not known; use yes or no"),
        ("multipack", "six", "invalid_value", "The multipack 'six' is not a whole number"),
        ("multipack", "9" * 40, "invalid_value", "The multipack '9999999999"),
        ("availability_date", "soon", "invalid_date", "The availability date 'soon' is not a date; write it like "),
        ("sale_price_effective_date", "all year", "invalid_date", "The sale price effective date 'all year' is not a "),
        (
            "sale_price_effective_date",
            "2026-11-01/x",
            "invalid_date",
            "The sale price effective date '2026-11-01/x' is",
        ),
    ],
)
def test_a_value_that_cannot_be_read_is_left_out_with_a_warning(
    column: str, text: str, code: str, message: str
) -> None:
    found = normalised(f"id,title,{column}", f"1,Lamp,{text}")
    issue = only(found)
    assert (issue.row, issue.severity, issue.type, issue.identifier) == (2, "warning", code, "1")
    assert issue.message.startswith(message)
    assert issue.message.endswith(KEPT)
    assert issue.raw == f"1,Lamp,{text}".encode()
    (row,) = found.frame.drop("record", "marketplace_product_id", "title").rows()
    assert set(row) == {None}


@pytest.mark.parametrize("price", ["-1", "abc", "1.2.3", '"12,34,56"', "12 XYZ"])
def test_a_row_with_an_unreadable_price_is_refused(price: str) -> None:
    found = normalised("id,title,price", "1,Lamp,5", f"2,Chair,{price}", "3,Desk,6")
    issue = only(found)
    assert (issue.row, issue.severity, issue.type, issue.identifier) == (3, "error", "invalid_price", "2")
    assert issue.message.startswith(f"The price {price.strip(chr(34))!r} ")
    assert found.frame["record"].to_list() == [0, 2]
    assert found.frame["price_minor"].to_list() == [500, 600]


def test_rows_without_id_or_title_or_with_a_long_id_are_refused() -> None:
    rows = [",Lamp", '" ",Lamp', "3,", '4," \t\n"', "5,Lamp", f"{LONG},Lamp", f"{LONG[1:]},Lamp", ","]
    found = normalised("id,title", *rows)
    assert told(found) == [
        (2, "error", "missing_id"),
        (3, "error", "missing_id"),
        (4, "error", "missing_title"),
        (5, "error", "missing_title"),
        (7, "error", "id_too_long"),
        (9, "error", "missing_id"),
    ]
    assert [issue.identifier for issue in found.issues] == [None, None, "3", "4", LONG, None]
    assert "256 characters" in found.issues[4].message
    assert found.frame["marketplace_product_id"].to_list() == ["5", LONG[1:]]


def test_nothing_but_the_refusal_is_said_of_a_refused_row() -> None:
    header = "id,title,price,gtin,availability,sale_price,sale_price_effective_date,multipack"
    found = normalised(header, ",Lam\0p,5,1,maybe,x,y,z", "2,,,1,maybe,x,y,z", b"3,L\xff,-1,1,maybe,x,y,z")
    assert told(found) == [
        (2, "error", "missing_id"),
        (3, "error", "missing_title"),
        (4, "error", "invalid_price"),
    ]
    assert found.frame.height == 0


def test_nul_bytes_and_broken_utf8_are_mended_with_one_warning_each() -> None:
    raw = b"2,Cha\0ir\0,caf\xe9 \xff\0"
    found = normalised("id,title,description", "1,Lamp,é", raw, "3,Desk,日本")
    assert told(found) == [(3, "warning", "nul_byte"), (3, "warning", "invalid_encoding")]
    assert {issue.raw for issue in found.issues} == {raw}
    assert {issue.identifier for issue in found.issues} == {"2"}
    assert found.frame["title"].to_list() == ["Lamp", "Chair", "Desk"]
    assert found.frame["description"].to_list() == ["é", "caf\ufffd \ufffd", "日本"]


def test_a_byte_order_mark_is_text_wherever_its_record_stands() -> None:
    for rows in (["\ufeff1,Lamp", "2,Desk"], ["2,Desk", "\ufeff1,Lamp"]):
        assert "\ufeff1" in normalised("id,title", *rows).frame["marketplace_product_id"].to_list()


def test_unknown_columns_are_kept_as_they_are() -> None:
    found = normalised("id,Lieferzeit,title,,Lieferzeit,brand", '1,"3 ""Tage""",Lamp,x, y ,Acme', "2,,Desk,,,")
    assert found.issues == []
    full, empty = found.frame["attributes"].to_list()
    assert json.loads(full) == {"Lieferzeit": '3 "Tage"', "column 4": "x", "Lieferzeit 2": "y"}
    assert empty is None
    assert found.frame["brand"].to_list() == ["Acme", None]


def prices(header: str, *rows: str, currency: str = "EUR") -> tuple[list[tuple[object, ...]], list[str]]:
    found = normalised(header, *rows, currency=currency)
    return found.frame.select("price_minor", "sale_price_minor", "currency").rows(), [i.type for i in found.issues]


def test_prices_take_their_currency_from_themselves_then_the_column_then_the_feed() -> None:
    rows = ["1,a,5,", "2,a,5,usd", "3,a,5 GBP,USD", "4,a,5,€", "5,a,5,EURO", "6,a,5 JPY,EURO"]
    found = normalised("id,title,price,currency", *rows, currency="CHF")
    assert found.frame["currency"].to_list() == ["CHF", "USD", "GBP", "EUR", "JPY"]
    assert found.frame["price_minor"].to_list() == [500, 500, 500, 500, 5]
    assert "names a currency 'EURO' that does not exist" in only(found).message
    assert (only(found).row, only(found).severity) == (6, "error")


def test_a_missing_price_is_a_warning_only_where_the_feed_has_prices() -> None:
    assert prices("id,title,price", "1,a,") == ([(None, None, None)], ["missing_price"])
    assert prices("id,title,sale_price", "1,a,4 USD") == ([(None, 400, "USD")], [])
    assert normalised("id,title", "1,a").issues == []


@pytest.mark.parametrize(
    ("price", "sale", "expected", "message"),
    [
        ("5 USD", "4", (500, 400, "USD"), None),
        ("5", "4 EUR", (500, 400, "EUR"), None),
        ("5 USD", "4 EUR", (500, None, "USD"), "The sale price '4 EUR' is in EUR, the price in USD; it was left out."),
        ("5", "x", (500, None, "EUR"), "The sale price 'x' is not a price; it was left out."),
        ("5", "-1", (500, None, "EUR"), "The sale price '-1' is signed: prices are zero or more, "),
    ],
)
def test_sale_prices(price: str, sale: str, expected: tuple[object, ...], message: str | None) -> None:
    found = normalised("id,title,price,sale_price", f"1,Lamp,{price},{sale}")
    assert found.frame.select("price_minor", "sale_price_minor", "currency").rows() == [expected]
    if message is None:
        assert found.issues == []
    else:
        assert told(found) == [(2, "warning", "invalid_sale_price")]
        assert only(found).message.startswith(message)


def test_a_period_is_two_moments_or_nothing() -> None:
    header = "id,title,sale_price_effective_date"
    found = normalised(header, "1,a,2026-11-01T01:00+01/2026-11-30", "2,a,2026-11-01/soon", "3,a,")
    assert found.frame.select("sale_price_effective_from", "sale_price_effective_to").rows() == [
        ("2026-11-01 00:00:00.000000", "2026-11-30 00:00:00.000000"),
        (None, None),
        (None, None),
    ]
    assert told(found) == [(3, "warning", "invalid_date")]


@pytest.mark.parametrize(
    "header",
    [
        "id,title",
        "id,title,brand,gtin",
        "id,price,title",
        "x,id,y,title,sale_price,color",
        "id,title,currency",
        "title,sale_price_effective_date,note,id,description,adult,price,shipping",
    ],
)
def test_catalogue_columns_are_those_of_the_frame(header: str) -> None:
    feed = normaliser(header)
    frame = feed([Record(2, ",".join(["1"] * len(feed.columns.headers)).encode(), 0)]).frame
    own = {"record", "marketplace_product_id", "title", "description"}
    assert sorted(feed.catalogue_columns) == sorted(set(frame.columns) - own)
    assert frame.columns[:4] == ["record", "marketplace_product_id", "title", "description"]


def test_a_record_is_shown_under_its_headers_whatever_its_shape() -> None:
    feed = normaliser("id,title,note")
    assert feed.row_data(b'1,"a ""b""\nc",') == {"id": "1", "title": 'a "b"\nc', "note": ""}
    assert feed.row_data(b"1,a\0b") == {"id": "1", "title": "a\ufffdb"}
    assert feed.row_data(b"1,a,b,c,d") == {
        "id": "1",
        "title": "a",
        "note": "b",
        "extra field 1": "c",
        "extra field 2": "d",
    }
    assert feed.row_data(b'1,"open \xff') == {"id": "1", "title": '"open \ufffd'}


def test_long_values_and_records_are_cut_in_messages() -> None:
    issue = only(normalised("id,title,price", f"1,a,{'x' * 9000}"))
    assert issue.message.startswith(f"The price '{'x' * 77}...' is not a price")
    assert (issue.raw, issue.is_cut) == (f"1,a,{'x' * 9000}".encode(), False)
    issue = only(normalised("id,title,price", f"1,a,{'x' * 70_000}"))
    assert (len(issue.raw), issue.is_cut) == (MAX_KEPT, True)


SPACE = " \t\n\r\x0b\x0c\x85\xa0\u3000"
CELL = st.lists(st.sampled_from([*'ab",é\n \t#', "\r\n", "\r", "\u3000", "\ufeff", "日", "\x1c"]), max_size=5).map(
    "".join
)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8), st.sampled_from([0, 1]))
def test_fields_are_those_of_the_csv_module_stripped(rows: list[list[str]], quoting: int) -> None:
    raws = []
    for row in rows:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, quoting=quoting, lineterminator="\r\n").writerow(row)  # type: ignore[arg-type]  # 0 or 1
        raws.append(buffer.getvalue().removesuffix("\r\n").encode())
    expected = [tuple(cell.strip(SPACE) or None for cell in row) for row in rows]
    assert normaliser("id,title,description").parse(raws).rows() == expected
