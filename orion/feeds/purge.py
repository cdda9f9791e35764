"""Forgetting what old imports changed, so that the disk holds no more of it than was agreed."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from orion.feeds.models import ACTIVE_STATUSES, ImportChange, ImportJob, ImportUndo, ImportUndoConflict, IssueRow
from orion.plumbing import files
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime

_STEP = 10_000
_TABLES = (ImportChange, IssueRow, ImportUndoConflict)


async def purge_import_changes(runtime: Runtime) -> None:
    """Forget the changes and failed rows of imports beyond IMPORT_CHANGES_KEEP_DAYS and IMPORT_CHANGES_KEEP_ROWS.

    The import itself, its counters and its list of errors stay, and so do the counts of an undo. From then on it can
    neither be undone, applied nor retried. In steps of at most 10,000 rows: nobody waits for long.
    """
    settings = runtime.settings
    async with runtime.database.reading() as session:
        old = await _too_old(session, settings.import_changes_keep_days)
        old |= await _too_many(session, settings.import_changes_keep_rows)
        half_done = await _half_done(session)
    for import_id in sorted(old):
        await _forget(runtime, import_id)
    for import_id in sorted(old | half_done):
        for table in _TABLES:
            await delete_rows(runtime, table, table.import_job_id == import_id)


def _settled() -> sa.ColumnElement[bool]:
    """Imports that have ended and still have their changes, which nobody needs just now."""
    child = aliased(ImportJob)
    wanted = sa.exists().where(
        sa.or_(child.dry_run_id == ImportJob.id, child.retry_of == ImportJob.id), child.status.in_(ACTIVE_STATUSES)
    )
    undoing = sa.exists().where(ImportUndo.import_job_id == ImportJob.id, ImportUndo.status.in_(ACTIVE_STATUSES))
    return sa.and_(ImportJob.changes_purged.is_(False), ImportJob.status.not_in(ACTIVE_STATUSES), ~undoing, ~wanted)


async def _too_old(session: AsyncSession, days: int) -> set[int]:
    since = utcnow() - timedelta(days=days)
    return set((await session.scalars(sa.select(ImportJob.id).where(_settled(), ImportJob.completed_at < since))).all())


async def _too_many(session: AsyncSession, most: int) -> set[int]:
    size = ImportJob.imported_count + ImportJob.updated_count + ImportJob.error_count
    return await beyond(session, ImportJob, size, _settled(), most)


async def beyond(session: AsyncSession, table: Any, size: Any, settled: sa.ColumnElement[bool], most: int) -> set[int]:
    """The settled imports before which newer ones of the same store have used up what may be kept: `most` rows."""
    newest = table.id.desc()
    ranked = (
        sa.select(
            table.id,
            sa.func.sum(size).over(partition_by=table.store_id, order_by=newest).label("used"),
            sa.func.row_number().over(partition_by=table.store_id, order_by=newest).label("place"),
        )
        .where(settled)
        .subquery()
    )
    query = sa.select(ranked.c.id).where(ranked.c.used > most, ranked.c.place > 1)
    return set((await session.scalars(query)).all())


async def _half_done(session: AsyncSession) -> set[int]:
    """The imports whose changes were being deleted when a worker died."""
    left = sa.or_(*(sa.exists().where(table.import_job_id == ImportJob.id) for table in _TABLES))
    return set((await session.scalars(sa.select(ImportJob.id).where(ImportJob.changes_purged, left))).all())


async def _forget(runtime: Runtime, import_id: int) -> None:
    async with runtime.database.transaction() as session:
        job = await session.scalar(sa.select(ImportJob).where(_settled(), ImportJob.id == import_id).with_for_update())
        if job is None:
            return
        job.changes_purged, job.updated_at = True, job.updated_at
        upload = job.upload_key if job.mode == "dry_run" else None
    if upload:
        await files.delete_upload(upload, runtime.settings)


async def delete_rows(runtime: Runtime, table: Any, mine: sa.ColumnElement[bool]) -> None:
    """Delete the rows of a table of numbered rows that are `mine`, in steps that nobody waits for."""
    while await _delete_some(runtime, table, mine):
        pass


async def _delete_some(runtime: Runtime, table: Any, mine: sa.ColumnElement[bool]) -> bool:
    """Delete the next rows; whether there may be more."""
    async with runtime.database.transaction() as session:
        last = await session.scalar(
            sa.select(table.row_number).where(mine).order_by(table.row_number).offset(_STEP).limit(1)
        )
        before = mine if last is None else sa.and_(mine, table.row_number < last)
        await session.execute(sa.delete(table).where(before))
    return last is not None
