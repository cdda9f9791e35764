"""Undoing an import: from its last change to its first, at once when they are few, else by a job that may be killed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import catalog
from orion.catalog import NotedChange, PutBack
from orion.feeds.events import ImportUndone, UndoRequested
from orion.feeds.failed_rows import require_kept
from orion.feeds.followups import own_import, require_over
from orion.feeds.models import (
    ACTIVE_STATUSES,
    Feed,
    FeedRow,
    ImportChange,
    ImportJob,
    ImportUndo,
    ImportUndoConflict,
)
from orion.feeds.start import lock_feed, require_idle
from orion.feeds.writing import FORGOTTEN
from orion.kernel import Conflict, NotFound, Page, page_offset
from orion.merchants import StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.jobs import enqueue
from orion.plumbing.runtime import Runtime

AT_ONCE = 500
"""So many changes are undone while the caller waits; more are a job's work."""

STEP = 1000


class _Change(NamedTuple):
    """What an `ImportChange` says: thousands of them are read, and none is written."""

    row_number: int
    kind: str
    product_id: int | None
    identifier: str
    changes: dict[str, Any] | None
    fingerprint: int | None


async def undo_import(session: AsyncSession, access: StoreAccess, job_id: int) -> ImportUndo:
    """Take back what an import changed, where nobody has changed it since: see `list_undo_conflicts` for the rest.

    What it created is removed; where stock or orders refer to it, it is unpublished. Few changes are undone before
    this returns, more by a job. An undo that failed goes on from where it stopped. Needs staff.
    Raises NotFound (`import_not_found`) and Conflict: `import_not_finished`, `undo_of_dry_run`,
    `import_changes_expired`, `import_undone` (an undo is not undone: import again), `nothing_to_undo`, and
    `import_already_running` or `undo_running` while something else works on the feed.
    Publishes UndoRequested, and ImportUndone when it is done.
    """
    access.require("staff")
    job = await own_import(session, access, job_id)
    require_over(job)
    if job.mode == "dry_run":
        raise Conflict("undo_of_dry_run", f"Import {job.id} was a dry run: it has changed nothing.")
    require_kept(job)
    await lock_feed(session, job.store_id, job.marketplace, job.language)
    await require_idle(session, job.feed_id, f"{job.marketplace}, {job.language}")
    undo = await session.get(ImportUndo, job.id, with_for_update=True, populate_existing=True)
    if undo is not None and undo.status != "failed":
        message = f"Import {job.id} is undone already. An undo cannot be undone: import the feed again."
        raise Conflict("import_undone", message)
    if undo is None:
        changes = sa.select(sa.func.count()).where(ImportChange.import_job_id == job.id)
        count = await session.scalar(changes) or 0
        if not count:
            raise Conflict("nothing_to_undo", f"Import {job.id} has changed nothing: there is nothing to undo.")
        undo = ImportUndo(import_job_id=job.id, total_count=count)
        session.add(undo)
    undo.user_id, undo.status, undo.failure_message = access.user.id, "pending", None
    await session.flush()
    left = undo.total_count - undo.processed_count
    await publish(session, UndoRequested(job.store_id, job.id, left, actor_id=access.user.id))
    if left > AT_ONCE:
        # every try is a job of its own: one that was given up stays what it is
        await enqueue(session, "undo_import", job.id, id=f"undo-{job.id}-{int(utcnow().timestamp())}")
        return undo
    while await _step(session, job.id):
        pass
    await session.refresh(undo)
    return undo


async def get_undo(session: AsyncSession, access: StoreAccess, job_id: int) -> ImportUndo:
    """How far the undoing of an import is, and what came of it. Raises NotFound (`import_not_found`, `not_undone`)."""
    job = await own_import(session, access, job_id)
    undo = await session.get(ImportUndo, job.id)
    if undo is None:
        raise NotFound("not_undone", f"Nobody has asked to undo import {job.id}.")
    return undo


async def list_undo_conflicts(
    session: AsyncSession, access: StoreAccess, job_id: int, *, page: int = 1, limit: int = 50
) -> Page[ImportUndoConflict]:
    """What an undo left as it is, and why, in the order of the feed's rows.

    Raises NotFound (`import_not_found`, `not_undone`) and Invalid (`invalid_page`).
    """
    await get_undo(session, access, job_id)
    table, offset = ImportUndoConflict, page_offset(page, limit)
    query = sa.select(table).where(table.import_job_id == job_id)
    total = await session.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    items = await session.scalars(query.order_by(table.row_number, table.field).limit(limit).offset(offset))
    return Page(items.all(), total or 0, page, limit)


async def work_on_undo(runtime: Runtime, import_id: int) -> None:
    """Undo to the end, in steps of one transaction each: killed, it goes on where it stopped, nothing twice."""
    going = True
    while going:
        async with runtime.database.transaction() as session:
            going = await _step(session, import_id)


async def fail_undo(runtime: Runtime, reason: str, import_id: int) -> None:
    """Say that an undo was given up; what is undone stays so, and asking again goes on from there."""
    async with runtime.database.transaction() as session:
        undo = await session.get(ImportUndo, import_id, with_for_update=True)
        if undo is None or undo.status not in ACTIVE_STATUSES:
            return
        undo.status, undo.completed_at = "failed", utcnow()
        undo.failure_message = f"The undo was given up: {reason}. Ask for it again to go on from where it stopped."
        job = await session.get_one(ImportJob, import_id)
        await _tell(session, job, undo)


