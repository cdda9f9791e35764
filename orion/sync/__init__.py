"""Asking channels for what is new, on schedule, and never for more than they allow."""

from orion.sync.begin import start_due_runs
from orion.sync.events import (
    EntriesUnreadable,
    OrderRefreshFailed,
    SyncFailing,
    SyncRecovered,
    SyncScheduleChanged,
)
from orion.sync.health import HEALTH, SyncFigures, integration_health, sync_figures
from orion.sync.integrations import IntegrationFilter, Integrations, list_integrations
from orion.sync.jobs import run_sync
from orion.sync.models import (
    JOB_TYPES,
    RUN_STATUSES,
    TRIGGERS,
    HookReceipt,
    SyncedProduct,
    SyncRun,
    SyncSchedule,
)
from orion.sync.outcome import is_told
from orion.sync.problems import Problem
from orion.sync.purge import purge_runs
from orion.sync.pushes import connection_by_token, connections_of, push_address, take_push
from orion.sync.queries import RunFilter, RunView, get_sync_run, list_all_sync_runs, list_sync_runs
from orion.sync.rules import RULES, Rules, default_minutes, least_minutes, rules_of
from orion.sync.schedules import (
    backfill_progress,
    connection_changed,
    get_sync_schedule,
    list_sync_schedules,
    run_sync_now,
    start_backfill,
    update_sync_schedule,
)
from orion.sync.single import acknowledge_lines, acknowledge_order, read_order, refresh_order
from orion.sync.totals import RunTotals, run_totals

__all__ = [
    "HEALTH",
    "JOB_TYPES",
    "RULES",
    "RUN_STATUSES",
    "TRIGGERS",
    "EntriesUnreadable",
    "HookReceipt",
    "IntegrationFilter",
    "Integrations",
    "OrderRefreshFailed",
    "Problem",
    "Rules",
    "RunFilter",
    "RunTotals",
    "RunView",
    "SyncFailing",
    "SyncFigures",
    "SyncRecovered",
    "SyncRun",
    "SyncSchedule",
    "SyncScheduleChanged",
    "SyncedProduct",
    "acknowledge_lines",
    "acknowledge_order",
    "backfill_progress",
    "connection_by_token",
    "connection_changed",
    "connections_of",
    "default_minutes",
    "get_sync_run",
    "get_sync_schedule",
    "integration_health",
    "is_told",
    "least_minutes",
    "list_all_sync_runs",
    "list_integrations",
    "list_sync_runs",
    "list_sync_schedules",
    "purge_runs",
    "push_address",
    "read_order",
    "refresh_order",
    "rules_of",
    "run_sync",
    "run_sync_now",
    "run_totals",
    "start_backfill",
    "start_due_runs",
    "sync_figures",
    "take_push",
    "update_sync_schedule",
]
