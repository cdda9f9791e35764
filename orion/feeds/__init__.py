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
    get_visible_import,
    import_statistics,
    imports_of,
    list_imports,
    list_issues,
    next_issues,
)
from orion.feeds.spool import forget_spools
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
    "forget_spools",
    "get_any_import",
    "get_import",
    "get_visible_import",
    "import_statistics",
    "imports_of",
    "list_imports",
    "list_issues",
    "next_issues",
    "parse_feed_url",
    "progress",
    "start_import",
]
