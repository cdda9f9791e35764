"""Products as they are pulled from a channel: listed in the store, and taken from sale when they are gone."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import cast

import polars as pl
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from orion import catalog
from orion.channels import Adapter, Connection, ProductSource, Refused, RemoteProduct, Window
from orion.kernel import CHANNEL_NAMES
from orion.plumbing.db import bulk
from orion.sync.models import SyncedProduct, SyncRun, SyncSchedule
from orion.sync.problems import Problem
from orion.sync.product_rows import frame_of, language_of
from orion.sync.readers import Counts, Read

FEW = 20
"""So many may always go."""

MOST_SHARE = 0.3
"""When more than this part of a connection's products is gone at once, a person has to say so."""


class ProductsReader:
    """Reads a ProductSource, and gives to `catalog.take_in`."""

    async def fetch(self, adapter: Adapter, window: Window, cursor: str | None) -> Read:
        """One page of products. Raises ChannelError."""
        page = await cast("ProductSource", adapter).products_page(window.since, cursor)
        newest = max((product.updated_at for product in page.products if product.updated_at), default=None)
        return Read(page.products, page.malformed, page.cursor, page.watermark, newest)

    async def one(self, adapter: Adapter, channel_id: str) -> RemoteProduct | None:
        """Products cannot be asked for singly: the next pull of everything tells. Raises Refused."""
        raise Refused("not_single", "The product cannot be read; the next complete pull tries it again.")

    def name(self, item: RemoteProduct) -> str:
        """The channel's id of the product."""
        return item.channel_product_id

    async def take_in(
        self,
        session: AsyncSession,
        connection: Connection,
        items: Sequence[RemoteProduct],
        run: SyncRun,
        *,
        current: bool = False,
    ) -> Counts:
        """Write the products, in the caller's transaction, and note that this run has seen them."""
        counts = Counts()
        database = await session.connection()
        for language, group in groupby(sorted(items, key=language_of), key=language_of):
            rows, columns = frame_of(list(group), counts)
            if rows.is_empty():
                continue
            taken = await catalog.take_in(
                database,
                rows,
                columns,
                store_id=connection.store_id,
                marketplace=CHANNEL_NAMES[connection.channel],
                language=language,
            )
            kinds = Counter(taken.kinds.to_list())
            counts.created += kinds["created"] + kinds["listed"]
            counts.updated += kinds["updated"]
            counts.unchanged += kinds["unchanged"]
            await _note(database, connection, run, taken.product_ids)
        return counts

    async def finish(
        self, session: AsyncSession, connection: Connection, schedule: SyncSchedule, run: SyncRun
    ) -> Problem | None:
        """After everything was read: take what is gone from sale. A run by hand confirms what a person doubted."""
        if run.window_from is not None or run.failed or schedule.unread:
            return None
        mine = SyncedProduct.connection_id == connection.id
        listed = sa.and_(mine, SyncedProduct.withdrawn.is_(False))
        rows = await session.execute(
            sa.select(SyncedProduct.marketplace_product_id, SyncedProduct.run_id).where(listed)
        )
        found = [(id_, run_id == run.id) for id_, run_id in rows.all()]
        gone = [id_ for id_, seen in found if not seen]
        if not gone:
            return None
        if len(gone) > FEW and len(gone) > MOST_SHARE * len(found) and run.trigger != "person":
            detail = (
                f"{len(gone)} of {len(found)} products are gone at once, so nothing was taken from sale. "
                "If that is right, run this pull once by hand."
            )
            return Problem("too_many_gone", detail)
        database = await session.connection()
        for at in range(0, len(gone), 5000):
            some = gone[at : at + 5000]
            changed = await catalog.withdraw_listings(database, connection.store_id, some, "unpublish")
            chosen = sa.and_(mine, SyncedProduct.marketplace_product_id.in_(some))
            kept = SyncedProduct.marketplace_product_id.in_(list(changed))
            # A listing that somebody else had unpublished is not ours to give back.
            await session.execute(sa.delete(SyncedProduct).where(chosen, ~kept))
            await session.execute(
                sa.update(SyncedProduct)
                .where(chosen, kept)
                .values(withdrawn=True)
                .execution_options(synchronize_session=False)
            )
        return None


async def _note(database: AsyncConnection, connection: Connection, run: SyncRun, product_ids: pl.Series) -> None:
    """These are the connection's, as of this run; those that were gone come back on sale."""
    frame = pl.DataFrame(
        {
            "connection_id": [connection.id] * len(product_ids),
            "marketplace_product_id": product_ids,
            "run_id": [run.id] * len(product_ids),
            "withdrawn": [False] * len(product_ids),
        },
        schema_overrides={"withdrawn": pl.Boolean},
    )
    keys = ("connection_id", "marketplace_product_id")
    await bulk.upsert_rows(database, "sync_products", keys, frame, update=("run_id",))
    back = sa.and_(
        SyncedProduct.connection_id == connection.id,
        SyncedProduct.marketplace_product_id.in_(product_ids.to_list()),
        SyncedProduct.withdrawn,
    )
    ids = (await database.scalars(sa.select(SyncedProduct.marketplace_product_id).where(back))).all()
    if ids:
        await catalog.restore_listings(database, connection.store_id, ids, "unpublish", None)
        await database.execute(sa.update(SyncedProduct).where(back).values(withdrawn=False))
