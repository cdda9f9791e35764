"""Products that a full feed no longer has: told by the survey of the file, and treated as the import's policy says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa
import xxhash
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from orion.catalog import MarketplaceProduct
from orion.feeds.errors import import_not_found
from orion.feeds.events import GoneConfirmed
from orion.feeds.models import Feed, FeedRow, ImportJob
from orion.feeds.policy import Policy, chunks, rows_of
from orion.feeds.reading import Survey
from orion.feeds.state import TakenOver, Task, undo_of
from orion.kernel import Conflict
from orion.merchants import StoreAccess
from orion.plumbing.db import Database
from orion.plumbing.events import publish

MOST_SHARE = 0.3
"""When more than this part of a feed's products is gone at once, it is more likely that the feed is broken."""
FEW = 20
"""So few may always go."""


@dataclass(slots=True)
class Verdict:
    """What an import means for products that were gone, or are now. All ids are marketplace products'.

    `back`: gone from this feed before, and in it again. `gone`: not in the feed (`fresh` of them for the first time),
    and not withdrawn yet; `elsewhere`: those of them that another feed of the store still has. `total` is how many
    products the feed had. `doubt` says why the policy should wait for a person.
    """

    back: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    fresh: list[int] = field(default_factory=list)
    elsewhere: set[int] = field(default_factory=set)
    total: int = 0
    doubt: str | None = None

    def details(self, policy: str) -> dict[str, Any]:
        """What an import's details say of it; empty when there is nothing to say."""
        said: dict[str, Any] = {}
        if self.gone:
            said |= {"gone_policy": policy, "gone_count": len(self.gone)}
            if self.elsewhere:
                said["gone_in_other_feeds"] = len(self.elsewhere)
        if self.doubt:
            said["gone_held_back"] = {"count": len(self.gone), "of": self.total, "reason": self.doubt}
        return said


async def settle(database: Database, task: Task, found: Survey) -> None:
    """At the end of an import: restore what came back, and apply the policy to what is gone, in one transaction.

    A partial import says nothing of products that it does not have; a dry run only notes what it would do. Killed
    and run again, it does the same once. Raises TakenOver.
    """
    async with database.transaction() as session:
        job = await session.scalar(sa.select(ImportJob).where(ImportJob.id == task.id).with_for_update())
        if job is None or job.status != "processing":
            raise TakenOver
        if job.details.get("gone_settled") == job.digest:
            return
        connection = await session.connection()
        taken = job.imported_count + job.updated_count + job.unchanged_count
        verdict = await judge(connection, job, found, taken=None if job.mode == "dry_run" else taken)
        said = verdict.details(job.on_missing)
        policy, done = Policy(connection, job, dry_run=job.mode == "dry_run"), {}
        if verdict.back:
            done["gone_restored"] = await policy.restore(verdict.back)
        if not policy.dry_run:
            for ids in chunks(verdict.fresh):
                await connection.execute(rows_of(job.feed_id, ids).values(missing_since=job.id))
        if verdict.gone and not verdict.doubt:
            here = [id_ for id_ in verdict.gone if id_ not in verdict.elsewhere]
            done["gone_withdrawn"] = await policy.withdraw(here)
        job.details = {**job.details, **said, **({} if policy.dry_run else done), "gone_settled": job.digest}


async def confirm_gone(session: AsyncSession, access: StoreAccess, job_id: int) -> ImportJob:
    """Apply an import's policy to the products it held back. Needs staff.

    Raises NotFound (`import_not_found`), and Conflict: `nothing_held_back`, `import_undone`, or `newer_import` when the
    feed was imported again since, which has judged anew.
    """
    access.require("staff")
    query = sa.select(ImportJob).where(ImportJob.id == job_id, ImportJob.store_id == access.store.id)
    job = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if job is None:
        raise import_not_found(job_id)
    held = job.details.get("gone_held_back")
    if not held or job.mode == "dry_run":
        raise Conflict("nothing_held_back", f"Import {job.id} has held nothing back: there is nothing to confirm.")
    if await undo_of(session, job.id) is not None:
        raise Conflict("import_undone", f"Import {job.id} was undone: it takes nothing from sale any more.")
    later_ones = sa.and_(ImportJob.feed_id == job.feed_id, ImportJob.id > job.id, ImportJob.mode == "full")
    newer = sa.select(ImportJob.id).where(later_ones).limit(1)
    if (later := await session.scalar(newer)) is not None:
        message = f"Import {later} of this feed came after import {job.id} and has judged anew: look there."
        raise Conflict("newer_import", message)
    connection = await session.connection()
    marked = sa.select(FeedRow.marketplace_product_id).where(
        FeedRow.feed_id == job.feed_id, FeedRow.missing_since.is_not(None), FeedRow.withdrawn.is_(None)
    )
    gone = list((await connection.scalars(marked)).all())
    elsewhere = await _elsewhere(connection, job, gone)
    count = await Policy(connection, job).withdraw([id_ for id_ in gone if id_ not in elsewhere])
    said = {name: value for name, value in job.details.items() if name != "gone_held_back"}
    job.details = {**said, "gone_withdrawn": count, "gone_confirmed_by": access.user.id}
    await session.flush()
    await publish(session, GoneConfirmed(access.store.id, job.id, count, actor_id=access.user.id))
    return job


