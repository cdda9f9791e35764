"""Which stores sell a marketplace product, and on what terms."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import merchants
from orion.catalog.effective import Prices, effective_prices
from orion.catalog.models import MarketplaceProduct, Product
from orion.identity import User
from orion.kernel import Money
from orion.merchants import Member, Store

MOST_LISTINGS = 100


@dataclass(frozen=True, slots=True)
class PublicListing:
    """A store that has published a product, with the prices and the availability that its buyers see."""

    store_code: str
    store_name: str
    price: Money | None
    sale_price: Money | None
    availability: str | None
    condition: str | None
    is_featured: bool
    min_quantity: int
    max_quantity: int | None


async def public_listings(session: AsyncSession, user: User, marketplace_product: int) -> list[PublicListing]:
    """The first 100 stores, by code, that have published the marketplace product of that number.

    They are those that the public may see and the user's own; an administrator sees every active one.
    """
    base, own = MarketplaceProduct, Product
    query = (
        sa.select(Store, own, base)
        .select_from(own)
        .join(Store, Store.id == own.store_id)
        .join(base, base.id == own.marketplace_product_id)
        .where(own.marketplace_product_id == marketplace_product, own.is_active, Store.is_active)
        .order_by(Store.code)
        .limit(MOST_LISTINGS)
    )
    if user.role != "admin":
        mine = sa.select(Member.merchant_id).where(Member.user_id == user.id)
        query = query.where(sa.or_(merchants.is_public(), Store.merchant_id.in_(mine)))
    found = []
    for store, product, listed in await session.execute(query):
        price, sale_price = effective_prices(
            Prices(product.price_minor, product.sale_price_minor, product.currency),
            Prices(listed.price_minor, listed.sale_price_minor, listed.currency),
        )
        found.append(
            PublicListing(
                store.code,
                store.name,
                price,
                sale_price,
                product.availability or listed.availability,
                product.condition or listed.condition,
                product.is_featured,
                product.min_quantity,
                product.max_quantity,
            )
        )
    return found
