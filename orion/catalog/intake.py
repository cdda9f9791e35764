"""Taking products in from a source, thousands at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import orjson
import polars as pl
import sqlalchemy as sa
import xxhash
from sqlalchemy.ext.asyncio import AsyncConnection

from orion.catalog.categories import category_ids
from orion.catalog.differences import (
    MONEY,
    OWN,
    OWN_VALUES,
    Difference,
    StoredProduct,
    compare,
    describe_new,
    read_stored,
    without_texts,
)
from orion.catalog.fallback import texts_shown
from orion.catalog.models import Product
from orion.catalog.price_history import record_price_changes
from orion.catalog.texts import TEXTS
from orion.plumbing.db import bulk


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of each row, in the rows' order (a dry run: what would have).

    `product_ids`: the marketplace products, null where a dry run would create one. `kinds`: created, updated, listed
    (the product was known and is new in the store's list) or unchanged. `changes`: JSON as `differences.Changes`, null
    where there are none. `fingerprints`: of the texts of created products. `is_shared`: another store's source
    describes the product. `is_settled`: the row says of some value what holds in effect only, as the store's own or an
    inherited one, and must be looked at anew next time.
    """

    product_ids: pl.Series
    kinds: pl.Series
    changes: pl.Series
    fingerprints: pl.Series
    is_shared: pl.Series
    is_settled: pl.Series

    @property
    def is_new(self) -> pl.Series:
        """Which rows brought a product that the catalogue did not have."""
        return self.kinds == "created"


async def take_in(
    connection: AsyncConnection,
    rows: pl.DataFrame,
    columns: Sequence[str],
    *,
    store_id: int,
    marketplace: str,
    language: str,
    dry_run: bool = False,
) -> TakenIn:
    """Create or update marketplace products with their texts in `language`, and list them in the store.

    `rows` has `marketplace_product_id` (each once), `title`, `description` and the `columns` of marketplace
    products that the source speaks of; other columns keep what they hold. A row that says what is stored already writes
    nothing. A product that another store's source describes is not touched: this store lists it with its own price,
    availability, condition and texts. A dry run writes nothing at all and tells the same.
    Raises sqlalchemy.exc.IntegrityError when somebody else creates one of the products at the same time: try again.
    """
    texts = rows["marketplace_product_id"].to_list()
    stored = await read_stored(
        connection,
        texts,
        columns,
        store_id=store_id,
        marketplace=marketplace,
        language=language,
        lock=not dry_run,
    )
    shown = await texts_shown(connection, without_texts(rows, stored), store_id=store_id, language=language)
    found = compare(rows, columns, stored, store_id, shown)
    prints = _fingerprints(rows, found)
    if dry_run:
        describe_new(rows, found)
        return _taken([stored[text].id if text in stored else None for text in texts], found, prints)
    new_ids = iter(await bulk.reserve_ids(connection, "marketplace_products", len(texts) - len(stored)))
    ids = [stored[text].id if text in stored else next(new_ids) for text in texts]
    now = bulk.constant("created_at", bulk.stored_now(), rows.height)
    rows = rows.hstack([pl.Series("id", ids, dtype=pl.Int64), now])
    batch = _Batch(connection, store_id, marketplace, language, columns, stored, found)
    await batch.create(rows)
    await batch.update(rows)
    await batch.share(rows)
    return _taken(ids, found, prints)


def fingerprint(title: str, description: str | None) -> int:
    """A number that tells a product's texts from others, fit for a signed 64-bit column."""
    return xxhash.xxh3_64_intdigest(f"{title}\0{description or ''}".encode()) - (1 << 63)


def _fingerprints(rows: pl.DataFrame, found: Sequence[Difference]) -> list[int | None]:
    texts = zip(rows["title"].to_list(), rows["description"].to_list(), found, strict=True)
    return [fingerprint(title, text) if difference.kind == "created" else None for title, text, difference in texts]


