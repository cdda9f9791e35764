"""Reads of a store's products: effective values, one statement for a page and one for the total."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.attributes import AVAILABILITIES
from orion.catalog.effective import EffectiveProduct, Prices, effective_prices
from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.texts import search_condition, with_texts
from orion.kernel import FieldError, Invalid, NotFound, Page, fallback_order, page_offset, parse_language, total_if_last
from orion.kernel import parse_marketplace as known_marketplace
from orion.merchants import StoreAccess

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
_TEXTS = ("title", "language", "description", "description_language")


async def list_products(
    session: AsyncSession,
    access: StoreAccess,
    *,
    search: str | None = None,
    availability: str | None = None,
    brand: str | None = None,
    marketplace: str | None = None,
    is_active: bool | None = None,
    language: str | None = None,
    page: int = 1,
    limit: int = 50,
) -> Page[EffectiveProduct]:
    """A page of the store's products in the order in which the catalogue met them, texts in `language` if possible.

    `search` looks in titles of every language, the marketplace's id, the GTIN and the brand, without regard to case;
    `availability` means the effective one; `brand` is exact. `limit` is 1 to 200. One statement
    for the page, and one for the total unless the page shows the end of the list.
    Raises Invalid for an unknown filter value or an impossible page.
    """
    offset = page_offset(page, limit)
    conditions = product_conditions(
        access.store.id,
        search=search,
        availability=availability,
        brand=brand,
        marketplace=marketplace,
        is_active=is_active,
    )

    # by the listed product's number: within a store it is unique, and the unique index has that order already
    query = _effective(access, language).where(*conditions).order_by(Product.marketplace_product_id)
    rows = (await session.execute(query.limit(limit).offset(offset))).mappings().all()
    total = total_if_last(offset, limit, len(rows))
    if total is None:
        count = sa.select(sa.func.count()).select_from(Product).join(MarketplaceProduct).where(*conditions)
        total = await session.scalar(count) or 0
    return Page([_product(row) for row in rows], total, page, limit)


async def get_product(
    session: AsyncSession, access: StoreAccess, product_id: int, language: str | None = None
) -> EffectiveProduct:
    """A product of the store. Raises NotFound (`product_not_found`), also when it is another store's."""
    query = _effective(access, language).where(Product.store_id == access.store.id, Product.id == product_id)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound("product_not_found", f"The store {access.store.code} has no product {product_id}.")
    return _product(row)


def product_conditions(
    store_id: int,
    *,
    search: str | None = None,
    availability: str | None = None,
    brand: str | None = None,
    marketplace: str | None = None,
    is_active: bool | None = None,
) -> list[sa.ColumnElement[bool]]:
    """Which listings of the store, joined to what they list, `list_products` means. Raises Invalid as it does."""
    conditions = [Product.store_id == store_id]
    if search and search.strip():
        conditions.append(search_condition(search, own=True))
    if availability is not None:
        conditions.append(in_effect("availability") == known_availability(availability))
    if brand is not None:
        conditions.append(effective_brand(brand))
    if marketplace is not None:
        conditions.append(MarketplaceProduct.marketplace == known_marketplace(marketplace))
    if is_active is not None:
        conditions.append(Product.is_active == is_active)
    return conditions


def known_availability(text: str) -> str:
    """The availability for what a person typed. Raises Invalid (`unknown_availability`)."""
    value = text.strip().lower()
    if value not in AVAILABILITIES:
        message = f"{text!r} is not one of {', '.join(AVAILABILITIES)}"
        raise Invalid("unknown_availability", message, errors=[FieldError("availability", message)])
    return value


def in_effect(name: str) -> sa.ColumnElement[Any]:
    """The store's own value of a column that both layers have, or else the marketplace product's."""
    return sa.func.coalesce(getattr(Product, name), getattr(MarketplaceProduct, name))


def effective_brand(brand: str) -> sa.ColumnElement[bool]:
    """Whether the brand in effect is exactly `brand`; said so that the index on brands can help."""
    inherited = sa.and_(Product.brand.is_(None), MarketplaceProduct.brand == brand)
    return sa.or_(Product.brand == brand, inherited)


def _effective(access: StoreAccess, language: str | None) -> sa.Select[Any]:
    wanted = parse_language(language) if language is not None else None
    query = (
        sa.select(
            *(getattr(Product, name) for name in _OWN),
            *(getattr(Product, name).label(f"own_{name}") for name in _PAIRED),
            *(getattr(MarketplaceProduct, name) for name in _SHARED),
            *(getattr(MarketplaceProduct, name).label(f"base_{name}") for name in _PAIRED),
            *(in_effect(name).label(name) for name in (*_TEXTUAL, *_LISTS)),
        )
        .select_from(Product)
        .join(MarketplaceProduct)
    )
    return with_texts(query, fallback_order(wanted, access.store.default_language), own=True)


def _product(row: sa.RowMapping) -> EffectiveProduct:
    own, base = (
        Prices(row[f"{layer}_price_minor"], row[f"{layer}_sale_price_minor"], row[f"{layer}_currency"])
        for layer in ("own", "base")
    )
    price, sale_price = effective_prices(own, base)
    return EffectiveProduct(
        **{name: row[name] for name in (*_OWN, *_SHARED, *_TEXTUAL, *_TEXTS)},
        product_type=tuple(row["product_type"] or ()),
        additional_image_link=tuple(row["additional_image_link"] or ()),
        price=price,
        sale_price=sale_price,
        availability=row["own_availability"] or row["base_availability"],
        condition=row["own_condition"] or row["base_condition"],
        own_price=own.price,
        own_sale_price=own.sale_price,
        own_availability=row["own_availability"],
        own_condition=row["own_condition"],
    )
