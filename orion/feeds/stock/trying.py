"""Finding out what rows would do to the stock, by doing it and taking it back."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import inventory
from orion.feeds.stock.models import StockImportChange
from orion.inventory import Item, ItemKey, RowEffect, Stockroom, StockRow
from orion.kernel import OrionError, gtin14


async def try_rows(
    session: AsyncSession, room: Stockroom, import_id: int, rows: Sequence[StockRow], *, reason: str, reference: str
) -> list[RowEffect | OrionError]:
    """What `apply_rows` would say, behind the rows that dry run `import_id` has tried before; nothing of it stays."""
    async with session.begin_nested() as look:  # items that only earlier rows have made are to be made by those rows
        items = await inventory.find_items(session, room, [row.key for row in rows], create=True)
        await look.rollback()
    keys = {item_key(item.gtin, item.product_id) for item in items if isinstance(item, Item)}
    earlier = [
        StockRow(ItemKey(gtin=change.gtin, product_id=change.product_id), change.location, change.after)
        for change in await _last_changes(session, import_id, keys)
    ]
    async with session.begin_nested() as attempt:
        await inventory.apply_rows(session, room, earlier)
        said = await inventory.apply_rows(session, room, rows, reason=reason, reference=reference)
        await attempt.rollback()
    return said


def item_key(gtin: str | None, product_id: int | None) -> str:
    """What an item is found by, also when it was made only for a trial: its number is given anew then."""
    return gtin14(gtin) if gtin is not None else f"product {product_id}"


async def _last_changes(session: AsyncSession, import_id: int, keys: Collection[str]) -> Sequence[StockImportChange]:
    """What the last of the tried rows left at each location of the items so called."""
    table = StockImportChange
    last = (
        sa.select(sa.func.max(table.row_number))
        .where(table.import_id == import_id, table.tried_key.in_(keys), table.kind != "unchanged")
        .group_by(table.tried_key, table.location)
    )
    query = sa.select(table).where(table.import_id == import_id, table.row_number.in_(last))
    return (await session.scalars(query)).all()
