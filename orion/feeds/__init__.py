"""Product feeds: download, parse, normalise, import; what went wrong, row by row."""

import orion.feeds.jobs  # noqa: F401 (declares the job)
from orion.feeds.cancel import cancel_import
from orion.feeds.columns import IGNORE, KEEP, TARGETS
from orion.feeds.due import note_result, start_due_imports
from orion.feeds.events import (
    GoneConfirmed,
    ImportFinished,
    ImportRequested,
    MappingChanged,
    ScheduleChanged,
    StockImported,
)
from orion.feeds.failed_rows import Wanted, failed_rows_after, failed_rows_header
from orion.feeds.followups import apply_dry_run, retry_failed_rows
from orion.feeds.head import Head
from orion.feeds.mapping import SavedMapping, forget_mapping, list_mappings, mapping_of, save_mapping
from orion.feeds.missing import confirm_gone
from orion.feeds.models import (
    CHANGE_KINDS,
    ON_MISSING,
    PHASES,
    SEVERITIES,
    STATUSES,
    Feed,
    ImportChange,
    ImportIssue,
    ImportJob,
    ImportUndo,
    ImportUndoConflict,
)
from orion.feeds.preview import ColumnGuess, Preview, fetch_head, judge_head
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
from orion.feeds.rhythm import FAILING_FROM, PRESETS
from orion.feeds.schedule_models import FeedSchedule
from orion.feeds.schedules import (
    create_schedule,
    delete_schedule,
    get_schedule,
    interval_name,
    list_schedules,
    run_schedule_now,
    update_schedule,
)
from orion.feeds.spool import forget_spools
from orion.feeds.start import MAX_BATCH_SIZE, MIN_BATCH_SIZE, parse_feed_url, start_import
from orion.feeds.stock import (
    STOCK_MODES,
    STOCK_STATUSES,
    StockImport,
    StockImportError,
    StockImportView,
    failed_stock_header,
    failed_stock_rows,
    get_stock_import,
    list_stock_errors,
    list_stock_imports,
    start_stock_import,
)

__all__ = [
    "CHANGE_KINDS",
    "FAILING_FROM",
    "IGNORE",
    "KEEP",
    "MAX_BATCH_SIZE",
    "MIN_BATCH_SIZE",
    "ON_MISSING",
    "PHASES",
    "PRESETS",
    "SEVERITIES",
    "STATUSES",
    "STOCK_MODES",
    "STOCK_STATUSES",
    "TARGETS",
    "ColumnGuess",
    "Feed",
    "FeedSchedule",
    "GoneConfirmed",
    "Head",
    "ImportChange",
    "ImportFinished",
    "ImportIssue",
    "ImportJob",
    "ImportJobView",
    "ImportRequested",
    "ImportStatistics",
    "ImportUndo",
    "ImportUndoConflict",
    "MappingChanged",
    "Preview",
    "Progress",
    "SavedMapping",
    "ScheduleChanged",
    "StockImport",
    "StockImportError",
    "StockImportView",
    "StockImported",
    "Wanted",
    "all_imports",
    "apply_dry_run",
    "cancel_import",
    "confirm_gone",
    "create_schedule",
    "delete_schedule",
    "failed_rows_after",
    "failed_rows_header",
    "failed_stock_header",
    "failed_stock_rows",
    "fetch_head",
    "forget_mapping",
    "forget_spools",
    "get_any_import",
    "get_import",
    "get_schedule",
    "get_stock_import",
    "get_visible_import",
    "import_statistics",
    "imports_of",
    "interval_name",
    "judge_head",
    "list_imports",
    "list_issues",
    "list_mappings",
    "list_schedules",
    "list_stock_errors",
    "list_stock_imports",
    "mapping_of",
    "next_issues",
    "note_result",
    "parse_feed_url",
    "progress",
    "retry_failed_rows",
    "run_schedule_now",
    "save_mapping",
    "start_due_imports",
    "start_import",
    "start_stock_import",
    "update_schedule",
]
