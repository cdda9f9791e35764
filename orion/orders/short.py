"""Trying again to hold stock for orders that lack some, when there is more of it."""

import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory import StockChanged
from orion.orders.models import Order, OrderLine
from orion.orders.opened import open_orders, save, settle_again
from orion.orders.states import LIVE, SENT
from orion.plumbing.jobs import enqueue, job
from orion.plumbing.runtime import Runtime

AT_ONCE = 100
"""Orders of one transaction."""
PAUSE = 5.0
"""Seconds that stock which comes in is gathered for, so that a long import is one job or few."""

_FREEING = ("release", "expire")


async def stock_came_in(session: AsyncSession, events: Sequence[StockChanged]) -> None:
    """When there is more of something, and an order of the store lacks something: try again soon."""
    store_id = events[0].store_id
    more = any((event.delta > 0 or event.kind in _FREEING) and event.available > 0 for event in events)
    if store_id is None or not more or not await session.scalar(sa.select(_lacking(store_id).exists())):
        return
    turn = int(time.time() / PAUSE) + 2  # after the end of this stretch of time, and after whoever began in it
    await enqueue(session, "retry_short", store_id, id=f"retry-short-{store_id}-{turn}", delay=2 * PAUSE)


async def reserve_short(session: AsyncSession, store_id: int, after: tuple[Any, int] | None = None) -> Any:
    """Hold stock for the orders of a store that lack some, the oldest first: 100 at once.

    Those whose products were not counted when they came in are among them. Gives where to go on, None at the end.
    Publishes OrderChanged for those that have more now.
    """
    query = _lacking(store_id).order_by(Order.ordered_at, Order.id).limit(AT_ONCE)
    if after is not None:
        at, id_ = after
        query = query.where(Order.ordered_at >= at, sa.or_(Order.ordered_at > at, Order.id > id_))
    rows = (await session.execute(query)).all()
    opened = list((await open_orders(session, [row.id for row in rows], store_id)).values())
    await settle_again(session, store_id, opened)
    await save(session, opened, "stock")
    return (rows[-1].ordered_at, rows[-1].id) if len(rows) == AT_ONCE else None


@job(attempts=5)
async def retry_short(runtime: Runtime, store_id: int) -> None:
    """`reserve_short` for all orders of a store, in transactions of their own."""
    after = None
    while True:
        async with runtime.database.transaction() as session:
            after = await reserve_short(session, store_id, after)
        if after is None:
            return


async def retry_all_short(runtime: Runtime) -> None:
    """Every hour, for every store that lacks stock: nothing waits for an event that was missed."""
    async with runtime.database.reading() as session:
        stores = list(await session.scalars(sa.select(OrderLine.store_id).where(_SHORT).distinct()))
    for store_id in stores:
        await retry_short(runtime, store_id)


_SHORT = OrderLine.stock_state == "short"
_NOT_COUNTED_THEN = sa.and_(
    OrderLine.stock_state == "none", OrderLine.product_id.is_not(None), OrderLine.is_digital.is_(False)
)


def _lacking(store_id: int) -> sa.Select[Any, Any]:
    """Orders that are still to be sent, with a line that has no stock, or not enough."""
    lines = sa.exists().where(OrderLine.order_id == Order.id, sa.or_(_SHORT, _NOT_COUNTED_THEN))
    return sa.select(Order.id, Order.ordered_at).where(
        Order.store_id == store_id, Order.status.in_(sorted(LIVE - SENT)), ~Order.sent_by_channel, lines
    )
