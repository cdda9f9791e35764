"""Reading orders: lists, counts for tabs, one order with all that belongs to it, lines that wait for a match."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import Admin
from orion.kernel import MAX_LIMIT, ORDER_STATUSES, FieldError, Found, Invalid, Stretch, parse_channel
from orion.merchants import Store, StoreAccess
from orion.orders.models import FLAGS, Order, OrderLine
from orion.orders.states import CALLED_OFF, LIVE, SENT, TO_SEND

MOST_COUNTED = 10_000
"""Longer lists are about so long."""
MAX_SEARCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders are wanted; None is any. `ordered_from` counts in, `ordered_to` does not.

    `search` finds a part of a number, of the channel's order id, of the buyer's name or e-mail, or of a SKU.
    """

    statuses: Sequence[str] = ()
    channel: str | None = None
    connection_id: int | None = None
    flag: str | None = None
    needs_attention: bool | None = None
    awaits_acknowledgement: bool | None = None
    sent_by_channel: bool | None = None
    ordered_from: datetime | None = None
    ordered_to: datetime | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """An order in a list: how many lines and units it has, and what the first is called."""

    order: Order
    store_code: str
    lines: int
    units: int
    title: str | None
    is_partly_shipped: bool


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """How many orders there are of each status, and how many wait for somebody.

    `to_send` are those that we still have to send: paid, and not for the channel itself to send.
    """

    by_status: dict[str, int]
    to_send: int
    needs_attention: int
    awaits_acknowledgement: int
    unmatched_lines: int

    @property
    def total(self) -> int:
        """How many there are of any status."""
        return sum(self.by_status.values())


@dataclass(frozen=True, slots=True)
class UnmatchedLine:
    """A line whose product nobody knows, and the order it stands in."""

    line: OrderLine
    order: Order


async def list_orders(
    session: AsyncSession,
    access: StoreAccess,
    wanted: OrderFilter,
    *,
    after: Sequence[Any] | None = None,
    skip: int = 0,
    limit: int = 50,
) -> Found[OrderSummary]:
    """The store's orders, the newest first: three statements however many there are.

    `after` is the `after` of the page before: (when it was ordered, in ISO 8601, and id). Totals as in other lists:
    exact up to 10,000. Raises Invalid (`invalid_page`, `invalid_search`, `unknown_status`, `unknown_flag`,
    `unknown_channel`).
    """
    return await _list(session, wanted, after, skip, limit, Order.store_id == access.store.id)


async def list_all_orders(
    session: AsyncSession,
    _admin: Admin,
    wanted: OrderFilter,
    *,
    store_id: int | None = None,
    after: Sequence[Any] | None = None,
    skip: int = 0,
    limit: int = 50,
) -> Found[OrderSummary]:
    """`list_orders` over all stores, or (`store_id`) one of them."""
    return await _list(session, wanted, after, skip, limit, *([Order.store_id == store_id] if store_id else []))


async def count_orders(session: AsyncSession, access: StoreAccess) -> OrderCounts:
    """How many orders the store has of each status, and how many wait: read from indexes, and of those to be sent."""
    own = Order.store_id == access.store.id
    rows = await session.execute(sa.select(Order.status, sa.func.count()).where(own).group_by(Order.status))
    by_status = dict.fromkeys(ORDER_STATUSES, 0) | {row[0]: row[1] for row in rows}
    count = sa.select(sa.func.count())
    waiting = [
        await session.scalar(query) or 0
        for query in (
            count.select_from(Order).where(own, Order.status.in_(TO_SEND), Order.sent_by_channel),
            count.select_from(Order).where(own, Order.needs_attention),
            count.select_from(Order).where(own, Order.awaits_acknowledgement),
            count.select_from(OrderLine).join(Order, Order.id == OrderLine.order_id).where(*_unmatched(access)),
        )
    ]
    sent_by_channel, *others = waiting
    return OrderCounts(by_status, sum(by_status[status] for status in TO_SEND) - sent_by_channel, *others)


async def list_unmatched(
    session: AsyncSession, access: StoreAccess, *, before: int | None = None, limit: int = 50
) -> Stretch[UnmatchedLine]:
    """Lines whose product nobody knows, the newest first, those older than line `before`.

    Those of orders that were called off are not among them. Raises Invalid (`invalid_page`).
    """
    _check_limit(limit)
    query = sa.select(OrderLine, Order).join(Order, Order.id == OrderLine.order_id)
    query = query.where(*_unmatched(access))
    if before is not None:
        query = query.where(OrderLine.id < before)
    rows = (await session.execute(query.order_by(OrderLine.id.desc()).limit(limit + 1))).all()
    lines = [UnmatchedLine(row[0], row[1]) for row in rows[:limit]]
    return Stretch(lines, (lines[-1].line.id,) if len(rows) > limit else None)


