# ruff: noqa: RUF001 - the dash is one of the characters in which the encodings differ
"""From the file as it came to text that can be read, in one step."""

import codecs
import gzip
import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from orion.feeds.errors import FeedTruncated, FeedUnreadable
from orion.feeds.prepare import Prepared, prepare

TEXT = "id;title\n1;Crème brûlée – 5 €\n2;Größe\n"
BOUND = 1_000_000


class Preparer:
    """Prepares bytes in the test's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.raw, self.target = folder, folder / "raw", folder / "feed"

    def __call__(self, raw: bytes) -> Prepared:
        self.raw.write_bytes(raw)
        prepared = prepare(self.raw, self.target, max_bytes=BOUND)
        text = prepared.path.read_bytes()
        assert prepared.digest == hashlib.sha256(text).hexdigest()
        assert prepared.size == len(text)
        assert set(self.folder.iterdir()) == {self.raw, prepared.path}
        assert self.raw.read_bytes() == raw
        return prepared


@pytest.fixture
def preparer(tmp_path: Path) -> Preparer:
    return Preparer(tmp_path)


def zipped(body: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feed.csv", body)
    return buffer.getvalue()


def test_a_plain_utf8_feed_is_not_copied(preparer: Preparer) -> None:
    prepared = preparer(TEXT.encode())
    assert (prepared.path, prepared.encoding, prepared.delimiter) == (preparer.raw, "utf-8", ";")
    assert prepared.start_offset == 0


def test_a_mark_and_a_separator_line_are_skipped_not_cut(preparer: Preparer) -> None:
    prepared = preparer(codecs.BOM_UTF8 + b"sep=;\r\n" + TEXT.encode())
    assert (prepared.path, prepared.start_offset) == (preparer.raw, 10)


def test_broken_utf8_is_left_for_the_rows_to_tell(preparer: Preparer) -> None:
    assert preparer(TEXT.encode() + b"3;\xff\n").path == preparer.raw


@pytest.mark.parametrize("pack", [gzip.compress, zipped], ids=["gzip", "zip"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_packed_feeds_of_any_encoding(preparer: Preparer, pack: type[bytes], encoding: str) -> None:
    prepared = preparer(pack(TEXT.encode(encoding)))
    assert prepared.path == preparer.target
    assert prepared.path.read_bytes()[prepared.start_offset :].decode() == TEXT
    assert prepared.delimiter == ";"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_plain_feeds_of_other_encodings_are_rewritten(preparer: Preparer, encoding: str) -> None:
    prepared = preparer(("sep=;\n" + TEXT).encode(encoding))
    assert (prepared.path, prepared.start_offset) == (preparer.target, 6)
    assert prepared.path.read_bytes().decode() == "sep=;\n" + TEXT
    assert prepared.encoding.startswith(encoding)


def test_old_mac_files_get_usual_line_ends(preparer: Preparer) -> None:
    prepared = preparer(TEXT.replace("\n", "\r").encode())
    assert (prepared.path.read_bytes(), prepared.encoding) == (TEXT.encode(), "utf-8")


def test_a_large_feed_of_another_encoding_has_the_digest_of_its_text(tmp_path: Path) -> None:
    row = "1;Äöüß äöü\n"
    (tmp_path / "raw").write_bytes(row.encode("cp1252") * 400_000)
    prepared = prepare(tmp_path / "raw", tmp_path / "feed", max_bytes=10_000_000)
    assert prepared.digest == hashlib.sha256(row.encode() * 400_000).hexdigest()
    assert prepared.encoding == "latin-1"


@pytest.mark.parametrize(
    ("raw", "code", "retryable"),
    [
        (b"", "feed_empty", False),
        (gzip.compress(TEXT.encode() * 10)[:-9], "feed_truncated", True),
        (zipped(TEXT.encode())[:-30], "feed_corrupt", False),
        (gzip.compress(b"id\n" + b"\0" * 2_000_000), "feed_too_large", False),
        (b"<!doctype html><title>No such page</title>", "feed_not_csv", False),
    ],
    ids=["empty", "cut gzip", "cut zip", "bomb", "page"],
)
def test_what_cannot_be_read_leaves_nothing_behind(preparer: Preparer, raw: bytes, code: str, retryable: bool) -> None:
    with pytest.raises((FeedUnreadable, FeedTruncated)) as caught:
        preparer(raw)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert list(preparer.folder.iterdir()) == [preparer.raw]
