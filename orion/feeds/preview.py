"""A look at the columns of a feed before it is imported: what each is taken for, why, and what it might be."""

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orion.feeds.columns import IGNORE, KEEP, REQUIRED, column_key, judge_columns, nearest_targets
from orion.feeds.errors import FeedUnreadable
from orion.feeds.head import Head, read_head
from orion.feeds.prepare import prepare
from orion.feeds.start import parse_feed_url
from orion.plumbing.http import fetch_to_file
from orion.plumbing.inflate import GZIP_MAGIC
from orion.plumbing.settings import Settings

PREVIEW_BYTES = 4 << 20
"""So much of a feed is fetched for a look."""
_UNPACKED = 8 << 20
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """One column: `target` is an attribute, "keep" or "ignore"; `why`: saved, exact, alias or unknown.

    `suggestions` are attributes that the feed lacks and the header looks like, best first.
    """

    header: str
    samples: list[str]
    target: str
    why: str
    suggestions: list[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """The columns of a feed in order, and the required attributes that none of them is."""

    columns: list[ColumnGuess]
    missing: list[str]


async def fetch_head(settings: Settings, source_url: str) -> Head:
    """The head of the feed at an address: only its beginning is fetched. Not to be called within a transaction.

    Raises Invalid (`invalid_source_url`) and what a download and an unreadable feed raise.
    """
    url = parse_feed_url(source_url)
    folder = Path(tempfile.mkdtemp(prefix="orion-preview-"))
    try:
        raw = folder / "raw"
        await fetch_to_file(
            url, raw, settings=settings, max_bytes=PREVIEW_BYTES, timeout_seconds=_SECONDS, only_beginning=True
        )
        return look_at(raw)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def look_at(raw: Path) -> Head:
    """The head of a feed of which `raw` is the beginning, or all. Raises FeedUnreadable."""
    plain = raw.with_name("plain")
    plain.write_bytes(_unpacked_beginning(raw))
    return read_head(prepare(plain, raw.with_name("feed.csv"), max_bytes=4 * _UNPACKED, only_beginning=True))


def judge_head(head: Head, mapping: Mapping[str, str]) -> Preview:
    """What an import under this mapping (column key -> target) would take each column for."""
    columns = judge_columns(head.headers, mapping)
    guesses = []
    for position, header in enumerate(head.headers):
        meaning, why = columns.meanings[position], columns.reasons[position]
        target = IGNORE if position in columns.ignored else meaning or KEEP
        near = nearest_targets(header, columns) if why == "unknown" and column_key(header) else []
        guesses.append(ColumnGuess(header, head.samples[position], target, why, near))
    return Preview(guesses, [name for name in REQUIRED if not columns.has(name)])


def _unpacked_beginning(raw: Path) -> bytes:
    with raw.open("rb") as file:
        start = file.read(PREVIEW_BYTES)
    try:
        if start.startswith(GZIP_MAGIC):
            return zlib.decompressobj(31).decompress(start, _UNPACKED)
        if start.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(raw) as archive:
                names = [entry for entry in archive.infolist() if not entry.is_dir()]
                with archive.open(names[0]) as member:
                    return member.read(_UNPACKED)
    except (zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError, IndexError) as error:
        message = f"The archive is damaged, locked or too large for a look ({error}). Import it, or use it unpacked."
        raise FeedUnreadable("feed_corrupt", message) from None
    return start
