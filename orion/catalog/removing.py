"""Deleting many products at once; those that stock or orders refer to are unpublished instead."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from orion.catalog.models import MarketplaceProduct, Product
from orion.plumbing.db import Base, utcnow


async def remove_listings(connection: AsyncConnection, ids: Sequence[int]) -> list[int]:
    """Delete listings; the ids of those that were unpublished instead."""
    refused = await _delete(connection, Product, ids, Product.id)
    await _unpublish(connection, Product.id.in_(refused), refused)
    return refused


async def remove_records(connection: AsyncConnection, ids: Sequence[int]) -> list[int]:
    """Delete marketplace products with their listings; the ids of those whose listings were unpublished instead."""
    refused = await _delete(connection, MarketplaceProduct, ids, Product.marketplace_product_id)
    await _unpublish(connection, Product.marketplace_product_id.in_(refused), refused)
    return refused


async def _unpublish(connection: AsyncConnection, which: sa.ColumnElement[bool], refused: list[int]) -> None:
    if refused:
        await connection.execute(sa.update(Product).where(which).values(is_active=False, updated_at=utcnow()))


async def _delete(connection: AsyncConnection, table: Any, ids: Sequence[int], of_listing: Any) -> list[int]:
    """Delete all but those to whose listings something refers; `of_listing` is the id in `table` that a listing has.

    Gives the ids of those that stay.
    """
    if not ids:
        return []
    referring = [
        key.parent
        for each in Base.metadata.tables.values()
        for key in each.foreign_keys
        if key.target_fullname == "products.id" and key.ondelete == "RESTRICT"
    ]
    held = sa.or_(sa.false(), *(sa.exists().where(column == Product.id) for column in referring))
    refused = set((await connection.scalars(sa.select(of_listing).where(of_listing.in_(ids), held))).all())
    free = [id_ for id_ in ids if id_ not in refused]
    return [*refused, *await _delete_free(connection, table, free)]


async def _delete_free(connection: AsyncConnection, table: Any, ids: Sequence[int]) -> list[int]:
    """Delete at once; if something refers to one by now, what cannot go as a whole is tried in halves."""
    if not ids:
        return []
    try:
        async with connection.begin_nested():
            await connection.execute(sa.delete(table).where(table.id.in_(ids)))
    except IntegrityError:
        if len(ids) == 1:
            return list(ids)
        middle = len(ids) // 2
        return [
            *await _delete_free(connection, table, ids[:middle]),
            *await _delete_free(connection, table, ids[middle:]),
        ]
    return []
