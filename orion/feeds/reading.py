"""Reading a prepared feed twice: once to survey it, once to take the batches that need work.

An import remembers a hash of every record it took (see FeedRow), so a record that has not changed is neither parsed nor
sent to the database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from orion.feeds import mending
from orion.feeds.columns import Columns, read_columns
from orion.feeds.grammar import Grammar
from orion.feeds.issues import Issue, warning
from orion.feeds.normalising import VERSION, Normaliser, Record
from orion.feeds.splitting import Block, Splitter
from orion.kernel import Invalid

Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]
_WARNED = np.uint64(1)
_MAX_HEADER = 1 << 20
_SURVEYED = 5000


@dataclass(frozen=True, slots=True)
class Layout:
    """How a prepared feed is read: its columns, and where the first row behind the header begins."""

    path: Path
    delimiter: str
    columns: Columns
    offset: int
    row: int
    seed: int
    header: bytes

    @property
    def grammar(self) -> Grammar:
        """The grammar of the feed's records."""
        return Grammar(self.delimiter, len(self.columns.headers))

    def splitter(self, *, offset: int, row: int, max_records: int) -> Splitter:
        """The records from `offset` on, where the row numbered `row` begins."""
        return Splitter(
            self.path,
            delimiter=self.delimiter,
            fields=len(self.columns.headers),
            offset=offset,
            row=row,
            max_records=max_records,
        )


@dataclass(frozen=True, slots=True)
class Survey:
    """How many records a feed holds, and the importable rows whose id stands in it more than once.

    `ids` are the hashes of all ids in the feed, sorted, each once; `unreadable` counts the rows whose id nobody can
    know. `repeated` are those rows in order; `first` and `winner` say, for each, in which row its id stands first and
    in which last: the last one wins.
    """

    total: int
    repeated: Rows
    first: Rows
    winner: Rows
    ids: Hashes
    unreadable: int

    def has(self, hashes: Hashes) -> NDArray[np.bool_]:
        """For each hash of an id (see `id_hash`) whether the feed has it."""
        if not len(self.ids):
            return np.zeros(len(hashes), bool)
        places = np.minimum(np.searchsorted(self.ids, hashes), len(self.ids) - 1)
        found: NDArray[np.bool_] = self.ids[places] == hashes
        return found


@dataclass(slots=True)
class Batch:
    """What the stretch of the feed before `end_offset` holds, and where the next one begins (`next_row` too).

    `records` need work; `reported` are unchanged but had warnings, which every import tells anew; `skipped` counts
    rows that a later one with the same id supersedes. `known` are the numbers and ids of unchanged rows, if wanted.
    """

    records: list[Record] = field(default_factory=list)
    reported: list[Record] = field(default_factory=list)
    unchanged: int = 0
    skipped: int = 0
    issues: list[Issue] = field(default_factory=list)
    known: list[tuple[int, str]] = field(default_factory=list)
    end_offset: int = 0
    next_row: int = 0


