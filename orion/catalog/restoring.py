"""Writing prior values back to many products, in few statements however many they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import polars as pl
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from orion.catalog.categories import category_ids
from orion.catalog.differences import MONEY, OWN, StoredProduct
from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation
from orion.catalog.price_history import record_price_changes
from orion.catalog.texts import TEXTS
from orion.plumbing.db import bulk, utcnow
from orion.plumbing.db.base import JsonColumn

Values = dict[str, Any]


@dataclass(slots=True)
class Restoring:
    """Values to be written to marketplace products, to a store's listings of them, and to their texts."""

    store_id: int
    language: str
    _records: dict[int, Values] = field(default_factory=dict)
    _listings: dict[int, Values] = field(default_factory=dict)
    _texts: dict[int, Values] = field(default_factory=dict)
    _own_texts: dict[int, Values] = field(default_factory=dict)
    _listed: dict[int, int] = field(default_factory=dict)
    _stored: dict[int, StoredProduct] = field(default_factory=dict)

    def record(self, product: StoredProduct, values: Mapping[str, Any]) -> None:
        """Set columns of a marketplace product."""
        self._stored[product.id] = product
        self._records.setdefault(product.id, {}).update(values)

    def add(self, product: StoredProduct, values: Mapping[str, Any]) -> None:
        """Set fields as `differences.Changes` calls them; own ones of a product that the store lists."""
        self._stored[product.id] = product
        for name, value in values.items():
            own, bare = name.startswith(OWN), name.removeprefix(OWN)
            if bare not in TEXTS:
                target = self._listings if own else self._records
            else:
                target = self._own_texts if own else self._texts
            key = product.id
            if own and product.listing_id is not None:
                key = product.listing_id
                self._listed[key] = product.id
            target.setdefault(key, {})[bare] = value
            if not own and bare in TEXTS:
                self._records.setdefault(key, {})  # its texts are part of it: it has changed

    async def write(self, connection: AsyncConnection) -> None:
        """Write all of it; prices that change are kept in the history."""
        categories = await category_ids(
            connection, (values.get("google_product_category") for values in self._records.values())
        )
        for values in self._records.values():
            if "google_product_category" in values:
                values["category_id"] = categories.get(values["google_product_category"])
        self._fill()
        await _note_prices(connection, self._records, {id_: id_ for id_ in self._records}, None)
        await _note_prices(connection, self._listings, self._listed, self.store_id)
        now = bulk.stored_now()
        await _update(connection, MarketplaceProduct, "id", self._records, updated_at=now)
        await _update(connection, Product, "id", self._listings, updated_at=now)
        await self._write_texts(connection)
        await self._write_own_texts(connection)

    def _fill(self) -> None:
        """Give all rows of a table the same columns, with what is stored where nothing changes: one statement each."""
        of_records = {id_: self._stored[id_].values for id_ in self._records}
        of_listings = {
            id_: {
                name.removeprefix(OWN): value
                for name, value in self._stored[self._listed[id_]].values.items()
                if name.startswith(OWN)
            }
            for id_ in (*self._listings, *self._own_texts)
        }
        _fill(self._records, of_records)
        _fill(self._listings, of_listings)
        _fill(self._own_texts, of_listings)
        kept = {id_: values for id_, values in self._texts.items() if values.get("title", "") is not None}
        _fill(kept, {id_: self._stored[id_].values for id_ in kept})

    async def _write_texts(self, connection: AsyncConnection) -> None:
        table = MarketplaceProductTranslation
        gone = [id_ for id_, values in self._texts.items() if values.get("title", "") is None]
        if gone:
            which = sa.and_(table.marketplace_product_id.in_(gone), table.language == self.language)
            await connection.execute(sa.delete(table).where(which))
        kept = {id_: values for id_, values in self._texts.items() if values.get("title", "") is not None}
        await _update(connection, table, "marketplace_product_id", kept, language=self.language)

    async def _write_own_texts(self, connection: AsyncConnection) -> None:
        table = ProductTranslation
        await _update(connection, table, "product_id", self._own_texts, language=self.language)
        if self._own_texts:
            empty = sa.and_(table.title.is_(None), table.description.is_(None), table.language == self.language)
            await connection.execute(sa.delete(table).where(table.product_id.in_(list(self._own_texts)), empty))
            changed = sa.update(Product).where(Product.id.in_(list(self._own_texts))).values(updated_at=utcnow())
            await connection.execute(changed)


async def _update(connection: AsyncConnection, table: Any, key: str, rows: Mapping[int, Values], **same: str) -> None:
    """Set the values of each row, found by `key`; `same` are values that all get, the language of texts a key too."""
    keys = [key, "language"] if "language" in same else [key]
    columns = table.__table__.c
    for names, ids in _alike(rows).items():
        frame = pl.DataFrame(
            [
                pl.Series(key, ids, dtype=pl.Int64),
                *(bulk.constant(name, value, len(ids)) for name, value in same.items()),
                *(_series(columns[name], [rows[id_][name] for id_ in ids]) for name in names),
            ]
        )
        if frame.width > len(keys):
            await bulk.update_rows(connection, table.__tablename__, keys, frame)


def _series(column: sa.Column[Any], values: Sequence[Any]) -> pl.Series:
    """A column as the database keeps it, whatever values are missing: lists and mappings as JSON."""
    if column.type is JsonColumn:
        values = [None if value is None else orjson.dumps(value).decode() for value in values]
    numbers, truths = isinstance(column.type, sa.Integer), isinstance(column.type, sa.Boolean)
    return pl.Series(column.name, values, dtype=pl.Int64 if numbers else pl.Boolean if truths else pl.String)


def _fill(rows: Mapping[int, Values], stored: Mapping[int, Mapping[str, Any]]) -> None:
    names = {name for values in rows.values() for name in values}
    for id_, values in rows.items():
        known = stored[id_]
        values.update({name: known[name] for name in names if name not in values and name in known})


def _alike(rows: Mapping[int, Values]) -> dict[tuple[str, ...], list[int]]:
    """The rows that get values for the same columns, one statement each; in key order."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for id_ in sorted(rows):
        groups.setdefault(tuple(sorted(rows[id_])), []).append(id_)
    return groups


async def _note_prices(
    connection: AsyncConnection, rows: Mapping[int, Values], listed: Mapping[int, int], store_id: int | None
) -> None:
    for names, ids in _alike({id_: {n: v for n, v in row.items() if n in MONEY} for id_, row in rows.items()}).items():
        if names:
            frame = pl.DataFrame(_columns(names, [(listed[id_], rows[id_]) for id_ in ids]))
            await record_price_changes(connection, frame, store_id=store_id)


def _columns(names: Sequence[str], rows: Sequence[tuple[int, Values]]) -> list[pl.Series]:
    types = dict.fromkeys(MONEY, pl.Int64) | {"currency": pl.String}
    ids = pl.Series("id", [id_ for id_, _ in rows], dtype=pl.Int64)
    ordered = [name for name in MONEY if name in names]
    return [ids, *(pl.Series(name, [values[name] for _, values in rows], dtype=types[name]) for name in ordered)]
