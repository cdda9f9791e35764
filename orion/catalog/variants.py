"""Products that differ in a few respects only: sizes and colours of one thing, by its `item_group_id`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.texts import with_texts

VARIANT_AXES = ("color", "size", "material", "pattern", "size_type", "size_system", "gender", "age_group")
"""The attributes in which products of one item group may differ.

Source: https://support.google.com/merchants/answer/6324507 (item group id).
"""

MAX_VARIANTS = 200


@dataclass(frozen=True, slots=True)
class Variant:
    """One product of a group, itself among them; `values` has those axes in which the group differs."""

    id: int
    marketplace_product_id: str
    title: str | None
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Variants:
    """The products of one item group, and the axes in which they differ; nothing for a product that stands alone."""

    axes: tuple[str, ...]
    items: tuple[Variant, ...]


ALONE = Variants((), ())


async def variants_of(
    session: AsyncSession, base: MarketplaceProduct, languages: Sequence[str], *, store_id: int | None = None
) -> Variants:
    """The first 200 products of the group that `base` is in, by the marketplace's id; one statement, or none.

    A group is what one store's feed calls one, on one marketplace. With `store_id`: those that the store lists, by
    the numbers of its listings.
    """
    if not base.item_group_id:
        return ALONE
    shown = MarketplaceProduct.id if store_id is None else Product.id
    query = (
        sa.select(
            shown.label("id"),
            MarketplaceProduct.marketplace_product_id,
            *(getattr(MarketplaceProduct, axis) for axis in VARIANT_AXES),
        )
        .select_from(MarketplaceProduct)
        .where(
            MarketplaceProduct.source_store_id.is_(None)
            if base.source_store_id is None
            else MarketplaceProduct.source_store_id == base.source_store_id,
            MarketplaceProduct.item_group_id == base.item_group_id,
            MarketplaceProduct.marketplace == base.marketplace,
        )
        .order_by(MarketplaceProduct.marketplace_product_id)
        .limit(MAX_VARIANTS)
    )
    if store_id is not None:
        query = query.join(Product, Product.marketplace_product_id == MarketplaceProduct.id).where(
            Product.store_id == store_id
        )
    rows = (await session.execute(with_texts(query, languages, own=store_id is not None))).mappings().all()
    if len(rows) < 2:
        return ALONE
    axes = tuple(axis for axis in VARIANT_AXES if len({repr(row[axis]) for row in rows}) > 1)
    return Variants(
        axes,
        tuple(
            Variant(row["id"], row["marketplace_product_id"], row["title"], {axis: row[axis] for axis in axes})
            for row in rows
        ),
    )
