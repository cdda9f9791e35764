"""One run: pages are asked for while no transaction is open, and each is written with the place to go on, at once.

It may die at any moment and be run again by somebody else; a page that comes twice changes nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels import (
    Adapter,
    ChannelError,
    ChannelUnavailable,
    Connection,
    CredentialsRefused,
    MalformedItem,
    ScopeMissing,
    SlowDown,
    Unreadable,
    open_adapter,
)
from orion.kernel import OrionError
from orion.plumbing.db import Database, utcnow
from orion.plumbing.runtime import Runtime
from orion.sync import outcome, unread
from orion.sync.models import SyncRun
from orion.sync.orders_reader import OrdersReader
from orion.sync.products_reader import ProductsReader
from orion.sync.progress import Progress
from orion.sync.readers import Counts, Read, Reader
from orion.sync.rules import ORDER_BACKFILL, PRODUCT_PULL, rules_of

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
"""A run that wrote nothing for so long is gone on with by another worker."""

PAGE_SECONDS = 240.0
"""No page takes longer: the lease must not end while we wait."""

BACKFILL_SPARE = 0.5
"""The part of a channel's burst that back-fills leave to polls and to single orders."""

SINGLES = 5
"""So many entries that could not be read are asked for singly in one run."""

_COLLISIONS = 5


class TakenOver(Exception):
    """Another worker goes on with this run, or it is over."""


@dataclass(slots=True)
class Task:
    """What a run works on; `pages` is the fence, `unread` the entries that could not be read before."""

    run_id: int
    schedule_id: int
    connection: Connection
    job_type: str
    pages: int
    progress: Progress
    unread: unread.Entries


async def run(runtime: Runtime, run_id: int) -> None:
    """Go on with a run until its window is read, the channel wants us to wait, or it fails; all are written down.

    Raises DBAPIError when the database is away, and what is a fault of ours after it was written down as a failure.
    """
    task = await _claim(runtime.database, run_id)
    if task is None:
        log.info("sync_run_taken_over", run_id=run_id)
        return
    try:
        spare = BACKFILL_SPARE if task.job_type == ORDER_BACKFILL else 0.0
        async with open_adapter(runtime, task.connection, spare=spare) as adapter:
            reader: Reader = ProductsReader() if task.job_type == PRODUCT_PULL else OrdersReader()
            await _Run(runtime, task, adapter, reader).read()
    except TakenOver:
        log.info("sync_run_taken_over", run_id=run_id)
    except SlowDown as error:
        await outcome.defer(runtime.database, run_id, error)
    except ChannelError as error:
        await outcome.fail(runtime.database, run_id, error)
    except OrionError as problem:
        await outcome.fail(runtime.database, run_id, ChannelError(problem.code, problem.detail))
    except DBAPIError:
        raise
    except Exception:
        detail = "Something went wrong on our side. What was read is kept; the run is tried again."
        await outcome.fail(runtime.database, run_id, ChannelUnavailable("internal", detail))
        raise


async def give_up(runtime: Runtime, reason: str, run_id: int) -> None:
    """The queue has given the run up: say so, where it was not said already."""
    message = f"The run was given up: {reason}"
    await outcome.fail(runtime.database, run_id, ChannelUnavailable("given_up", message))


async def _claim(database: Database, run_id: int) -> Task | None:
    async with database.transaction() as session:
        found = await outcome.lock(session, run_id)
        if found is None:
            return None
        run, schedule = found
        schedule.running_until = utcnow() + LEASE
        connection = await session.get_one(Connection, run.connection_id)
        return Task(
            run_id=run.id,
            schedule_id=schedule.id,
            connection=connection,
            job_type=run.job_type,
            pages=run.pages,
            progress=Progress.of(schedule.cursor or {"run": run.id}),
            unread=unread.Entries.of(schedule.unread),
        )


