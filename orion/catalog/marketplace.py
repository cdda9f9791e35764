"""Reads of marketplace products: the shared catalogue, which everyone who is logged in may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.catalog.effective import money
from orion.catalog.filters import MarketplaceFilter, read_filter
from orion.catalog.lists import find
from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation
from orion.catalog.texts import with_texts
from orion.kernel import Conflict, Found, Money, NotFound, fallback_order, parse_language, parse_marketplace
from orion.merchants import Store

_SHOWN: tuple[Any, ...] = (
    *MarketplaceProduct.__table__.c,
    Store.code.label("store_code"),
    Store.name.label("store_name"),
)
_OF_STORE = Store.id == MarketplaceProduct.source_store_id


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


async def list_marketplace_products(
    session: AsyncSession,
    wanted: MarketplaceFilter,
    *,
    sort: str | None = None,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    skip: int = 0,
    limit: int = 100,
    always_count: bool = False,
) -> Found[MarketplaceProductView]:
    """The marketplace products that the filter means, texts in its language if possible.

    `sort` is one of `orders.SHARED_SORTS`; all else is as `list_products` has it.
    """
    reading = await read_filter(session, wanted)
    language = parse_language(wanted.language) if wanted.language is not None else None
    languages = tuple(fallback_order(language, None))
    page: dict[str, Any] = {"sort": sort, "after": after, "before": before, "skip": skip, "limit": limit}
    found = await find(session, reading, _found_products, languages, **page, always_count=always_count)
    items = [_view(row._mapping) for row in found.rows]  # noqa: SLF001 (it is the public way to a row's mapping)
    return Found(items, found.total, found.estimate, found.after, skip, limit, found.searched, found.before)


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


def _found_products(languages: tuple[str, ...], found: Any) -> sa.Select[Any]:
    """What a list shows of the products that were found."""
    products = found.join(MarketplaceProduct, MarketplaceProduct.id == found.c.row_id)
    return with_texts(sa.select(*_SHOWN).select_from(products.outerjoin(Store, _OF_STORE)), languages, own=False)


def _views(language: str | None) -> sa.Select[Any]:
    query = sa.select(*_SHOWN).select_from(MarketplaceProduct).outerjoin(Store, _OF_STORE)
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
