"""Running an import from the first byte to the last row. It may die at any moment and be run again."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from orion.feeds import failed_rows, missing, state, writing
from orion.feeds import prepare as files_prepare
from orion.feeds.head import read_head
from orion.feeds.mapping import mapping_of
from orion.feeds.models import FeedRow, ImportJob
from orion.feeds.normalising import Normaliser
from orion.feeds.reading import Batch, Known, Layout, batches, read_layout, survey
from orion.feeds.spool import spool_of
from orion.feeds.state import TakenOver, Task
from orion.feeds.watching import Cancelled, watched
from orion.kernel import Invalid, OrionError
from orion.plumbing import files
from orion.plumbing.db import bulk
from orion.plumbing.http import Fetched, fetch_to_file
from orion.plumbing.jobs import RetryLater
from orion.plumbing.runtime import Runtime

log = structlog.get_logger(__name__)

MAX_DOWNLOADS = 5
"""Downloads are tried so often, 10, 20, 40 and 80 seconds apart unless the other side names a time."""
SHOWN_UNCHANGED = 1000
"""A dry run names so many of the rows that say nothing new."""
_COLLISIONS = 5


async def run(runtime: Runtime, import_id: int) -> None:
    """Run or resume the import. It ends completed, failed or cancelled, or raises for another try later.

    Raises RetryLater while a download may still succeed, DBAPIError when the database is away; any other exception
    is a fault of ours: the import is marked as failed with it, and can be resumed by requeueing its job.
    """
    spool = spool_of(runtime.settings, import_id)
    try:
        task = await state.claim(runtime.database, import_id)
        if task is not None:
            await _Run(runtime, task, spool).run()
    except Cancelled:
        await state.cancel(runtime.database, import_id)
    except TakenOver:
        log.info("import_taken_over", import_id=import_id)
        return
    except (RetryLater, DBAPIError):
        raise
    except OrionError as problem:
        await state.fail(runtime.database, import_id, problem.code, problem.detail)
    except Exception:
        message = "Something went wrong on our side. What was imported is kept; an operator can resume the import."
        await state.fail(runtime.database, import_id, state.RESUMABLE, message)
        raise
    await asyncio.to_thread(shutil.rmtree, spool, ignore_errors=True)
    if upload := await state.spent_upload(runtime.database, import_id):
        await files.delete_upload(upload, runtime.settings)


@dataclass(frozen=True, slots=True)
class _Source:
    """A prepared feed, and the validators of the answer that brought it."""

    prepared: files_prepare.Prepared
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class _Run:
    runtime: Runtime
    task: Task
    spool: Path

    async def run(self) -> None:
        database, task = self.runtime.database, self.task
        source = await self._obtain()
        if source is None:
            await state.complete_unmodified(database, task)
            return
        prepared = source.prepared
        facts = {"encoding": prepared.encoding, "delimiter": prepared.delimiter}
        facts |= {"format": "xml"} if prepared.first_row is not None else {}
        await state.enter(database, task, "reading", **facts)
        layout = await self._layout(prepared)
        normaliser = Normaliser(layout.columns, prepared.delimiter, task.currency)
        found = await asyncio.to_thread(survey, layout, normaliser)
        offset, row = await state.begin_rows(
            database,
            task,
            digest=prepared.digest,
            total=found.total,
            offset=layout.offset,
            row=layout.row,
            header=writing.storable_text(layout.header),
            partial=task.retry_of is not None or normaliser.is_mended,
        )
        async with bulk.bulk_connection(database.engine) as connection:
            known = await _known(connection, task.feed_id)
            shown = SHOWN_UNCHANGED if task.is_dry_run else 0
            steps = batches(layout, found, known, offset=offset, row=row, size=task.batch_size, show_known=shown)
            await self._write_all(connection, layout, normaliser, steps, offset)
        await missing.settle(database, task, found)
        await state.complete(database, task, etag=source.etag, last_modified=source.last_modified)

    async def _layout(self, prepared: files_prepare.Prepared) -> Layout:
        """The feed's layout under the store's mapping; a feed without one leaves a look at its columns."""
        database, task = self.runtime.database, self.task
        async with database.reading() as session:
            mapping = await mapping_of(session, task.store_id, task.marketplace)
        try:
            return await asyncio.to_thread(
                read_layout,
                prepared.path,
                prepared.delimiter,
                task.currency,
                start=prepared.start_offset,
                first_row=prepared.first_row,
                mapping=mapping,
            )
        except Invalid as problem:
            if problem.code == "missing_columns":
                head = await asyncio.to_thread(read_head, prepared)
                await state.enter(database, task, "reading", columns=head.to_json())
            raise

    async def _write_all(
        self, connection: AsyncConnection, layout: Layout, normaliser: Normaliser, steps: Iterator[Batch], offset: int
    ) -> None:
        """Write batch after batch; the next one is read and normalised in a thread meanwhile."""

        def next_work() -> writing.Prepared | None:
            batch = next(steps, None)
            return writing.prepare(batch, normaliser) if batch else None

        upcoming = asyncio.create_task(asyncio.to_thread(next_work))
        try:
            while work := await upcoming:
                upcoming = asyncio.create_task(asyncio.to_thread(next_work))
                await self._write(connection, normaliser, work, offset)
                offset = work.batch.end_offset
        finally:
            # a thread cannot be stopped: let it finish before what it reads from is gone
            await asyncio.gather(upcoming, return_exceptions=True)

    async def _write(
        self, connection: AsyncConnection, normaliser: Normaliser, work: writing.Prepared, offset: int
    ) -> None:
        for attempt in range(1, _COLLISIONS + 1):
            try:
                await writing.write(connection, self.task, normaliser, work, offset=offset)
            except DBAPIError as error:
                if attempt == _COLLISIONS or not _is_collision(error):
                    raise
                log.info("import_collision", import_id=self.task.id, attempt=attempt)
            else:
                return

    async def _obtain(self) -> _Source | None:
        """The feed on this machine's disk, from an earlier run of this import if that is whole; None if unmodified."""
        marker = self.spool / "source.json"
        if marker.exists():
            kept = json.loads(marker.read_text())
            prepared = files_prepare.Prepared(**{**kept["prepared"], "path": self.spool / kept["prepared"]["path"]})
            if prepared.digest == self.task.digest and prepared.path.exists():
                return _Source(prepared, kept["etag"], kept["last_modified"])
        shutil.rmtree(self.spool, ignore_errors=True)
        self.spool.mkdir(parents=True)
        raw, settings, task = self.spool / "raw", self.runtime.settings, self.task
        try:
            fetched = await watched(
                self._download(raw), database=self.runtime.database, job=ImportJob, import_id=task.id
            )
            if fetched and fetched.status == "not_modified":
                return None
            prepared = await asyncio.to_thread(
                files_prepare.prepare, raw, self.spool / "feed.csv", max_bytes=settings.feed_max_bytes
            )
            if task.is_as_it_was:  # written by us, in the feed's own way
                prepared = replace(prepared, delimiter=str(task.details["delimiter"]))
        except OrionError as problem:
            await self._try_later(problem)
            raise
        if prepared.path != raw:
            raw.unlink(missing_ok=True)
        source = _Source(prepared, fetched.etag if fetched else None, fetched.last_modified if fetched else None)
        kept = {**asdict(source), "prepared": {**asdict(prepared), "path": prepared.path.name}}
        partial = marker.with_suffix(".part")
        partial.write_text(json.dumps(kept))
        partial.replace(marker)
        return source

    async def _download(self, target: Path) -> Fetched | None:
        task, settings = self.task, self.runtime.settings
        if task.upload_key:
            await files.copy_to(task.upload_key, target, settings)
            return None
        if task.retry_of is not None:
            await failed_rows.write_again(self.runtime.database, task.retry_of, target)
            return None
        return await fetch_to_file(
            task.source_url or "",
            target,
            settings=settings,
            etag=task.etag,
            last_modified=task.last_modified,
            max_bytes=settings.feed_max_bytes,
            timeout_seconds=settings.feed_timeout_seconds,
        )

    async def _try_later(self, problem: OrionError) -> None:
        """Ask for another try when the problem may pass and there were not too many yet."""
        downloads = int(self.task.details.get("downloads", 0)) + 1
        if not getattr(problem, "retryable", False) or self.task.upload_key or downloads >= MAX_DOWNLOADS:
            return
        noted = {"downloads": downloads, "problem": problem.detail}
        await state.enter(self.runtime.database, self.task, "waiting", **noted)
        raise RetryLater(problem.retry_after or 10.0 * 2 ** (downloads - 1), problem.code)


def _is_collision(error: DBAPIError) -> bool:
    """Whether two imports met on the same products: a unique value taken, a deadlock, or a serialisation failure."""
    return isinstance(error, sa.exc.IntegrityError) or getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


async def _known(connection: AsyncConnection, feed_id: int) -> Known:
    """The hashes of the records that the feed's earlier imports took: 8 bytes each."""
    query = sa.select(FeedRow.row_hash).where(FeedRow.feed_id == feed_id)
    hashes = np.empty(await connection.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0, np.int64)
    at = 0
    async with connection.stream_scalars(query.execution_options(yield_per=10_000)) as rows:
        async for part in rows.partitions():
            hashes = np.resize(hashes, max(len(hashes), at + len(part)))
            hashes[at : at + len(part)] = part
            at += len(part)
    await connection.rollback()
    return Known(hashes[:at].copy())
