"""Tables as CSV, step by step: the whole never stands in memory, and no transaction stays open while it is read."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any


def for_spreadsheet(value: Any) -> Any:
    """A cell for people: text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


async def csv_lines(header: Sequence[str], steps: AsyncIterator[Iterable[Sequence[Any]]]) -> AsyncIterator[str]:
    """The header with the rows of the first step, and then those of one step after the other.

    Nothing comes before the first step has been read: what refuses it can still answer with a problem.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    async for rows in steps:
        writer.writerows(rows)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()
