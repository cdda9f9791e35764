"""Forgetting what old stock imports changed, by the same rule as for imports of products. Movements stay."""

from datetime import timedelta

import sqlalchemy as sa

from orion.feeds.models import ACTIVE_STATUSES
from orion.feeds.purge import beyond, delete_rows
from orion.feeds.stock.models import StockImport, StockImportChange
from orion.feeds.stock.state import forget_file, note
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime


async def purge_stock_import_changes(runtime: Runtime) -> None:
    """Forget the changes of stock imports beyond IMPORT_CHANGES_KEEP_DAYS and IMPORT_CHANGES_KEEP_ROWS.

    The import, its counters and its rejected rows stay; a dry run cannot be applied any more, and its file goes.
    """
    settings, job, change = runtime.settings, StockImport, StockImportChange
    settled = sa.and_(job.changes_purged.is_(False), job.status.not_in(ACTIVE_STATUSES))
    before = utcnow() - timedelta(days=settings.import_changes_keep_days)
    async with runtime.database.reading() as session:
        old = set(await session.scalars(sa.select(job.id).where(settled, job.completed_at < before)))
        old |= await beyond(session, job, job.changed, settled, settings.import_changes_keep_rows)
        left = sa.select(job.id).where(job.changes_purged, sa.exists().where(change.import_id == job.id))
        half_done = set(await session.scalars(left))
    for import_id in sorted(old):
        await note(runtime, import_id, changes_purged=True)
        await forget_file(runtime, import_id)
    for import_id in sorted(old | half_done):
        await delete_rows(runtime, change, change.import_id == import_id)
