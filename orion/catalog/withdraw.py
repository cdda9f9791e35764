"""Taking listings from sale because their source no longer has them, and giving them back when it has."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from orion.catalog.models import MarketplaceProduct, Product
from orion.plumbing.db import utcnow


async def withdraw_listings(
    connection: AsyncConnection,
    store_id: int,
    marketplace_product_ids: Sequence[int],
    how: str,
    *,
    dry_run: bool = False,
) -> dict[int, str | None]:
    """Unpublish (`how` "unpublish"), or mark as out of stock ("out_of_stock"), the store's listings of these.

    Returns those that changed, by marketplace product, with the store's own availability before; what was
    unpublished or out of stock already is not touched. A dry run changes nothing and tells the same.
    """
    listed = sa.and_(Product.store_id == store_id, Product.marketplace_product_id.in_(marketplace_product_ids))
    if how == "unpublish":
        query = sa.select(Product.id, Product.marketplace_product_id, Product.availability).where(
            listed, Product.is_active
        )
        changes: dict[str, object] = {"is_active": False}
    else:
        effective = sa.func.coalesce(Product.availability, MarketplaceProduct.availability, "")
        query = (
            sa.select(Product.id, Product.marketplace_product_id, Product.availability)
            .join(MarketplaceProduct)
            .where(listed, effective != "out_of_stock")
        )
        changes = {"availability": "out_of_stock"}
    rows = (await connection.execute(query if dry_run else query.with_for_update(of=Product))).all()
    if rows and not dry_run:
        ids = [row[0] for row in rows]
        await connection.execute(sa.update(Product).where(Product.id.in_(ids)).values(**changes, updated_at=utcnow()))
    return {row[1]: row[2] for row in rows}


async def restore_listings(
    connection: AsyncConnection,
    store_id: int,
    marketplace_product_ids: Sequence[int],
    how: str,
    prior_availability: str | None,
    *,
    dry_run: bool = False,
) -> list[int]:
    """Undo `withdraw_listings`, where nobody has changed the listing since; returns those that changed.

    They are named by marketplace product. A dry run changes nothing and tells the same.
    """
    query = sa.select(Product.id, Product.marketplace_product_id).where(
        Product.store_id == store_id, Product.marketplace_product_id.in_(marketplace_product_ids)
    )
    if how == "unpublish":
        query = query.where(Product.is_active.is_(False))
        changes: dict[str, object] = {"is_active": True}
    elif how == "out_of_stock":
        query = query.where(Product.availability == "out_of_stock")
        changes = {"availability": prior_availability}
    else:
        return []
    rows = (await connection.execute(query if dry_run else query.with_for_update())).all()
    if rows and not dry_run:
        ids = [row[0] for row in rows]
        await connection.execute(sa.update(Product).where(Product.id.in_(ids)).values(**changes, updated_at=utcnow()))
    return [row[1] for row in rows]