def _unmatched(access: StoreAccess) -> tuple[sa.ColumnElement[bool], ...]:
    """Of OrderLine joined with Order."""
    own, unknown = OrderLine.store_id == access.store.id, OrderLine.product_id.is_(None)
    return own, unknown, Order.status.not_in(CALLED_OFF)


async def _list(
    session: AsyncSession,
    wanted: OrderFilter,
    after: Sequence[Any] | None,
    skip: int,
    limit: int,
    *where: sa.ColumnElement[bool],
) -> Found[OrderSummary]:
    _check_limit(limit)
    conditions = [*where, *_conditions(wanted)]
    query = sa.select(Order, Store.code).join(Store, Store.id == Order.store_id).where(*conditions)
    if after is not None:
        at, id_ = _position(after)
        query = query.where(Order.ordered_at <= at, sa.or_(Order.ordered_at < at, Order.id < id_))
    ordered = query.order_by(Order.ordered_at.desc(), Order.id.desc())
    rows = (await session.execute(ordered.offset(skip).limit(limit + 1))).all()
    total = estimate = None
    if after is None:
        some = sa.select(Order.id).where(*conditions).limit(MOST_COUNTED + 1).subquery()
        counted = await session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
        total, estimate = (counted, None) if counted <= MOST_COUNTED else (None, counted)
    shown = rows[:limit]
    kinds = await _lines_of(session, [order.id for order, _ in shown])
    items = [OrderSummary(order, code, *kinds.get(order.id, (0, 0, None, False))) for order, code in shown]
    last = shown[-1][0] if len(rows) > limit else None
    position = (last.ordered_at.isoformat(), last.id) if last is not None else None
    return Found(items, total, estimate, position, skip, limit)


async def _lines_of(session: AsyncSession, ids: Iterable[int]) -> dict[int, tuple[int, int, str | None, bool]]:
    """By order: how many lines and units, the title of the first line, and whether some of it has left."""
    line = OrderLine
    rows = await session.execute(
        sa.select(line.order_id, line.quantity, line.cancelled_quantity, line.shipped_quantity, line.title)
        .where(line.order_id.in_(list(ids)))
        .order_by(line.order_id, line.position)
    )
    found: dict[int, tuple[int, int, str | None, bool]] = {}
    due: dict[int, tuple[int, int]] = {}
    for id_, quantity, cancelled, shipped, title in rows:
        lines, units, first, _ = found.get(id_, (0, 0, title, False))
        left, open_ = due.get(id_, (0, 0))
        due[id_] = left, open_ = left + shipped, open_ + max(0, quantity - cancelled - shipped)
        found[id_] = (lines + 1, units + quantity, first, bool(left and open_))
    return found


def _conditions(wanted: OrderFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.statuses:
        found.append(Order.status.in_([_known(status, ORDER_STATUSES, "status") for status in wanted.statuses]))
    if wanted.flag is not None:
        flag = _known(wanted.flag, FLAGS, "flag")
        found += [_is(Order.needs_attention, True), sa.cast(Order.flags, sa.Text).contains(f'"{flag}"')]
    if wanted.search and (text := wanted.search.strip()):
        if "\0" in text or len(text) > MAX_SEARCH:
            message = f"search takes up to {MAX_SEARCH} printable characters"
            raise Invalid("invalid_search", message, errors=[FieldError("search", message)])
        found.append(Order.search_text.contains(text.lower(), autoescape=True))
    channel = parse_channel(wanted.channel) if wanted.channel is not None else None
    since, until = wanted.ordered_from, wanted.ordered_to
    plain: list[tuple[Any, Any]] = [
        (channel, Order.channel == channel),
        (wanted.connection_id, Order.connection_id == wanted.connection_id),
        (wanted.needs_attention, _is(Order.needs_attention, wanted.needs_attention)),
        (wanted.awaits_acknowledgement, _is(Order.awaits_acknowledgement, wanted.awaits_acknowledgement)),
        (wanted.sent_by_channel, _is(Order.sent_by_channel, wanted.sent_by_channel)),
        (since, Order.ordered_at >= since if since else None),
        (until, Order.ordered_at < until if until else None),
    ]
    return found + [condition for value, condition in plain if value is not None]


def _is(column: Any, value: bool | None) -> Any:
    """In the words of the partial indexes."""
    return column if value else ~column


def is_open(status: str) -> bool:
    """Whether an order of that status is still to be sent."""
    return status in LIVE - SENT


def _known(text: str, values: Sequence[str], field: str) -> str:
    value = text.strip().lower()
    if value not in values:
        message = f"{text[:64]!r} is not one of {', '.join(values)}"
        raise Invalid(f"unknown_{field}", message, errors=[FieldError(field, message)])
    return value


def _position(after: Sequence[Any]) -> tuple[datetime, int]:
    at, id_ = after
    return datetime.fromisoformat(at), int(id_)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_LIMIT:
        message = f"limit must be from 1 to {MAX_LIMIT}"
        raise Invalid("invalid_page", message, errors=[FieldError("limit", message)])
