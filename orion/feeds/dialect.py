"""How a feed is written: its encoding, its delimiter, its line ends; and rewriting it as UTF-8 where it is not."""

import codecs
import csv
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import charset_normalizer

from orion.feeds.formats import byte_order_mark, wide_encoding
from orion.feeds.scan import SAMPLE_BYTES, TextScan

DELIMITERS = ",;\t|"
_CHUNK_BYTES = 1 << 20
_RECORDS = 50
_QUOTED = re.compile(r'"[^"]*"')
_SEPARATOR_LINE = re.compile(rf'"?sep=([{DELIMITERS}])"?(\r\n|\n|\r)', re.IGNORECASE)
# Bytes that cp1252 leaves undefined or that its languages do not use (þ, ÿ, ð): damage rather than letters.
_UNLIKELY = (0x81, 0x8D, 0x8F, 0x90, 0x9D, 0xD0, 0xDE, 0xF0, 0xFE, 0xFF)
_C1 = slice(0x80, 0xA0)
_CURRENCY_SIGN = 0xA4
_ENOUGH_TO_GUESS = 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a feed is written.

    `encoding` is a Python codec; the first `mark` bytes of the file are a byte order mark. The header starts `skip`
    characters (all ASCII) after it, behind an Excel line that names the delimiter. `mac_line_ends`: records end with
    a lone CR.
    """

    encoding: str
    mark: int
    delimiter: str
    skip: int
    mac_line_ends: bool


def detect(scan: TextScan) -> Dialect:
    """Tell the dialect from a finished scan of the whole file."""
    sample = bytes(scan.sample)
    encoding, mark = byte_order_mark(sample)
    if encoding is None:
        encoding = wide_encoding(sample) or _narrow_encoding(scan)
    # A byte order mark is not always true: some programs put the one of UTF-8 before anything.
    elif encoding == "utf-8" and not _mostly_utf8(scan, marks=1):
        encoding = _single_byte_encoding(scan)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample[mark:])
    truncated = len(sample) >= SAMPLE_BYTES
    separator = _SEPARATOR_LINE.match(text)
    skip = separator.end() if separator else 0
    return Dialect(
        encoding=encoding,
        mark=mark,
        delimiter=separator[1] if separator else _delimiter(text, truncated),
        skip=skip,
        mac_line_ends=_mac_line_ends(text, truncated),
    )


def to_utf8(
    source: Path, target: Path, encoding: str, *, mark: int = 0, mac_line_ends: bool = False
) -> tuple[str, int]:
    """Write `source`, less its first `mark` bytes, to `target` as UTF-8. Returns its SHA-256 (hex) and its size.

    `mac_line_ends` turns every kind of line end into LF. What cannot be decoded becomes U+FFFD, except that broken
    bytes in UTF-8 stay as they are. Blocking: call it in a thread.
    """
    errors = "surrogateescape" if encoding == "utf-8" else "replace"
    inner = codecs.getincrementaldecoder(encoding)(errors)
    decoder = io.IncrementalNewlineDecoder(inner, translate=True) if mac_line_ends else inner
    digest = hashlib.sha256()
    size = 0
    with source.open("rb") as reading, target.open("wb") as writing:
        reading.seek(mark)
        final = False
        while not final:
            chunk = reading.read(_CHUNK_BYTES)
            final = not chunk
            piece = decoder.decode(chunk, final).encode("utf-8", errors)
            digest.update(piece)
            size += writing.write(piece)
    return digest.hexdigest(), size


def _mostly_utf8(scan: TextScan, marks: int = 0) -> bool:
    """Whether the bytes beyond ASCII are UTF-8, perhaps with some damage.

    Text of a single-byte encoding is UTF-8 by chance in fewer than one of a hundred such bytes, so one in six is
    proof enough; guessing UTF-8 wrongly shows as damaged rows, guessing the other wrongly would garble in silence.
    """
    if scan.invalid == 0:
        return True
    if scan.valid > marks:
        return scan.valid * 5 >= scan.invalid
    return int(scan.high[list(_UNLIKELY)].sum()) >= scan.invalid


def _narrow_encoding(scan: TextScan) -> str:
    return "utf-8" if _mostly_utf8(scan) else _single_byte_encoding(scan)


def _single_byte_encoding(scan: TextScan) -> str:
    """cp1252, latin-1 or iso8859-15 by the bytes in which they differ; old DOS and Mac files by their letters."""
    counts = scan.high
    c1, total = int(counts[_C1].sum()), int(counts.sum())
    if total >= _ENOUGH_TO_GUESS and c1 > total / 2:
        matches = charset_normalizer.from_bytes(
            bytes(scan.odd), cp_isolation=["cp1252", "cp850", "mac_roman"], preemptive_behaviour=False
        )
        best = matches.best()
        if best is not None and best.encoding in ("cp850", "mac_roman"):
            return best.encoding
    if c1:
        return "cp1252"
    # The generic currency sign is in no feed; where it stands, iso8859-15 has the euro sign.
    return "iso8859-15" if counts[_CURRENCY_SIGN] else "latin-1"


def _delimiter(text: str, truncated: bool) -> str:
    """The delimiter that cuts the header into most fields and the first records into as many; a comma at worst."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        widths = _widths(text, delimiter, truncated)
        if not widths:
            continue
        header, *rows = widths
        alike = rows.count(header) / len(rows) if rows else 1.0
        score = (header - 1) * (0.25 + alike)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _widths(text: str, delimiter: str, truncated: bool) -> list[int]:
    """The number of fields of the header and the first records, blank lines left out."""
    widths: list[int] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if record:
                widths.append(len(record))
            if len(widths) > _RECORDS:
                return widths
    except csv.Error:  # a field longer than the sample is worth; the records before it are enough
        return widths
    return widths[:-1] if truncated and len(widths) > 1 else widths


def _mac_line_ends(text: str, truncated: bool) -> bool:
    outside = _QUOTED.sub("", text[:-1] if truncated else text)
    return "\r" in outside and "\n" not in outside
