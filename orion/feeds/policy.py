"""What an import does with listings of products that its feed has no longer, or has again; noted as rows are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from orion import catalog
from orion.catalog import MarketplaceProduct
from orion.feeds.models import Feed, FeedRow, ImportChange, ImportJob

_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of one import, at work in the transaction of `connection`; a dry run only notes what it would do."""

    connection: AsyncConnection
    job: ImportJob
    dry_run: bool = False

    async def withdraw(self, ids: Sequence[int]) -> int:
        """Take the listings of these marketplace products from sale; returns how many that changed."""
        job, count = self.job, 0
        field = "own_is_active" if job.on_missing == "unpublish" else "own_availability"
        for some in chunks(ids):
            before = await catalog.withdraw_listings(
                self.connection, job.store_id, some, job.on_missing, dry_run=self.dry_run
            )
            count += len(before)
            unpublished = field == "own_is_active"
            pairs = {id_: [True, False] if unpublished else [own, "out_of_stock"] for id_, own in before.items()}
            await self._note("withdrawn", {id_: {field: pair} for id_, pair in pairs.items()})
            if self.dry_run:
                continue
            await self.connection.execute(rows_of(job.feed_id, some).values(withdrawn="nothing"))
            by_prior: dict[str | None, list[int]] = {}
            for id_, prior in before.items():
                by_prior.setdefault(prior, []).append(id_)
            for prior, changed in by_prior.items():
                values = {"withdrawn": job.on_missing, "prior_availability": prior}
                await self.connection.execute(rows_of(job.feed_id, changed).values(values))
        return count

    async def restore(self, ids: Sequence[int]) -> int:
        """Give back what a policy took from these; returns how many listings that changed."""
        job, count = self.job, 0
        feeds = sa.select(Feed.id).where(Feed.store_id == job.store_id, Feed.marketplace == job.marketplace)
        for some in chunks(ids):
            mine = sa.and_(FeedRow.feed_id.in_(feeds), FeedRow.marketplace_product_id.in_(some))
            query = sa.select(FeedRow.withdrawn, FeedRow.prior_availability, FeedRow.marketplace_product_id)
            taken: dict[tuple[str, str | None], list[int]] = {}
            for policy, prior, id_ in await self.connection.execute(query.where(mine, FeedRow.withdrawn.is_not(None))):
                taken.setdefault((policy or "", prior), []).append(id_)
            for (policy, prior), changed in taken.items():
                given = await catalog.restore_listings(
                    self.connection, job.store_id, changed, policy, prior, dry_run=self.dry_run
                )
                if self.dry_run and policy == "out_of_stock":
                    given = await self._not_restocked(given)
                count += len(given)
                change: dict[str, Any] = {"own_availability": ["out_of_stock", prior]}
                if policy == "unpublish":
                    change = {"own_is_active": [False, True]}
                await self._note("returned", dict.fromkeys(given, change))
            if not self.dry_run:
                values = {"withdrawn": None, "prior_availability": None}
                await self.connection.execute(sa.update(FeedRow).where(mine).values(values))
                await self.connection.execute(rows_of(job.feed_id, some).values(missing_since=None))
        return count

    async def _not_restocked(self, ids: Sequence[int]) -> list[int]:
        """Those whose own availability the import's rows do not set anyway (which only a real run has done by now)."""
        mine = sa.and_(ImportChange.import_job_id == self.job.id, ImportChange.product_id.in_(ids))
        rows = await self.connection.execute(sa.select(ImportChange.product_id, ImportChange.changes).where(mine))
        set_by_rows = {id_ for id_, changes in rows if "own_availability" in (changes or {})}
        return [id_ for id_ in ids if id_ not in set_by_rows]

    async def _note(self, kind: str, changes: Mapping[int, dict[str, Any]]) -> None:
        """Note changes behind the import's last row."""
        if not changes:
            return
        job = self.job
        product = MarketplaceProduct
        names = await self.connection.execute(
            sa.select(product.id, product.marketplace_product_id)
            .where(product.id.in_(list(changes)))
            .order_by(product.id)
        )
        last = sa.select(sa.func.max(ImportChange.row_number)).where(ImportChange.import_job_id == job.id)
        number = max(job.next_row, (await self.connection.scalar(last) or 0) + 1)
        rows = [
            {
                "import_job_id": job.id,
                "row_number": number + step,
                "kind": kind,
                "product_id": id_,
                "identifier": name,
                "language": job.language,
                "changes": changes[id_],
            }
            for step, (id_, name) in enumerate(names)
        ]
        await self.connection.execute(sa.insert(ImportChange), rows)


def rows_of(feed_id: int, ids: Sequence[int]) -> sa.Update:
    """An update of what a feed said of these products."""
    return sa.update(FeedRow).where(FeedRow.feed_id == feed_id, FeedRow.marketplace_product_id.in_(ids))


def chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids, so many at a time as one statement names."""
    for at in range(0, len(ids), _CHUNK):
        yield list(ids[at : at + _CHUNK])