async def _step(session: AsyncSession, import_id: int) -> bool:
    """Undo the next changes; whether there may be more."""
    undo = await session.get(ImportUndo, import_id, with_for_update=True, populate_existing=True)
    if undo is None or undo.status not in ACTIVE_STATUSES:
        return False
    job = await session.get_one(ImportJob, import_id)
    changes = await _next(session, undo)
    if not changes:
        await _complete(session, job, undo)
        return False
    elsewhere = await _elsewhere(session, job, [change.product_id for change in changes])
    done = await catalog.put_back(
        await session.connection(),
        [
            NotedChange(
                change.kind, change.product_id or 0, change.identifier, change.changes or {}, change.fingerprint
            )
            for change in changes
        ],
        store_id=job.store_id,
        marketplace=job.marketplace,
        language=job.language,
        elsewhere=elsewhere,
    )
    await _read_anew(session, job, changes, done)
    session.add_all(
        ImportUndoConflict(
            import_job_id=job.id,
            row_number=change.row_number,
            field=left.field,
            identifier=change.identifier,
            reason=left.reason,
            details={"product_id": change.product_id, **left.details},
        )
        for change, result in zip(changes, done, strict=True)
        for left in result.left
    )
    undo.status, undo.next_row = "processing", changes[-1].row_number
    undo.processed_count += len(changes)
    undo.restored_count += sum(result.outcome == "restored" for result in done)
    undo.removed_count += sum(result.outcome == "removed" for result in done)
    undo.kept_count += sum(result.outcome == "kept" for result in done)
    await session.flush()
    return True


async def _next(session: AsyncSession, undo: ImportUndo) -> list[_Change]:
    """The changes before those that are undone, the last one first; each product once."""
    table = ImportChange
    columns = (table.row_number, table.kind, table.product_id, table.identifier, table.changes, table.fingerprint)
    query = sa.select(*columns).where(table.import_job_id == undo.import_job_id)
    if undo.next_row is not None:
        query = query.where(table.row_number < undo.next_row)
    found, seen = [], set()
    for row in await session.execute(query.order_by(table.row_number.desc()).limit(STEP)):
        change = _Change(*row)
        if change.product_id in seen:
            break
        seen.add(change.product_id)
        found.append(change)
    return found


async def _elsewhere(session: AsyncSession, job: ImportJob, ids: Sequence[int | None]) -> set[int]:
    """Those that other feeds of the store describe too, in another language."""
    query = (
        sa.select(FeedRow.marketplace_product_id)
        .join(Feed, Feed.id == FeedRow.feed_id)
        .where(Feed.store_id == job.store_id, Feed.id != job.feed_id, FeedRow.marketplace_product_id.in_(ids))
    )
    return set((await session.scalars(query)).all())


async def _read_anew(
    session: AsyncSession, job: ImportJob, changes: Sequence[_Change], done: Sequence[PutBack]
) -> None:
    """Let the feed's next import look at these products again, as if it had not seen what is undone."""
    by_values: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    unlisted = []
    for change, result in zip(changes, done, strict=True):
        if change.product_id is None:
            continue
        is_new_text = (change.changes or {}).get("title", [""])[0] is None and "title" in result.restored
        if result.outcome == "removed" or is_new_text:  # this feed had not described it before
            unlisted.append(change.product_id)
        elif result.restored:
            by_values.setdefault(tuple(_marks(job, change).items()), []).append(change.product_id)
    rows = FeedRow.marketplace_product_id
    if unlisted:
        await session.execute(sa.delete(FeedRow).where(FeedRow.feed_id == job.feed_id, rows.in_(unlisted)))
    for values, ids in by_values.items():
        update = sa.update(FeedRow).where(FeedRow.feed_id == job.feed_id, rows.in_(ids))
        await session.execute(update.values(dict(values)))


def _marks(job: ImportJob, change: _Change) -> dict[str, Any]:
    """What a feed's row says of its product after the change is undone."""
    if change.kind == "withdrawn":
        return {"missing_since": None, "withdrawn": None, "prior_availability": None}
    if change.kind == "returned":
        prior = (change.changes or {}).get("own_availability")
        policy = "out_of_stock" if prior else "unpublish"
        return {"missing_since": job.id, "withdrawn": policy, "prior_availability": prior[1] if prior else None}
    return {"row_hash": FORGOTTEN}


async def _complete(session: AsyncSession, job: ImportJob, undo: ImportUndo) -> None:
    undo.status, undo.completed_at = "completed", utcnow()
    held_back = sa.and_(FeedRow.feed_id == job.feed_id, FeedRow.missing_since == job.id, FeedRow.withdrawn.is_(None))
    await session.execute(sa.update(FeedRow).where(held_back).values(missing_since=None))
    # What the feed answered last time says nothing any more: what it brought is not here.
    forget = {"etag": None, "last_modified": None}
    await session.execute(sa.update(Feed).where(Feed.id == job.feed_id).values(forget))
    await session.flush()
    await _tell(session, job, undo)


async def _tell(session: AsyncSession, job: ImportJob, undo: ImportUndo) -> None:
    counts = (undo.restored_count, undo.removed_count, undo.kept_count)
    await publish(session, ImportUndone(job.store_id, job.id, undo.status, *counts, actor_id=undo.user_id))
