"""Getting the feed out of what came, whatever it is packed in."""

import gzip
import io
import re
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from orion.feeds.errors import FeedTruncated, FeedUnreadable
from orion.feeds.unpack import Unpacked, unpack

FEED = b"id,title\n1,Chair\n"
BOUND = 10_000_000


def packed(body: bytes) -> bytes:
    """Gzip of the body, the same bytes at every run (they are in test names)."""
    return gzip.compress(body, 6, mtime=0)


class Unpacker:
    """Unpacks bytes in the test's folder."""

    def __init__(self, folder: Path) -> None:
        self.source, self.target = folder / "raw", folder / "feed"

    def __call__(self, raw: bytes, *, max_bytes: int = BOUND) -> tuple[Unpacked, bytes]:
        self.source.write_bytes(raw)
        seen = bytearray()
        unpacked = unpack(self.source, self.target, max_bytes=max_bytes, observe=seen.extend)
        assert bytes(seen) == unpacked.path.read_bytes()
        assert unpacked.size == len(seen)
        return unpacked, bytes(seen)

    def fails(self, raw: bytes, code: str, match: str, *, max_bytes: int = BOUND) -> None:
        self.source.write_bytes(raw)
        with pytest.raises((FeedUnreadable, FeedTruncated), match=match) as caught:
            unpack(self.source, self.target, max_bytes=max_bytes)
        assert caught.value.code == code
        assert caught.value.retryable == (code == "feed_truncated")


@pytest.fixture
def unpacker(tmp_path: Path) -> Unpacker:
    return Unpacker(tmp_path)


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def test_a_plain_feed_stays_where_it_is(unpacker: Unpacker) -> None:
    unpacked, text = unpacker(FEED)
    assert unpacked == Unpacked(unpacker.source, "plain", None, len(FEED))
    assert text == FEED
    assert not unpacker.target.exists()


