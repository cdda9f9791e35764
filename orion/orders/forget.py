"""Forgetting a buyer: when a channel's user asks to be, or the channel says that they are gone."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.orders.drafts import FORGOTTEN, PERSONAL
from orion.orders.models import Order, OrderPayload
from orion.orders.opened import open_orders, save
from orion.orders.search import search_text
from orion.plumbing.db import utcnow
from orion.plumbing.db.records import among
from orion.plumbing.jobs import enqueue, job
from orion.plumbing.runtime import Runtime

AT_ONCE = 500


async def forget_buyers_soon(session: AsyncSession, channel: str, references: Sequence[str], *, reason: str) -> None:
    """Have a job forget buyers, by the names that a channel calls them.

    The job knows each by an order of theirs: what a job is given is kept after it, and shown to operators.
    """
    theirs = sa.select(sa.func.min(Order.id)).where(
        Order.channel == channel, among(session, Order.customer_reference, references)
    )
    if order_ids := list(await session.scalars(theirs.group_by(Order.customer_reference))):
        await enqueue(session, "forget_buyers", sorted(order_ids), reason)


@job(attempts=20, retry_on=(DBAPIError,))
async def forget_buyers(runtime: Runtime, order_ids: Sequence[int], reason: str) -> None:
    """`forget_buyer` for who placed each of the orders; of one that was forgotten, nobody knows any more."""
    for order_id in order_ids:
        async with runtime.database.transaction() as session:
            buyer = sa.select(Order.channel, Order.customer_reference).where(Order.id == order_id)
            channel, reference = (await session.execute(buyer)).one()
            if reference is not None:
                await forget_buyer(session, channel, reference, reason=reason)


async def forget_buyer(session: AsyncSession, channel: str, buyer_reference: str, *, reason: str = "") -> int:
    """Erase what orders of a channel say of a buyer, in every store; gives how many orders did.

    Names, e-mail, telephone, addresses, the reference and the whole payload go, and do not come back with a later
    version of the order; numbers, lines and amounts stay, as the law on invoices wants. Twice changes nothing. Notes
    that members wrote are theirs to look through. Publishes OrderChanged.
    """
    ids = list(
        await session.scalars(
            sa.select(Order.id).where(Order.channel == channel, Order.customer_reference == buyer_reference)
        )
    )
    for start in range(0, len(ids), AT_ONCE):
        opened = list((await open_orders(session, sorted(ids)[start : start + AT_ONCE])).values())
        for each in opened:
            each.order |= dict.fromkeys(PERSONAL) | {"forgotten_at": utcnow()}
            each.order["search_text"] = search_text(each.order, each.lines)
            each.note("forgotten", None, reason=reason or None)
        await session.execute(
            sa.update(OrderPayload)
            .where(OrderPayload.order_id.in_([each.order["id"] for each in opened]))
            .values(payload=FORGOTTEN)
        )
        await save(session, opened, "forgotten")
    return len(ids)
