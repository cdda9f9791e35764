"""One product with everything there is to say of it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.categories import CategoryName, category_names
from orion.catalog.effective import EffectiveProduct
from orion.catalog.images import images_of
from orion.catalog.marketplace import MarketplaceProductView
from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.overrides import FieldView, field_view, field_views
from orion.catalog.price_history import LowestPrice, lowest_price
from orion.catalog.queries import get_product
from orion.catalog.tiers import Tier, tiers_of
from orion.catalog.translations import ProductTranslationView, list_translations
from orion.catalog.variants import Variants, variants_of
from orion.kernel import fallback_order, parse_language
from orion.merchants import StoreAccess


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """A store's product in effect, and behind it: every overridable field, and what goes with the product.

    `fields` has a view of each field of `overrides.OVERRIDES`, and of title and description in the language that the
    reader asked for, else the store's. `images` are those in effect, the first one first.
    """

    product: EffectiveProduct
    marketplace_product_number: int
    fields: dict[str, FieldView]
    translations: list[ProductTranslationView]
    category: CategoryName | None
    variants: Variants
    images: list[str]
    price_tiers: list[Tier]
    lowest_price: LowestPrice | None


async def get_product_details(
    session: AsyncSession, access: StoreAccess, product_id: int, language: str | None = None
) -> ProductDetails:
    """A product of the store with all that belongs to it, in a constant number of statements.

    Raises NotFound (`product_not_found`), also when it is another store's, and Invalid (`unknown_language`).
    """
    product = await get_product(session, access, product_id, language)
    row = await session.execute(
        sa.select(Product, MarketplaceProduct).join(MarketplaceProduct).where(Product.id == product_id)
    )
    own, base = row.one()
    default = access.store.default_language
    spoken = parse_language(language) if language else default
    translations = await list_translations(session, access, product_id)
    category_id = own.category_id if own.google_product_category is not None else base.category_id
    texts = next((view for view in translations if view.language == spoken), None)
    empty = field_view(None, None)
    fields = {
        "title": texts.title if texts else empty,
        "description": texts.description if texts else empty,
        **field_views(own, base),
    }
    return ProductDetails(
        product=product,
        marketplace_product_number=base.id,
        fields=fields,
        translations=translations,
        category=(await category_names(session, [category_id], language, default)).get(category_id or 0),
        variants=await variants_of(session, base, fallback_order(spoken, default), store_id=access.store.id),
        images=images_of(product),
        price_tiers=await tiers_of(session, product_id),
        lowest_price=await lowest_price(session, access, product_id),
    )


async def category_of(
    session: AsyncSession, product: MarketplaceProductView, language: str | None = None
) -> CategoryName | None:
    """The category of a marketplace product, named in the best language there is."""
    category_id = await session.scalar(
        sa.select(MarketplaceProduct.category_id).where(MarketplaceProduct.id == product.id)
    )
    return (await category_names(session, [category_id], language)).get(category_id or 0)


async def marketplace_variants_of(
    session: AsyncSession, product: MarketplaceProductView, language: str | None = None
) -> Variants:
    """The variants of a marketplace product, itself among them; see `variants`."""
    base = await session.get_one(MarketplaceProduct, product.id)
    wanted = parse_language(language) if language else None
    return await variants_of(session, base, fallback_order(wanted, None))
