"""How far an import is, how fast it goes, and how long it will still take."""

from dataclasses import dataclass
from datetime import datetime

from orion.feeds.models import ImportJob


@dataclass(frozen=True, slots=True)
class Progress:
    """Figures of one import at one moment; None is "not known".

    `fraction`: rows processed by rows in the feed, 0.0 to 1.0; 1.0 for a completed import.
    `rows_per_second`: rows processed by the seconds since the start (to the end, once it has ended), waiting for the
    download included. `remaining_seconds`: rows still to process at that rate; only while the import runs.
    `elapsed_seconds`: from the start to `now`, or to the end.
    """

    fraction: float | None
    rows_per_second: float | None
    remaining_seconds: float | None
    elapsed_seconds: float | None


def progress(job: ImportJob, now: datetime) -> Progress:
    """The progress of `job` at `now` (aware), from its counters and moments alone."""
    done, total = job.processed_count, job.total_count
    elapsed = None
    if job.started_at is not None:
        elapsed = max(0.0, ((job.completed_at or now) - job.started_at).total_seconds())
    rate = done / elapsed if elapsed and done else None
    if job.status in ("completed", "completed_with_errors"):
        fraction: float | None = 1.0
    elif total:
        fraction = min(1.0, done / total)
    else:
        fraction = None
    remaining = None
    if job.status == "processing" and rate and total is not None:
        remaining = max(0, total - done) / rate
    return Progress(fraction, rate, remaining, elapsed)
