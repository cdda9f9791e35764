"""Surveying a feed and cutting it into batches of what needs work."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orion.feeds.normalising import Normaliser
from orion.feeds.reading import Batch, Known, Layout, Survey, batches, read_layout, survey
from orion.kernel import Invalid

HEADER = "id,title,price"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reading")


def feed(folder: Path, *rows: str, header: str = HEADER, delimiter: str = ",") -> Layout:
    path = folder / "feed.csv"
    path.write_text("\n".join([header, *rows, ""]), newline="")
    return read_layout(path, delimiter, "EUR")


def surveyed(layout: Layout) -> Survey:
    return survey(layout, Normaliser(layout.columns, layout.delimiter, "EUR"))


def known(hashes: Sequence[int], warned: Sequence[int] = ()) -> Known:
    stored = [hash_ | (hash_ in warned) for hash_ in hashes]
    return Known(np.array(stored, np.uint64).view(np.int64))


def cut(layout: Layout, seen: Known | None = None, *, size: int = 100, stretch: int = 50_000) -> list[Batch]:
    return resumed(layout, seen, offset=layout.offset, row=layout.row, size=size, stretch=stretch)


def resumed(
    layout: Layout, seen: Known | None = None, *, offset: int, row: int, size: int = 100, stretch: int = 50_000
) -> list[Batch]:
    found = surveyed(layout)
    return list(batches(layout, found, seen or known([]), offset=offset, row=row, size=size, stretch=stretch))


def repeats(found: Survey) -> list[tuple[int, int, int]]:
    return list(zip(found.repeated.tolist(), found.first.tolist(), found.winner.tolist(), strict=True))


@pytest.mark.parametrize(
    ("raw", "row", "start"),
    [
        (b"id,title\n1,a\n", 2, 0),
        (b"id,title\r\n1,a\r\n", 2, 0),
        (b"\n\r\n\nid,title\n1,a\n", 5, 0),
        (b'"id","title"\n1,a\n', 2, 0),
        (b'ID,"g:\nTitle"\n1,a\n', 2, 0),
        (b"\xef\xbb\xbfid,title\n1,a\n", 2, 3),
        (b"sep=,\r\nid,title\n1,a\n", 2, 7),
        (b"id,title\n1,a", 2, 0),
    ],
)
def test_the_header_in_all_its_forms(tmp_path: Path, raw: bytes, row: int, start: int) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(raw)
    layout = read_layout(path, ",", "EUR", start=start)
    assert layout.columns.meanings == ("id", "title")
    assert layout.row == row
    assert raw[layout.offset :].strip() == b"1,a"
    (batch,) = cut(layout)
    assert [(record.row, record.raw) for record in batch.records] == [(row, b"1,a")]


@pytest.mark.parametrize("raw", [b"id,title", b"id,title\n", b"id,title\r\n\r\n \n", b"\n\nid,title\n"])
def test_a_feed_of_a_header_alone_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(raw)
    with pytest.raises(Invalid) as raised:
        read_layout(path, ",", "EUR")
    assert raised.value.code == "feed_no_rows"


def test_a_header_without_id_is_refused_with_the_nearest_matches(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as raised:
        feed(tmp_path, "1,a", header="produkt_id,title")
    assert raised.value.code == "missing_columns"
    assert "'produkt_id' looks like 'id'" in raised.value.detail
    assert [error.field for error in raised.value.errors] == ["id"]


@pytest.mark.parametrize("raw", [b'id,"title\n1,a\n', b"id," + b"x" * (2 << 20) + b",title\n1,a,b\n"])
def test_a_header_that_cannot_be_read_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(raw)
    with pytest.raises(Invalid) as raised:
        read_layout(path, ",", "EUR")
    assert raised.value.code == "feed_bad_header"


def test_the_seed_changes_with_what_changes_the_meaning_of_a_record(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    seeds = []
    for header, delimiter, currency in (
        ("id,title,price", ",", "EUR"),
        ("id,title,price", ",", "CHF"),
        ("id,title,sale_price", ",", "EUR"),
        ("id;title;price", ";", "EUR"),
    ):
        path.write_text(f"{header}\n1{delimiter}a{delimiter}5\n")
        seeds.append(read_layout(path, delimiter, currency).seed)
        assert read_layout(path, delimiter, currency).seed == seeds[-1]
    assert len(set(seeds)) == 4


def test_the_survey_counts_records_and_faults_and_finds_repeats(tmp_path: Path) -> None:
    layout = feed(tmp_path, "1,a,5", "2,b,5", "", "too few", "1,c,6", '"1 ",d,7', "3,e,5", "2,f,1,2,3")
    found = surveyed(layout)
    assert found.total == 7
    assert repeats(found) == [(2, 2, 7), (6, 2, 7), (7, 2, 7)]


def test_a_row_that_cannot_be_imported_neither_wins_nor_counts_as_a_repeat(tmp_path: Path) -> None:
    layout = feed(tmp_path, "1,a,5", "1,b,6", "1,c,-1", "1,,6", "2,d,5", "2,e,abc", ",f,5", ",g,5")
    assert repeats(surveyed(layout)) == [(2, 2, 3), (3, 2, 3)]
    (batch,) = cut(layout)
    assert [record.row for record in batch.records] == [3, 4, 5, 6, 7, 8, 9]
    assert batch.skipped == 1
    assert [(issue.row, issue.severity, issue.type, issue.identifier) for issue in batch.issues] == [
        (3, "warning", "duplicate_id", "1")
    ]


def test_the_last_row_wins_and_each_repeat_is_told(tmp_path: Path) -> None:
    layout = feed(tmp_path, "a,5,x1", "b,5,x2", "c,6,x1", 'd,7,"x1"', header="title,price,id")
    (batch,) = cut(layout)
    assert [(record.row, record.raw) for record in batch.records] == [(3, b"b,5,x2"), (5, b'd,7,"x1"')]
    assert (batch.skipped, batch.unchanged) == (2, 0)
    assert [(issue.row, issue.identifier) for issue in batch.issues] == [(4, "x1"), (5, "x1")]
    advice = "Give every product an id of its own."
    assert [issue.message for issue in batch.issues] == [
        f"The id stands in row 2 already and again in row 5. The last row wins: this one was skipped. {advice}",
        f"The id stands in row 2 already. The last row wins: this one was imported, row 2 was not. {advice}",
    ]


def test_identical_lines_are_imported_once_and_stay_unchanged(tmp_path: Path) -> None:
    layout = feed(tmp_path, "1,a,5", "1,a,5", "2,b,5", "1,a,5")
    (first,) = cut(layout)
    assert [record.row for record in first.records] == [4, 5]
    (again,) = cut(layout, known([record.hash for record in first.records]))
    assert again.records == []
    assert (again.skipped, again.unchanged) == (2, 2)
    assert again.issues == first.issues


def test_known_records_need_no_work_and_warned_ones_are_told_anew(tmp_path: Path) -> None:
    layout = feed(tmp_path, "1,a,5", "2,b,", "3,c,5", "4,d,5")
    (first,) = cut(layout)
    by_row = {record.row: record.hash for record in first.records}
    assert len(set(by_row.values())) == 4
    assert all(hash_ & 1 == 0 for hash_ in by_row.values())
    layout = feed(tmp_path, "1,a,5", "2,b,", "3,c,6", "4,d,5", "5,e,5")
    (again,) = cut(layout, known(list(by_row.values()), warned=[by_row[3]]))
    assert [(record.row, record.raw) for record in again.records] == [(4, b"3,c,6"), (6, b"5,e,5")]
    assert [(record.row, record.raw) for record in again.reported] == [(3, b"2,b,")]
    assert (again.unchanged, again.skipped) == (3, 0)


def test_known_hashes() -> None:
    hashes = [2, 4, 2**63 + 6, 2**64 - 2]
    seen = known(hashes, warned=[4, 2**64 - 2])
    assert all(hash_ in seen for hash_ in hashes)
    assert not any(other in seen for other in (0, 6, 2**63 + 4))
    found, warned = seen.find(np.array([4, 6, 2, 2**64 - 2, 0], np.uint64))
    assert found.tolist() == [True, False, True, True, False]
    assert warned.tolist() == [True, False, False, True, False]
    assert 2 not in known([])
    assert known([]).find(np.array([2], np.uint64))[1].tolist() == [False]


ROWS = st.lists(
    st.sampled_from(
        ["1,a,5", "1,a,5", "1,b,x", "2,c,5", "3,d,", ",e,5", "4,,5", "few", "", '5,"x\ny",5', "5,q,1", '6,"o']
    )
    | st.integers(10, 10_000).map(lambda n: f"{n},name,5"),
    min_size=1,
    max_size=60,
).filter(any)


@given(rows=ROWS, size=st.sampled_from([1, 3, 10, 100]), stretch=st.sampled_from([5, 50_000]), data=st.data())
def test_batches_keep_to_their_size_and_resume_anywhere(
    folder: Path, rows: list[str], size: int, stretch: int, data: st.DataObject
) -> None:
    layout = feed(folder, *rows)
    found = surveyed(layout)
    everything = [record.hash for batch in cut(layout) for record in batch.records]
    seen = known(sorted(data.draw(st.sets(st.sampled_from(everything)) if everything else st.just(set()))))
    parts = cut(layout, seen, size=size, stretch=stretch)
    assert all(len(batch.records) <= size for batch in parts)
    told = [record.row for batch in parts for record in batch.records]
    assert told == sorted(set(told))
    counted = sum(len(batch.records) + batch.unchanged + batch.skipped for batch in parts)
    errors = sum(issue.severity == "error" for batch in parts for issue in batch.issues)
    assert counted + errors == found.total
    assert parts[-1].end_offset == layout.path.stat().st_size

    at = data.draw(st.integers(0, len(parts) - 1))
    rest = resumed(layout, seen, offset=parts[at].end_offset, row=parts[at].next_row, size=size, stretch=stretch)
    assert rest == parts[at + 1 :]


def test_a_batch_ends_after_a_stretch_without_work(tmp_path: Path) -> None:
    layout = feed(tmp_path, *(f"{n},name,5" for n in range(1000)))
    (first,) = cut(layout, size=1000)
    seen = known([record.hash for record in first.records])
    parts = cut(layout, seen, size=100, stretch=250)
    assert [batch.unchanged for batch in parts] == [200] * 5
    assert [batch.next_row for batch in parts] == [202, 402, 602, 802, 1002]
    assert all(batch.records == [] for batch in parts)
