"""What may follow a stock import that was asked for: stopping it, and applying what was only tried."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds.cancel import require_unfinished
from orion.feeds.followups import already_applied, require_tried
from orion.feeds.models import ACTIVE_STATUSES
from orion.feeds.stock.models import StockImport
from orion.feeds.stock.queries import stock_import_not_found
from orion.feeds.stock.start import queue_stock_import
from orion.feeds.stock.state import end
from orion.merchants import StoreAccess


async def cancel_stock_import(session: AsyncSession, access: StoreAccess, import_id: int) -> StockImport:
    """Stop a stock import: a pending one at once, a running one (`cancel_requested`) after its current batch.

    What was set stays. Asking twice is the same as asking once while it still runs. Needs staff. Raises NotFound
    (`stock_import_not_found`) and Conflict (`import_already_finished`).
    """
    access.require("staff")
    job = await _own(session, access, import_id)
    require_unfinished(job)
    await _cancel(session, job)
    return job


async def cancel_stock_imports_of(session: AsyncSession, store_id: int) -> int:
    """Stop every stock import of a store that is under way, as `cancel_stock_import` does; gives how many.

    For reactions to events.
    """
    query = sa.select(StockImport).where(StockImport.store_id == store_id, StockImport.status.in_(ACTIVE_STATUSES))
    locked = query.order_by(StockImport.id).with_for_update(key_share=True)
    found = (await session.scalars(locked.execution_options(populate_existing=True))).all()
    for job in found:
        await _cancel(session, job)
    return len(found)


async def apply_stock_dry_run(session: AsyncSession, access: StoreAccess, import_id: int) -> StockImport:
    """Start the stock import that was tried, of the very file that was read then. Needs staff.

    Raises NotFound (`stock_import_not_found`) and Conflict: `not_a_dry_run`, `import_not_finished`, `dry_run_failed`,
    `import_changes_expired`, `dry_run_applied` (a file is imported once), and as `start_stock_import` does.
    """
    access.require("staff")
    job = await _own(session, access, import_id)
    require_tried(job)
    applied = await session.scalar(sa.select(StockImport.id).where(StockImport.dry_run_id == job.id).limit(1))
    if applied is not None:
        raise already_applied(job, applied)
    key, job.upload_key = job.upload_key, None  # the file goes along: who has it forgets it in the end
    return await queue_stock_import(
        session,
        access,
        source_url=job.source_url,
        upload_key=key,
        filename=job.filename,
        mode=job.mode,
        reason=job.reason,
        dry_run_id=job.id,
    )


async def _own(session: AsyncSession, access: StoreAccess, import_id: int) -> StockImport:
    query = sa.select(StockImport).where(StockImport.id == import_id, StockImport.store_id == access.store.id)
    job = await session.scalar(query.with_for_update(key_share=True).execution_options(populate_existing=True))
    if job is None:
        raise stock_import_not_found(access, import_id)
    return job


async def _cancel(session: AsyncSession, job: StockImport) -> None:
    job.cancel_requested = True
    if job.status == "pending":
        await end(session, job, "cancelled")
    await session.flush()
