"""Writing prior values back to many products, in few statements however many they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from orion.catalog.categories import category_ids
from orion.catalog.differences import MONEY, OWN, StoredProduct
from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation
from orion.catalog.price_history import record_price_changes
from orion.catalog.texts import TEXTS
from orion.plumbing.db import bulk, utcnow
from orion.plumbing.db.base import UtcDateTime

Values = dict[str, Any]

_MOMENTS = frozenset(
    column.name for column in MarketplaceProduct.__table__.columns if isinstance(column.type, UtcDateTime)
)


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

    def record(self, product_id: int, values: Mapping[str, Any]) -> None:
        """Set columns of a marketplace product."""
        self._records.setdefault(product_id, {}).update(values)

    def add(self, product: StoredProduct, values: Mapping[str, Any]) -> None:
        """Set fields as `differences.Changes` calls them; own ones of a product that the store lists."""
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
        await _note_prices(connection, self._records, {id_: id_ for id_ in self._records}, None)
        await _note_prices(connection, self._listings, self._listed, self.store_id)
        await _update(connection, MarketplaceProduct, self._records)
        await _update(connection, Product, self._listings)
        await self._write_texts(connection)
        await self._write_own_texts(connection)

    async def _write_texts(self, connection: AsyncConnection) -> None:
        table = MarketplaceProductTranslation
        gone = [id_ for id_, values in self._texts.items() if values.get("title", "") is None]
        if gone:
            which = sa.and_(table.marketplace_product_id.in_(gone), table.language == self.language)
            await connection.execute(sa.delete(table).where(which))
        kept = {id_: values for id_, values in self._texts.items() if values.get("title", "") is not None}
        for names, ids in _alike(kept).items():
            key = table.marketplace_product_id == sa.bindparam("key")
            update = sa.update(table).where(key, table.language == self.language)
            await connection.execute(
                update.values({name: sa.bindparam(f"new_{name}") for name in names}),
                [{"key": id_, **{f"new_{name}": kept[id_][name] for name in names}} for id_ in ids],
            )

    async def _write_own_texts(self, connection: AsyncConnection) -> None:
        table = ProductTranslation
        for names, ids in _alike(self._own_texts).items():
            update = sa.update(table).where(table.product_id == sa.bindparam("key"), table.language == self.language)
            await connection.execute(
                update.values({name: sa.bindparam(f"new_{name}") for name in names}),
                [{"key": id_, **{f"new_{name}": self._own_texts[id_][name] for name in names}} for id_ in ids],
            )
        if self._own_texts:
            empty = sa.and_(table.title.is_(None), table.description.is_(None), table.language == self.language)
            await connection.execute(sa.delete(table).where(table.product_id.in_(list(self._own_texts)), empty))
            changed = sa.update(Product).where(Product.id.in_(list(self._own_texts))).values(updated_at=utcnow())
            await connection.execute(changed)


async def _update(connection: AsyncConnection, table: Any, rows: Mapping[int, Values]) -> None:
    now = utcnow()
    for names, ids in _alike(rows).items():
        values = {name: sa.bindparam(f"new_{name}", type_=table.__table__.c[name].type) for name in names}
        await connection.execute(
            sa.update(table).where(table.id == sa.bindparam("key")).values(**values, updated_at=now),
            [{"key": id_, **{f"new_{name}": _stored(name, rows[id_][name]) for name in names}} for id_ in ids],
        )


def _alike(rows: Mapping[int, Values]) -> dict[tuple[str, ...], list[int]]:
    """The rows that get values for the same columns, one statement each; in key order."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for id_ in sorted(rows):
        groups.setdefault(tuple(sorted(rows[id_])), []).append(id_)
    return groups


def _stored(name: str, value: Any) -> Any:
    if name in _MOMENTS and isinstance(value, str):
        return datetime.strptime(value, bulk.STORED_MOMENT).replace(tzinfo=UTC)
    return value


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
