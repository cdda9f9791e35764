"""One order with its lines, its history and its notes; and the payload, for those who want to see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import MarketplaceProduct, MarketplaceProductTranslation, Product
from orion.channels import Connection
from orion.identity import Admin, User
from orion.merchants import Store, StoreAccess
from orion.orders.models import Order, OrderHistory, OrderLine, OrderNote, OrderPayload
from orion.orders.opened import order_missing
from orion.orders.progress import reachable


@dataclass(frozen=True, slots=True)
class LineView:
    """A line, and what the store calls the product it was matched with."""

    line: OrderLine
    product_sku: str | None
    marketplace_product_id: str | None
    product_title: str | None

    @property
    def open_quantity(self) -> int:
        """How many units are neither sent nor cancelled."""
        return self.line.open_quantity


@dataclass(frozen=True, slots=True)
class HistoryView:
    """Something that happened; `user` is a member's name where one did it."""

    entry: OrderHistory
    user: str | None


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note and who wrote it; None when that user is gone."""

    id: int
    text: str
    author_id: int | None
    author: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """An order with all that belongs to it. `reachable` is what staff can say it is now."""

    order: Order
    store_code: str
    connection: str | None
    lines: Sequence[LineView]
    history: Sequence[HistoryView]
    notes: Sequence[NoteView]
    reachable: tuple[str, ...]

    @property
    def is_partly_shipped(self) -> bool:
        """Whether some of it has left, and some is still to be sent."""
        return any(view.line.shipped_quantity for view in self.lines) and any(v.open_quantity for v in self.lines)


async def get_order(session: AsyncSession, access: StoreAccess, order_id: int) -> OrderDetails:
    """The store's order: four statements. Raises NotFound (`order_not_found`), also for another store's."""
    return await _details(session, Order.id == order_id, Order.store_id == access.store.id, order_id=order_id)


async def get_order_as_admin(session: AsyncSession, _admin: Admin, order_id: int) -> OrderDetails:
    """Any store's order. Raises NotFound (`order_not_found`)."""
    return await _details(session, Order.id == order_id, order_id=order_id)


async def get_payload(session: AsyncSession, access: StoreAccess, order_id: int) -> dict[str, Any]:
    """The order as the channel last told it. Raises NotFound (`order_not_found`)."""
    kept: dict[str, Any] | None = await session.scalar(
        sa.select(OrderPayload.payload)
        .join(Order, Order.id == OrderPayload.order_id)
        .where(Order.id == order_id, Order.store_id == access.store.id)
    )
    if kept is None:
        raise order_missing(order_id)
    return kept


async def list_notes(session: AsyncSession, access: StoreAccess, order_id: int) -> list[NoteView]:
    """The notes of the store's order, the oldest first. Raises NotFound (`order_not_found`)."""
    own = sa.select(Order.id).where(Order.id == order_id, Order.store_id == access.store.id)
    if await session.scalar(own) is None:
        raise order_missing(order_id)
    return await _notes(session, order_id)


async def _notes(session: AsyncSession, order_id: int) -> list[NoteView]:
    rows = await session.execute(
        sa.select(OrderNote.id, OrderNote.text, OrderNote.author_id, User.username, OrderNote.created_at)
        .outerjoin(User, User.id == OrderNote.author_id)
        .where(OrderNote.order_id == order_id)
        .order_by(OrderNote.id)
    )
    return [NoteView(*row) for row in rows]


async def _details(session: AsyncSession, *where: sa.ColumnElement[bool], order_id: int) -> OrderDetails:
    row = (
        await session.execute(
            sa.select(Order, Store.code, Store.default_language, Connection.name)
            .join(Store, Store.id == Order.store_id)
            .outerjoin(Connection, Connection.id == Order.connection_id)
            .where(*where)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None:
        raise order_missing(order_id)
    order, store_code, language, connection = row
    history = await session.execute(
        sa.select(OrderHistory, User.username)
        .outerjoin(User, User.id == OrderHistory.actor_id)
        .where(OrderHistory.order_id == order_id)
        .order_by(OrderHistory.id)
    )
    ways = reachable(order.status, order.requires_shipping, order.is_fully_digital)
    return OrderDetails(
        order,
        store_code,
        connection,
        await _lines(session, order_id, language),
        [HistoryView(entry, user) for entry, user in history],
        await _notes(session, order_id),
        ways,
    )


async def _lines(session: AsyncSession, order_id: int, language: str) -> list[LineView]:
    listed, texts = MarketplaceProduct, MarketplaceProductTranslation
    rows = await session.execute(
        sa.select(OrderLine, Product.sku, listed.marketplace_product_id, texts.title)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .outerjoin(listed, listed.id == Product.marketplace_product_id)
        .outerjoin(texts, sa.and_(texts.marketplace_product_id == listed.id, texts.language == language))
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position, OrderLine.id)
        .execution_options(populate_existing=True)
    )
    return [LineView(*row) for row in rows]
