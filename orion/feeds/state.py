"""An import's steps from state to state, each one short transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds.events import ImportFinished
from orion.feeds.models import Feed, ImportChange, ImportIssue, ImportJob, ImportUndo, IssueRow
from orion.feeds.watching import Cancelled
from orion.merchants import Store
from orion.plumbing.db import Database, utcnow
from orion.plumbing.events import publish

_EARLIER = 10**10
"""More than any feed has rows."""

MAX_STARTS = 30
"""An import that was started so often without getting a batch further kills its workers."""


RESUMABLE = "internal_error"
"""The failure after which an operator can run the import on from where it stopped."""


class TakenOver(Exception):
    """Another worker has moved this import on, or it has ended: this one has to let go."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one run of an import needs to know; `offset` and `row` are the checkpoint.

    `retry_of` is the import whose failed rows these are, mended (`upload_key`) or as they were.
    """

    id: int
    store_id: int
    feed_id: int
    marketplace: str
    language: str
    currency: str
    batch_size: int
    source_url: str | None
    upload_key: str | None
    etag: str | None
    last_modified: str | None
    row_count: int
    digest: str | None
    offset: int
    row: int
    details: Mapping[str, Any]
    mode: str
    retry_of: int | None

    @property
    def is_dry_run(self) -> bool:
        """Whether no products are written."""
        return self.mode == "dry_run"

    @property
    def is_as_it_was(self) -> bool:
        """Whether the source is the failed rows of another import, as they were."""
        return self.source_url is None and self.upload_key is None


async def claim(database: Database, import_id: int) -> Task | None:
    """Mark the import as being worked on and say what to do; None when there is nothing left to do.

    Raises Cancelled, and RuntimeError when it has been started too often without progress.
    """
    try:
        async with database.transaction() as session:
            job = await _locked(session, import_id)
            again = job is not None and job.status == "failed" and job.failure_code == RESUMABLE
            if job is None or not (job.status in ("pending", "processing") or again):
                return None
            if again and await undo_of(session, import_id) is not None:
                return None
            if job.cancel_requested:
                raise Cancelled
            job.starts = 1 if again else job.starts + 1
            job.status, job.failure_code, job.failure_message, job.completed_at = "processing", None, None, None
            job.phase = "downloading"
            job.started_at = job.started_at or utcnow()
            if job.starts > MAX_STARTS:
                raise RuntimeError(f"import {import_id} was started {MAX_STARTS} times and never got further")
            feed = await session.get_one(Feed, job.feed_id)
            store = await session.get_one(Store, job.store_id)
            return _task(job, feed, store)
    except IntegrityError:  # failed before, and in the meantime a new import of the feed was started
        return None


def _task(job: ImportJob, feed: Feed, store: Store) -> Task:
    # What the feed said last time only counts for the same address read under the same store settings.
    conditional = job.digest is None and feed.source_url == job.source_url and store.updated_at <= feed.updated_at
    return Task(
        id=job.id,
        store_id=job.store_id,
        feed_id=job.feed_id,
        marketplace=job.marketplace,
        language=job.language,
        currency=store.default_currency,
        batch_size=job.batch_size,
        source_url=job.source_url,
        upload_key=job.upload_key,
        etag=feed.etag if conditional else None,
        last_modified=feed.last_modified if conditional else None,
        row_count=feed.row_count or 0,
        digest=job.digest,
        offset=job.next_offset,
        row=job.next_row,
        details=job.details,
        mode=job.mode,
        retry_of=job.retry_of,
    )


async def enter(database: Database, task: Task, phase: str, **details: Any) -> None:
    """Move the import to a phase and note details. Raises Cancelled and TakenOver."""
    async with database.transaction() as session:
        job = await _running(session, task)
        job.phase = phase
        job.details = {**job.details, **details}


async def begin_rows(
    database: Database, task: Task, *, digest: str, total: int, offset: int, row: int, header: str, partial: bool
) -> tuple[int, int]:
    """Enter the importing phase; return the checkpoint to start from: `offset` and `row`, or further on.

    When the source changed since the last run of this import, what that run counted and noted is dropped, except what
    it changed. `partial`: the rows are some of a feed's. Raises Cancelled and TakenOver.
    """
    async with database.transaction() as session:
        job = await _running(session, task)
        job.phase, job.total_count, job.header = "importing", total, header
        if partial:
            job.mode = "partial" if job.mode == "full" else job.mode
            job.details = {**job.details, "partial": True}
        if job.digest != digest:
            if job.dry_run_id is not None:
                predicted = await session.scalar(sa.select(ImportJob.digest).where(ImportJob.id == job.dry_run_id))
                job.details = {**job.details, "source_changed": predicted != digest}
            await _begin_anew(session, job)
            job.digest, job.next_offset, job.next_row = digest, offset, row
        return job.next_offset, job.next_row


async def _begin_anew(session: AsyncSession, job: ImportJob) -> None:
    job.imported_count = job.updated_count = job.unchanged_count = job.skipped_count = 0
    job.error_count = job.warning_count = job.processed_count = 0
    for notes in (ImportIssue, IssueRow):
        await session.execute(sa.delete(notes).where(notes.import_job_id == job.id))
    mine = ImportChange.import_job_id == job.id
    if job.mode == "dry_run":
        await session.execute(sa.delete(ImportChange).where(mine))
    else:  # the products were changed all the same: an undo will want to know
        number = ImportChange.row_number - _EARLIER
        await session.execute(sa.update(ImportChange).where(mine).values(row_number=number))


async def undo_of(session: AsyncSession, import_id: int) -> ImportUndo | None:
    """The undoing of the import, if somebody asked for it."""
    return await session.get(ImportUndo, import_id)


async def complete(database: Database, task: Task, *, etag: str | None, last_modified: str | None) -> None:
    """End the import well. Raises TakenOver.

    A full import is the feed's last one: the answer's validators are kept when no row had anything to tell.
    """
    async with database.transaction() as session:
        job = await _running(session, task, heed_cancel=False)
        clean = job.error_count == 0 and job.warning_count == 0
        job.status = "completed_with_errors" if job.error_count else "completed"
        if job.mode == "full":
            feed = await session.get_one(Feed, task.feed_id)
            feed.source_url, feed.row_count, feed.updated_at = job.source_url, job.total_count, utcnow()
            feed.etag, feed.last_modified = (etag, last_modified) if clean else (None, None)
        await _end(session, job)


async def complete_unmodified(database: Database, task: Task) -> None:
    """End an import whose source answered that nothing has changed since the last one. Raises TakenOver."""
    async with database.transaction() as session:
        job = await _running(session, task, heed_cancel=False)
        job.status = "completed"
        job.unchanged_count = job.processed_count = job.total_count = task.row_count
        job.details = {**job.details, "not_modified": True}
        await _end(session, job)


async def cancel(database: Database, import_id: int) -> None:
    """End the import as cancelled; what it took in stays."""
    async with database.transaction() as session:
        if (job := await _locked(session, import_id)) and job.status == "processing":
            job.status = "cancelled"
            await _end(session, job)


async def fail(database: Database, import_id: int, code: str, message: str) -> None:
    """End the import as failed, with the reason in words; what it took in stays."""
    async with database.transaction() as session:
        if (job := await _locked(session, import_id)) and job.status == "processing":
            job.status, job.failure_code, job.failure_message = "failed", code[:64], message[:4000]
            await _end(session, job)


async def spent_upload(database: Database, import_id: int) -> str | None:
    """The key of the import's upload when nobody needs it any more; a dry run's may be wanted by who applies it."""
    async with database.reading() as session:
        job = await session.get(ImportJob, import_id)
        over = job is not None and job.phase == "finished" and job.failure_code != RESUMABLE
        return job.upload_key if job is not None and over and job.mode != "dry_run" else None


async def _end(session: AsyncSession, job: ImportJob) -> None:
    job.phase, job.completed_at = "finished", utcnow()
    await publish(session, ImportFinished(import_id=job.id, store_id=job.store_id, status=job.status))


async def _locked(session: AsyncSession, import_id: int) -> ImportJob | None:
    return await session.scalar(sa.select(ImportJob).where(ImportJob.id == import_id).with_for_update())


async def _running(session: AsyncSession, task: Task, *, heed_cancel: bool = True) -> ImportJob:
    job = await _locked(session, task.id)
    if job is None or job.status != "processing":
        raise TakenOver
    if job.cancel_requested and heed_cancel:
        raise Cancelled
    return job
