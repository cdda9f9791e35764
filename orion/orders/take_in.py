"""Taking in a page of orders from a channel: each version once, the newest one wins, and nothing is half-written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels import Connection, RemoteOrder
from orion.orders import states
from orion.orders.drafts import Draft, conclude, merge
from orion.orders.events import OrdersArrived
from orion.orders.matching import match_lines, products_of
from orion.orders.models import OrderPayload
from orion.orders.opened import HISTORY, LINES, ORDERS, event_of, open_orders, write_rows
from orion.orders.rows import fingerprint, key, problem
from orion.orders.stock import settle_orders
from orion.plumbing.db import utcnow
from orion.plumbing.db.bulk import reserve_ids
from orion.plumbing.db.records import among, insert_records, update_records
from orion.plumbing.events import publish

_PAYLOADS: Any = OrderPayload.__table__


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a page. `order_ids` are those created or updated; `refused` names those that no table can hold.

    Each of `refused` is the channel's order id and why, in words. `stale_names` are the channel's ids of the `stale`.
    """

    created: int
    updated: int
    unchanged: int
    stale: int
    order_ids: tuple[int, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    stale_names: tuple[str, ...] = ()


async def take_in(
    session: AsyncSession,
    connection: Connection,
    orders: Sequence[RemoteOrder],
    *,
    actor: str,
    current: bool = False,
) -> TakenIn:
    """Make our orders of this connection what the channel says: a page of up to some hundred at once.

    An order whose content is the same as last time is not touched at all; one that the channel stamped earlier than
    the version we hold is stale and changes nothing; of the same order twice the newest counts (of equal stamps, the
    later one). Lines are matched, stock is held, taken or given back, totals are checked, and every change is written
    to the history under `actor` ("channel:letzshop"). Pages of one connection wait for each other, changed orders are
    locked in id order: nothing is lost, and the same page again changes nothing. About two dozen statements for a page.
    `current`: these were asked for one by one, so they are as the channel has them now, whatever its clock says.

    Publishes OrderChanged for each order created or updated, and OrdersArrived.
    """
    newest, refused = _newest(orders)
    work, unchanged, stale = _sift(newest, await _known(session, connection, newest), current=current)
    if work:
        await session.execute(
            sa.select(Connection.id).where(Connection.id == connection.id).with_for_update(key_share=True)
        )
        known = await _known(session, connection, newest)
        work, unchanged, stale = _sift(newest, known, current=current)
    if not work:
        return TakenIn(0, 0, unchanged, len(stale), refused=refused, stale_names=stale)
    opened = await open_orders(session, [known[name].id for name in work if name in known])
    new = [draft for name, draft in work.items() if name not in known]
    for draft, id_ in zip(new, await reserve_ids(await session.connection(), "orders", len(new), block=1), strict=True):
        draft.order["id"] = id_
    now = utcnow()
    drafts = sorted(work.values(), key=lambda draft: (draft.remote.ordered_at, draft.remote.channel_order_id))
    for name, draft in work.items():
        if name in known:
            held = opened[known[name].id]
            draft.before, draft.lines_before = held.before, held.lines_before
        merge(draft, connection, actor, now)
    digital = await _match(session, connection, drafts)
    lost = {draft.order["id"] for draft in drafts if draft.gone}
    orders_now = [(draft.order, draft.lines) for draft in drafts]
    await settle_orders(session, connection.store_id, orders_now, digital, lost=lost)
    for draft in drafts:
        conclude(draft, digital, actor, now)
    await _write(session, drafts)
    await _tell(session, connection, drafts)
    ids = tuple(sorted(draft.order["id"] for draft in drafts))
    return TakenIn(len(new), len(drafts) - len(new), unchanged, len(stale), ids, refused, stale)


def _newest(orders: Sequence[RemoteOrder]) -> tuple[dict[str, Draft], tuple[tuple[str, str], ...]]:
    """The newest version of each order by its name in our tables, and what cannot be kept, with the reason."""
    newest: dict[str, Draft] = {}
    refused = []
    for order in orders:
        wrong = problem(order)
        if wrong is None:
            name = key(order.channel_order_id)
            if name in newest and order.updated_at < newest[name].remote.updated_at:
                continue
            try:
                newest[name] = Draft(order, fingerprint(order))
            except (TypeError, ValueError) as error:
                wrong = f"it cannot be written as JSON ({error})"
        if wrong is not None:
            refused.append((order.channel_order_id, wrong))
    return newest, tuple(refused)


async def _known(session: AsyncSession, connection: Connection, names: Mapping[str, Draft]) -> dict[str, Any]:
    if not names:
        return {}
    columns = (ORDERS.c.id, ORDERS.c.channel_order_id, ORDERS.c.fingerprint, ORDERS.c.remote_updated_at)
    ours = (ORDERS.c.connection_id == connection.id, among(session, ORDERS.c.channel_order_id, sorted(names)))
    return {row.channel_order_id: row for row in await session.execute(sa.select(*columns).where(*ours))}


def _sift(
    newest: Mapping[str, Draft], known: Mapping[str, Any], *, current: bool
) -> tuple[dict[str, Draft], int, tuple[str, ...]]:
    """The orders that are to be written, how many are unchanged, and which are stale."""
    work: dict[str, Draft] = {}
    unchanged, stale = 0, []
    for name, draft in newest.items():
        held = known.get(name)
        if held is not None and held.fingerprint == draft.stamp:
            unchanged += 1
        elif held is not None and draft.remote.updated_at < held.remote_updated_at and not current:
            stale.append(draft.remote.channel_order_id)
        else:
            work[name] = draft
    return work, unchanged, tuple(stale)


async def _match(session: AsyncSession, connection: Connection, drafts: Sequence[Draft]) -> dict[int, bool]:
    """Match the lines that are not; whether each product is digital."""
    open_ = [line for draft in drafts for line in draft.lines if line["product_id"] is None]
    matches = await match_lines(session, connection.store_id, connection.channel, open_)
    digital: dict[int, bool] = {}
    for line, match in zip(open_, matches, strict=True):
        if match is not None:
            line |= {"product_id": match.product_id, "matched_by": match.matched_by}
            digital[match.product_id] = match.is_digital
    others = {line["product_id"] for draft in drafts for line in draft.lines} - set(digital) - {None}
    return digital | await products_of(session, connection.store_id, others)


async def _write(session: AsyncSession, drafts: Sequence[Draft]) -> None:
    new = [draft for draft in drafts if draft.before is None]
    old = [draft for draft in drafts if draft.before is not None]
    await insert_records(session, ORDERS, [draft.order for draft in new])
    await write_rows(session, ORDERS, [draft.order for draft in old])
    if gone := [line["id"] for draft in old for line in draft.gone]:
        await session.execute(sa.delete(LINES).where(among(session, LINES.c.id, gone)))
    lines = [line for draft in drafts for line in draft.lines]
    await write_rows(session, LINES, [line for line in lines if "id" in line])
    await insert_records(session, LINES, [line for line in lines if "id" not in line])
    now = utcnow()
    told, retold = (
        [{"order_id": draft.order["id"], "payload": draft.payload, "read_at": now} for draft in some]
        for some in (new, old)
    )
    await insert_records(session, _PAYLOADS, told)
    await update_records(session, _PAYLOADS, retold, ("payload", "read_at"), key="order_id")
    await insert_records(session, HISTORY, [row for draft in drafts for row in draft.history])


async def _tell(session: AsyncSession, connection: Connection, drafts: Sequence[Draft]) -> None:
    events = [event_of(d.order, "arrived" if d.before is None else "changed", d.raised) for d in drafts]
    await publish(session, *events)
    fresh = [d for d in drafts if d.before is None and d.order["status"] in states.LIVE - states.SENT]
    flagged = [draft for draft in drafts if draft.raised]
    if fresh or flagged:
        numbers = [tuple(draft.order["number"] for draft in some) for some in (fresh, flagged)]
        await publish(session, OrdersArrived(connection.store_id, connection.id, connection.channel, *numbers))
