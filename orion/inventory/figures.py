"""Stock of the whole installation in numbers, for monitoring."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.models import InventoryItem, Reservation
from orion.merchants import Store
from orion.plumbing.db import utcnow

COUNTED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StockFigures:
    """Stock that is low, and what became of claims on it.

    `low`: items with no more available than their threshold. `overdue` of the `held` reservations have lasted too long
    and were not given back; `expired`: those that were, because nobody came, within the last day.
    """

    low: int
    held: int
    overdue: int
    expired: int


async def stock_figures(session: AsyncSession) -> StockFigures:
    """The numbers of all stores and of the platform's own stock. Reads every item: ask rarely."""
    now = utcnow()
    threshold = sa.func.coalesce(InventoryItem.low_stock_threshold, Store.low_stock_threshold)
    low = (
        sa.select(sa.func.count())
        .select_from(InventoryItem)
        .outerjoin(Store, Store.id == InventoryItem.store_id)
        .where(InventoryItem.on_hand - InventoryItem.reserved <= threshold)
    )
    count = sa.select(sa.func.count()).select_from(Reservation)
    held = count.where(Reservation.state == "held")
    overdue = held.where(Reservation.expires_at <= now)
    expired = count.where(Reservation.state == "expired", Reservation.updated_at > now - COUNTED)
    row = await session.execute(sa.select(*(one.scalar_subquery() for one in (low, held, overdue, expired))))
    return StockFigures(*row.one())
