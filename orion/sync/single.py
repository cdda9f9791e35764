"""Single orders: read again after a push or when somebody asks, and their lines accepted or rejected at the channel."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from orion import channels
from orion.channels import (
    Adapter,
    ChannelError,
    Connection,
    OrderAcknowledger,
    OrderSource,
    RemoteOrder,
    SlowDown,
    manifest_of,
    open_adapter,
)
from orion.kernel import Conflict, Invalid, NotFound, OrionError
from orion.merchants import StoreAccess
from orion.orders import Order, OrderHistory, OrderLine
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.jobs import RetryLater, enqueue, job
from orion.plumbing.runtime import Runtime
from orion.sync.events import OrderRefreshFailed
from orion.sync.models import SyncRun
from orion.sync.orders_reader import take_in_orders
from orion.sync.problems import Problem
from orion.sync.rules import ORDER_IMPORT, name_of

RETRY_SECONDS = 30.0

T = TypeVar("T")


async def refresh_order(session: AsyncSession, access: StoreAccess, order_id: int) -> None:
    """Have an order read again at its channel, before everything else. Needs staff.

    Raises NotFound (`order_not_found`), and Conflict: `order_without_channel`, `connection_paused`.
    """
    access.require("staff")
    order, connection = await _order_of(session, access, order_id)
    await enqueue(session, "read_order", connection.id, order.channel_order_id, "person", access.user.id)


async def acknowledge_order(
    session: AsyncSession, access: StoreAccess, order_id: int, *, accepted: bool, line_ids: Sequence[int] | None = None
) -> None:
    """Tell the channel that lines of an order (ours, by id; None: all that still wait) are accepted or rejected.

    Needs staff. The order's history says so when the channel has taken it. Raises NotFound (`order_not_found`), Invalid
    (`unknown_lines`), and Conflict: `nothing_to_acknowledge`, `order_without_channel`, `connection_paused`.
    """
    access.require("staff")
    order, connection = await _order_of(session, access, order_id)
    able = manifest_of(connection.channel).capabilities_for(connection.settings)
    if not order.awaits_acknowledgement or "acknowledge" not in able:
        raise Conflict("nothing_to_acknowledge", f"Order {order.number} does not wait to be accepted or rejected.")
    lines = sa.select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    known = {line.id: line for line in await session.scalars(lines)}
    if unknown := sorted(set(line_ids or ()) - set(known)):
        raise Invalid("unknown_lines", f"Order {order.number} has no lines {', '.join(map(str, unknown))}.")
    wanted = known.values() if line_ids is None else [known[id_] for id_ in known if id_ in line_ids]
    chosen = [line.channel_line_id for line in wanted if line_ids is not None or _waits(line, order)]
    if not chosen:
        raise Invalid("unknown_lines", "Name at least one line, or none at all for all of them.")
    await enqueue(session, "acknowledge_lines", connection.id, order.id, chosen, accepted, access.user.id)


def _waits(line: OrderLine, order: Order) -> bool:
    """Whether nothing was said of the line yet: what was decided has another state than the order that waits."""
    return line.open_quantity > 0 and line.raw_status in (None, order.raw_status)


async def refresh_failed(
    runtime: Runtime, reason: str, connection_id: int, channel_order_id: str, trigger: str, actor_id: int | None = None
) -> None:
    """The queue has given a read up: say so. The next poll reads what has changed in any case."""
    problem = Problem("given_up", reason)
    await _failed(runtime, connection_id, channel_order_id, "refresh", problem, trigger, actor_id)


@job(queue="sync", attempts=8, backoff=5.0, retry_on=(DBAPIError,), on_failure=refresh_failed)
async def read_order(
    runtime: Runtime, connection_id: int, channel_order_id: str, trigger: str, actor_id: int | None = None
) -> None:
    """Read one order as it is now, and take it in. What may pass is tried again; the polls are the backstop."""

    async def read(adapter: Adapter) -> RemoteOrder | None:
        return await cast("OrderSource", adapter).order(channel_order_id)

    failure = (channel_order_id, "refresh", trigger, actor_id)
    connection, order = await _ask(runtime, connection_id, read, failure)
    if connection is None:
        return
    if order is None:
        problem = Problem("order_gone", "The channel has no such order (any more).")
        await _failed(runtime, connection_id, channel_order_id, "refresh", problem, trigger, actor_id)
        return
    await _take_in(runtime, connection, order, trigger)


async def acknowledge_failed(
    runtime: Runtime,
    reason: str,
    connection_id: int,
    order_id: int,
    _: Sequence[str],
    accepted: bool,
    actor_id: int | None,
) -> None:
    """The queue has given it up: tell who asked, and have the order read, for the last call may have arrived."""
    name = await _channel_order_id(runtime, order_id)
    detail = f"{reason} It may have arrived all the same: look at the order before you answer again."
    problem = Problem("answer_given_up", detail)
    await _failed(runtime, connection_id, name, "accept" if accepted else "reject", problem, "person", actor_id)
    async with runtime.database.transaction() as session:
        await enqueue(session, "read_order", connection_id, name, "push")


@job(queue="sync", attempts=8, backoff=5.0, retry_on=(DBAPIError,), on_failure=acknowledge_failed)
async def acknowledge_lines(
    runtime: Runtime,
    connection_id: int,
    order_id: int,
    line_ids: Sequence[str],
    accepted: bool,
    actor_id: int | None,
) -> None:
    """Accept or reject lines at the channel, and have the order read as it is then. Saying it twice changes nothing."""
    name = await _channel_order_id(runtime, order_id)

    async def tell(adapter: Adapter) -> None:
        await cast("OrderAcknowledger", adapter).acknowledge(name, line_ids, accepted=accepted)

    failure = (name, "accept" if accepted else "reject", "person", actor_id)
    connection, _ = await _ask(runtime, connection_id, tell, failure)
    if connection is None:
        return
    # Reading is a job of its own: when it fails, the channel has taken the answer all the same.
    async with runtime.database.transaction() as session:
        said = sa.select(OrderHistory.details).where(
            OrderHistory.order_id == order_id, OrderHistory.kind == "acknowledged"
        )
        details = {"lines": list(line_ids), "accepted": accepted}
        if details not in list(await session.scalars(said)):
            session.add(
                OrderHistory(order_id=order_id, kind="acknowledged", actor="user", actor_id=actor_id, details=details)
            )
        await enqueue(session, "read_order", connection_id, name, "person", actor_id)


async def _ask(
    runtime: Runtime,
    connection_id: int,
    call: Callable[[Adapter], Awaitable[T]],
    failure: tuple[str, str, str, int | None],
) -> tuple[Connection | None, T | None]:
    """The connection and what the call gave; (None, None) when it is not to be asked, or when it said no.

    Raises RetryLater for what may pass.
    """
    name, what, trigger, actor_id = failure
    async with runtime.database.reading() as session:
        connection = await session.get(Connection, connection_id)
    if connection is None:
        return None, None
    if connection.state == "paused":
        if trigger == "person":  # who asked before it was paused waits for an answer
            problem = Problem("connection_paused", "The connection is paused: resume it, then ask again.")
            await _failed(runtime, connection_id, name, what, problem, trigger, actor_id)
        return None, None
    try:
        async with open_adapter(runtime, connection) as adapter:
            return connection, await call(adapter)
    except SlowDown as error:
        raise RetryLater(error.retry_after or RETRY_SECONDS, error.detail) from None
    except (ChannelError, OrionError) as error:
        refused = error if isinstance(error, ChannelError) else ChannelError(error.code, error.detail)
        async with runtime.database.transaction() as session:
            await channels.note_failure(session, connection_id, refused)
        if refused.retryable:
            raise RetryLater(refused.retry_after or RETRY_SECONDS, refused.detail) from None
        await _failed(runtime, connection_id, name, what, Problem.of(refused), trigger, actor_id)
        return None, None


async def _take_in(runtime: Runtime, connection: Connection, order: RemoteOrder, trigger: str) -> None:
    async with runtime.database.transaction() as session:
        run = _run_of(connection, trigger)
        taken = await take_in_orders(session, connection, [order], current=True)
        run.status, run.seen = "success", 1
        run.created, run.updated, run.unchanged = taken.created, taken.updated, taken.unchanged
        if taken.refused:
            run.status, run.failed = "partial", 1
            run.errors = [f"{name}: {problem}" for name, problem in taken.refused]
        session.add(run)
        await channels.note_success(session, connection.id)


async def _failed(
    runtime: Runtime,
    connection_id: int,
    channel_order_id: str,
    what: str,
    problem: Problem,
    trigger: str,
    actor_id: int | None,
) -> None:
    async with runtime.database.transaction() as session:
        connection = await session.get(Connection, connection_id)
        if connection is None:
            return
        run = _run_of(connection, trigger)
        run.status, run.seen, run.failed = "failed", 1, 1
        run.problem, run.errors = problem, [f"{channel_order_id}: {problem.detail}"]
        session.add(run)
        if trigger == "person":
            event = OrderRefreshFailed(
                store_id=connection.store_id,
                connection_id=connection.id,
                channel=connection.channel,
                name=name_of(connection),
                channel_order_id=channel_order_id,
                what=what,
                code=problem.code,
                reason=problem.detail,
                actor_id=actor_id,
            )
            await publish(session, event)


def _run_of(connection: Connection, trigger: str) -> SyncRun:
    now = utcnow()
    facts: dict[str, Any] = {"channel": connection.channel, "job_type": ORDER_IMPORT, "trigger": trigger, "failed": 0}
    return SyncRun(
        store_id=connection.store_id, connection_id=connection.id, started_at=now, finished_at=now, pages=0, **facts
    )


async def _channel_order_id(runtime: Runtime, order_id: int) -> str:
    async with runtime.database.reading() as session:
        return (await session.get_one(Order, order_id)).channel_order_id


async def _order_of(session: AsyncSession, access: StoreAccess, order_id: int) -> tuple[Order, Connection]:
    order = await session.scalar(sa.select(Order).where(Order.id == order_id, Order.store_id == access.store.id))
    if order is None:
        raise NotFound("order_not_found", f"There is no order {order_id}.")
    if order.connection_id is None:
        raise Conflict("order_without_channel", f"Order {order.number} comes from no channel that could be asked.")
    connection = await session.get_one(Connection, order.connection_id)
    if connection.state == "paused":
        raise Conflict("connection_paused", "The connection is paused: resume it first.")
    return order, connection
