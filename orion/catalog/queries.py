"""Reads of a store's products: effective values, one statement for a page and one for the total."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.effective import EffectiveProduct, Prices, effective_prices
from orion.catalog.filters import ListingFilter, read_filter
from orion.catalog.lists import find
from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.texts import with_texts
from orion.catalog.values_in_effect import in_effect
from orion.kernel import Found, NotFound, fallback_order, parse_language
from orion.merchants import Store, StoreAccess

_SHARED = ("marketplace", "marketplace_product_id", "gtin", "mpn", "link")
_OWN = (
    "id",
    "store_id",
    "sku",
    "is_active",
    "is_featured",
    "display_order",
    "min_quantity",
    "max_quantity",
    "created_at",
    "updated_at",
)
_TEXTUAL = ("brand", "google_product_category", "image_link")
_LISTS = ("product_type", "additional_image_link")
_PAIRED = ("price_minor", "sale_price_minor", "currency", "availability", "condition")
_COLUMNS: tuple[Any, ...] = (
    *(getattr(Product, name) for name in _OWN),
    *(getattr(Product, name).label(f"own_{name}") for name in _PAIRED),
    *(getattr(MarketplaceProduct, name) for name in _SHARED),
    *(getattr(MarketplaceProduct, name).label(f"base_{name}") for name in _PAIRED),
    *(in_effect(name).label(name) for name in (*_TEXTUAL, *_LISTS)),
)


async def list_products(
    session: AsyncSession,
    access: StoreAccess,
    wanted: ListingFilter | None = None,
    *,
    sort: str | None = None,
    after: Sequence[Any] | None = None,
    skip: int = 0,
    limit: int = 50,
) -> Found[EffectiveProduct]:
    """The store's products that the filter means, as they are in effect, texts in its language if possible.

    `sort` is one of `orders.LISTING_SORTS`; by relevance where something is searched for, else in the order in which
    the catalogue met them, if None. `limit` is 1 to 200. The list goes on behind the position `after` (of the page
    before, with the same filter and sort), or after the first `skip`, up to 10,000. In a constant number of
    statements. Raises Invalid for an unknown filter value or sort, or an impossible page.
    """
    return await _list(session, access.store, wanted or ListingFilter(), sort, after, skip, limit)


async def list_published(
    session: AsyncSession, store: Store, wanted: ListingFilter, *, skip: int = 0, limit: int = 50
) -> Found[EffectiveProduct]:
    """As `list_products`, for those who are no members of the store: only what its buyers see.

    Ask `merchants.visible_store` for the store: not everybody may see every one.
    """
    return await _list(session, store, replace(wanted, is_active=True), None, None, skip, limit)


async def _list(
    session: AsyncSession,
    store: Store,
    wanted: ListingFilter,
    sort: str | None,
    after: Sequence[Any] | None,
    skip: int,
    limit: int,
) -> Found[EffectiveProduct]:
    reading = await read_filter(session, wanted, store)
    language = parse_language(wanted.language) if wanted.language is not None else None
    languages = tuple(fallback_order(language, store.default_language))
    found = await find(session, reading, _found_products, languages, sort=sort, after=after, skip=skip, limit=limit)
    items = [_product(row) for row in found.rows]
    return Found(items, found.total, found.estimate, found.after, skip, limit, found.searched)


async def get_product(
    session: AsyncSession, access: StoreAccess, product_id: int, language: str | None = None
) -> EffectiveProduct:
    """A product of the store. Raises NotFound (`product_not_found`), also when it is another store's."""
    query = _effective(access, language).where(Product.store_id == access.store.id, Product.id == product_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("product_not_found", f"The store {access.store.code} has no product {product_id}.")
    return _product(row)


def _found_products(languages: tuple[str, ...], found: Any) -> sa.Select[Any]:
    """What a list shows of the products that were found."""
    products = found.join(Product, Product.id == found.c.row_id).join(MarketplaceProduct)
    return with_texts(sa.select(*_COLUMNS).select_from(products), languages, own=True)


def _effective(access: StoreAccess, language: str | None) -> sa.Select[Any]:
    wanted = parse_language(language) if language is not None else None
    query = sa.select(*_COLUMNS).select_from(Product).join(MarketplaceProduct)
    return with_texts(query, fallback_order(wanted, access.store.default_language), own=True)


def _product(row: Iterable[Any]) -> EffectiveProduct:
    """The product of a row that begins with `_COLUMNS` and the texts; by position, which is quicker."""
    (
        id_, store_id, sku, is_active, is_featured, display_order, min_quantity, max_quantity, created_at, updated_at,
        own_minor, own_sale_minor, own_currency, own_availability, own_condition,
        marketplace, marketplace_product_id, gtin, mpn, link,
        base_minor, base_sale_minor, base_currency, base_availability, base_condition,
        brand, google_product_category, image_link, product_type, additional_image_link,
        title, language, description, description_language, *_,
    ) = row  # fmt: skip
    own, base = Prices(own_minor, own_sale_minor, own_currency), Prices(base_minor, base_sale_minor, base_currency)
    price, sale_price = effective_prices(own, base)
    return EffectiveProduct(
        id=id_,
        store_id=store_id,
        marketplace=marketplace,
        marketplace_product_id=marketplace_product_id,
        title=title,
        language=language,
        description=description,
        description_language=description_language,
        price=price,
        sale_price=sale_price,
        availability=own_availability or base_availability,
        condition=own_condition or base_condition,
        own_price=own.price,
        own_sale_price=own.sale_price,
        own_availability=own_availability,
        own_condition=own_condition,
        brand=brand,
        gtin=gtin,
        mpn=mpn,
        product_type=tuple(product_type or ()),
        google_product_category=google_product_category,
        sku=sku,
        link=link,
        image_link=image_link,
        additional_image_link=tuple(additional_image_link or ()),
        is_active=is_active,
        is_featured=is_featured,
        display_order=display_order,
        min_quantity=min_quantity,
        max_quantity=max_quantity,
        created_at=created_at,
        updated_at=updated_at,
    )
