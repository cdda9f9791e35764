"""Marketplace products and listings for tests."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation
from orion.merchants import Store

_numbers = count(1)


async def make_marketplace_product(
    session: AsyncSession,
    marketplace_product_id: str | None = None,
    *,
    titles: Mapping[str, str] | None = None,
    descriptions: Mapping[str, str] | None = None,
    **columns: Any,
) -> MarketplaceProduct:
    """A marketplace product with a title per language; 29.90 EUR and in stock unless `columns` say otherwise."""
    defaults = {"marketplace": "Letzshop", "price_minor": 2990, "currency": "EUR", "availability": "in_stock"}
    product = MarketplaceProduct(
        marketplace_product_id=marketplace_product_id or f"P-{next(_numbers)}", **defaults | columns
    )
    session.add(product)
    await session.flush()
    for language, title in (titles or {"en": "Thing"}).items():
        description = (descriptions or {}).get(language)
        session.add(
            MarketplaceProductTranslation(
                marketplace_product_id=product.id, language=language, title=title, description=description
            )
        )
    await session.flush()
    return product


async def make_product(
    session: AsyncSession,
    store: Store,
    listed: MarketplaceProduct | None = None,
    *,
    texts: Mapping[str, tuple[str | None, str | None]] | None = None,
    **columns: Any,
) -> Product:
    """The store's listing of `listed`, with the store's own (title, description) per language."""
    listed = listed or await make_marketplace_product(session)
    product = Product(store_id=store.id, marketplace_product_id=listed.id, **columns)
    session.add(product)
    await session.flush()
    for language, (title, description) in (texts or {}).items():
        session.add(ProductTranslation(product_id=product.id, language=language, title=title, description=description))
    await session.flush()
    return product
