"""Deleting many products at once; those that stock or orders refer to are unpublished instead."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from orion.catalog.models import MarketplaceProduct, Product
from orion.plumbing.db import utcnow


async def remove_listings(connection: AsyncConnection, ids: Sequence[int]) -> list[int]:
    """Delete listings; the ids of those that were unpublished instead."""
    refused = await _delete(connection, Product, ids)
    await _unpublish(connection, Product.id.in_(refused), refused)
    return refused


async def remove_records(connection: AsyncConnection, ids: Sequence[int]) -> list[int]:
    """Delete marketplace products with their listings; the ids of those whose listings were unpublished instead."""
    refused = await _delete(connection, MarketplaceProduct, ids)
    await _unpublish(connection, Product.marketplace_product_id.in_(refused), refused)
    return refused


async def _unpublish(connection: AsyncConnection, which: sa.ColumnElement[bool], refused: list[int]) -> None:
    if refused:
        await connection.execute(sa.update(Product).where(which).values(is_active=False, updated_at=utcnow()))


async def _delete(connection: AsyncConnection, table: Any, ids: Sequence[int]) -> list[int]:
    """Delete in as few statements as the refused ones allow: what cannot go as a whole is tried in halves."""
    if not ids:
        return []
    try:
        async with connection.begin_nested():
            await connection.execute(sa.delete(table).where(table.id.in_(ids)))
    except IntegrityError:
        if len(ids) == 1:
            return list(ids)
        middle = len(ids) // 2
        return await _delete(connection, table, ids[:middle]) + await _delete(connection, table, ids[middle:])
    return []
