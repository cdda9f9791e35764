"""Whether orders and products come in: figures by connection and job type, for people and for monitoring."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels import Connection
from orion.identity import Admin
from orion.merchants import Store
from orion.plumbing.db import utcnow
from orion.sync.models import SyncRun, SyncSchedule
from orion.sync.problems import Problem
from orion.sync.rules import ORDER_BACKFILL, ORDER_IMPORT

LAG_SECONDS = 15 * 60.0
"""Orders that were not asked for so long are late."""

ERROR_SHARE = 0.05
"""More failed runs than this part of a day's are too many."""

COUNTED = timedelta(days=1)

HEALTH = ("failing", "late", "unread", "ok", "idle")
"""How an integration does, the worst first."""


@dataclass(frozen=True, slots=True)
class SyncFigures:
    """One job type of one connection. `lag_seconds` since the last good run (or since there is a schedule): `since`.

    `error_rate` is the part of the last day's runs that failed, `runs` how many there were. `is_asked`: it is enabled,
    and neither paused nor in a closed store.
    """

    store_id: int
    store_code: str
    connection_id: int
    connection_name: str
    connection_state: str
    channel: str
    job_type: str
    is_asked: bool
    since: datetime
    lag_seconds: float
    late_after: float
    last_success_at: datetime | None
    last_status: str | None
    problem: Problem | None
    failures: int
    unread: int
    runs: int
    error_rate: float

    @property
    def is_unfinished(self) -> bool:
        """Nobody has entered the credentials yet, or allowed it at the channel."""
        missing = self.problem is not None and self.problem.code == "credentials_missing"
        return self.connection_state == "new" and missing

    @property
    def status(self) -> str:
        """Idle (not asked, or not finished), failing, late, unread (entries that cannot be read) or ok."""
        if not self.is_asked or self.is_unfinished:
            return "idle"
        if self.connection_state == "broken" or (self.failures >= 1 and self.last_status == "failed"):
            return "failing"
        if self.lag_seconds > self.late_after:
            return "late"
        return "unread" if self.unread else "ok"


async def sync_figures(session: AsyncSession, *, store_id: int | None = None) -> list[SyncFigures]:
    """All connections' figures, of one store if asked, by store, connection and job type. Back-fills have none."""
    return await with_runs(session, await standing(session, store_id=store_id), store_id=store_id)


async def standing(session: AsyncSession, *, store_id: int | None = None) -> list[SyncFigures]:
    """`sync_figures` without those of the last day's runs, which are dear where there are many connections."""
    now = utcnow()
    query = (
        sa.select(SyncSchedule, Connection, Store.code, Store.is_active)
        .join(Connection, Connection.id == SyncSchedule.connection_id)
        .join(Store, Store.id == SyncSchedule.store_id)
        .where(SyncSchedule.job_type != ORDER_BACKFILL)
        .order_by(SyncSchedule.store_id, SyncSchedule.connection_id, SyncSchedule.job_type)
    )
    if store_id is not None:
        query = query.where(SyncSchedule.store_id == store_id)
    return [_figures(*row, now=now) for row in (await session.execute(query)).all()]


async def with_runs(
    session: AsyncSession, figures: Sequence[SyncFigures], *, store_id: int | None = None, few: bool = False
) -> list[SyncFigures]:
    """The figures with those of the last day's runs: of one store's if asked, or (`few`) of their connections alone."""
    runs = (
        sa.select(
            SyncRun.connection_id,
            SyncRun.job_type,
            sa.func.count(),
            sa.func.sum(sa.case((SyncRun.status == "failed", 1), else_=0)),
        )
        .where(SyncRun.started_at > utcnow() - COUNTED, SyncRun.finished_at.is_not(None))
        .group_by(SyncRun.connection_id, SyncRun.job_type)
    )
    if store_id is not None:
        runs = runs.where(SyncRun.store_id == store_id)
    if few:
        runs = runs.where(SyncRun.connection_id.in_({each.connection_id for each in figures}))
    counted = {(row[0], row[1]): (row[2], row[3] / row[2]) for row in await session.execute(runs)}
    found = []
    for each in figures:
        number, rate = counted.get((each.connection_id, each.job_type), (0, 0.0))
        found.append(replace(each, runs=number, error_rate=rate))
    return found


async def integration_health(
    session: AsyncSession, _: Admin, *, store_id: int | None = None
) -> dict[str, dict[str, Any]]:
    """{channel: {job type: figures, "api_status": the worst state of its connections}}, of one store or of all.

    Each job type's figures are those of all connections together; `problems` names at most ten that do not work.
    """
    found: dict[str, dict[str, list[SyncFigures]]] = {}
    for figures in await sync_figures(session, store_id=store_id):
        found.setdefault(figures.channel, {}).setdefault(figures.job_type, []).append(figures)
    return {
        channel: {job_type: _together(rows) for job_type, rows in by_type.items()}
        | {"api_status": _worst([row for rows in by_type.values() for row in rows])}
        for channel, by_type in found.items()
    }


def _figures(
    schedule: SyncSchedule,
    connection: Connection,
    store_code: str,
    store_active: bool,
    *,
    now: datetime,
) -> SyncFigures:
    since = schedule.last_success_at or schedule.created_at
    # Orders are late by the clock; what is pulled once a day is late when a day's run is missing.
    usual = 60.0 * (schedule.interval_minutes or 24 * 60)
    late_after = max(LAG_SECONDS, 2 * usual) if schedule.job_type != ORDER_IMPORT else max(LAG_SECONDS, 1.5 * usual)
    return SyncFigures(
        store_id=schedule.store_id,
        store_code=store_code,
        connection_id=connection.id,
        connection_name=connection.name,
        connection_state=connection.state,
        channel=connection.channel,
        job_type=schedule.job_type,
        is_asked=schedule.enabled and connection.state != "paused" and store_active,
        lag_seconds=max(0.0, (now - since).total_seconds()),
        late_after=late_after,
        last_success_at=schedule.last_success_at,
        last_status=schedule.last_status,
        problem=schedule.last_problem if schedule.last_status != "success" else None,
        failures=schedule.failures,
        unread=len(schedule.unread or {}),
        since=since,
        runs=0,
        error_rate=0.0,
    )


_STATES = ("broken", "expiring", "new", "ok", "paused")


def _together(rows: Sequence[SyncFigures]) -> dict[str, Any]:
    asked = [row for row in rows if row.is_asked]
    runs = sum(row.runs for row in rows)
    successes = [row.last_success_at for row in asked]
    return {
        "status": min((row.status for row in rows), key=HEALTH.index),
        "connections": len(rows),
        "asked": len(asked),
        "lag_seconds": round(max((row.lag_seconds for row in asked), default=0.0), 1),
        "last_success_at": None if None in successes else min((at for at in successes if at), default=None),
        "error_rate": round(sum(row.error_rate * row.runs for row in rows) / runs, 4) if runs else 0.0,
        "unread_entries": sum(row.unread for row in rows),
        "problems": [
            {
                "store": row.store_code,
                "connection": row.connection_name,
                "status": row.status,
                "code": row.problem.code if row.problem else None,
                "problem": row.problem.detail if row.problem else None,
            }
            for row in rows
            if row.status not in ("ok", "idle")
        ][:10],
    }


def _worst(rows: Sequence[SyncFigures]) -> str:
    return min((row.connection_state for row in rows), key=_STATES.index)