@pytest.mark.parametrize(
    "raw",
    [
        packed(FEED),
        packed(FEED[:4]) + packed(b"") + packed(FEED[4:]),
        packed(FEED) + b"\0" * 512,
        packed(FEED) + b"signature",
    ],
)
def test_gzip(unpacker: Unpacker, raw: bytes) -> None:
    unpacked, text = unpacker(raw)
    assert (unpacked.container, unpacked.path, text) == ("gzip", unpacker.target, FEED)


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20])
def test_gzip_of_sizes_around_a_piece(unpacker: Unpacker, size: int) -> None:
    body = (b"abc,def\n" * (size // 8 + 1))[:size]
    assert unpacker(packed(body))[1] == body


def test_a_gzip_cut_anywhere_is_truncated(unpacker: Unpacker) -> None:
    raw = packed(FEED)
    for end in range(4, len(raw)):
        unpacker.fails(raw[:end], "feed_truncated", "breaks off")
    unpacker.fails(packed(FEED) + raw[:9], "feed_truncated", "breaks off")


def test_a_damaged_gzip_is_corrupt(unpacker: Unpacker) -> None:
    raw = bytearray(packed(FEED * 100))
    raw[-6] ^= 1
    unpacker.fails(bytes(raw), "feed_corrupt", "damaged")


@pytest.mark.parametrize(
    ("files", "member"),
    [
        ({"feed.csv": FEED}, "feed.csv"),
        ({"data": FEED}, "data"),
        ({"a/": b"", "a/b/products.TSV": FEED}, "a/b/products.TSV"),
        ({"readme.md": b"x", "feed.txt": FEED, "logo.png": b"\x89PNG"}, "feed.txt"),
        ({"feed.csv": FEED, "__MACOSX/._feed.csv": b"x", ".DS_Store": b"x"}, "feed.csv"),
        ({"../../etc/feed.csv": FEED}, "../../etc/feed.csv"),
    ],
)
def test_zip(unpacker: Unpacker, files: dict[str, bytes], member: str) -> None:
    unpacked, text = unpacker(zipped(files))
    assert (unpacked.container, unpacked.path, unpacked.member, text) == ("zip", unpacker.target, member, FEED)
    assert sorted(unpacker.target.parent.iterdir()) == sorted([unpacker.source, unpacker.target])


def test_a_zip_that_leaves_a_choice_names_its_files(unpacker: Unpacker) -> None:
    unpacker.fails(zipped({"fr.csv": FEED, "de.csv": FEED}), "feed_corrupt", re.escape("2 files (fr.csv, de.csv)"))
    unpacker.fails(zipped({"a.md": FEED, "b.md": FEED}), "feed_corrupt", re.escape("2 files (a.md, b.md)"))
    unpacker.fails(zipped({f"{n}.csv": FEED for n in range(12)}), "feed_corrupt", "9.csv, …")


def test_a_zip_without_files_is_empty(unpacker: Unpacker) -> None:
    unpacker.fails(zipped({}), "feed_empty", "no file")
    unpacker.fails(zipped({"folder/": b""}), "feed_empty", "no file")


def test_an_encrypted_zip_is_refused(unpacker: Unpacker) -> None:
    raw = bytearray(zipped({"feed.csv": FEED}))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    unpacker.fails(bytes(raw), "feed_corrupt", "encrypted")


def test_a_zip_of_an_unknown_method_is_refused(unpacker: Unpacker) -> None:
    raw = bytearray(zipped({"feed.csv": FEED}))
    directory = raw.index(b"PK\x01\x02")
    raw[8:10] = raw[directory + 10 : directory + 12] = struct.pack("<H", 97)
    unpacker.fails(bytes(raw), "feed_corrupt", "deflate")


def test_a_zip_cut_or_damaged_anywhere_is_corrupt(unpacker: Unpacker) -> None:
    raw = zipped({"feed.csv": FEED})
    for end in range(4, len(raw)):
        unpacker.fails(raw[:end], "feed_corrupt", "damaged or cut off")
    damaged = bytearray(raw)
    damaged[40] ^= 0x55
    unpacker.fails(bytes(damaged), "feed_corrupt", "damaged")


def test_a_zip_with_an_endless_directory_is_not_read(unpacker: Unpacker) -> None:
    raw = zipped({f"{n:0200}.csv": b"" for n in range(5000)}, zipfile.ZIP_STORED)
    unpacker.fails(raw, "feed_too_large", "far too many files")


@pytest.mark.parametrize("pack", [packed, lambda body: zipped({"feed.csv": body})])
def test_a_bomb_stops_at_the_bound(unpacker: Unpacker, pack: type[bytes]) -> None:
    raw = pack(b"id,title\n" + b"\0" * 60_000_000)
    tracemalloc.start()
    unpacker.fails(raw, "feed_too_large", "more than the 10,000,000 bytes")
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
    tracemalloc.stop()
    assert unpacker.target.stat().st_size <= BOUND


@pytest.mark.parametrize("pack", [packed, lambda body: zipped({"feed.csv": body})])
def test_a_bomb_stops_at_an_unreasonable_ratio(unpacker: Unpacker, pack: type[bytes]) -> None:
    raw = pack(b"id,title\n" + b"a" * (100 << 20))
    unpacker.fails(raw, "feed_too_large", "200 times its size", max_bytes=1 << 32)
    assert unpacker.target.stat().st_size < 66 << 20


def test_a_plain_feed_beyond_the_bound_is_refused(unpacker: Unpacker) -> None:
    unpacker.fails(b"id\n" + b"x" * 20, "feed_too_large", "more than the 22 bytes", max_bytes=22)
    assert unpacker(b"id\n" + b"x" * 19, max_bytes=22)[0].size == 22


@pytest.mark.parametrize("text", [b"", b"\n\n  \r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe\n\0"])
def test_nothing_is_empty_in_every_packing(unpacker: Unpacker, text: bytes) -> None:
    for raw in (text, packed(text), zipped({"feed.csv": text})):
        unpacker.fails(raw, "feed_empty", "empty")


PAGE = "<!DOCTYPE html>\n<html><head><title>\n Log in &amp; go</title></head>"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (PAGE.encode(), "web page titled “Log in & go”"),
        (b"\n\n <HTML><body>502", "web page, not a feed"),
        (b"\xef\xbb\xbf" + PAGE.encode(), "web page titled"),
        (b"\xff\xfe" + PAGE.encode("utf-16-le"), "web page titled “Log in & go”"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "..."><html>', "web page"),
        (b'{"error": "not found"}', "JSON"),
        (b'[{"id": 1}]', "JSON"),
        (b"[]", "JSON"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Excel"),
        (zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}), "xlsx"),
        (zipped({"mimetype": b"application/vnd.oasis", "content.xml": b"<w/>"}), "OpenDocument"),
        (packed(packed(FEED)), "archive inside an archive"),
        (b"BZh91AY", "bzip2"),
    ],
)
def test_other_things_are_told_apart(unpacker: Unpacker, raw: bytes, what: str) -> None:
    unpacker.fails(raw, "feed_not_csv", what)
    if not raw.startswith((b"PK", b"\x1f\x8b")):
        unpacker.fails(packed(raw), "feed_not_csv", what)
        unpacker.fails(zipped({"feed.csv": raw}), "feed_not_csv", what)


@pytest.mark.parametrize("text", [b"[id],[title]\n1,x\n", b"{id};title\n", b'"id","title"\n'])
def test_odd_headers_are_still_feeds(unpacker: Unpacker, text: bytes) -> None:
    assert unpacker(text)[1] == text


def test_a_web_page_far_inside_a_feed_does_not_matter(unpacker: Unpacker) -> None:
    text = b"id,description\n1,<html><title>x</title></html>\n"
    assert unpacker(text)[1] == text
