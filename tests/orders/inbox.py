"""A store with a connection, for tests of its orders."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orion import inventory, orders
from orion.channels import Connection, RemoteOrder
from orion.inventory import ItemKey
from orion.merchants import StoreAccess
from orion.orders import Order, OrderHistory, OrderLine, TakenIn
from orion.plumbing.db import Database
from tests.factories.catalog import make_marketplace_product, make_product


@dataclass
class Inbox:
    """What the tables say of one store."""

    database: Database
    access: StoreAccess
    connection: Connection

    async def take(self, *page: RemoteOrder) -> TakenIn:
        async with self.database.transaction() as session:
            return await orders.take_in(session, self.connection, page, actor="channel:letzshop")

    async def rows(self, table: type) -> list[Any]:
        async with self.database.reading() as session:
            return list(await session.scalars(sa.select(table).order_by(sa.inspect(table).primary_key[0])))

    async def order(self, name: str = "O-1") -> Order:
        return next(order for order in await self.rows(Order) if order.channel_order_id == name)

    async def lines(self) -> list[tuple[Any, ...]]:
        """(matched by, stock state, held) of every line."""
        return [(line.matched_by, line.stock_state, line.reserved_quantity) for line in await self.rows(OrderLine)]

    async def happenings(self) -> list[tuple[str, str | None, str]]:
        return [(entry.kind, entry.to_status, entry.actor) for entry in await self.rows(OrderHistory)]

    async def product(self, sku: str | None = None, stock: int | None = None, **columns: Any) -> int:
        async with self.database.transaction() as session:
            listed = await make_marketplace_product(session, **columns)
            product = await make_product(session, self.access.store, listed, sku=sku)
            if stock is not None:
                room = inventory.stockroom(self.access)
                await inventory.set_level(session, room, ItemKey(product_id=product.id), "MAIN", stock)
            return product.id

    async def stock(self) -> list[tuple[int, int]]:
        """(on hand, reserved) of every item; the books agree."""
        async with self.database.reading() as session:
            assert await inventory.check(session) == []
            items = (await inventory.list_items(session, inventory.stockroom(self.access))).items
            return [(item.on_hand, item.reserved) for item in items]

    async def act(self, verb: Any, *args: Any, **more: Any) -> Any:
        """What a verb gives, in a transaction of its own."""
        async with self.database.transaction() as session:
            return await verb(session, *args, **more)
