"""Figures of the whole platform: what everybody may know of the shared catalogue, and what its administrators may."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import feeds
from orion.analytics.stock import StockFigures, count_stock
from orion.catalog import MarketplaceProduct, Product
from orion.feeds import ImportJob, ImportStatistics
from orion.identity import Admin, User
from orion.merchants import Merchant, Store
from orion.plumbing.kept import Dated, Kept


@dataclass(frozen=True, slots=True)
class CatalogueFigures:
    """The shared catalogue: marketplace products, and the different values that they have."""

    products: int
    brands: int
    categories: int
    marketplaces: int
    stores: int


@dataclass(frozen=True, slots=True)
class MarketplaceFigures:
    """One marketplace's part of the catalogue; `stores` are those whose feeds describe its products."""

    marketplace: str
    products: int
    stores: int
    brands: int


@dataclass(frozen=True, slots=True)
class PlatformFigures:
    """What an administrator sees at a glance; `listings` are the stores' products."""

    users: int
    active_users: int
    merchants: int
    stores: int
    active_stores: int
    verified_stores: int
    products: int
    listings: int
    published: int
    stock: StockFigures
    imports: ImportStatistics
    last_import_at: datetime | None


async def catalogue_figures(session: AsyncSession, kept: Kept) -> Dated[CatalogueFigures]:
    """Figures of the shared catalogue, which everybody may know."""

    async def work_out() -> CatalogueFigures:
        marketplaces = (await marketplace_figures(session, kept)).value
        return CatalogueFigures(
            products=sum(figures.products for figures in marketplaces),
            brands=await _count_different(session, MarketplaceProduct.brand),
            categories=await _count_different(session, MarketplaceProduct.google_product_category),
            marketplaces=len(marketplaces),
            stores=await _count_different(session, MarketplaceProduct.source_store_id),
        )

    return await kept.get("catalogue", work_out, before_waiting=session.commit)


async def marketplace_figures(session: AsyncSession, kept: Kept) -> Dated[list[MarketplaceFigures]]:
    """Figures of each marketplace that has products, by name."""

    async def work_out() -> list[MarketplaceFigures]:
        product = MarketplaceProduct
        # Grouped twice, because counting different values sorts a million of them, and grouping does not.
        groups = (
            sa.select(product.marketplace, product.source_store_id, product.brand, sa.func.count().label("products"))
            .group_by(product.marketplace, product.source_store_id, product.brand)
            .subquery()
        )
        rows = await session.execute(
            sa.select(
                groups.c.marketplace,
                sa.func.sum(groups.c.products),
                sa.func.count(groups.c.source_store_id.distinct()),
                sa.func.count(groups.c.brand.distinct()),
            )
            .group_by(groups.c.marketplace)
            .order_by(groups.c.marketplace)
        )
        return [MarketplaceFigures(name, int(products), stores, brands) for name, products, stores, brands in rows]

    return await kept.get("marketplaces", work_out, before_waiting=session.commit)


async def platform_figures(session: AsyncSession, kept: Kept, admin: Admin) -> Dated[PlatformFigures]:
    """Everything at a glance, for administrators."""

    async def work_out() -> PlatformFigures:
        users, active_users = await _count(session, User, User.is_active)
        stores, active_stores, verified = await _count(session, Store, Store.is_active, Store.is_verified)
        listings, published = await _count(session, Product, Product.is_active)
        (merchants,) = await _count(session, Merchant)
        (products,) = await _count(session, MarketplaceProduct)
        return PlatformFigures(
            users=users,
            active_users=active_users,
            merchants=merchants,
            stores=stores,
            active_stores=active_stores,
            verified_stores=verified,
            products=products,
            listings=listings,
            published=published,
            stock=await count_stock(session, None),
            imports=await feeds.import_statistics(session, admin),
            last_import_at=await session.scalar(sa.select(sa.func.max(ImportJob.created_at))),
        )

    return await kept.get("platform", work_out, before_waiting=session.commit)


async def _count(session: AsyncSession, table: type[Any], *flags: Any) -> tuple[int, ...]:
    counted = (sa.func.count().filter(flag) for flag in flags)
    return tuple((await session.execute(sa.select(sa.func.count(), *counted).select_from(table))).one())


async def _count_different(session: AsyncSession, column: Any) -> int:
    different = sa.select(column).where(column.is_not(None)).group_by(column).subquery()
    return await session.scalar(sa.select(sa.func.count()).select_from(different)) or 0
