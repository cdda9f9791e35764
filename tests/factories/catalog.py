"""Marketplace products and listings for tests."""

from collections.abc import AsyncIterator, Mapping
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion import catalog
from orion.catalog import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation
from orion.merchants import Store, StoreAccess
from orion.plumbing.settings import Settings

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


TAXONOMY = {
    "en": """# Google_Product_Taxonomy_Version: 2021-09-21
1 - Animals & Pet Supplies
3237 - Animals & Pet Supplies > Live Animals
536 - Home & Garden
594 - Home & Garden > Lighting
2956 - Home & Garden > Lighting > Night Lights & Ambient Lighting
4636 - Home & Garden > Lighting > Lamps
""",
    "fr": """# Google_Product_Taxonomy_Version: 2021-09-21
1 - Animaux et articles pour animaux de compagnie
3237 - Animaux et articles pour animaux de compagnie > Animaux vivants
536 - Maison et jardin
594 - Maison et jardin > Éclairage
4636 - Maison et jardin > Éclairage > Lampes
""",
}
"""A few lines of Google's product taxonomy, enough for tests."""


async def load_taxonomy(session: AsyncSession, *languages: str) -> None:
    """Load the excerpts; English alone unless languages are named."""
    for language in languages or ("en",):
        await catalog.load_categories(session, TAXONOMY[language].splitlines(), language)


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))


async def make_image(
    session: AsyncSession, access: StoreAccess, product_id: int, settings: Settings, content: bytes = PNG
) -> list[str]:
    """Upload a picture of a product; the product's own pictures then."""

    async def stream() -> AsyncIterator[bytes]:
        yield content

    image = await catalog.keep_image(stream(), name="lamp.png", settings=settings)
    return await catalog.add_image(session, access, product_id, image)
