"""Reads of marketplace products: the shared catalogue, which everyone who is logged in may read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.catalog.effective import money
from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation
from orion.catalog.queries import known_availability
from orion.catalog.texts import search_condition, with_texts
from orion.kernel import (
    MAX_LIMIT,
    Conflict,
    FieldError,
    Invalid,
    Money,
    NotFound,
    Page,
    fallback_order,
    parse_language,
    parse_marketplace,
    total_if_last,
)
from orion.merchants import Store
from orion.plumbing.db import fold

MAX_SKIP = 10**9
_COLUMNS = MarketplaceProduct.__table__.c


@dataclass(frozen=True, slots=True)
class MarketplaceProductView:
    """A marketplace product with its texts in the best language there is.

    `google` has every Google attribute by name, None where the feed said nothing; `attributes` are the feed's other
    columns. `store_code` and `store_name` are those of the store whose feed describes it.
    """

    id: int
    marketplace: str
    marketplace_product_id: str
    title: str | None
    language: str | None
    description: str | None
    description_language: str | None
    price: Money | None
    sale_price: Money | None
    store_code: str | None
    store_name: str | None
    google: dict[str, Any]
    attributes: dict[str, Any]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ProductTexts:
    """A marketplace product's texts in one language."""

    language: str
    title: str
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketplaceFilter:
    """Which marketplace products are wanted; None is "any".

    `brand` is exact; `search` looks in titles of every language, the marketplace's id, the GTIN and the brand;
    `store` is the name or the code of the store whose feed describes the product. `language` filters nothing: it is
    the language the texts are wanted in.
    """

    marketplace: str | None = None
    brand: str | None = None
    search: str | None = None
    store: str | None = None
    availability: str | None = None
    language: str | None = None


async def list_marketplace_products(
    session: AsyncSession, wanted: MarketplaceFilter, *, skip: int = 0, limit: int = 100
) -> Page[MarketplaceProductView]:
    """Marketplace products by number, after the first `skip` (up to 10^9), at most `limit` (1 to 200).

    Raises Invalid for an unknown filter value or an impossible `skip` or `limit`.
    """
    errors = [
        FieldError(field, f"{field} must be from {least} to {most}")
        for field, value, least, most in (("skip", skip, 0, MAX_SKIP), ("limit", limit, 1, MAX_LIMIT))
        if not least <= value <= most
    ]
    if errors:
        raise Invalid("invalid_page", "; ".join(error.message for error in errors), errors=errors)
    conditions = _conditions(wanted)
    query = _views(wanted.language).where(*conditions).order_by(MarketplaceProduct.id)
    rows = (await session.execute(query.limit(limit).offset(skip))).mappings().all()
    total = total_if_last(skip, limit, len(rows))
    if total is None:
        count = sa.select(sa.func.count()).select_from(MarketplaceProduct).where(*conditions)
        if wanted.store is not None:
            count = count.join(Store, Store.id == MarketplaceProduct.source_store_id)
        total = await session.scalar(count) or 0
    return Page([_view(row) for row in rows], total, skip // limit + 1, limit)


async def marketplace_products_after(
    session: AsyncSession, wanted: MarketplaceFilter, *, after: int = 0, limit: int = 1000
) -> list[MarketplaceProductView]:
    """The next `limit` marketplace products with a number above `after`: for reading all of them in small steps."""
    query = _views(wanted.language).where(*_conditions(wanted), MarketplaceProduct.id > after)
    rows = await session.execute(query.order_by(MarketplaceProduct.id).limit(limit))
    return [_view(row) for row in rows.mappings()]


async def get_marketplace_product(
    session: AsyncSession, marketplace_product_id: str, marketplace: str | None = None, language: str | None = None
) -> MarketplaceProductView:
    """The product with that id on `marketplace`, or on the only marketplace that has it.

    Raises NotFound (`marketplace_product_not_found`), and Conflict (`marketplace_needed`) when several marketplaces
    have one.
    """
    query = _views(language).where(MarketplaceProduct.marketplace_product_id == marketplace_product_id)
    if marketplace is not None:
        query = query.where(MarketplaceProduct.marketplace == parse_marketplace(marketplace))
    rows = await session.execute(query.order_by(MarketplaceProduct.id))
    found = [_view(row) for row in rows.mappings()]
    if not found:
        raise NotFound("marketplace_product_not_found", f"There is no marketplace product {marketplace_product_id!r}.")
    if len(found) > 1:
        names = ", ".join(product.marketplace for product in found)
        raise Conflict("marketplace_needed", f"Several marketplaces have this product: say which one ({names}).")
    return found[0]


async def translations_of(session: AsyncSession, product: MarketplaceProductView) -> list[ProductTexts]:
    """All texts of a marketplace product, by language."""
    texts = MarketplaceProductTranslation
    rows = await session.execute(
        sa.select(texts.language, texts.title, texts.description)
        .where(texts.marketplace_product_id == product.id)
        .order_by(texts.language)
    )
    return [ProductTexts(*row) for row in rows]


def _conditions(wanted: MarketplaceFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.marketplace is not None:
        conditions.append(MarketplaceProduct.marketplace == parse_marketplace(wanted.marketplace))
    if wanted.brand is not None:
        conditions.append(MarketplaceProduct.brand == wanted.brand)
    if wanted.search and wanted.search.strip():
        conditions.append(search_condition(wanted.search, own=False))
    if wanted.store is not None:
        conditions.append(sa.or_(Store.code == wanted.store.upper(), fold.equals(Store.name, wanted.store)))
    if wanted.availability is not None:
        conditions.append(MarketplaceProduct.availability == known_availability(wanted.availability))
    return conditions


def _views(language: str | None) -> sa.Select[Any]:
    query = (
        sa.select(*_COLUMNS, Store.code.label("store_code"), Store.name.label("store_name"))
        .select_from(MarketplaceProduct)
        .outerjoin(Store, Store.id == MarketplaceProduct.source_store_id)
    )
    wanted = parse_language(language) if language is not None else None
    return with_texts(query, fallback_order(wanted, None), own=False)


def _view(row: sa.RowMapping) -> MarketplaceProductView:
    return MarketplaceProductView(
        id=row["id"],
        marketplace=row["marketplace"],
        marketplace_product_id=row["marketplace_product_id"],
        title=row["title"],
        language=row["language"],
        description=row["description"],
        description_language=row["description_language"],
        price=money(row["price_minor"], row["currency"]),
        sale_price=money(row["sale_price_minor"], row["currency"]),
        store_code=row["store_code"],
        store_name=row["store_name"],
        google={name: row[name] for name in GOOGLE_ATTRIBUTES},
        attributes=row["attributes"] or {},
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
