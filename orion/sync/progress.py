"""How far a run has come in its window: kept with every page, so that whoever goes on knows it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from orion.channels import Window
from orion.plumbing.db import utcnow

MOST_SWEEPS = 5
MOST_PAGES = 20_000
_MOST_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Progress:
    """One run's place in its window.

    `page` is the channel's token of the next page. `watermark` is what the channel said at the beginning, `newest` the
    newest change seen. A window of several pages is read in `sweep` after sweep, until one brings nothing `fresh`.
    `repeats` counts pages that named themselves as the next.
    """

    run: int
    since: datetime | None
    until: datetime | None = None
    page: str | None = None
    page_at: datetime | None = None
    watermark: datetime | None = None
    newest: datetime | None = None
    sweep: int = 1
    sweep_pages: int = 0
    fresh: int = 0
    repeats: int = 0

    @classmethod
    def of(cls, cursor: dict[str, Any]) -> Self:
        """From a schedule's `cursor`."""
        values: dict[str, Any] = {
            name: datetime.fromisoformat(cursor[name]) if cursor.get(name) else None
            for name in ("since", "until", "page_at", "watermark", "newest")
        }
        values |= {name: cursor[name] for name in ("sweep", "sweep_pages", "fresh", "repeats") if name in cursor}
        return cls(run=cursor["run"], page=cursor.get("page"), **values)

    @property
    def window(self) -> Window:
        """What is asked of the channel."""
        return Window(self.since, self.until)

    def to_json(self) -> dict[str, Any]:
        """For a schedule's `cursor`."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in values.items()
            if value is not None
        }

    def after(self, page: str | None, watermark: datetime | None, newest: datetime | None, fresh: int) -> "Progress":
        """Behind one more page, which brought so much `fresh`; the watermark is that of the first page of all."""
        first = self.sweep == 1 and self.sweep_pages == 0
        seen = [moment for moment in (self.newest, newest) if moment is not None]
        return replace(
            self,
            page=page,
            page_at=utcnow() if page else None,
            watermark=watermark if first else self.watermark,
            newest=max(seen, default=None),
            sweep_pages=self.sweep_pages + 1,
            fresh=self.fresh + fresh,
            repeats=self.repeats + 1 if page is not None and page == self.page else 0,
        )

    @property
    def is_stuck(self) -> bool:
        """Whether the channel leads us in a circle."""
        return self.repeats >= _MOST_REPEATS or self.sweep_pages >= MOST_PAGES

    def needs_another_sweep(self, *, steady: bool) -> bool:
        """At the end of a sweep: whether entries may have slipped from page to page while they were read."""
        if steady or self.sweep_pages < 2 or self.sweep >= MOST_SWEEPS:
            return False
        return self.sweep == 1 or self.fresh > 0

    def next_sweep(self) -> "Progress":
        """From the beginning of the window again."""
        return replace(self, page=None, page_at=None, sweep=self.sweep + 1, sweep_pages=0, fresh=0, repeats=0)

    def mark(self, before: datetime | None) -> datetime | None:
        """Up to when everything is read: by the channel's clock, never back, and never ahead of ours.

        Ours only ever holds it back: a channel whose clock runs ahead for a while must not make us skip what follows.
        """
        said = self.watermark or self.newest
        if said is None:
            return before
        found = min(said, utcnow())
        return found if before is None else max(before, found)
