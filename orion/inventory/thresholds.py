"""From how many on an item is low."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory.events import ThresholdChanged
from orion.inventory.inputs import check_quantity
from orion.inventory.items import ItemKey, make_item
from orion.inventory.models import InventoryItem
from orion.inventory.rooms import Stockroom
from orion.plumbing.events import publish


async def set_threshold(session: AsyncSession, room: Stockroom, key: ItemKey, threshold: int | None) -> int:
    """Say at how many available units an item is low; None: the store's own threshold counts. Gives the item's id.

    Raises Forbidden (`role_too_low`), Invalid (`quantity_invalid`), NotFound (`item_not_found`, `product_not_found`).
    Publishes ThresholdChanged when it differs.
    """
    room.require_write()
    if threshold is not None:
        check_quantity(threshold, field="low_stock_threshold")
    item = await make_item(session, room, key)
    own = sa.select(InventoryItem.low_stock_threshold).where(InventoryItem.id == item.id)
    before = await session.scalar(own.with_for_update(key_share=True))
    if before != threshold:
        await session.execute(
            sa.update(InventoryItem).where(InventoryItem.id == item.id).values(low_stock_threshold=threshold)
        )
        await publish(session, ThresholdChanged(room.store_id, item.id, item.gtin, before, threshold, room.actor_id))
    return item.id
