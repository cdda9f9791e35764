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
from orion.orders.search import Condition, look_up
from orion.orders.states import CALLED_OFF, LIVE, SENT, TO_SEND
from orion.plumbing.db.records import among

MOST_COUNTED = 10_000
"""Longer lists are about so long."""
MOST_LOOKED_THROUGH = 20_000
"""So many of the newest orders are looked through for words that very many orders have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders are wanted; None is any. `ordered_from` counts in, `ordered_to` does not.

    `search` are words, the last one perhaps unfinished, of the number, the channel's order id, the buyer's name and
    e-mail, and the SKUs: an order has all of them, with or without accents, in any order.
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
    """The store's orders, the newest first: three statements however many there are, four or five with a search.

    `after` is the `after` of the page before: (when it was ordered, in ISO 8601, and id). Totals as in other lists:
    exact up to 10,000. Raises Invalid (`invalid_page`, `invalid_search`, `unknown_status`, `unknown_flag`,
    `unknown_channel`).
    """
    return await _list(session, wanted, access.store.id, after, skip, limit)


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
    return await _list(session, wanted, store_id, after, skip, limit)


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
    return own, unknown, OrderLine.quantity > OrderLine.cancelled_quantity, Order.status.not_in(CALLED_OFF)


async def _list(
    session: AsyncSession,
    wanted: OrderFilter,
    store_id: int | None,
    after: Sequence[Any] | None,
    skip: int,
    limit: int,
) -> Found[OrderSummary]:
    _check_limit(limit)
    conditions = _conditions(wanted)
    if store_id is not None:
        conditions.append(Order.store_id == store_id)
    search = await look_up(session, wanted.search or "", store_id)
    if search is None or search.few:
        query = sa.select(Order.id, Order.ordered_at).where(*conditions, *([search.fits] if search else []))
        rows = await _read(session, _stretch(query, after, skip, limit, sort=search is not None))
    else:
        rows = await _read(session, _looked_through(conditions, search.fits, after, skip, limit))
        if len(rows) <= limit:
            query = sa.select(Order.id, Order.ordered_at).where(*conditions, search.fits)
            rows = await _read(session, _stretch(query, after, skip, limit, sort=True))
    total = estimate = None
    if after is None:
        counted = [*conditions, *([search.some if search.some is not None else search.fits] if search else [])]
        some = sa.select(Order.id).where(*counted).limit(MOST_COUNTED + 1).subquery()
        number = await session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
        exact = number <= MOST_COUNTED and (search is None or search.few)
        total, estimate = (number, None) if exact else (None, number)
    shown = rows[:limit]
    kinds = await _lines_of(session, [order.id for order, _ in shown])
    items = [OrderSummary(order, code, *kinds.get(order.id, (0, 0, None, False))) for order, code in shown]
    last = shown[-1][0] if len(rows) > limit else None
    position = (last.ordered_at.isoformat(), last.id) if last is not None else None
    return Found(items, total, estimate, position, skip, limit)


async def _read(session: AsyncSession, chosen: sa.Select[int, datetime]) -> Sequence[sa.Row[Order, str]]:
    of = chosen.subquery()
    query = sa.select(Order, Store.code).join(of, of.c.id == Order.id).join(Store, Store.id == Order.store_id)
    return (await session.execute(query.order_by(of.c.ordered_at.desc(), of.c.id.desc()))).all()


def _stretch(
    query: sa.Select[int, datetime], after: Sequence[Any] | None, skip: int, limit: int, *, sort: bool
) -> sa.Select[int, datetime]:
    """The page's orders, and one more. With `sort` all are found before any is chosen: they are known to be few."""
    query = _beyond(query, after)
    of: Any = query.cte("found").prefix_with("MATERIALIZED", dialect="postgresql").c if sort else Order
    ordered = sa.select(of.id, of.ordered_at) if sort else query
    return ordered.order_by(of.ordered_at.desc(), of.id.desc()).offset(skip).limit(limit + 1)


def _looked_through(
    conditions: Sequence[Condition], fits: Condition, after: Sequence[Any] | None, skip: int, limit: int
) -> sa.Select[int, datetime]:
    """`_stretch` for what very many orders have: of the newest ones, where mostly there are enough."""
    newest = _beyond(sa.select(Order.id, Order.ordered_at, fits.label("fits")).where(*conditions), after)
    newest = newest.order_by(Order.ordered_at.desc(), Order.id.desc())
    seen = newest.limit(MOST_LOOKED_THROUGH).subquery()
    page = sa.select(seen.c.id, seen.c.ordered_at).where(seen.c.fits)
    return page.order_by(seen.c.ordered_at.desc(), seen.c.id.desc()).offset(skip).limit(limit + 1)


def _beyond(query: Any, after: Sequence[Any] | None) -> Any:
    """What comes behind a position."""
    if after is None:
        return query
    at, id_ = _position(after)
    return query.where(Order.ordered_at <= at, sa.or_(Order.ordered_at < at, Order.id < id_))


async def _lines_of(session: AsyncSession, ids: Iterable[int]) -> dict[int, tuple[int, int, str | None, bool]]:
    """By order: how many lines and units, the title of the first line, and whether some of it has left."""
    line = OrderLine
    rows = await session.execute(
        sa.select(line.order_id, line.quantity, line.cancelled_quantity, line.shipped_quantity, line.title)
        .where(among(session, line.order_id, list(ids)))
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
