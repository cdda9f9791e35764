"""What an item is called: by the products of the store that sell from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation
from orion.inventory.items import counted_by_gtin
from orion.inventory.rooms import Stockroom
from orion.kernel import fallback_order, gtin14


@dataclass(frozen=True, slots=True)
class Title:
    """The oldest product of the store that sells from an item, its title, and what the store's feed calls it."""

    product_id: int
    marketplace_product_id: int
    sku: str
    title: str | None
    products: int
    """How many products of the store sell from the item."""


async def titles_of(
    session: AsyncSession, room: Stockroom, items: Sequence[tuple[int, str | None, int | None]]
) -> dict[int, Title]:
    """The title of each (item id, GTIN, product id) that a product of the store sells from: two statements."""
    if room.store_id is None or not items:
        return {}
    by_gtin = {gtin14(gtin): id_ for id_, gtin, _ in items if gtin is not None}
    by_product = {product_id: id_ for id_, _, product_id in items if product_id is not None}
    rows = await session.execute(
        sa.select(
            Product.id, Product.marketplace_product_id, MarketplaceProduct.marketplace_product_id,
            sa.case((counted_by_gtin(), MarketplaceProduct.gtin14)),
        )
        .join(MarketplaceProduct)
        .where(
            Product.store_id == room.store_id,
            sa.or_(MarketplaceProduct.gtin14.in_(list(by_gtin)), Product.id.in_(list(by_product))),
        )
        .order_by(Product.id)
    )  # fmt: skip
    selling: dict[int, list[tuple[int, int, str]]] = {}
    for product_id, listed_id, sku, gtin in rows:
        item_id = by_product.get(product_id) or by_gtin.get(gtin)
        if item_id is not None:
            selling.setdefault(item_id, []).append((product_id, listed_id, sku))
    titles = await _titles(session, room, [products[0][:2] for products in selling.values()])
    return {
        item_id: Title(*products[0], titles.get(products[0][0]), len(products)) for item_id, products in selling.items()
    }


async def _titles(session: AsyncSession, room: Stockroom, products: Sequence[tuple[int, int]]) -> dict[int, str]:
    own, shared = ProductTranslation, MarketplaceProductTranslation
    ids, listed = [id_ for id_, _ in products], {listed_id: id_ for id_, listed_id in products}
    rows: Any = await session.execute(
        sa.union_all(
            sa.select(sa.literal(0), own.product_id, own.language, own.title).where(
                own.product_id.in_(ids), own.title.is_not(None)
            ),
            sa.select(sa.literal(1), shared.marketplace_product_id, shared.language, shared.title).where(
                shared.marketplace_product_id.in_(list(listed))
            ),
        )
    )
    order = {language: rank for rank, language in enumerate(fallback_order(None, room.language))}
    best: dict[int, tuple[int, int, str]] = {}
    for layer, id_, language, title in rows:
        product_id = id_ if layer == 0 else listed[id_]
        candidate = (order.get(language, len(order)), layer, title)
        best[product_id] = min(best.get(product_id, candidate), candidate)
    return {product_id: title for product_id, (_, _, title) in best.items()}
