"""Getting the one file out of a plain, gzip or zip feed, with bounds on what it may grow to."""

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from orion.feeds.errors import FeedTruncated, FeedUnreadable
from orion.feeds.formats import LOOK_BYTES, refuse_other_formats
from orion.plumbing.inflate import GZIP_MAGIC, Inflate
from orion.plumbing.zip_directory import directory_bytes

READ_BYTES = 1 << 20
MAX_RATIO = 200
RATIO_COUNTS_FROM = 64 << 20
MAX_DIRECTORY_BYTES = 1 << 20
_DATA_SUFFIXES = {".csv", ".tsv", ".txt", ".xml", ".rss", ".atom"}
_OFFICE = {
    "[content_types].xml": "an Office document (such as an Excel workbook, .xlsx)",
    "mimetype": "an OpenDocument file",
}


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Where the bare bytes are: `path` is the source itself when it was not packed. `member` is a zip's file."""

    path: Path
    container: Literal["plain", "gzip", "zip"]
    member: str | None
    size: int


def unpack(
    source: Path,
    target: Path,
    *,
    max_bytes: int,
    max_ratio: int = MAX_RATIO,
    observe: Callable[[bytes], None] = lambda _: None,
) -> Unpacked:
    """Unpack `source` into `target`; a plain file stays where it is. Blocking: call it in a thread.

    `observe` sees every unpacked piece on its way (at most 1 MiB each), so that nobody needs to read them again.
    Growing beyond `max_bytes`, or beyond `max_ratio` times the packed size once there are 64 MiB, stops it.
    `target` is left behind half-written when it fails. Raises FeedUnreadable (`feed_empty`, `feed_not_csv`,
    `feed_corrupt`, `feed_too_large`) or FeedTruncated (`feed_truncated`).
    """
    packed = source.stat().st_size
    with source.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        if magic.startswith(GZIP_MAGIC):
            size = _write(_gunzip(file), target, _Bounds(packed, max_bytes, max_ratio), observe)
            return Unpacked(target, "gzip", None, size)
        if magic not in (b"PK\x03\x04", b"PK\x05\x06"):
            size = _write(_read(file), None, _Bounds(packed, max_bytes, None), observe)
            return Unpacked(source, "plain", None, size)
    return _unpack_zip(source, target, _Bounds(packed, max_bytes, max_ratio), observe)


@dataclass(frozen=True, slots=True)
class _Bounds:
    packed: int
    max_bytes: int
    max_ratio: int | None

    def check(self, size: int) -> None:
        if size > self.max_bytes:
            raise FeedUnreadable(
                "feed_too_large",
                f"The feed has more than the {self.max_bytes:,} bytes (unpacked) that a feed may have. Split it.",
            )
        if self.max_ratio and size > RATIO_COUNTS_FROM and size > self.max_ratio * self.packed:
            raise FeedUnreadable(
                "feed_too_large",
                f"The archive of {self.packed:,} bytes unpacks to more than {self.max_ratio} times its size, which no "
                "real feed does. Send the feed unpacked if it is one.",
            )


def _write(pieces: Iterator[bytes], target: Path | None, bounds: _Bounds, observe: Callable[[bytes], None]) -> int:
    """Pass the pieces on, and write them when there is a target. Returns their size in bytes."""
    size = 0
    start = b""
    file = target.open("wb") if target else None
    try:
        for piece in pieces:
            if len(start) < LOOK_BYTES:
                start += piece[: LOOK_BYTES - len(start)]
                refuse_other_formats(start)
            size += len(piece)
            bounds.check(size)
            observe(piece)
            if file:
                file.write(piece)
    finally:
        if file:
            file.close()
    if not start.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n") and size <= LOOK_BYTES:
        raise FeedUnreadable("feed_empty", "The feed is empty. Export it again, with a header and at least one row.")
    return size


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(READ_BYTES):
        yield piece


def _gunzip(file: IO[bytes]) -> Iterator[bytes]:
    stream = Inflate(gzip=True)
    try:
        for packed in _read(file):
            yield from stream.pieces(packed)
    except zlib.error as error:
        raise FeedUnreadable("feed_corrupt", f"The gzip archive is damaged ({error}). Export it again.") from error
    if not stream.complete:
        raise FeedTruncated("feed_truncated", "The gzip archive breaks off before its end. Fetch or upload it again.")


def _unpack_zip(source: Path, target: Path, bounds: _Bounds, observe: Callable[[bytes], None]) -> Unpacked:
    try:
        # Python reads the whole directory into memory: a million names are an attack, not a feed.
        if directory_bytes(source) > MAX_DIRECTORY_BYTES:
            raise FeedUnreadable("feed_too_large", "The zip archive lists far too many files. Pack the feed alone.")
        with zipfile.ZipFile(source) as archive:
            member = _only_feed(archive)
            with archive.open(member) as file:
                size = _write(_read(file), target, bounds, observe)
            return Unpacked(target, "zip", member.filename, size)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        message = f"The zip archive is damaged or cut off ({error or 'it ends too early'}). Export it again."
        raise FeedUnreadable("feed_corrupt", message) from error
    except (NotImplementedError, RuntimeError) as error:
        message = f"The zip archive is packed in a way that cannot be read here ({error}). Pack it with “deflate”."
        raise FeedUnreadable("feed_corrupt", message) from error


def _only_feed(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one file of the archive, or its only .csv, .tsv, .txt or .xml file."""
    files = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_clutter(entry)]
    for entry in files:
        if what := _OFFICE.get(entry.filename.lower()):
            raise FeedUnreadable("feed_not_csv", f"This is {what}. Save it as CSV, and use that.")
    if not files:
        raise FeedUnreadable("feed_empty", "There is no file in the zip archive. Pack the feed again.")
    data = [entry for entry in files if PurePosixPath(entry.filename.lower()).suffix in _DATA_SUFFIXES]
    candidates = files if len(files) == 1 else data
    if len(candidates) != 1:
        names = ", ".join(entry.filename[:100] for entry in files[:10]) + (", …" if len(files) > 10 else "")
        raise FeedUnreadable(
            "feed_corrupt",
            f"The zip archive holds {len(files)} files ({names}), and it is not clear which one is the feed. "
            "Pack the feed alone.",
        )
    if candidates[0].flag_bits & 0x1:
        raise FeedUnreadable("feed_corrupt", "The zip archive is encrypted. Pack the feed without a password.")
    return candidates[0]


def _is_clutter(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is what macOS and Windows put beside the files, or a link."""
    path = PurePosixPath(entry.filename)
    linked = stat.S_ISLNK(entry.external_attr >> 16)
    return linked or path.parts[:1] == ("__MACOSX",) or path.name in (".DS_Store", "Thumbs.db", "desktop.ini")
