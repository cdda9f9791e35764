"""Reads of a store's products: effective values, one statement for a page and one for the total."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.effective import EffectiveProduct, Prices, effective_prices, in_one_currency
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
    before: Sequence[Any] | None = None,
    skip: int = 0,
    limit: int = 50,
    always_count: bool = False,
) -> Found[EffectiveProduct]:
    """The store's products that the filter means, as they are in effect, texts in its language if possible.

    `sort` is one of `orders.LISTING_SORTS`; by relevance where something is searched for, else in the order in which
    the catalogue met them, if None. `limit` is 1 to 200. The list goes on behind the position `after`, or ends before
    the position `before` (of another page, with the same filter and sort), or begins after the first `skip`, up to
    10,000. Pages by position are only counted if `always_count`. In a constant number of statements. Raises Invalid for
    an unknown filter value or sort, or an impossible page.
    """
    page: dict[str, Any] = {"sort": sort, "after": after, "before": before, "skip": skip, "limit": limit}
    return await _list(session, access.store, wanted or ListingFilter(), **page, always_count=always_count)


async def list_published(
    session: AsyncSession, store: Store, wanted: ListingFilter, *, skip: int = 0, limit: int = 50
) -> Found[EffectiveProduct]:
    """As `list_products`, for those who are no members of the store: only what its buyers see.

    Ask `merchants.visible_store` for the store: not everybody may see every one.
    """
    return await _list(session, store, replace(wanted, is_active=True), sort=None, skip=skip, limit=limit)


async def _list(
    session: AsyncSession, store: Store, wanted: ListingFilter, *, skip: int, limit: int, **page: Any
) -> Found[EffectiveProduct]:
    reading = await read_filter(session, wanted, store)
    language = parse_language(wanted.language) if wanted.language is not None else None
    languages = tuple(fallback_order(language, store.default_language))
    found = await find(session, reading, _found_products, languages, skip=skip, limit=limit, **page)
    items = [_product(row) for row in found.rows]
    return Found(items, found.total, found.estimate, found.after, skip, limit, found.searched, found.before)


async def get_product(
    session: AsyncSession, access: StoreAccess, product_id: int, language: str | None = None
) -> EffectiveProduct:
    """A product of the store. Raises NotFound (`product_not_found`), also when it is another store's."""
    wanted = parse_language(language) if language is not None else None
    query = _by_number(tuple(fallback_order(wanted, access.store.default_language)))
    row = (await session.execute(query, {"of_store": access.store.id, "number": product_id})).one_or_none()
    if row is None:
        raise NotFound("product_not_found", f"The store {access.store.code} has no product {product_id}.")
    return _product(row)


def _found_products(languages: tuple[str, ...], found: Any) -> sa.Select[Any]:
    """What a list shows of the products that were found."""
    products = found.join(Product, Product.id == found.c.row_id).join(MarketplaceProduct)
    return with_texts(sa.select(*_COLUMNS).select_from(products), languages, own=True)


@lru_cache(maxsize=100)
def _by_number(languages: tuple[str, ...]) -> sa.Select[Any]:
    """The statement of one product, which takes longer to make than to run."""
    query = sa.select(*_COLUMNS).select_from(Product).join(MarketplaceProduct)
    asked = Product.store_id == sa.bindparam("of_store"), Product.id == sa.bindparam("number")
    return with_texts(query, languages, own=True).where(*asked)


def _product(row: Iterable[Any]) -> EffectiveProduct:
    """The product of a row that begins with `_COLUMNS` and the texts; by position, which is quicker."""
    (
        id_, store_id, sku, is_active, is_featured, display_order, min_quantity, max_quantity, created_at, updated_at,
        own_minor, own_sale_minor, own_currency, own_availability, own_condition,
        marketplace, marketplace_product_id, gtin, mpn, link,
        minor, sale_minor, currency, availability, condition,
        brand, google_product_category, image_link, product_type, additional_image_link,
        title, language, description, description_language, *_,
    ) = row  # fmt: skip
    if own_minor is not None or own_sale_minor is not None:
        own, base = Prices(own_minor, own_sale_minor, own_currency), Prices(minor, sale_minor, currency)
        minor, sale_minor, currency = in_one_currency(*effective_prices(own, base))
        own_minor, own_sale_minor, own_currency = in_one_currency(own.price, own.sale_price)
    else:  # nearly always, and all that is left of the above then
        own_currency = None
        if currency is None or (minor is None and sale_minor is None):
            minor = sale_minor = currency = None
    return EffectiveProduct(
        id_,
        store_id,
        marketplace,
        marketplace_product_id,
        title,
        language,
        description,
        description_language,
        minor,
        sale_minor,
        currency,
        own_availability or availability,
        own_condition or condition,
        own_minor,
        own_sale_minor,
        own_currency,
        own_availability,
        own_condition,
        brand,
        gtin,
        mpn,
        tuple(product_type) if product_type else (),
        google_product_category,
        sku,
        link,
        image_link,
        tuple(additional_image_link) if additional_image_link else (),
        is_active,
        is_featured,
        display_order,
        min_quantity,
        max_quantity,
        created_at,
        updated_at,
    )
