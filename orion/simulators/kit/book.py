"""Entries that change, in the order of their last change: what a marketplace pages through."""

import base64
import binascii
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Entry = dict[str, Any]


def stamp(moment: datetime) -> str:
    """The moment as text, of the same length always, so that texts sort as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Book:
    """Entries by `id`, sorted by (`updatedAt`, `id`). Entries are replaced, never changed: versions stay."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.earlier: dict[str, list[Entry]] = defaultdict(list)
        self._keys: list[tuple[str, str]] = []

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace the one of the same id."""
        before = self.entries.get(entry["id"])
        if before is not None:
            self.earlier[entry["id"]].append(before)
            del self._keys[bisect_left(self._keys, _key(before))]
        self.entries[entry["id"]] = entry
        insort(self._keys, _key(entry))

    def page(
        self, since: datetime | None, after: str | None, first: int, keep: Callable[[Entry], bool]
    ) -> tuple[list[Entry], str | None]:
        """Up to `first` entries that changed since, behind the cursor; and the cursor to go on with, if there are more.

        Raises ValueError for a cursor that is none of ours.
        """
        start = bisect_left(self._keys, (stamp(since), "")) if since else 0
        if after is not None:
            start = max(start, bisect_right(self._keys, _read_cursor(after)))
        found: list[Entry] = []
        for _, entry_id in self._keys[start:]:
            if keep(entry := self.entries[entry_id]):
                if len(found) == first:
                    return found, cursor_of(found[-1])
                found.append(entry)
        return found, None

    def between(self, since: str | None = None, until: str | None = None) -> list[str]:
        """Ids of the entries whose `updatedAt` is from `since` to `until`, both included."""
        first = bisect_left(self._keys, (since, "")) if since else 0
        last = bisect_right(self._keys, (until, "\U0010ffff")) if until else len(self._keys)
        return [entry_id for _, entry_id in self._keys[first:last]]


def cursor_of(entry: Entry) -> str:
    """The place behind the entry."""
    return base64.urlsafe_b64encode("|".join(_key(entry)).encode()).decode()


def _read_cursor(text: str) -> tuple[str, str]:
    try:
        updated_at, _, entry_id = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
    except (binascii.Error, ValueError):
        raise ValueError(f"the cursor {text[:40]!r} is none of ours") from None
    if not entry_id:
        raise ValueError(f"the cursor {text[:40]!r} is none of ours")
    return updated_at, entry_id


def _key(entry: Entry) -> tuple[str, str]:
    return entry["updatedAt"], entry["id"]
