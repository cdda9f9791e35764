"""Product feeds: download, parse, normalise, import; what went wrong, row by row."""

import orion.feeds.jobs  # noqa: F401 (declares the job)
from orion.feeds.cancel import cancel_import
from orion.feeds.events import ImportFinished, ImportRequested
from orion.feeds.models import PHASES, SEVERITIES, STATUSES, Feed, ImportIssue, ImportJob
from orion.feeds.progress import Progress, progress
from orion.feeds.queries import (
    ImportJobView,
    ImportStatistics,
    all_imports,
    get_any_import,
    get_import,
    import_statistics,
    list_imports,
    list_issues,
)
from orion.feeds.start import MAX_BATCH_SIZE, MIN_BATCH_SIZE, parse_feed_url, start_import

__all__ = [
    "MAX_BATCH_SIZE",
    "MIN_BATCH_SIZE",
    "PHASES",
    "SEVERITIES",
    "STATUSES",
    "Feed",
    "ImportFinished",
    "ImportIssue",
    "ImportJob",
    "ImportJobView",
    "ImportRequested",
    "ImportStatistics",
    "Progress",
    "all_imports",
    "cancel_import",
    "get_any_import",
    "get_import",
    "import_statistics",
    "list_imports",
    "list_issues",
    "parse_feed_url",
    "progress",
    "start_import",
]
