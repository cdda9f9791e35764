"""What a day's runs did, of all stores together, for monitoring."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.plumbing.db import utcnow
from orion.sync.health import COUNTED
from orion.sync.models import SyncRun


@dataclass(frozen=True, slots=True)
class RunTotals:
    """Runs of the last day that ended so, and how many orders or products were new, changed, the same or unreadable."""

    channel: str
    job_type: str
    status: str
    runs: int
    created: int
    updated: int
    unchanged: int
    failed: int


async def run_totals(session: AsyncSession) -> list[RunTotals]:
    """All stores' runs of the last day that have ended, by channel, job type and status."""
    by = (SyncRun.channel, SyncRun.job_type, SyncRun.status)
    counted = (SyncRun.created, SyncRun.updated, SyncRun.unchanged, SyncRun.failed)
    columns: list[Any] = [*by, sa.func.count(), *map(sa.func.sum, counted)]
    query = (
        sa.select(*columns)
        .where(SyncRun.started_at > utcnow() - COUNTED, SyncRun.finished_at.is_not(None))
        .group_by(*by)
        .order_by(*by)
    )
    return [RunTotals(*row) for row in (await session.execute(query)).all()]
