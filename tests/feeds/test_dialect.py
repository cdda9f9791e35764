# ruff: noqa: RUF001 - the characters in which the encodings differ are the point here
"""Encodings, delimiters and line ends of feeds, and their way to UTF-8."""

import codecs
import hashlib
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from orion.feeds.dialect import Dialect, detect, to_utf8
from orion.feeds.scan import TextScan

FRENCH = 'id;title;description\n1;Crème brûlée;"Un dessert, délicieux\nà souhait"\n2;Château;Où ça ?\n'
GERMAN = "id;title;description\n1;Große Schüssel;Für Küche und Haushalt\n2;Äpfel;Schöne Äpfel – 5 €\n"
ENGLISH = "id,title\n" + "".join(f"{n},Chair number {n}\n" for n in range(1000))


def scanned(raw: bytes, piece: int = 1 << 20) -> Dialect:
    scan = TextScan()
    for start in range(0, len(raw), piece):
        scan.update(raw[start : start + piece])
    scan.finish()
    return detect(scan)


@pytest.mark.parametrize(
    ("raw", "encoding", "mark"),
    [
        (ENGLISH.encode(), "utf-8", 0),
        (FRENCH.encode(), "utf-8", 0),
        (codecs.BOM_UTF8 + FRENCH.encode(), "utf-8", 3),
        (codecs.BOM_UTF16_LE + FRENCH.encode("utf-16-le"), "utf-16-le", 2),
        (codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be"), "utf-16-be", 2),
        (codecs.BOM_UTF32_LE + FRENCH.encode("utf-32-le"), "utf-32-le", 4),
        (codecs.BOM_UTF32_BE + FRENCH.encode("utf-32-be"), "utf-32-be", 4),
        (FRENCH.encode("utf-16-le"), "utf-16-le", 0),
        (FRENCH.encode("utf-16-be"), "utf-16-be", 0),
        (FRENCH.encode("latin-1"), "latin-1", 0),
        (GERMAN.encode("cp1252"), "cp1252", 0),
        ("id;price\n1;5 €\n2;Café\n".encode("iso8859-15"), "iso8859-15", 0),
        ("id,title\n1,Café\n".encode("latin-1"), "latin-1", 0),
        ("id,title\n1,L’été\n".encode("cp1252"), "cp1252", 0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_encoding_is_told_at_any_size_of_pieces(raw: bytes, encoding: str, mark: int) -> None:
    for piece in (1, 7, 1 << 20):
        dialect = scanned(raw, piece)
        assert (dialect.encoding, dialect.mark) == (encoding, mark)


@pytest.mark.parametrize(
    "raw",
    [
        FRENCH.encode() + b"3;Broken \xe9 here;\xff\n",
        ENGLISH.encode() + b"1001,\xff\xfe\n",
        FRENCH.encode() * 50 + FRENCH.encode("cp1252") * 50,
        codecs.BOM_UTF8 + FRENCH.encode() + b"3;\xe9\n",
        ENGLISH.encode() + b"1001,zero \0 byte\n",
    ],
    ids=["among accents", "alone", "half and half", "with a mark", "zero byte"],
)
def test_some_broken_bytes_do_not_change_utf8(raw: bytes) -> None:
    assert scanned(raw).encoding == "utf-8"


@pytest.mark.parametrize("encoding", ["mac_roman", "cp850"])
@pytest.mark.parametrize("text", [FRENCH * 5, GERMAN.replace(" – 5 €", "") * 5], ids=["French", "German"])
def test_old_dos_and_mac_files_are_told_by_their_letters(encoding: str, text: str) -> None:
    assert scanned(text.encode(encoding)).encoding == encoding


def test_a_mark_of_utf8_before_another_encoding_is_not_believed() -> None:
    dialect = scanned(codecs.BOM_UTF8 + GERMAN.encode("cp1252"))
    assert (dialect.encoding, dialect.mark) == ("cp1252", 3)


def test_what_comes_late_in_a_large_file_counts() -> None:
    late = "x,L’été – œuvre\n".encode("cp1252")
    assert scanned(ENGLISH.encode() * 60 + late).encoding == "cp1252"
    assert scanned("y,été\n".encode("latin-1") * 600_000 + late).encoding == "cp1252"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("id,title\n1,x\n", ","),
        ("id;title;price\n1;a, b, c;1,50\n2;d, e, f;2,50\n", ";"),
        ("id\ttitle, long\tprice\n1\ta, b\t2\n", "\t"),
        ("id|title|a;b\n1|x|y\n", "|"),
        ('"id;x","title;y"\n"1;1","2;2"\n', ","),
        ('"id","title"\n1,"a;b;c\nd;e;f"\n2,"g;h;i"\n', ","),
        ('id;title\n1;"never closed, at, all\n2;x\n3;y\n', ";"),
        ("id;title;a;b\n1\n2,3\n4,5\n6,7\n", ";"),
        ("\n\nid;title\n1;x\n", ";"),
        ("id\n1\n", ","),
        ("id;title", ";"),
        ("id;title\r1;x\r", ";"),
        ("sep=|\nid;x|title\n", "|"),
        ('"sep=;"\r\nid,x,y;title\r\n', ";"),
        ("id,title\n1," + "x" * 400_000 + "\n", ","),
    ],
)
def test_the_delimiter(text: str, delimiter: str) -> None:
    assert scanned(text.encode()).delimiter == delimiter
    assert scanned(text.encode("utf-16")).delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "skip"), [("sep=;\nid;title\n", 6), ('"SEP=,"\r\nid\n', 9), ("sep=;", 0), ("separator;id\n", 0)]
)
def test_the_line_that_names_the_delimiter_is_skipped(text: str, skip: int) -> None:
    assert scanned(text.encode()).skip == skip


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("id,title\r1,x\r", True),
        ('id,title\r1,"two\nlines"\r', True),
        ("id,title\r\n1,x\r\n", False),
        ('id,title\n1,"two\rlines"\n', False),
        ("id,title\r\r\n1,x\r\r\n", False),
        ("id,title", False),
        ("id,title\n1," + "x\r" * 200_000, False),
    ],
)
def test_mac_line_ends(text: str, mac: bool) -> None:
    assert scanned(text.encode()).mac_line_ends is mac


