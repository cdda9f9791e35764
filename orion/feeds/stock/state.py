"""What every part of a stock import asks and says of it: whether it still runs, and how it ended."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds.events import StockImported
from orion.feeds.models import ACTIVE_STATUSES
from orion.feeds.stock.models import StockImport
from orion.plumbing import files
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.runtime import Runtime


async def held(session: AsyncSession, import_id: int) -> StockImport | None:
    """The import, locked, if it has not ended."""
    query = sa.select(StockImport).where(StockImport.id == import_id, StockImport.status.in_(ACTIVE_STATUSES))
    found: StockImport | None = await session.scalar(query.with_for_update(key_share=True))
    return found


async def note(runtime: Runtime, import_id: int, **values: Any) -> None:
    """Set columns of an import, whatever its state."""
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(StockImport).where(StockImport.id == import_id).values(**values))


async def end(session: AsyncSession, job: StockImport, status: str) -> None:
    """End an import that is held. Publishes StockImported."""
    job.status, job.completed_at = status, utcnow()
    await session.flush()
    done = StockImported(
        job.store_id, job.id, job.name, status, job.changed, job.failed, job.user_id, dry_run=job.dry_run
    )
    await publish(session, done)


async def stop(
    runtime: Runtime, import_id: int, status: str, code: str | None = None, message: str | None = None
) -> None:
    """End an import that has not ended as failed, with the reason in words, or as cancelled; its file is forgotten."""
    async with runtime.database.transaction() as session:
        job = await held(session, import_id)
        if job is not None:
            job.failure_code, job.failure_message = code, message
            await end(session, job, status)
    await forget_file(runtime, import_id)


async def forget_file(runtime: Runtime, import_id: int) -> None:
    """Delete the file of an import that has ended; that of a dry run is kept while it can be applied."""
    async with runtime.database.transaction() as session:
        job = await session.get(StockImport, import_id, with_for_update={"key_share": True})
        if job is None or job.upload_key is None or job.status in ACTIVE_STATUSES:
            return
        if job.dry_run and job.status.startswith("completed") and not job.changes_purged:
            return
        key, job.upload_key = job.upload_key, None
    await files.delete_upload(key, runtime.settings)
