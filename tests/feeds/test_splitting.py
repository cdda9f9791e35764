"""Cutting a file into records: like the csv module where the file is right, and one record at a time where not."""

import csv
import io
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orion.feeds.issues import MAX_KEPT
from orion.feeds.splitting import MAX_RECORD
from tests.feeds.tables import blocks, blocks_of, faults, records, values, written

PIECES = ["a", "b", "é", '"', ",", ";", "\t", "|", "\n", "\r\n", " ", "日", "'"]
CELLS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Rows of one width, blank lines (rows without fields) between them."""
    width = draw(st.integers(2, 5))
    row = st.lists(CELLS, min_size=width, max_size=width)
    return draw(st.lists(row | st.just([]), max_size=40))


@given(
    rows=tables(),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    max_records=st.sampled_from([1, 2, 7, 100, 5000]),
    last_line_end=st.booleans(),
    data=st.data(),
)
def test_records_and_row_numbers_are_those_of_the_csv_module(
    rows: list[list[str]],
    delimiter: str,
    quoting: int,
    line_end: str,
    max_records: int,
    last_line_end: bool,
    data: st.DataObject,
) -> None:
    raw = written(rows, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    if not last_line_end and rows and rows[-1]:
        raw = raw.removesuffix(line_end.encode())
    width = max((len(row) for row in rows), default=2)
    expected = [(number, row) for number, row in enumerate(rows, 2) if row]
    reader = csv.reader(io.StringIO(raw.decode(), newline=""), delimiter=delimiter)
    assert [row for row in reader if row] == [row for _, row in expected]

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "feed.csv")
        path.write_bytes(b"header line\n" + raw)
        parts = blocks(path, width, delimiter=delimiter, max_records=max_records, offset=12, row=2)
        assert faults(parts) == []
        found = records(parts)
        assert [(row, values(record, delimiter)) for row, record in found] == expected
        assert all(len(part) <= max_records for part in parts)
        if parts:
            assert parts[-1].next_row == len(rows) + 2
            at = data.draw(st.integers(0, len(parts) - 1), label="resume behind block")
            end = parts[at]
            resumed = blocks(
                path, width, delimiter=delimiter, max_records=max_records, offset=end.end_offset, row=end.next_row
            )
            assert records(resumed) == records(parts[at + 1 :])
            assert records(
                blocks(path, width, delimiter=delimiter, offset=end.end_offset, row=end.next_row)
            ) == records(parts[at + 1 :])


def test_blocks_of_a_big_file_join_without_a_seam(tmp_path: Path) -> None:
    rows = [[str(n), f'the "{n}"th\nproduct, ' + "é" * (n % 300), ""] for n in range(6000)]
    path = tmp_path / "feed.csv"
    path.write_bytes(written(rows, lineterminator="\r\n"))
    whole = [(n, row) for n, row in enumerate(rows, 1)]
    for max_records in (80, 99, 1000, 5000):
        parts = blocks(path, 3, max_records=max_records)
        assert faults(parts) == []
        assert [(row, values(record)) for row, record in records(parts)] == whole
        assert parts[-1].end_offset == path.stat().st_size
        for end in parts[:: max(1, len(parts) // 4)]:
            resumed = blocks(path, 3, max_records=max_records, offset=end.end_offset, row=end.next_row)
            assert records(resumed) == [one for one in records(parts) if one[0] >= end.next_row]


def good_rows(count: int, first: int = 2) -> list[bytes]:
    return [b'%d,"Product %d, boxed","A ""fine"" thing",9.99' % (n, n) for n in range(first, first + count)]


@pytest.mark.parametrize("max_records", [100, 1000, 5000])
@pytest.mark.parametrize(
    "bad",
    [
        b'3,"Product 3, boxed,"A fine thing",9.99',
        b'3,"Product 3,A fine thing,9.99',
        b'3,Product 3,A fine thing,"9.99',
        b'3,"Product" 3,A fine thing,9.99',
        b'"3,Product 3,A fine thing,9.99',
    ],
)
def test_an_unbalanced_quote_in_row_3_of_10000_costs_that_row_alone(
    tmp_path: Path, bad: bytes, max_records: int
) -> None:
    lines = good_rows(10_000)
    lines[1] = bad
    path = tmp_path / "feed.csv"
    path.write_bytes(b"\n".join(lines) + b"\n")
    parts = blocks(path, 4, max_records=max_records, row=2)
    assert records(parts) == [(n, line) for n, line in enumerate(lines, 2) if line != bad]
    (fault,) = faults(parts)
    assert (fault.row, fault.severity, fault.type, fault.raw) == (3, "error", "malformed_quotes", bad + b"\n")
    assert "Close it with a double quote" in fault.message


@pytest.mark.parametrize("quoted", [True, False])
def test_feeds_without_other_quotes_lose_one_row_too(tmp_path: Path, quoted: bool) -> None:
    lines = [b'"%d","name","text"' % n if quoted else b"%d,name,text" % n for n in range(2, 50_000)]
    bad = {3: b'3,"name,text', 40_000: b'40000,na"me,"text'}
    for row, line in bad.items():
        lines[row - 2] = line
    path = tmp_path / "feed.csv"
    path.write_bytes(b"\r\n".join(lines))
    parts = blocks(path, 3, row=2)
    assert [fault.row for fault in faults(parts)] == list(bad)
    assert records(parts) == [(n, line) for n, line in enumerate(lines, 2) if n not in bad]


@given(
    place=st.integers(0, 59),
    at=st.integers(0, 200),
    remove=st.booleans(),
    max_records=st.sampled_from([1, 10, 100]),
    line_end=st.sampled_from([b"\n", b"\r\n"]),
)
def test_one_corrupted_record_costs_no_more_than_itself(
    place: int, at: int, remove: bool, max_records: int, line_end: bytes
) -> None:
    lines = good_rows(60)
    line = lines[place]
    if remove:
        quotes = [index for index, byte in enumerate(line) if byte == ord('"')]
        cut = quotes[at % len(quotes)]
        lines[place] = line[:cut] + line[cut + 1 :]
    else:
        at %= len(line) + 1
        lines[place] = line[:at] + b'"' + line[at:]
    others = [(n, line) for n, line in enumerate(lines, 2) if n != place + 2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "feed.csv")
        path.write_bytes(line_end.join(lines) + line_end)
        parts = blocks(path, 4, row=2, max_records=max_records)
        assert [one for one in records(parts) if one[0] != place + 2] == others
        of_it = [row for row, _ in records(parts) if row == place + 2] + [fault.row for fault in faults(parts)]
        assert of_it == [place + 2]
        for end in parts:
            resumed = blocks(path, 4, offset=end.end_offset, row=end.next_row)
            rest = [part for part in parts if part.end_offset > end.end_offset]
            assert records(resumed) == records(rest)
            assert faults(resumed) == faults(rest)


@pytest.mark.parametrize(
    ("line", "type_", "got"),
    [
        (b"3,b", "too_few_fields", 2),
        (b"3", "too_few_fields", 1),
        (b"3,b,c,d", "too_many_fields", 4),
        (b'3,"b\nb"', "too_few_fields", 2),
        (b'3,"b\nb",c,d,', "too_many_fields", 5),
        (b" ", "too_few_fields", 1),
    ],
)
def test_wrong_numbers_of_fields_are_told_with_the_record(tmp_path: Path, line: bytes, type_: str, got: int) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(b"2,b,c\n" + line + b"\n\n5,b,c\n")
    parts = blocks(path, 3, row=2)
    assert records(parts) == [(2, b"2,b,c"), (5, b"5,b,c")]
    (fault,) = faults(parts)
    assert (fault.row, fault.severity, fault.type, fault.raw) == (3, "error", type_, line)
    assert fault.message.startswith(f"The row has {got} fields, the header has 3.")


def test_quotes_inside_an_unquoted_field_are_text(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(b'1,12" pipe,5" x 7"\n2,"b",c\n3,4" pipe,d\r\n')
    parts = blocks(path, 3)
    assert faults(parts) == []
    assert [(row, values(record)) for row, record in records(parts)] == [
        (1, ["1", '12" pipe', '5" x 7"']),
        (2, ["2", "b", "c"]),
        (3, ["3", '4" pipe', "d"]),
    ]


def test_a_lone_cr_is_text_also_beside_a_bad_row(tmp_path: Path) -> None:
    lines = [b"%d,old\rMac,text" % n for n in range(1, 500)]
    lines[2] = b'3,"old\rMac,text'
    lines[4] = b'5,"old"\rMac,text'
    path = tmp_path / "feed.csv"
    path.write_bytes(b"\n".join(lines) + b"\n")
    parts = blocks(path, 3)
    assert [fault.row for fault in faults(parts)] == [3, 5]
    assert records(parts) == [(n, line) for n, line in enumerate(lines, 1) if n not in (3, 5)]


@given(
    raw=st.lists(
        st.sampled_from([b"a", b"b,", b",", b'"', b'""', b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"1,b\n"])
    ).map(b"".join),
    max_records=st.sampled_from([1, 3, 100]),
)
def test_whatever_a_file_holds_rows_are_in_order_and_told_once(raw: bytes, max_records: int) -> None:
    assume(raw)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "feed.csv")
        path.write_bytes(raw)
        parts = blocks(path, 2, max_records=max_records)
        told = sorted([row for row, _ in records(parts)] + [fault.row for fault in faults(parts)])
        assert len(told) == len(set(told))
        assert not told or (told[0] >= 1 and told[-1] < parts[-1].next_row)
        assert parts[-1].end_offset in (len(raw), len(raw) + 1)
        assert [part.end_offset for part in parts] == sorted({part.end_offset for part in parts})
        once = records(parts), [(fault.row, fault.type) for fault in faults(parts)]
        whole = blocks(path, 2)
        assert once == (records(whole), [(fault.row, fault.type) for fault in faults(whole)])


def test_an_empty_rest_of_a_file_has_no_blocks(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(b"id,title\n")
    assert blocks(path, 2, offset=9, row=2) == []


def test_a_record_may_be_as_long_as_max_record_and_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    for over, kept in ((-1000, [1, 2, 3]), (1000, [1, 3])):
        long = b'2,"' + b"x\n" * ((MAX_RECORD + over) // 2) + b'",c'
        path.write_bytes(b"1,b,c\n" + long + b"\n3,b,c\n")
        parts = blocks(path, 3)
        assert [row for row, _ in records(parts)] == kept
        assert [(fault.row, fault.type) for fault in faults(parts)] == [(2, "record_too_long")][: 3 - len(kept)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "max_records"),
    [(b"x" * 1000, 100), (b"line of text\n" * 80, 1000), (b'with ""quotes"", commas\r\n' * 40, 1000)],
    ids=["one line", "many lines", "quotes and commas"],
)
def test_50_mb_in_one_field_are_one_error_in_bounded_memory(tmp_path: Path, text: bytes, max_records: int) -> None:
    path = tmp_path / "feed.csv"
    before, after = good_rows(300), good_rows(300, first=303)
    with path.open("wb") as file:
        file.write(b"\n".join(before) + b'\n302,"')
        for _ in range(50_000_000 // len(text) // 100):
            file.write(text * 100)
        file.write(b'",A fine thing,9.99\n' + b"\n".join(after) + b"\n")
    assert path.stat().st_size > 49_000_000

    tracemalloc.start()
    try:
        told = [
            (records([part]), part.faults, part.end_offset, part.next_row)
            for part in blocks_of(path, 4, max_records=max_records, row=2)
        ]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 * MAX_RECORD
    (fault,) = [fault for _, found, _, _ in told for fault in found]
    assert (fault.row, fault.severity, fault.type) == (302, "error", "record_too_long")
    assert fault.raw.startswith(b'302,"' + text[:20])
    assert len(fault.raw) == MAX_KEPT
    expected = list(enumerate(before, 2)) + list(enumerate(after, 303))
    assert [one for found, _, _, _ in told for one in found] == expected

    offset, row = next((offset, row) for _, _, offset, row in told if row >= 302)
    resumed = blocks(path, 4, max_records=max_records, offset=offset, row=row)
    assert records(resumed) == [one for one in expected if one[0] >= row]
    assert [fault.row for fault in faults(resumed)] == [302][: row <= 302]
