"""Looking over all orders for what should never be: statuses without history, amounts or stock that do not agree."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.inventory import OF_ORDERS, Reservation
from orion.merchants import Store
from orion.orders.models import Order, OrderHistory, OrderLine
from orion.orders.states import BY_CHANNEL, BY_PERSON

_WAYS = {pair for pair, verdict in BY_CHANNEL.items() if verdict == "take"}
_WAYS |= {(before, after) for before, ways in BY_PERSON.items() for after in ways}


@dataclass(frozen=True, slots=True)
class OrderFault:
    """Something about an order that should be the same, or should not have happened."""

    store: str
    order_id: int
    number: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        """A line with the names that people know."""
        return (
            f"Store {self.store}, order {self.number} ({self.order_id}): {self.what}, {self.expected} by what is "
            f"written, {self.found} found"
        )


async def check(session: AsyncSession, *, limit: int = 1000) -> list[OrderFault]:
    """Every fault in the orders of all stores, at most `limit` of each kind.

    The status is the history's last, each step of the history begins where the one before ended and is one of the
    table of states, amounts differ by what is noted, and what lines hold of the stock is reserved for their order.
    It reads everything, each statement from one snapshot: for a nightly look.
    """
    kinds = (
        ("the history ends with the status", _ends()),
        ("each status in the history follows on the one before", _broken_steps()),
        ("the state table knows the step", _unknown_steps()),
        ("the total differs from its parts by what is noted", _totals()),
        ("the lines hold what is reserved for the order", _reserved()),
    )
    found = []
    for what, (expected, present, which) in kinds:
        query = (
            sa.select(Store.code, Order.id, Order.number, expected, present)
            .select_from(which)
            .join(Store, Store.id == Order.store_id)
            .order_by(Order.id)
            .limit(limit)
        )
        found += [
            OrderFault(store, order_id, number, what, _said(wanted), _said(got))
            for store, order_id, number, wanted, got in await session.execute(query.where(_differs(expected, present)))
        ]
    return found


_Check = tuple[Any, Any, Any]
"""What should be, what is, and the joined tables where both stand beside the order; only differences are faults."""


def _ends() -> _Check:
    said = _steps().subquery()
    last = sa.select(said.c.order_id, sa.func.max(said.c.id).label("id")).group_by(said.c.order_id).subquery()
    which = sa.outerjoin(Order, last, last.c.order_id == Order.id).outerjoin(OrderHistory, OrderHistory.id == last.c.id)
    return OrderHistory.to_status, Order.status, which


def _broken_steps() -> _Check:
    steps = _steps().subquery()
    return steps.c.before, steps.c.from_status, sa.join(Order, steps, steps.c.order_id == Order.id)


def _unknown_steps() -> _Check:
    steps = _steps().subquery()
    step = sa.func.coalesce(steps.c.from_status + sa.literal(" -> ") + steps.c.to_status, "")
    ways = sorted({f"{before} -> {after}" for before, after in _WAYS})
    known = sa.case((step.in_(["", *ways]), step), else_="no such step")
    return known, step, sa.join(Order, steps, steps.c.order_id == Order.id)


def _totals() -> _Check:
    lines = (
        sa.select(
            OrderLine.order_id,
            sa.func.count().label("lines"),
            sa.func.count(OrderLine.subtotal_minor).label("known"),
            sa.cast(sa.func.sum(OrderLine.subtotal_minor), sa.BigInteger).label("goods"),
        )
        .group_by(OrderLine.order_id)
        .subquery()
    )
    goods = sa.case((lines.c.lines == lines.c.known, lines.c.goods))
    tax = sa.case((Order.prices_include_tax, 0), else_=Order.tax_minor)
    difference = Order.total_minor - (goods - Order.discount_minor + Order.shipping_minor + tax)
    which = sa.join(Order, lines, lines.c.order_id == Order.id)
    return sa.func.coalesce(difference, 0), Order.total_difference_minor, which


def _reserved() -> _Check:
    still = Reservation.quantity - Reservation.committed - Reservation.released
    claims = (
        sa.select(Reservation.store_id, Reservation.reference, sa.func.sum(still).label("number"))
        .where(Reservation.state == "held", Reservation.reference.startswith(OF_ORDERS))
        .group_by(Reservation.store_id, Reservation.reference)
        .subquery()
    )
    lines = (
        sa.select(OrderLine.order_id, sa.func.sum(OrderLine.reserved_quantity).label("number"))
        .group_by(OrderLine.order_id)
        .subquery()
    )
    name = sa.literal(OF_ORDERS) + sa.cast(Order.id, sa.String)
    which = sa.outerjoin(Order, lines, lines.c.order_id == Order.id).outerjoin(
        claims, sa.and_(claims.c.store_id == Order.store_id, claims.c.reference == name)
    )
    return sa.func.coalesce(lines.c.number, 0), sa.func.coalesce(claims.c.number, 0), which


def _steps() -> sa.Select[Any]:
    """The history's changes of status, each with the status that the one before it ended in."""
    before = sa.func.lag(OrderHistory.to_status).over(partition_by=OrderHistory.order_id, order_by=OrderHistory.id)
    return sa.select(
        OrderHistory.id,
        OrderHistory.order_id,
        OrderHistory.from_status,
        OrderHistory.to_status,
        before.label("before"),
    ).where(OrderHistory.to_status.is_not(None))


def _differs(one: Any, other: Any) -> sa.ColumnElement[bool]:
    different: sa.ColumnElement[bool] = one.is_distinct_from(other)
    return different


def _said(value: Any) -> str:
    return "none" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
