"""Lines whose product only a person knows: matching them, for this order and for those to come."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import Product
from orion.kernel import Conflict, FieldError, NotFound
from orion.merchants import StoreAccess
from orion.orders.models import Order, OrderLine
from orion.orders.opened import Opened, open_orders, save, settle_again

MOST_ALIKE = 200
"""So many other waiting lines are matched with one; the rest follows with the next version of their orders."""


async def match_line(session: AsyncSession, access: StoreAccess, line_id: int, product_id: int) -> int:
    """Say which product of the store a line is; gives how many lines were matched by it.

    Waiting lines of the same channel with the same SKU or channel product id are matched too, and so are those to
    come. Stock is held at once. A line that was matched otherwise is matched anew, as long as none of it has left.
    Raises NotFound (`line_not_found`, `product_not_found`), Conflict (`line_shipped`), Forbidden (`role_too_low`) below
    staff. Publishes OrderChanged.
    """
    access.require("staff")
    store_id = access.store.id
    known = await session.scalar(sa.select(Product.id).where(Product.store_id == store_id, Product.id == product_id))
    if known is None:
        message = f"The store {access.store.code} has no product {product_id}"
        raise NotFound("product_not_found", message, errors=[FieldError("product_id", message)])
    opened, line_order = await _open(session, access, line_id)
    line = next(line for line in line_order.lines if line["id"] == line_id)
    if line["product_id"] == product_id and line["matched_by"] == "person":
        return 0
    _refuse_shipped(line)
    line |= {"product_id": product_id, "matched_by": "person"}
    line_order.note("matched", access.user.id, details={"line": line["channel_line_id"], "product_id": product_id})
    matched = 1
    for each in opened:
        for other in each.lines:
            if other["product_id"] is None and _alike(other, line):
                other |= {"product_id": product_id, "matched_by": "remembered"}
                each.note("matched", None, details={"line": other["channel_line_id"], "product_id": product_id})
                matched += 1
    await settle_again(session, store_id, opened, actor_id=access.user.id)
    await save(session, opened, "matched", actor_id=access.user.id)
    return matched


async def unmatch_line(session: AsyncSession, access: StoreAccess, line_id: int) -> None:
    """Say that the line is not that product: its stock is given back, and a person's match is forgotten.

    An unmatched line changes nothing. Raises NotFound (`line_not_found`), Conflict (`line_shipped`), Forbidden
    (`role_too_low`) below staff. Publishes OrderChanged.
    """
    access.require("staff")
    _, opened = await _open(session, access, line_id)
    line = next(line for line in opened.lines if line["id"] == line_id)
    if line["product_id"] is None:
        return
    _refuse_shipped(line)
    details = {"line": line["channel_line_id"], "product_id": line["product_id"]}
    line |= {"product_id": None, "matched_by": None}
    opened.note("unmatched", access.user.id, details=details)
    await settle_again(session, access.store.id, [opened], actor_id=access.user.id)
    await save(session, [opened], "unmatched", actor_id=access.user.id)


async def _open(session: AsyncSession, access: StoreAccess, line_id: int) -> tuple[list[Opened], Opened]:
    """The orders with the line and with those that wait for the same answer, locked in id order; and the line's own."""
    row = (
        await session.execute(
            sa.select(OrderLine.order_id, OrderLine.sku, OrderLine.channel_product_id, Order.channel)
            .join(Order, Order.id == OrderLine.order_id)
            .where(OrderLine.id == line_id, OrderLine.store_id == access.store.id)
        )
    ).one_or_none()
    if row is None:
        raise _missing(line_id)
    ids = {row.order_id}
    alike = [
        column == value
        for column, value in ((OrderLine.sku, row.sku), (OrderLine.channel_product_id, row.channel_product_id))
        if value
    ]
    if alike:
        waiting = sa.select(OrderLine.order_id).join(Order, Order.id == OrderLine.order_id)
        waiting = waiting.where(OrderLine.store_id == access.store.id, OrderLine.product_id.is_(None), sa.or_(*alike))
        waiting = waiting.where(Order.channel == row.channel).order_by(OrderLine.id.desc()).limit(MOST_ALIKE)
        ids |= set(await session.scalars(waiting))
    opened = await open_orders(session, ids, access.store.id)
    own = opened.get(row.order_id)
    if own is None or all(line["id"] != line_id for line in own.lines):  # the channel took it away a moment ago
        raise _missing(line_id)
    return list(opened.values()), own


def _alike(other: dict[str, object], line: dict[str, object]) -> bool:
    return any(line[name] and other[name] == line[name] for name in ("sku", "channel_product_id"))


def _refuse_shipped(line: dict[str, object]) -> None:
    if line["product_id"] is not None and line["shipped_quantity"]:
        raise Conflict("line_shipped", "Units of this line have left already as the product it is matched with")


def _missing(line_id: int) -> NotFound:
    return NotFound("line_not_found", f"This store has no order line {line_id}")
