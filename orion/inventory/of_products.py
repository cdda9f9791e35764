"""What there is of a store's products: for lists of products that show stock beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.items import Item, ItemKey, find_items
from orion.inventory.models import InventoryItem
from orion.inventory.rooms import Stockroom


@dataclass(frozen=True, slots=True)
class ProductStock:
    """How many are available of what a product sells from, over all locations, and whether that is little."""

    item_id: int
    available: int
    is_low: bool


async def stock_of_products(
    session: AsyncSession, room: Stockroom, product_ids: Sequence[int]
) -> dict[int, ProductStock]:
    """The stock of the store's products by their ids; nothing for those of which nothing was ever counted.

    Few statements however many products there are.
    """
    keys = [ItemKey(product_id=id_) for id_ in product_ids]
    found = await find_items(session, room, keys) if keys else []
    items = {id_: item.id for id_, item in zip(product_ids, found, strict=True) if isinstance(item, Item)}
    rows = await session.execute(
        sa.select(
            InventoryItem.id, InventoryItem.on_hand - InventoryItem.reserved, InventoryItem.low_stock_threshold
        ).where(InventoryItem.id.in_(set(items.values())))
    )
    stock: dict[int, ProductStock] = {}
    for id_, available, own in rows:
        threshold = own if own is not None else room.low_stock_threshold
        stock[id_] = ProductStock(id_, available, threshold is not None and available <= threshold)
    return {product_id: stock[item_id] for product_id, item_id in items.items() if item_id in stock}
