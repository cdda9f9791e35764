"""Cancel an import."""

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds.errors import import_not_found
from orion.feeds.events import ImportFinished
from orion.feeds.models import ACTIVE_STATUSES, ImportJob
from orion.kernel import Conflict
from orion.merchants import StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish

if TYPE_CHECKING:
    from orion.feeds.stock.models import StockImport


async def cancel_import(session: AsyncSession, access: StoreAccess, job_id: int) -> ImportJob:
    """Stop an import of the store: a pending one at once, a running one (`cancel_requested`) after its current batch.

    What was imported stays. Asking twice is the same as asking once while it still runs. Needs staff. Raises NotFound
    (`import_not_found`) and Conflict (`import_already_finished`).
    """
    access.require("staff")
    job = await session.scalar(
        sa.select(ImportJob)
        .where(ImportJob.id == job_id, ImportJob.store_id == access.store.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if job is None:
        raise import_not_found(job_id)
    require_unfinished(job)
    await _cancel(session, job)
    return job


def require_unfinished(job: "ImportJob | StockImport") -> None:
    """Raises Conflict (`import_already_finished`)."""
    if job.status not in ACTIVE_STATUSES:
        raise Conflict("import_already_finished", f"Import {job.id} is already finished ({job.status}).")


async def cancel_imports_of(session: AsyncSession, store_id: int) -> int:
    """Stop every import of a store that is under way, as `cancel_import` does; gives how many.

    For reactions to events.
    """
    jobs = await session.scalars(
        sa.select(ImportJob)
        .where(ImportJob.store_id == store_id, ImportJob.status.in_(ACTIVE_STATUSES))
        .order_by(ImportJob.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = jobs.all()
    for job in found:
        await _cancel(session, job)
    return len(found)


async def _cancel(session: AsyncSession, job: ImportJob) -> None:
    job.cancel_requested = True
    if job.status == "pending":
        job.status, job.phase, job.completed_at = "cancelled", "finished", utcnow()
        await publish(session, ImportFinished(import_id=job.id, store_id=job.store_id, status=job.status))
    await session.flush()
