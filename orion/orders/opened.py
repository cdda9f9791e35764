"""Orders held for a change: read and locked in id order, changed as plain values, and written with what follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.kernel import NotFound
from orion.orders.events import OrderChanged
from orion.orders.flags import conditions, weigh
from orion.orders.matching import products_of
from orion.orders.models import Order, OrderHistory, OrderLine
from orion.orders.stock import settle_orders
from orion.plumbing.db import utcnow
from orion.plumbing.db.records import among, insert_records, update_records
from orion.plumbing.events import publish

ORDERS: Any = Order.__table__
LINES: Any = OrderLine.__table__
HISTORY: Any = OrderHistory.__table__

_FIXED = ("id", "order_id", "store_id", "connection_id", "created_at")

LOCAL = ("unmatched_lines", "stock_short")
"""Flags that follow from what we do ourselves; the others follow from what the channel says."""


@dataclass(slots=True)
class Opened:
    """An order and its lines, columns by name, with what they were when it was opened."""

    order: dict[str, Any]
    lines: list[dict[str, Any]]
    before: dict[str, Any]
    lines_before: list[dict[str, Any]]
    history: list[dict[str, Any]] = field(default_factory=list)
    raised: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.history) or self.order != self.before or self.lines != self.lines_before

    def note(self, kind: str, actor_id: int | None, **more: Any) -> None:
        """Write into the history what a person (or, None, a program of ours) did."""
        actor = "user" if actor_id is not None else "system"
        self.history.append(entry(self.order["id"], kind, actor, utcnow(), actor_id=actor_id, **more))


def entry(order_id: int, kind: str, actor: str, now: datetime, **more: Any) -> dict[str, Any]:
    """A row of the history."""
    values = {"from_status": None, "to_status": None, "reason": None, "details": None, "actor_id": None} | more
    return {"order_id": order_id, "at": now, "kind": kind, "actor": actor} | values


async def open_orders(session: AsyncSession, ids: Iterable[int], store_id: int | None = None) -> dict[int, Opened]:
    """The orders (of the store) with their lines, locked in id order until the transaction ends."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    query = sa.select(ORDERS).where(among(session, ORDERS.c.id, wanted))
    if store_id is not None:
        query = query.where(ORDERS.c.store_id == store_id)
    rows = await session.execute(query.order_by(ORDERS.c.id).with_for_update(key_share=True))
    found = {row["id"]: Opened(dict(row), [], dict(row), []) for row in rows.mappings()}
    lines = await session.execute(
        sa.select(LINES).where(among(session, LINES.c.order_id, found)).order_by(LINES.c.order_id, LINES.c.position)
    )
    for row in lines.mappings():
        found[row["order_id"]].lines.append(dict(row))
        found[row["order_id"]].lines_before.append(dict(row))
    return found


async def open_order(session: AsyncSession, store_id: int, order_id: int) -> Opened:
    """The store's order, locked. Raises NotFound (`order_not_found`), also when it is another store's."""
    opened = (await open_orders(session, [order_id], store_id)).get(order_id)
    if opened is None:
        raise order_missing(order_id)
    return opened


def order_missing(order_id: int) -> NotFound:
    """What to say of an order that is not there, or another store's."""
    return NotFound("order_not_found", f"This store has no order {order_id}")


async def settle_again(
    session: AsyncSession, store_id: int, opened: Sequence[Opened], *, actor_id: int | None = None
) -> None:
    """Hold stock for the orders as they are now, the oldest first, and say in their flags what they lack."""
    oldest = sorted(opened, key=lambda each: (each.order["ordered_at"], each.order["id"]))
    digital = await products_of(session, store_id, {p for o in opened for x in o.lines if (p := x["product_id"])})
    await settle_orders(session, store_id, [(o.order, o.lines) for o in oldest], digital, actor_id=actor_id)
    for each in opened:
        order = each.order
        kept = {flag: True for flag in (*order["flags"], *order["cleared"]) if flag not in LOCAL}
        now, before = (
            {flag: about for flag, about in conditions(*values).items() if flag in LOCAL}
            for values in ((order, each.lines), (each.before, each.lines_before))
        )
        order["flags"], order["cleared"] = weigh(kept | now, kept | before, (), order["flags"], order["cleared"])
        each.raised = tuple(flag for flag in order["flags"] if flag not in each.before["flags"])
        order["needs_attention"] = bool(order["flags"])
        if each.raised:
            each.note("flagged", None, details={"flags": list(each.raised)})


async def save(session: AsyncSession, opened: Sequence[Opened], what: Any, *, actor_id: int | None = None) -> None:
    """Write what is different, and the history. Publishes OrderChanged for each order that changed."""
    changed = [each for each in opened if each.is_changed]
    if not changed:
        return
    now = utcnow()
    for each in changed:
        each.order |= {"updated_at": now, "needs_attention": bool(each.order["flags"])}
    await write_rows(session, ORDERS, [each.order for each in changed])
    lines = [
        line for each in changed for line, before in zip(each.lines, each.lines_before, strict=True) if line != before
    ]
    await write_rows(session, LINES, lines)
    await insert_records(session, HISTORY, [row for each in changed for row in each.history])
    await publish(session, *(event_of(each.order, what, each.raised, actor_id) for each in changed))


def event_of(
    order: dict[str, Any], what: Any, raised: tuple[str, ...] = (), actor_id: int | None = None
) -> OrderChanged:
    """What to tell of an order."""
    return OrderChanged(
        store_id=order["store_id"],
        order_id=order["id"],
        channel=order["channel"],
        channel_order_id=order["channel_order_id"],
        number=order["number"],
        what=what,
        status=order["status"],
        flags=tuple(order["flags"]),
        raised=raised,
        actor_id=actor_id,
    )


async def write_rows(session: AsyncSession, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Set all columns of rows that are there already, by id."""
    await update_records(session, table, rows, [name for name in rows[0] if name not in _FIXED] if rows else ())
