"""From the file as it came to clean text: unpacked, UTF-8, with its delimiter known; an XML feed rewritten as such."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from orion.feeds.dialect import detect, to_utf8
from orion.feeds.formats import is_xml
from orion.feeds.scan import TextScan
from orion.feeds.unpack import unpack
from orion.feeds.xml import flatten


@dataclass(frozen=True, slots=True)
class Prepared:
    """A feed ready to be read.

    `path` has UTF-8 text, whose header starts at byte `start_offset`; it is the raw file itself when nothing had to
    change. `digest` is the SHA-256 (hex) of all bytes at `path`, `size` their number. `encoding` is what the feed
    was written in. `first_row` is the number of the first row behind the header where lines are not what people
    count: the items of an XML feed are counted from 1.
    """

    path: Path
    digest: str
    encoding: str
    delimiter: str
    size: int
    start_offset: int
    first_row: int | None = None


def prepare(raw: Path, target: Path, *, max_bytes: int, only_beginning: bool = False) -> Prepared:
    """Unpack and, where it is not UTF-8 with usual line ends, rewrite the feed at `raw`. Blocking: call in a thread.

    `only_beginning`: the file may break off anywhere. `target` is written only when something has to change, and is
    not left behind half-written. `max_bytes` bounds the unpacked feed. Raises FeedUnreadable (`feed_empty`,
    `feed_not_csv`, `feed_corrupt`, `feed_bad_xml`, `feed_too_large`) or FeedTruncated (`feed_truncated`), both with
    `retryable`.
    """
    unpacked_to = target.with_name(f"{target.name}.unpacked")
    partial = target.with_name(f"{target.name}.part")
    digest = hashlib.sha256()
    scan = TextScan()

    def observe(piece: bytes) -> None:
        scan.update(piece)
        if not scan.settled:  # otherwise the file is rewritten, and the digest is that of the new one
            digest.update(piece)

    try:
        unpacked = unpack(raw, unpacked_to, max_bytes=max_bytes, observe=observe)
        scan.finish()
        if is_xml(bytes(scan.sample)):
            return _from_xml(unpacked.path, target, partial, max_bytes, only_beginning)
        dialect = detect(scan)
        path, hexdigest, size, start = unpacked.path, digest.hexdigest(), unpacked.size, dialect.mark + dialect.skip
        if dialect.encoding != "utf-8" or dialect.mac_line_ends:
            hexdigest, size = to_utf8(
                path, partial, dialect.encoding, mark=dialect.mark, mac_line_ends=dialect.mac_line_ends
            )
            path, start = partial, dialect.skip
        if path != raw:
            path = path.replace(target)
    finally:
        unpacked_to.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
    return Prepared(path, hexdigest, dialect.encoding, dialect.delimiter, size, start)


def _from_xml(source: Path, target: Path, partial: Path, max_bytes: int, only_beginning: bool) -> Prepared:
    done = flatten(source, partial, max_bytes=max_bytes, only_beginning=only_beginning)
    return Prepared(partial.replace(target), done.digest, done.encoding, ",", done.size, 0, first_row=1)
