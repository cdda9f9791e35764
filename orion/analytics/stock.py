"""Figures of stock: of some stores, or of all."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import User
from orion.inventory import InventoryItem, Level
from orion.merchants import Member, Store
from orion.plumbing.kept import Dated, Kept


@dataclass(frozen=True, slots=True)
class StockFigures:
    """What is counted: `items` at `entries` places (an item at a location), their units, and how many run short.

    `low` items have no more available than their threshold, or the store's, says; `empty` ones have none.
    """

    items: int
    entries: int
    on_hand: int
    reserved: int
    low: int
    empty: int

    @property
    def available(self) -> int:
        """Units that nobody has claimed."""
        return self.on_hand - self.reserved


async def stock_figures(session: AsyncSession, kept: Kept, user: User) -> Dated[StockFigures]:
    """The stock of every active store that the user is a member of; for administrators that of all, and the platform's.

    Who joins a store, or leaves one, sees it when the figures are worked out again.
    """
    rooms = None
    if user.role != "admin":
        rooms = (
            sa.select(Store.id)
            .join(Member, Member.merchant_id == Store.merchant_id)
            .where(Member.user_id == user.id, Store.is_active)
        )

    async def work_out() -> StockFigures:
        return await count_stock(session, rooms)

    return await kept.get(("stock", user.id if rooms is not None else None), work_out, before_waiting=session.commit)


async def count_stock(session: AsyncSession, rooms: sa.Select[int] | None) -> StockFigures:
    """Count the stock of the stores whose ids `rooms` gives, or all of it, the platform's own too, where it is None."""
    item = InventoryItem
    free = item.on_hand - item.reserved
    low = free <= sa.func.coalesce(item.low_stock_threshold, Store.low_stock_threshold)
    query = sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(item.on_hand), 0),
        sa.func.coalesce(sa.func.sum(item.reserved), 0),
        sa.func.count().filter(low),
        sa.func.count().filter(free == 0),
    ).select_from(sa.outerjoin(item, Store, Store.id == item.store_id))
    levels = sa.select(sa.func.count()).select_from(Level)
    if rooms is not None:
        query = query.where(item.store_id.in_(rooms))
        levels = levels.join(item, item.id == Level.item_id).where(item.store_id.in_(rooms))
    items, on_hand, reserved, few, none = (await session.execute(query)).one()
    entries = await session.scalar(levels) or 0
    return StockFigures(items, entries, int(on_hand), int(reserved), few, none)
