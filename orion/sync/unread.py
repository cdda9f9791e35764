"""Entries of a channel that could not be read: kept by the channel's id, and tried one by one until they can."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

from orion.plumbing.db import utcnow

MOST = 200
KEPT_FOR = timedelta(days=7)


@dataclass(slots=True)
class Entries:
    """By id: since when (`at`), what was the matter (`problem`), how often tried (`tries`), told to people (`told`).

    A `quiet` one is only looked at once more: its page had an older version than we hold, which is old news or a clock
    that was set back.
    """

    by_id: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> Self:
        """From a schedule's `unread`."""
        return cls({name: dict(entry) for name, entry in (stored or {}).items()})

    def to_json(self) -> dict[str, Any] | None:
        """For a schedule's `unread`; what is older than a week is given up, of which people know."""
        oldest = (utcnow() - KEPT_FOR).isoformat()
        kept = {name: entry for name, entry in self.by_id.items() if entry["at"] > oldest}
        return kept or None

    def add(self, name: str | None, problem: str, *, quiet: bool = False) -> None:
        """One that cannot be read (again); one without an id cannot be kept. Of a `quiet` one nobody is told."""
        if not name:
            return
        entry = self.by_id.get(name)
        if entry is not None:
            entry["tries"] += 1
            entry["problem"] = problem[:500]
        elif len(self.by_id) < MOST:
            entry = {"at": utcnow().isoformat(), "problem": problem[:500], "tries": 1, "told": quiet, "quiet": quiet}
            self.by_id[name] = entry

    def forget(self, names: Iterable[str]) -> None:
        """Those that were read, or are gone."""
        for name in names:
            self.by_id.pop(name, None)

    def oldest(self, count: int) -> list[str]:
        """Those that were tried least often, the oldest first."""
        return sorted(self.by_id, key=lambda name: (self.by_id[name]["tries"], self.by_id[name]["at"]))[:count]

    def untold(self) -> list[str]:
        """Those that nobody was told of."""
        return [name for name, entry in self.by_id.items() if not entry["told"]]

    def tell(self, names: Iterable[str]) -> None:
        """People know of these."""
        for name in names:
            self.by_id[name]["told"] = True

    def sentences(self) -> list[str]:
        """Each in words, but for quiet ones."""
        return [f"{name}: {entry['problem']}" for name, entry in self.by_id.items() if not entry["quiet"]]
