"""Cutting a CSV file into records, exactly and with bounded memory, whatever is wrong with single records.

Well-formed stretches are cut by counting quotes and delimiters with numpy. Where a record does not fit (a quote that
never closes, a field count that does not match, a record that is too long) the careful path reads that record on its
own, reports it, and finds the next line that is a whole record again: one bad record never takes others with it.
The file is UTF-8 text (RFC 4180, with LF or CRLF); bytes that are not valid UTF-8 are left for later.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from orion.feeds.grammar import Grammar
from orion.feeds.issues import Issue, error

Ints = NDArray[np.int64]

MAX_RECORD = 1 << 20
"""Bytes. A longer record is reported and skipped."""

_QUOTE, _LF, _CR = 34, 10, 13
_TYPICAL_RECORD = 800
_TAIL = MAX_RECORD
"""Bytes kept while skipping, lest the record that ends the skipping is cut in two."""
_CALM = 20
"""So many good records in a row end the careful path."""


@dataclass(slots=True)
class Block:
    """Records of one stretch of the file. `starts`/`ends` are offsets into `buffer`, line ends left out.

    `replaced` holds, by index, records that had to be rewritten to be read at all. `end_offset` is the offset into
    the file behind the stretch, `next_row` the number of the row that begins there.
    """

    buffer: bytes
    starts: Ints
    ends: Ints
    rows: Ints
    faults: list[Issue]
    end_offset: int
    next_row: int
    replaced: dict[int, bytes] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.starts)

    def record(self, index: int) -> bytes:
        """One record's bytes, without its line end."""
        if index in self.replaced:
            return self.replaced[index]
        return self.buffer[int(self.starts[index]) : int(self.ends[index])]


class _Found:
    """What one call of the cutter has found so far."""

    def __init__(self) -> None:
        self.starts: list[Ints] = []
        self.ends: list[Ints] = []
        self.rows: list[Ints] = []
        self.faults: list[Issue] = []
        self.replaced: dict[int, bytes] = {}
        self.count = 0

    def add(self, starts: Ints, ends: Ints, rows: Ints) -> None:
        self.starts.append(starts)
        self.ends.append(ends)
        self.rows.append(rows)
        self.count += len(starts)

    def add_one(self, start: int, end: int, row: int, replacement: bytes | None) -> None:
        if replacement is not None:
            self.replaced[self.count] = replacement
        self.add(np.array([start]), np.array([end]), np.array([row]))