@dataclass(slots=True)
class _Run:
    runtime: Runtime
    task: Task
    adapter: Adapter
    reader: Reader

    async def read(self) -> None:
        """Page after page, until the window is read; the next one comes while a page is written."""
        page = await self._fetch(self.task.progress.page)
        while True:
            upcoming = asyncio.create_task(self._fetch(page.cursor)) if page.cursor is not None else None
            try:
                if await self._take(page):
                    return
                page = await (upcoming or self._fetch(self.task.progress.page))
            finally:
                if upcoming is not None:
                    upcoming.cancel()
                    await asyncio.gather(upcoming, return_exceptions=True)

    async def _fetch(self, cursor: str | None) -> Read:
        if self.task.progress.is_stuck:
            raise Unreadable("endless_pages", "The channel's pages lead in a circle, or never end.")
        try:
            async with asyncio.timeout(PAGE_SECONDS):
                return await self.reader.fetch(self.adapter, self.task.progress.window, cursor)
        except TimeoutError:
            raise ChannelUnavailable("timeout", f"A page took longer than {PAGE_SECONDS:g} seconds.") from None

    async def _take(self, page: Read) -> bool:
        """Write one page; whether it was the last. What could not be read before is asked for singly at the end."""
        singles = _Singles()
        if page.cursor is None:
            singles = await self._ask_singly(page.malformed)
        for attempt in range(1, _COLLISIONS + 1):
            try:
                return await self._write(page, singles)
            except (DBAPIError, ValueError, TypeError, LookupError, ArithmeticError) as error:
                if is_collision(error) and attempt < _COLLISIONS:
                    log.info("sync_collision", run_id=self.task.run_id, attempt=attempt)
                    continue
                if not blames_entry(error):
                    raise
                log.warning("sync_page_refused", run_id=self.task.run_id, error=repr(error))
                return await self._write(page, singles, singly=True)
        raise TakenOver

    async def _write(self, page: Read, singles: "_Singles", *, singly: bool = False) -> bool:
        task = self.task
        take = self._take_singly if singly else self._take_all
        async with self.runtime.database.transaction() as session:
            found = await outcome.lock(session, task.run_id, pages=task.pages)
            if found is None:
                raise TakenOver
            run, schedule = found
            taken = await take(session, run, page.items, current=False)
            stale = taken.stale
            taken.add(await take(session, run, singles.items, current=True))
            entries = unread.Entries.of(schedule.unread)
            entries.forget(singles.gone)
            read = {self.reader.name(item) for item in (*page.items, *singles.items)}
            entries.forget(read - {name for name, _ in taken.refused})
            for name in set(stale) - singles.read:
                entries.add(name, "An older version came after a newer one.", quiet=True)
            told = singles.read | {name for name, _ in singles.failed}
            bad = [(item.channel_id, item.problem) for item in page.malformed if item.channel_id not in told]
            # What could not be had singly may have come in this very page.
            failed = [(name, problem) for name, problem in singles.failed if name not in read - set(stale)]
            for channel_id, problem in (*bad, *taken.refused, *failed):
                entries.add(channel_id, problem)
            _count(run, page, taken)
            outcome.note_nameless(run, page.malformed)
            progress = task.progress.after(page.cursor, page.watermark, page.newest, taken.created + taken.updated)
            done = page.cursor is None
            if done and progress.needs_another_sweep(steady=rules_of(run.channel).steady):
                done, progress = False, progress.next_sweep()
            schedule.unread = entries.to_json()
            schedule.cursor, schedule.running_until = progress.to_json(), utcnow() + LEASE
            if done:
                doubt = await self.reader.finish(session, task.connection, schedule, run)
                await outcome.succeed(session, run, schedule, task.connection, progress, entries, doubt)
        task.pages, task.progress, task.unread = run.pages, progress, entries
        return done

    async def _take_all(self, session: AsyncSession, run: SyncRun, items: Sequence[Any], *, current: bool) -> Counts:
        if not items:
            return Counts()
        return await self.reader.take_in(session, self.task.connection, items, run, current=current)

    async def _take_singly(self, session: AsyncSession, run: SyncRun, items: Sequence[Any], *, current: bool) -> Counts:
        """One by one, so that an entry that the database refuses does not sink the others."""
        counts = Counts()
        for item in items:
            try:
                async with session.begin_nested():
                    counts.add(await self._take_all(session, run, [item], current=current))
            except (DBAPIError, ValueError, TypeError, LookupError, ArithmeticError) as error:
                if not blames_entry(error):
                    raise
                counts.refused.append((self.reader.name(item), f"It cannot be stored: {type(error).__name__}"))
        return counts

    async def _ask_singly(self, malformed: Sequence[MalformedItem]) -> "_Singles":
        """Entries that could not be read in their page, now or before, may be readable alone."""
        now_bad = {item.channel_id: item.problem for item in malformed if item.channel_id}
        wanted = dict.fromkeys([*now_bad, *self.task.unread.oldest(SINGLES)])
        singles = _Singles()
        for name in list(wanted)[:SINGLES]:
            try:
                async with asyncio.timeout(PAGE_SECONDS / SINGLES / 2):
                    item = await self.reader.one(self.adapter, name)
            except (SlowDown, CredentialsRefused, ScopeMissing):
                break
            except (ChannelError, TimeoutError) as error:
                problem = error.detail if isinstance(error, ChannelError) else "no answer in time"
                singles.failed.append((name, problem))
                continue
            if item is None:
                singles.gone.add(name)
            else:
                singles.items.append(item)
                singles.read.add(name)
        return singles


class _Singles:
    """What became of entries that were asked for one by one."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.read: set[str] = set()
        self.gone: set[str] = set()
        self.failed: list[tuple[str, str]] = []


def _count(run: SyncRun, page: Read, taken: Counts) -> None:
    run.pages += 1
    run.seen += len(page.items) + len(page.malformed)
    run.created += taken.created
    run.updated += taken.updated
    run.unchanged += taken.unchanged


def is_collision(error: Exception) -> bool:
    """Whether two workers met on the same rows: a unique value taken, a deadlock, or a serialisation failure."""
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, sa.exc.IntegrityError) or sqlstate in ("40001", "40P01")


def blames_entry(error: Exception) -> bool:
    """Whether what was to be written is at fault, and not the database being away."""
    if isinstance(error, sa.exc.DataError | sa.exc.IntegrityError):
        return True
    return not isinstance(error, DBAPIError)
