"""Forgetting old runs and pushes."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.sync.models import HookReceipt, SyncRun

KEPT = timedelta(days=30)
QUIET_KEPT = timedelta(days=2)
"""Runs that found nothing new are most of all."""

_AT_ONCE = 5000


async def purge_runs(session: AsyncSession, now: datetime) -> bool:
    """Delete some runs and pushes that are old enough; whether there may be more."""
    quiet = sa.and_(
        SyncRun.status == "success", SyncRun.created + SyncRun.updated == 0, SyncRun.started_at < now - QUIET_KEPT
    )
    ended = SyncRun.status.not_in(("running", "deferred"))
    old = sa.or_(quiet, sa.and_(ended, SyncRun.started_at < now - KEPT))
    more = False
    for table, condition in ((SyncRun, old), (HookReceipt, HookReceipt.received_at < now - KEPT)):
        ids = (await session.scalars(sa.select(table.id).where(condition).order_by(table.id).limit(_AT_ONCE))).all()
        if ids:
            await session.execute(sa.delete(table).where(table.id.in_(ids)))
        more = more or len(ids) == _AT_ONCE
    return more
