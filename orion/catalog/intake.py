"""Taking products in from a source, thousands at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from orion.catalog.models import MarketplaceProduct, Product
from orion.plumbing.db import bulk

_OWN_VALUES = ("price_minor", "sale_price_minor", "currency", "availability", "condition")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """The marketplace product of each row, in the rows' order, and whether it was new, or is another store's."""

    product_ids: pl.Series
    is_new: pl.Series
    is_shared: pl.Series


async def take_in(
    connection: AsyncConnection,
    rows: pl.DataFrame,
    columns: Sequence[str],
    *,
    store_id: int,
    marketplace: str,
    language: str,
) -> TakenIn:
    """Create or update marketplace products with their texts in `language`, and list them in the store.

    `rows` has `marketplace_product_id` (each once), `title`, `description` and the `columns` of marketplace
    products that the source speaks of; other columns keep what they hold. A product that another store's source
    describes is not touched: this store lists it with its own price, availability, condition and texts.
    Raises sqlalchemy.exc.IntegrityError when somebody else creates one of the products at the same time: try again.
    """
    found = await bulk.existing(
        connection,
        sa.select(MarketplaceProduct.id, MarketplaceProduct.marketplace_product_id, MarketplaceProduct.source_store_id),
        MarketplaceProduct.marketplace_product_id,
        rows["marketplace_product_id"].to_list(),
        MarketplaceProduct.marketplace == marketplace,
    )
    known = {text: (id_, source not in (None, store_id)) for id_, text, source in found}
    texts = rows["marketplace_product_id"].to_list()
    new_ids = iter(await bulk.reserve_ids(connection, "marketplace_products", len(texts) - len(known)))
    ids = [known[text][0] if text in known else next(new_ids) for text in texts]
    is_new = pl.Series([text not in known for text in texts], dtype=pl.Boolean)
    is_shared = pl.Series([text in known and known[text][1] for text in texts], dtype=pl.Boolean)
    now = bulk.constant("created_at", bulk.stored_now(), rows.height)
    rows = rows.hstack([pl.Series("id", ids, dtype=pl.Int64), now])
    listing = _Listing(connection, store_id, marketplace, language, columns)
    if is_new.any():
        await listing.create(rows if is_new.all() else rows.filter(is_new))
    if (own := ~is_new & ~is_shared).any():
        await listing.update(rows.filter(own))
    if is_shared.any():
        await listing.share(rows.filter(is_shared))
    return TakenIn(rows["id"], is_new, is_shared)


@dataclass(frozen=True, slots=True)
class _Listing:
    connection: AsyncConnection
    store_id: int
    marketplace: str
    language: str
    columns: Sequence[str]

    async def create(self, rows: pl.DataFrame) -> None:
        products = pl.DataFrame(
            [
                *(rows[name] for name in ("id", "marketplace_product_id", *self.columns, "created_at")),
                rows["created_at"].alias("updated_at"),
                bulk.constant("marketplace", self.marketplace, rows.height),
                bulk.constant("source_store_id", self.store_id, rows.height),
            ]
        )
        await bulk.insert_rows(self.connection, "marketplace_products", products)
        await bulk.insert_rows(self.connection, "marketplace_product_translations", self._texts(rows))
        await bulk.insert_rows(self.connection, "products", self._links(rows))

    async def update(self, rows: pl.DataFrame) -> None:
        products = rows.select("id", *self.columns, source_store_id=pl.lit(self.store_id), updated_at="created_at")
        await bulk.update_rows(self.connection, "marketplace_products", "id", products)
        await bulk.upsert_rows(
            self.connection, "marketplace_product_translations", ("marketplace_product_id", "language"),
            self._texts(rows), update=("title", "description"),
        )  # fmt: skip
        await bulk.upsert_rows(self.connection, "products", ("store_id", "marketplace_product_id"), self._links(rows))

    async def share(self, rows: pl.DataFrame) -> None:
        own = [name for name in _OWN_VALUES if name in self.columns]
        links = self._links(rows).hstack(rows.select(own))
        keys = ("store_id", "marketplace_product_id")
        await bulk.upsert_rows(self.connection, "products", keys, links, update=(*own, "updated_at"))
        query = sa.select(Product.id, Product.marketplace_product_id).where(
            Product.store_id == self.store_id, Product.marketplace_product_id.in_(rows["id"].to_list())
        )
        listed = {shared: id_ for id_, shared in (await self.connection.execute(query)).all()}
        texts = rows.select(
            "title", "description",
            product_id=pl.Series([listed[id_] for id_ in rows["id"]], dtype=pl.Int64), language=pl.lit(self.language),
        )  # fmt: skip
        await bulk.upsert_rows(
            self.connection, "product_translations", ("product_id", "language"), texts, update=("title", "description")
        )

    def _texts(self, rows: pl.DataFrame) -> pl.DataFrame:
        return pl.DataFrame(
            [
                rows["id"].alias("marketplace_product_id"),
                bulk.constant("language", self.language, rows.height),
                rows["title"],
                rows["description"],
            ]
        )

    def _links(self, rows: pl.DataFrame) -> pl.DataFrame:
        return pl.DataFrame(
            [
                bulk.constant("store_id", self.store_id, rows.height),
                rows["id"].alias("marketplace_product_id"),
                rows["created_at"],
                rows["created_at"].alias("updated_at"),
            ]
        )