class Splitter:
    """Iterates over the blocks of a file from `offset`, where the row numbered `row` begins.

    `fields` is how many fields a record must have. Every block holds at most `max_records` records.
    """

    def __init__(self, path: Path, *, delimiter: str, fields: int, offset: int, row: int, max_records: int) -> None:
        self.path = path
        self.delimiter = ord(delimiter)
        self.fields = fields
        self.offset = offset
        self.row = row
        self.max_records = max_records
        self._skipping: _Skipped | None = None
        self._block = max(1 << 16, max_records * _TYPICAL_RECORD)
        self._grammar = Grammar(delimiter, fields)

    def __iter__(self) -> Iterator[Block]:
        with self.path.open("rb", buffering=0) as file:
            file.seek(self.offset)
            rest, at_end = b"", False
            while not at_end or rest:
                if not at_end and len(rest) < self._block:
                    fresh = _read(file, self._block)
                    at_end = len(fresh) < self._block
                    rest += fresh
                    if at_end and rest and not rest.endswith(b"\n"):
                        rest += b"\n"
                if not rest:
                    break
                block, used = self._cut(rest, at_end)
                if used == 0:
                    # not one whole record yet: the buffer holds less than MAX_RECORD of an open one
                    fresh = _read(file, self._block)
                    at_end = len(fresh) < self._block
                    rest += fresh if not at_end or fresh.endswith(b"\n") else fresh + b"\n"
                    continue
                rest = rest[used:]
                self.offset, self.row = self.offset + used, block.next_row
                if len(block) or block.faults or self._skipping is None:
                    yield block

    def _cut(self, buffer: bytes, at_end: bool) -> tuple[Block, int]:
        """The records at the start of the buffer, and how many bytes are done with."""
        found = _Found()
        bytes_ = np.frombuffer(buffer, np.uint8)
        special = _Special(
            np.flatnonzero(bytes_ == _QUOTE), np.flatnonzero(bytes_ == _LF), np.flatnonzero(bytes_ == self.delimiter)
        )
        position, row = 0, self.row
        if self._skipping is not None:
            position, row = self._skip(self._skipping, buffer, row, found, at_end)
        while self._skipping is None and position < len(buffer) and found.count < self.max_records:
            position, row, suspect = self._fast(buffer, bytes_, special, position, row, found)
            if found.count >= self.max_records or position >= len(buffer):
                break
            if not suspect and not at_end and len(buffer) - position < MAX_RECORD:
                break  # an unfinished record: it goes on behind the buffer
            position, row, waiting = self._careful(buffer, position, row, found, at_end)
            if waiting:
                break
        starts, ends, rows = (
            np.concatenate(part) if part else np.empty(0, np.int64) for part in (found.starts, found.ends, found.rows)
        )
        # While a record that is too long is being skipped, the place to resume is its beginning.
        resume_at = self.offset + position if self._skipping is None else self._skipping.offset
        block = Block(buffer, starts, ends, rows, found.faults, resume_at, row, found.replaced)
        return block, position

    def _fast(
        self, buffer: bytes, bytes_: NDArray[np.uint8], special: "_Special", position: int, row: int, found: _Found
    ) -> tuple[int, int, bool]:
        """Take records as long as they look right: (position and row behind them, is the next one suspect?)."""
        quotes, newlines, delimiters = special.behind(position)
        ends = newlines[(np.searchsorted(quotes, newlines) & 1) == 0][: self.max_records - found.count]
        if not len(ends):
            return position, row, False
        starts = np.empty_like(ends)
        starts[0], starts[1:] = position, ends[:-1] + 1
        quotes = quotes[: np.searchsorted(quotes, ends[-1])]

        suspect = (ends - starts) > MAX_RECORD
        opening, closing = quotes[0::2], quotes[1::2]
        before = bytes_[np.maximum(opening - 1, 0)]
        after = bytes_[closing + 1]
        misplaced = (opening != position) & (before != self.delimiter) & (before != _LF) & (before != _QUOTE)
        line_end = (after == _CR) & (bytes_[np.minimum(closing + 2, len(bytes_) - 1)] == _LF)
        misplaced |= (after != self.delimiter) & (after != _LF) & ~line_end & (after != _QUOTE)
        if misplaced.any():
            suspect[np.searchsorted(ends, opening[misplaced])] = True

        outside = delimiters[: np.searchsorted(delimiters, ends[-1])]
        outside = outside[(np.searchsorted(quotes, outside) & 1) == 0]
        counts = np.diff(np.searchsorted(outside, ends), prepend=0) + 1
        wrong = counts != self.fields
        lengths = ends - starts - (bytes_[np.maximum(ends - 1, starts)] == _CR)
        blank = lengths == 0
        several_lines = np.diff(np.searchsorted(newlines, ends), prepend=-1) > 1
        suspect |= wrong & several_lines

        good = int(np.argmax(suspect)) if suspect.any() else len(ends)
        rows = np.arange(row, row + good)
        for index in np.flatnonzero(wrong[:good] & ~blank[:good]).tolist():
            raw = buffer[int(starts[index]) : int(ends[index])]
            found.faults.append(_field_count(int(rows[index]), int(counts[index]), self.fields, raw, self._grammar))
        keep = ~wrong[:good] & ~blank[:good]
        found.add(starts[:good][keep], starts[:good][keep] + lengths[:good][keep], rows[keep])
        if good:
            position = int(ends[good - 1]) + 1
        return position, row + good, good < len(ends)

    def _careful(self, buffer: bytes, position: int, row: int, found: _Found, at_end: bool) -> tuple[int, int, bool]:
        """Read record by record until `_CALM` in a row were good: (position, row, does it need more of the file?)."""
        calm = 0
        while position < len(buffer) and found.count < self.max_records and calm < _CALM:
            limit = min(len(buffer), position + MAX_RECORD)
            waiting = limit == len(buffer) and not at_end
            read = self._grammar.read(buffer, position, limit)
            if read is None and waiting:
                return position, row, True
            if read is not None and read.fields == self.fields:
                if read.end > position:
                    found.add_one(position, read.end, row, read.replacement)
                position, row, calm = read.next, row + 1, calm + 1
                continue
            calm = 0
            if read is not None and buffer.find(b"\n", position, read.end) < 0:
                if read.end > position:
                    raw = buffer[position : read.end]
                    found.faults.append(_field_count(row, read.fields, self.fields, raw, self._grammar))
                position, row = read.next, row + 1
                continue
            # Several lines. Either one record with a wrong number of fields, or a quote that was not closed and has
            # swallowed what follows: then some line inside begins a record of the right shape.
            resume = self._grammar.next_whole(buffer, position, read.end if read else len(buffer))
            if resume is None and read is not None:
                raw = buffer[position : read.end]
                found.faults.append(_field_count(row, read.fields, self.fields, raw, self._grammar))
                position, row = read.next, row + 1
                continue
            if resume is None and not at_end and len(buffer) - position < MAX_RECORD:
                return position, row, True
            end = len(buffer) if resume is None else resume
            fault = _unreadable(row, buffer[position:end])
            if resume is None and not at_end:
                self._skipping = _Skipped(self.offset + position, fault)
                return max(position, end - _TAIL), row, True
            found.faults.append(fault)
            position, row = end, row + 1
        return position, row, False

    def _skip(self, skipped: "_Skipped", buffer: bytes, row: int, found: _Found, at_end: bool) -> tuple[int, int]:
        """Inside a record that is too long: (where in the buffer it is over, as far as seen; the row there)."""
        resume = self._grammar.next_whole(buffer, 0, len(buffer))
        if resume is None and not at_end:
            return max(0, len(buffer) - _TAIL), row
        found.faults.append(skipped.fault)
        self._skipping = None
        return len(buffer) if resume is None else resume, row + 1


