"""Figures of one store: its products, its stock, its imports."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.analytics.stock import StockFigures, count_stock
from orion.catalog import AVAILABILITIES, MarketplaceProduct, Product
from orion.feeds import ImportJob
from orion.merchants import Store, StoreAccess
from orion.plumbing.kept import Dated, Kept


@dataclass(frozen=True, slots=True)
class ProductFigures:
    """A store's products: `availabilities` counts them by the one in effect, "unknown" where nobody says anything."""

    total: int
    published: int
    featured: int
    availabilities: dict[str, int]


@dataclass(frozen=True, slots=True)
class ImportFigures:
    """A store's imports; `active` ones are waiting or running, and `last_status` is the state of the newest."""

    total: int
    active: int
    failed: int
    last_status: str | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What a store's people see at a glance."""

    products: ProductFigures
    stock: StockFigures
    imports: ImportFigures


async def store_figures(session: AsyncSession, kept: Kept, access: StoreAccess) -> Dated[StoreFigures]:
    """The store's figures."""

    async def work_out() -> StoreFigures:
        store_id = access.store.id
        return StoreFigures(
            await _products(session, store_id),
            await count_stock(session, sa.select(Store.id).where(Store.id == store_id)),
            await _imports(session, store_id),
        )

    return await kept.get(("store", access.store.id), work_out, before_waiting=session.commit)


async def _products(session: AsyncSession, store_id: int) -> ProductFigures:
    in_effect = sa.func.coalesce(Product.availability, MarketplaceProduct.availability)
    rows = await session.execute(
        sa.select(
            in_effect,
            sa.func.count(),
            sa.func.count().filter(Product.is_active),
            sa.func.count().filter(Product.is_featured),
        )
        .select_from(Product)
        .join(MarketplaceProduct)
        .where(Product.store_id == store_id)
        .group_by(in_effect)
    )
    availabilities = dict.fromkeys((*AVAILABILITIES, "unknown"), 0)
    total = published = featured = 0
    for availability, products, active, shown_first in rows:
        availabilities[availability or "unknown"] += products
        total += products
        published += active
        featured += shown_first
    return ProductFigures(total, published, featured, availabilities)


async def _imports(session: AsyncSession, store_id: int) -> ImportFigures:
    job = ImportJob
    total, active, failed = (
        await session.execute(
            sa.select(
                sa.func.count(),
                sa.func.count().filter(job.status.in_(("pending", "processing"))),
                sa.func.count().filter(job.status == "failed"),
            ).where(job.store_id == store_id)
        )
    ).one()
    newest = sa.select(job.status, job.created_at).where(job.store_id == store_id).order_by(job.id.desc()).limit(1)
    last = (await session.execute(newest)).one_or_none()
    return ImportFigures(total, active, failed, *(last or (None, None)))
