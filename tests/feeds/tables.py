"""Writing feeds and cutting them into records, for the tests of the readers."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from orion.feeds.issues import Issue
from orion.feeds.splitting import Block, Splitter

Rows = list[tuple[int, bytes]]
"""Row numbers and records."""


def written(rows: Iterable[Sequence[str]], **how: object) -> bytes:
    """The rows as the csv module writes them; a row without fields is a blank line."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, **how).writerows(rows)  # type: ignore[arg-type]  # the dialect's options, as they came
    return buffer.getvalue().encode()


def blocks(
    path: Path, fields: int, *, delimiter: str = ",", max_records: int = 1000, offset: int = 0, row: int = 1
) -> list[Block]:
    """All blocks of a file from `offset` on."""
    return list(blocks_of(path, fields, delimiter=delimiter, max_records=max_records, offset=offset, row=row))


def blocks_of(
    path: Path, fields: int, *, delimiter: str = ",", max_records: int = 1000, offset: int = 0, row: int = 1
) -> Iterator[Block]:
    """The same, one at a time."""
    return iter(Splitter(path, delimiter=delimiter, fields=fields, offset=offset, row=row, max_records=max_records))


def records(parts: Iterable[Block]) -> Rows:
    """The records of the blocks, in order."""
    return [(int(part.rows[index]), part.record(index)) for part in parts for index in range(len(part))]


def faults(parts: Iterable[Block]) -> list[Issue]:
    """The faults of the blocks, in order."""
    return [fault for part in parts for fault in part.faults]


def values(record: bytes, delimiter: str = ",") -> list[str]:
    """One record as the csv module reads it."""
    return next(csv.reader(io.StringIO(record.decode(), newline=""), delimiter=delimiter))