def _taken(ids: Sequence[int | None], found: Sequence[Difference], prints: Sequence[int | None]) -> TakenIn:
    changes = [orjson.dumps(difference.changes).decode() if difference.changes else None for difference in found]
    return TakenIn(
        product_ids=pl.Series(ids, dtype=pl.Int64),
        kinds=pl.Series([difference.kind for difference in found], dtype=pl.String),
        changes=pl.Series(changes, dtype=pl.String),
        fingerprints=pl.Series(prints, dtype=pl.Int64),
        is_shared=pl.Series([difference.is_shared for difference in found], dtype=pl.Boolean),
        is_settled=pl.Series([bool(difference.settled) for difference in found], dtype=pl.Boolean),
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    """The rows of one call, by what has to be done with them."""

    connection: AsyncConnection
    store_id: int
    marketplace: str
    language: str
    columns: Sequence[str]
    stored: dict[str, StoredProduct]
    found: Sequence[Difference]

    async def create(self, rows: pl.DataFrame) -> None:
        """Add the products that the catalogue does not have."""
        rows, _ = self._of(rows, [difference.kind == "created" for difference in self.found])
        if rows.is_empty():
            return
        products = pl.DataFrame(
            [
                *(rows[name] for name in ("id", "marketplace_product_id", *self.columns, "created_at")),
                *await self._categories(rows),
                rows["created_at"].alias("updated_at"),
                bulk.constant("marketplace", self.marketplace, rows.height),
                bulk.constant("source_store_id", self.store_id, rows.height),
            ]
        )
        await bulk.insert_rows(self.connection, "marketplace_products", products)
        await bulk.insert_rows(self.connection, "marketplace_product_translations", self._texts(rows))
        await bulk.insert_rows(self.connection, "products", self._links(rows))

    async def update(self, rows: pl.DataFrame) -> None:
        """Change the products that this store's source describes, or that nobody's does, and list them."""
        mine = [not difference.is_shared for difference in self.found]
        changed, found = self._of(
            rows, [own and bool(d.changes) and d.kind != "created" for own, d in zip(mine, self.found, strict=True)]
        )
        if found:
            changed = _with_settled(changed, found)
            products = changed.select(
                "id", *self.columns, source_store_id=pl.lit(self.store_id), updated_at="created_at"
            ).hstack(await self._categories(changed))
            await record_price_changes(self.connection, _repriced(changed, found, ""))
            await bulk.update_rows(self.connection, "marketplace_products", "id", products)
            said = changed.filter(pl.Series([any(name in d.changes for name in TEXTS) for d in found]))
            if said.height:
                keys = ("marketplace_product_id", "language")
                table = "marketplace_product_translations"
                await bulk.upsert_rows(self.connection, table, keys, self._texts(said), update=TEXTS)
        listed, _ = self._of(rows, [own and d.kind == "listed" for own, d in zip(mine, self.found, strict=True)])
        if listed.height:
            keys = ("store_id", "marketplace_product_id")
            await bulk.upsert_rows(self.connection, "products", keys, self._links(listed))

    async def share(self, rows: pl.DataFrame) -> None:
        """List products that other stores' sources describe, or change what this store says of them."""
        rows, found = self._of(rows, [d.is_shared and d.kind != "unchanged" for d in self.found])
        if rows.is_empty():
            return
        rows = _with_settled(rows, found)
        own = [name for name in OWN_VALUES if name in self.columns]
        links = self._links(rows).hstack(rows.select(own))
        keys = ("store_id", "marketplace_product_id")
        await record_price_changes(self.connection, _repriced(rows, found, OWN), store_id=self.store_id)
        await bulk.upsert_rows(self.connection, "products", keys, links, update=(*own, "updated_at"))
        said = rows.filter(pl.Series([any(OWN + name in d.changes for name in TEXTS) for d in found]))
        if said.is_empty():
            return
        query = sa.select(Product.id, Product.marketplace_product_id).where(
            Product.store_id == self.store_id, Product.marketplace_product_id.in_(said["id"].to_list())
        )
        listed = {shared: id_ for id_, shared in (await self.connection.execute(query)).all()}
        texts = said.select(
            *TEXTS,
            product_id=pl.Series([listed[id_] for id_ in said["id"]], dtype=pl.Int64), language=pl.lit(self.language),
        )  # fmt: skip
        keys = ("product_id", "language")
        await bulk.upsert_rows(self.connection, "product_translations", keys, texts, update=TEXTS)

    def _of(self, rows: pl.DataFrame, wanted: list[bool]) -> tuple[pl.DataFrame, list[Difference]]:
        if all(wanted):
            return rows, list(self.found)
        return rows.filter(pl.Series(wanted, dtype=pl.Boolean)), list(compress(self.found, wanted))

    async def _categories(self, rows: pl.DataFrame) -> list[pl.Series]:
        """What the rows' categories mean, as a column, where the source speaks of categories."""
        if "google_product_category" not in self.columns:
            return []
        texts = rows["google_product_category"].to_list()
        ids = await category_ids(self.connection, texts)
        return [pl.Series("category_id", [ids.get(text) for text in texts], dtype=pl.Int64)]

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


def _with_settled(rows: pl.DataFrame, found: Sequence[Difference]) -> pl.DataFrame:
    """The rows with the stored values where those stay."""
    for field in {field for difference in found for field in difference.settled}:
        name = field.removeprefix(OWN)
        values = [
            _stored_form(d.settled[field]) if field in d.settled else value
            for d, value in zip(found, rows[name].to_list(), strict=True)
        ]
        rows = rows.with_columns(pl.Series(name, values, dtype=rows.schema[name]))
    return rows


def _repriced(rows: pl.DataFrame, found: Sequence[Difference], prefix: str) -> pl.DataFrame:
    """Those of the rows that change a price, by id."""
    wanted = [any(prefix + name in difference.changes for name in MONEY) for difference in found]
    money = [name for name in MONEY if name in rows.columns]
    return rows.filter(pl.Series(wanted, dtype=pl.Boolean)).select("id", *money)


def _stored_form(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value