@dataclass(frozen=True, slots=True)
class _Skipped:
    """A record that is too long and whose end is not known yet: where it begins, and what will be said of it."""

    offset: int
    fault: Issue


@dataclass(frozen=True, slots=True)
class _Special:
    """Where the quotes, line feeds and delimiters of a buffer are."""

    quotes: Ints
    newlines: Ints
    delimiters: Ints

    def behind(self, position: int) -> tuple[Ints, Ints, Ints]:
        return tuple(a[np.searchsorted(a, position) :] for a in (self.quotes, self.newlines, self.delimiters))  # type: ignore[return-value]  # three arrays in, three out


def _read(file: BinaryIO, size: int) -> bytes:
    """`size` bytes, fewer only at the end of the file."""
    parts = []
    while size and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _unreadable(row: int, raw: bytes) -> Issue:
    if len(raw) > MAX_RECORD:
        message = f"The row is longer than {MAX_RECORD:,} bytes. Shorten it, or close the quote that was left open."
        return error(row, "record_too_long", message, raw)
    message = (
        "A quoted field is not closed properly. Close it with a double quote, and write quotes inside "
        'a field twice (""). The rows behind it were read on their own.'
    )
    return error(row, "malformed_quotes", message, raw)


def _field_count(row: int, got: int, wanted: int, raw: bytes, grammar: Grammar) -> Issue:
    kind = "too_few_fields" if got < wanted else "too_many_fields"
    message = (
        f"The row has {got} fields, the header has {wanted}. "
        f"Put fields that contain a {grammar.delimiter.decode()!r} or a line break in double quotes."
    )
    return error(row, kind, message, raw)