def read_layout(
    path: Path,
    delimiter: str,
    currency: str,
    *,
    start: int = 0,
    first_row: int | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Layout:
    """Read the header of a prepared feed, which begins at byte `start`.

    `mapping` is what the store has said of its columns; `first_row` the number of the row behind the header, where
    lines are not what people count.

    Raises Invalid: `feed_no_rows` when nothing follows the header, `missing_columns`, `feed_bad_header`.
    """
    with path.open("rb") as file:
        file.seek(start)
        head = file.read(_MAX_HEADER)
    if not head.endswith(b"\n") and len(head) < _MAX_HEADER:
        head += b"\n"
    blank = len(head) - len(head.lstrip(b"\r\n"))
    row = 1 + head.count(b"\n", 0, blank)
    grammar = Grammar(delimiter, 1)
    read = grammar.read(head, blank, len(head))
    if read is None:
        raise Invalid("feed_bad_header", "The first row of the feed cannot be read as a header: is a quote left open?")
    header = head[blank : read.end]
    headers = grammar.values(header)
    if mending.OWN_SIGN in headers:
        mapping = None  # what our own columns mean is no question
    columns = mending.without_ours(read_columns(headers, mapping))
    if not head[read.next :].strip():
        raise Invalid("feed_no_rows", "The feed has a header and no rows: there is nothing to import.")
    meanings = repr((columns.meanings, sorted(columns.ignored))).encode()
    facts = (VERSION, currency.encode(), delimiter.encode(), header, meanings)
    seed = xxhash.xxh3_64_intdigest(b"%d\0%s\0%s\0%s\0%s" % facts)
    return Layout(path, delimiter, columns, start + read.next, first_row or row + 1, seed, header)


def survey(layout: Layout, normaliser: Normaliser) -> Survey:
    """Count the records and find the ids that stand in the feed more than once. Holds 8 bytes per record.

    Rows that cannot be imported do not count as repeats: an id's last row only wins when it is a good one.
    """
    hashes, total, unreadable = [np.empty(0, np.uint64)], 0, 0
    faulty: list[int] = []
    for block in layout.splitter(offset=layout.offset, row=layout.row, max_records=_SURVEYED):
        total += len(block) + len(block.faults)
        hashes.append(_id_hashes(block, layout))
        for fault in block.faults:
            if identifier := _id_of_fault(fault, layout):
                faulty.append(id_hash(identifier))
            else:
                unreadable += 1
    ids = np.concatenate(hashes)
    del hashes
    ids.sort()
    repeated = np.unique(ids[1:][ids[1:] == ids[:-1]])
    ids = np.union1d(ids, np.array(faulty, np.uint64)) if faulty or len(repeated) else ids
    rows, groups = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for row, group in _importable(layout, normaliser, repeated) if len(repeated) else ():
        rows.append(row)
        groups.append(group)
    row_of, group_of = np.concatenate(rows), np.concatenate(groups)
    first, winner = np.zeros(len(repeated), np.int64), np.zeros(len(repeated), np.int64)
    winner[group_of] = row_of
    first[group_of[::-1]] = row_of[::-1]
    several = first[group_of] != winner[group_of]
    group_of = group_of[several]
    return Survey(total, row_of[several], first[group_of], winner[group_of], ids, unreadable)


def id_hash(identifier: str) -> int:
    """The hash by which a survey knows a product id."""
    return xxhash.xxh3_64_intdigest(identifier.encode())


def _id_of_fault(fault: Issue, layout: Layout) -> str | None:
    """The id in a row that is not one whole record, where it can still be read: in good order before the damage."""
    if fault.type not in ("too_few_fields", "too_many_fields"):
        return None
    values = layout.grammar.values(fault.raw)
    index = layout.columns.id_index
    return values[index].replace("\0", "").strip() or None if index < len(values) else None


def _importable(layout: Layout, normaliser: Normaliser, ids: Hashes) -> Iterator[tuple[Rows, Rows]]:
    """The rows with one of these ids that can be imported, and for each the index of its id."""
    for block in layout.splitter(offset=layout.offset, row=layout.row, max_records=_SURVEYED):
        hashes = _id_hashes(block, layout)
        places = np.minimum(np.searchsorted(ids, hashes), len(ids) - 1)
        at = np.flatnonzero(ids[places] == hashes)
        if len(at):
            records = [Record(int(block.rows[i]), block.record(i), 0) for i in at.tolist()]
            good = normaliser(records).frame["record"].to_numpy()
            yield block.rows[at[good]], places[at[good]]


class Known:
    """The hashes of the records that earlier imports of this feed took; `warned` of them had warnings."""

    def __init__(self, stored: NDArray[np.int64]) -> None:
        hashes = stored.view(np.uint64)
        hashes.sort()
        self._hashes = hashes & ~_WARNED
        self._warned = (hashes & _WARNED).astype(bool)

    def find(self, hashes: Hashes) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """For each hash whether it is known, and whether its record had warnings."""
        if not len(self._hashes):
            return np.zeros(len(hashes), bool), np.zeros(len(hashes), bool)
        places = np.searchsorted(self._hashes, hashes)
        places[places == len(self._hashes)] = 0
        known = self._hashes[places] == hashes
        return known, known & self._warned[places]

    def __contains__(self, hash_: int) -> bool:
        return bool(self.find(np.array([hash_], np.uint64))[0][0])


def batches(
    layout: Layout,
    found: Survey,
    known: Known,
    *,
    offset: int,
    row: int,
    size: int,
    stretch: int = 50_000,
    show_known: int = 0,
) -> Iterator[Batch]:
    """Cut the feed from `offset` on into batches of at most `size` records that need work.

    A batch ends after `stretch` rows even when few of them need work, so that progress is seen. The first `show_known`
    rows that say nothing new are named in `Batch.known`.
    """
    batch, first_row = Batch(end_offset=offset, next_row=row), row
    for block in layout.splitter(offset=offset, row=row, max_records=size):
        part = _classify(block, layout, found, known, show_known)
        show_known -= len(part.known)
        full = len(batch.records) + len(part.records) > size or part.next_row - first_row > stretch
        if full and batch.next_row > first_row:
            yield batch
            first_row = batch.next_row
            batch = part
        else:
            _append(batch, part)
    if batch.next_row > first_row:
        yield batch


def _classify(block: Block, layout: Layout, found: Survey, known: Known, show_known: int) -> Batch:
    batch = Batch(issues=block.faults, end_offset=block.end_offset, next_row=block.next_row)
    hashes = _record_hashes(block, layout.seed)
    is_known, warned = known.find(hashes)
    superseded = set()
    for index in np.flatnonzero(np.isin(block.rows, found.repeated)).tolist():
        row = int(block.rows[index])
        place = int(np.searchsorted(found.repeated, row))
        first, winner = int(found.first[place]), int(found.winner[place])
        if row != first:
            batch.issues.append(_repeat(row, first, winner, block.record(index), layout))
        if row != winner:
            batch.skipped += 1
            superseded.add(index)
            is_known[index], warned[index] = True, False
            batch.unchanged -= 1
    batch.unchanged += int(is_known.sum())
    for index in np.flatnonzero(is_known).tolist() if show_known else ():
        if index not in superseded and len(batch.known) < show_known:
            batch.known.append((int(block.rows[index]), _shown_id(block.record(index), layout)))

    def record(index: int) -> Record:
        return Record(int(block.rows[index]), block.record(index), int(hashes[index]))

    batch.records = [record(index) for index in np.flatnonzero(~is_known).tolist()]
    batch.reported = [record(index) for index in np.flatnonzero(warned).tolist()]
    return batch


def _shown_id(raw: bytes, layout: Layout) -> str:
    text = layout.grammar.field(raw, layout.columns.id_index).decode("utf-8", "replace")
    return text.replace("\0", "").strip()[:255]


def _append(batch: Batch, part: Batch) -> None:
    batch.records += part.records
    batch.reported += part.reported
    batch.unchanged += part.unchanged
    batch.skipped += part.skipped
    batch.issues += part.issues
    batch.known += part.known
    batch.end_offset, batch.next_row = part.end_offset, part.next_row


def _repeat(row: int, first: int, winner: int, raw: bytes, layout: Layout) -> Issue:
    identifier = layout.grammar.field(raw, layout.columns.id_index).decode("utf-8", "replace")
    if row == winner:
        message = (
            f"The id stands in row {first} already. The last row wins: this one was imported, row {first} was not."
        )
    else:
        message = (
            f"The id stands in row {first} already and again in row {winner}. The last row wins: this one was skipped."
        )
    message += " Give every product an id of its own."
    header = layout.columns.headers[layout.columns.id_index]
    return warning(row, "duplicate_id", message, raw, identifier, column=header, value=identifier)


def _record_hashes(block: Block, seed: int) -> Hashes:
    view, digest = memoryview(block.buffer), xxhash.xxh3_64_intdigest
    spans = zip(block.starts.tolist(), block.ends.tolist(), strict=True)
    return np.fromiter((digest(view[start:end], seed) for start, end in spans), np.uint64, len(block)) & ~_WARNED


def _id_hashes(block: Block, layout: Layout) -> Hashes:
    """A hash of each record's id. Records without an id get hashes that no other record has."""
    field_of, index, digest = layout.grammar.field, layout.columns.id_index, xxhash.xxh3_64_intdigest
    buffer = block.buffer
    hashes = []
    for row, start, end in zip(block.rows.tolist(), block.starts.tolist(), block.ends.tolist(), strict=True):
        text = field_of(buffer, index, start, end)
        hashes.append(digest(text) if text else digest(b"%d" % row, 1))
    return np.array(hashes, np.uint64)
