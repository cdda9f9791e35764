"""Orders as they are read from a channel."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from orion import orders
from orion.channels import Adapter, Connection, OrderSource, RemoteOrder, Window
from orion.sync.models import SyncRun, SyncSchedule
from orion.sync.problems import Problem
from orion.sync.readers import Counts, Read


class OrdersReader:
    """Reads an OrderSource, and gives to `orders.take_in`."""

    async def fetch(self, adapter: Adapter, window: Window, cursor: str | None) -> Read:
        """One page of orders. Raises ChannelError."""
        page = await cast("OrderSource", adapter).orders_page(window, cursor)
        newest = max((order.updated_at for order in page.orders), default=None)
        # The newest entry's stamp is no statement of the channel, and only of one page.
        said = page.watermark if page.watermark != newest else None
        return Read(page.orders, page.malformed, page.cursor, said, newest)

    async def one(self, adapter: Adapter, channel_id: str) -> RemoteOrder | None:
        """One order as it is now. Raises ChannelError."""
        return await cast("OrderSource", adapter).order(channel_id)

    def name(self, item: RemoteOrder) -> str:
        """The channel's id of the order."""
        return item.channel_order_id

    async def take_in(
        self,
        session: AsyncSession,
        connection: Connection,
        items: Sequence[RemoteOrder],
        run: SyncRun,
        *,
        current: bool = False,
    ) -> Counts:
        """Write the orders, in the caller's transaction."""
        return await take_in_orders(session, connection, items, current=current)

    async def finish(
        self, session: AsyncSession, connection: Connection, schedule: SyncSchedule, run: SyncRun
    ) -> Problem | None:
        """Nothing follows: an order that a channel has no longer is kept."""
        return None


async def take_in_orders(
    session: AsyncSession, connection: Connection, items: Sequence[RemoteOrder], *, current: bool
) -> Counts:
    """Give orders to `orders`, in the caller's transaction; `current` ones were asked for one by one."""
    if not items:
        return Counts()
    actor = f"channel:{connection.channel}"
    taken = await orders.take_in(session, connection, items, actor=actor, current=current)
    unchanged = taken.unchanged + taken.stale
    return Counts(taken.created, taken.updated, unchanged, list(taken.refused), list(taken.stale_names))