def converted(folder: Path, raw: bytes, encoding: str, **options: bool | int) -> bytes:
    source, target = folder / "source", folder / "target"
    source.write_bytes(raw)
    digest, size = to_utf8(source, target, encoding, **options)  # type: ignore[arg-type]
    text = target.read_bytes()
    assert (digest, size) == (hashlib.sha256(text).hexdigest(), len(text))
    return text


latin = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), min_size=1)
western = st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), min_size=1)
anything = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dialect")


@given(text=anything, encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]))
@example(text="\ud7ff\U0001f600\ufeff" * 400_000, encoding="utf-16-le")
def test_unicode_encodings_round_trip(folder: Path, text: str, encoding: str) -> None:
    assert converted(folder, text.encode(encoding), encoding) == text.encode()


@given(text=western)
def test_cp1252_round_trips(folder: Path, text: str) -> None:
    assert converted(folder, text.encode("cp1252"), "cp1252") == text.encode()


@given(cells=st.lists(latin, min_size=1))
def test_latin_text_told_and_converted_is_the_same_text(folder: Path, cells: list[str]) -> None:
    text = "id;title;é\n" + "".join(f"{n};{cell};déjà été\n" for n, cell in enumerate(cells))
    for encoding in ("latin-1", "cp1252"):
        raw = text.replace("\xa4", "").encode(encoding)
        scan = TextScan()
        scan.update(raw)
        scan.finish()
        assume(scan.valid == 0)  # letters that by chance are a UTF-8 sequence cannot be told from one
        assert converted(folder, raw, scanned(raw).encoding) == text.replace("\xa4", "").encode()


@given(text=anything, size=st.integers(1, 9))
def test_utf8_is_utf8_however_it_is_cut(text: str, size: int) -> None:
    raw = ("id,title\n" + text.replace("\0", "")).encode()
    scan = TextScan()
    for start in range(0, len(raw), size):
        scan.update(raw[start : start + size])
    scan.finish()
    assert (scan.invalid, scan.valid) == (0, sum(character > "\x7f" for character in text))


def test_mac_line_ends_become_lf_also_across_chunks(folder: Path) -> None:
    text = "id\r1\r\n2\n" * 300_000
    for lead in ("", "x"):
        raw = (lead + text).encode()
        assert converted(folder, raw, "utf-8", mac_line_ends=True) == (lead + "id\n1\n2\n" * 300_000).encode()


def test_broken_bytes_stay_in_utf8_and_are_replaced_elsewhere(folder: Path) -> None:
    assert converted(folder, b"a\xe9\rb\xff\r", "utf-8", mac_line_ends=True) == b"a\xe9\nb\xff\n"
    assert converted(folder, b"a\x81b", "cp1252") == "a\ufffdb".encode()
    assert converted(folder, b"a\x00\x00\xd8b\x00c", "utf-16-le") == "a\ufffdb\ufffd".encode()


def test_a_mark_is_left_out(folder: Path) -> None:
    raw = codecs.BOM_UTF16_LE + "é".encode("utf-16-le")
    assert converted(folder, raw, "utf-16-le", mark=2) == "é".encode()
