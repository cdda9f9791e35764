"""What may follow an import: applying a dry run, and running the rows that failed once more."""

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds.errors import import_not_found
from orion.feeds.failed_rows import count_failed_rows, require_kept
from orion.feeds.models import ACTIVE_STATUSES, ImportJob
from orion.feeds.start import queue_import
from orion.kernel import Conflict
from orion.merchants import StoreAccess

if TYPE_CHECKING:
    from orion.feeds.stock.models import StockImport


async def apply_dry_run(session: AsyncSession, access: StoreAccess, job_id: int) -> ImportJob:
    """Start the import that was tried: the same source, the same feed. Needs staff.

    Whether the source is still what the dry run read shows when it has been read again (`details["source_changed"]`).
    Raises NotFound (`import_not_found`) and Conflict: `not_a_dry_run`, `import_not_finished`, `dry_run_failed`,
    `import_changes_expired`, `dry_run_applied` (an upload is imported once), and as `start_import` does.
    """
    access.require("staff")
    job = await own_import(session, access, job_id)
    require_tried(job)
    applied = await session.scalar(sa.select(ImportJob.id).where(ImportJob.dry_run_id == job.id).limit(1))
    if applied is not None and job.source_url is None:
        raise already_applied(job, applied)
    return await queue_import(
        session,
        access.store,
        access.user.id,
        source_url=job.source_url,
        upload_key=job.upload_key,
        filename=job.filename,
        marketplace=job.marketplace,
        language=job.language,
        batch_size=job.batch_size,
        on_missing=job.on_missing,
        mode="partial" if job.details.get("partial") else "full",
        retry_of=job.retry_of,
        dry_run_id=job.id,
    )


async def retry_failed_rows(session: AsyncSession, access: StoreAccess, job_id: int) -> ImportJob:
    """Import the rows of an import that failed once more, as they were: something else may have been mended.

    Rows that are not kept whole are left out (`details["rows_left_out"]`). Needs staff. Raises NotFound
    (`import_not_found`) and Conflict: `import_not_finished`, `retry_of_dry_run`, `import_changes_expired`,
    `nothing_to_retry`, and as `start_import` does.
    """
    access.require("staff")
    job = await own_import(session, access, job_id)
    require_over(job)
    if job.mode == "dry_run":
        raise Conflict("retry_of_dry_run", f"Import {job.id} was a dry run: apply it, or mend the feed and try again.")
    require_kept(job)
    whole, cut = await count_failed_rows(session, job.id)
    if not whole:
        raise Conflict("nothing_to_retry", f"Import {job.id} has no failed rows that could be imported again.")
    return await queue_import(
        session,
        access.store,
        access.user.id,
        filename=job.filename,
        marketplace=job.marketplace,
        language=job.language,
        batch_size=job.batch_size,
        mode="partial",
        retry_of=job.id,
        details={"delimiter": job.details["delimiter"], "rows_left_out": cut},
    )


async def own_import(session: AsyncSession, access: StoreAccess, job_id: int) -> ImportJob:
    """The store's import. Raises NotFound (`import_not_found`)."""
    query = sa.select(ImportJob).where(ImportJob.id == job_id, ImportJob.store_id == access.store.id)
    job = await session.scalar(query)
    if job is None:
        raise import_not_found(job_id)
    return job


def require_tried(job: "ImportJob | StockImport") -> None:
    """Raises Conflict unless the job is a dry run that can be applied.

    The codes: `not_a_dry_run`, `import_not_finished`, `dry_run_failed`, `import_changes_expired`.
    """
    if not job.dry_run:
        raise Conflict("not_a_dry_run", f"Import {job.id} was no dry run: it has been done already.")
    require_over(job)
    if not job.status.startswith("completed"):
        raise Conflict("dry_run_failed", f"The dry run {job.id} did not come to its end ({job.status}): start another.")
    require_kept(job)


def already_applied(job: "ImportJob | StockImport", applied: int) -> Conflict:
    """What to say when the file of a dry run was imported already."""
    message = f"The file of dry run {job.id} was imported as import {applied}. Upload it again to import it again."
    return Conflict("dry_run_applied", message)


def require_over(job: "ImportJob | StockImport") -> None:
    """Raises Conflict (`import_not_finished`) while the import waits or runs."""
    if job.status in ACTIVE_STATUSES:
        raise Conflict("import_not_finished", f"Import {job.id} is still running: wait for it or cancel it.")
