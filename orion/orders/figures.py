"""What there is to do about orders in the whole installation, for monitoring."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.orders.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """`attention`: orders that a person must look at, by channel. `short`: sold lines that nothing is there for."""

    attention: dict[str, int]
    short: int


async def order_figures(session: AsyncSession) -> OrderFigures:
    """The numbers of all stores."""
    flagged = sa.select(Order.channel, sa.func.count()).where(Order.needs_attention).group_by(Order.channel)
    attention = {row[0]: row[1] for row in await session.execute(flagged)}
    short = sa.select(sa.func.count()).select_from(OrderLine).where(OrderLine.stock_state == "short")
    return OrderFigures(attention, await session.scalar(short) or 0)