async def judge(connection: AsyncConnection, job: ImportJob, found: Survey, *, taken: int | None = None) -> Verdict:
    """Compare what the feed had with what it has, and write nothing.

    `taken` is how many products the import has created, updated or found unchanged, once it has done so: when the
    feed never had others, nothing is gone and nothing needs to be read.
    """
    verdict = Verdict()
    known = await _marked(connection, job)
    verdict.back = [id_ for id_, met in zip(known, _met(list(known.values()), found), strict=True) if met]
    if job.on_missing == "keep" or job.mode == "partial" or job.details.get("partial"):
        return verdict
    count = sa.select(sa.func.count()).select_from(FeedRow)
    own = FeedRow.feed_id == job.feed_id
    unmarked = await connection.scalar(count.where(own, FeedRow.missing_since.is_(None))) or 0
    back = set(verdict.back)
    pending = await connection.scalars(
        sa.select(FeedRow.marketplace_product_id).where(
            own, FeedRow.missing_since.is_not(None), FeedRow.withdrawn.is_(None)
        )
    )
    verdict.gone = [id_ for id_ in pending if id_ not in back]
    verdict.total = unmarked + len(verdict.gone)
    if taken is None or back or taken != unmarked:
        async for ids, texts in _unmarked(connection, job.feed_id):
            verdict.fresh += [id_ for id_, met in zip(ids, _met(texts, found), strict=True) if not met]
    verdict.gone += verdict.fresh
    verdict.elsewhere = await _elsewhere(connection, job, verdict.gone)
    if verdict.gone and found.unreadable:
        verdict.doubt = "unreadable_rows"
    elif len(verdict.gone) > FEW and len(verdict.gone) > MOST_SHARE * verdict.total:
        verdict.doubt = "too_many"
    return verdict


def _met(texts: Sequence[str], found: Survey) -> list[bool]:
    hashes = np.fromiter((xxhash.xxh3_64_intdigest(text.encode()) for text in texts), np.uint64, len(texts))
    met: list[bool] = found.has(hashes).tolist()
    return met


async def _marked(connection: AsyncConnection, job: ImportJob) -> dict[int, str]:
    """Marketplace products that some feed of the store on this marketplace has lost: number -> id."""
    query = (
        sa.select(MarketplaceProduct.id, MarketplaceProduct.marketplace_product_id)
        .join(FeedRow, FeedRow.marketplace_product_id == MarketplaceProduct.id)
        .join(Feed, Feed.id == FeedRow.feed_id)
        .where(Feed.store_id == job.store_id, Feed.marketplace == job.marketplace, FeedRow.missing_since.is_not(None))
    )
    return {id_: text for id_, text in await connection.execute(query)}  # noqa: C416 (rows are no pairs to dict())


async def _unmarked(connection: AsyncConnection, feed_id: int) -> Any:
    """What the feed has had until now, in steps: numbers and ids."""
    query = (
        sa.select(MarketplaceProduct.id, MarketplaceProduct.marketplace_product_id)
        .join(FeedRow, FeedRow.marketplace_product_id == MarketplaceProduct.id)
        .where(FeedRow.feed_id == feed_id, FeedRow.missing_since.is_(None))
    )
    async with connection.stream(query.execution_options(yield_per=10_000)) as rows:
        async for part in rows.partitions():
            yield [row[0] for row in part], [row[1] for row in part]


async def _elsewhere(connection: AsyncConnection, job: ImportJob, ids: Sequence[int]) -> set[int]:
    """Those that another feed of the store on this marketplace (in another language) still has."""
    held: set[int] = set()
    for some in chunks(ids):
        query = (
            sa.select(FeedRow.marketplace_product_id)
            .join(Feed, Feed.id == FeedRow.feed_id)
            .where(
                Feed.store_id == job.store_id,
                Feed.marketplace == job.marketplace,
                Feed.id != job.feed_id,
                FeedRow.missing_since.is_(None),
                FeedRow.marketplace_product_id.in_(some),
            )
        )
        held.update(await connection.scalars(query))
    return held
