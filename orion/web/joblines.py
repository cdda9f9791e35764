"""An import as one line of a list, in a store's portal and in the administration."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from orion import feeds
from orion.feeds import ImportJob, ImportJobView, Progress
from orion.merchants import Store
from orion.web.labels import ACTIVE_STATES


@dataclass(frozen=True, slots=True)
class JobLine:
    """An import, how far it is, whose it is, and who asked for it (None: not known, or not shown)."""

    job: ImportJob
    progress: Progress
    store_code: str
    store_name: str
    created_by: str | None

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.job.status in ACTIVE_STATES

    @property
    def url(self) -> str:
        """The address of its details; issues and cancelling are below it."""
        return f"/store/{self.store_code}/marketplace/imports/{self.job.id}"

    @property
    def source(self) -> str:
        """What the feed is called: the last part of its address, or the uploaded file's name."""
        return self.job.filename or (self.job.source_url or "").partition("?")[0].rstrip("/").rpartition("/")[2]


def store_lines(store: Store, jobs: Iterable[ImportJob]) -> list[JobLine]:
    """Lines for imports of one store."""
    now = datetime.now(UTC)
    return [JobLine(job, feeds.progress(job, now), store.code, store.name, None) for job in jobs]


def platform_lines(views: Iterable[ImportJobView]) -> list[JobLine]:
    """Lines for imports of many stores."""
    now = datetime.now(UTC)
    return [
        JobLine(view.job, feeds.progress(view.job, now), view.store_code, view.store_name, view.created_by)
        for view in views
    ]
