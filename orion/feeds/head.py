"""The head of a feed: its column names and some values below them, for people to say what they mean."""

import csv
import io
from dataclasses import asdict, dataclass
from typing import Any, Self

from orion.feeds.prepare import Prepared

SAMPLES = 3
_HEAD_BYTES = 1 << 20
_LOOKED_AT = 50
_SHOWN = 120
_MAX_COLUMNS = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """The headers of a feed, and for each up to three different values that stand below it (cut to be shown)."""

    headers: list[str]
    samples: list[list[str]]

    def to_json(self) -> dict[str, Any]:
        """As a job's details keep it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Back from there."""
        return cls(list(value["headers"]), [list(samples) for samples in value["samples"]])


def read_head(prepared: Prepared) -> Head:
    """The head of a prepared feed, whole or only its beginning. Blocking: call in a thread."""
    with prepared.path.open("rb") as file:
        file.seek(prepared.start_offset)
        text = file.read(_HEAD_BYTES).decode("utf-8", "replace").replace("\0", "")
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=prepared.delimiter):
            if row:
                rows.append(row)
            if len(rows) > _LOOKED_AT:
                break
    except csv.Error:  # a field that is longer than the reader takes: what stands before it is enough
        pass
    headers = [header.strip() for header in (rows[0] if rows else [])][:_MAX_COLUMNS]
    samples: list[list[str]] = [[] for _ in headers]
    for row in rows[1:]:
        for found, value in zip(samples, row, strict=False):
            shown = " ".join(value.split())[:_SHOWN]
            if shown and shown not in found and len(found) < SAMPLES:
                found.append(shown)
    return Head(headers, samples)
