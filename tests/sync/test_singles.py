"""Single orders: pushes, reads by hand, and lines that are accepted or rejected."""

import pytest
import sqlalchemy as sa

from orion import sync
from orion.channels import ChannelUnavailable, Connection, CredentialsRefused, SlowDown
from orion.kernel import Conflict, NotFound
from orion.notifications import Notification
from orion.orders import Order, OrderHistory
from orion.plumbing.jobs import JOBS
from orion.sync import HookReceipt
from tests.conftest import count
from tests.factories.stores import make_store
from tests.sync.desk import Desk
from tests.sync.market import Market, an_order


async def push(desk: Desk, event: str, order: str, channel: str = "ebay") -> bool:
    async with desk.runtime.database.transaction() as session:
        return await sync.take_push(session, channel, event, "ORDER_CHANGE", desk.connection_id, order)


async def test_a_push_has_its_order_read_once(desk: Desk, market: Market) -> None:
    market.put(an_order(1), an_order(2))
    assert [await push(desk, "event-1", "O1") for _ in range(3)] == [True, False, False]
    assert await push(desk, "event-1", "O1", channel="amazon"), "another channel's events are others"
    assert await push(desk, "e" * 500, "O1")
    assert not await push(desk, "e" * 500, "O1")
    assert await count(desk.runtime.database, HookReceipt) == 3
    assert await desk.do_jobs("read_order") == 3
    assert set(await desk.inbox()) == {"O1"}
    assert market.singles == ["O1"] * 3
    run = (await desk.runs())[0]
    assert (run.trigger, run.status, run.seen, run.created) == ("push", "success", 1, 1)
    assert [run.created for run in await desk.runs()] == [1, 0, 0]
    async with desk.runtime.database.transaction() as session:
        assert await sync.take_push(session, "ebay", "event-9", "ORDER_CHANGE", None, "O1")
    assert (await desk.poll()).created == 1, "and the poll finds the other"


async def test_a_read_waits_for_the_channel_and_what_it_cannot_have_is_told(desk: Desk, market: Market) -> None:
    market.put(an_order(1))
    market.errors = [
        SlowDown("slow_down", "Wait", retry_after=2),
        ChannelUnavailable("channel_unavailable", "order: 503"),
    ]
    await push(desk, "event-1", "O1")
    await desk.do_jobs("read_order")
    assert len(market.singles) == 3
    assert set(await desk.inbox()) == {"O1"}

    async with desk.runtime.database.transaction() as session:
        order_id = await session.scalar(sa.select(Order.id))
        assert order_id is not None
        await sync.refresh_order(session, desk.access, order_id)
        stranger = await make_store(session, "OTHER")
        with pytest.raises(NotFound):
            await sync.refresh_order(session, stranger, order_id)
    market.errors = [CredentialsRefused("invalid_grant", "The access was revoked")]
    market.orders.clear()
    waiting = market.singles.copy()
    await desk.do_jobs("read_order")
    assert len(market.singles) == len(waiting) + 2, "the push is in the list of jobs still, and was done again"
    run = (await desk.runs())[-1]
    assert run.status == "failed"
    async with desk.runtime.database.reading() as session:
        kinds = set(await session.scalars(sa.select(Notification.kind)))
    assert {"order_refresh_failed"} <= kinds


async def test_nobody_asks_for_a_paused_connection(desk: Desk, market: Market) -> None:
    market.put(an_order(1))
    await desk.poll()
    await push(desk, "event-1", "O1")
    async with desk.runtime.database.transaction() as session:
        await session.execute(sa.update(Connection).values(state="paused"))
        order_id = await session.scalar(sa.select(Order.id)) or 0
        with pytest.raises(Conflict) as raised:
            await sync.refresh_order(session, desk.access, order_id)
    assert raised.value.code == "connection_paused"
    await desk.do_jobs("read_order")
    assert market.singles == []
    for name, args in (("read_order", ["O1", "person"]), ("acknowledge_lines", [order_id, ["L1"], False])):
        await JOBS[name].run(desk.runtime, desk.connection_id, *args, desk.access.user.id)
    assert (market.singles, await desk.told()) == ([], ["order_refresh_failed", "order_acknowledge_failed"])
    assert all("resume it" in words for _, words in await desk.told_in_words()), "who asked before is told"


async def test_lines_are_accepted_at_the_channel_and_the_history_says_so(desk: Desk, market: Market) -> None:
    market.put(an_order(1))
    await desk.poll()
    async with desk.runtime.database.transaction() as session:
        order_id = await session.scalar(sa.select(Order.id)) or 0
        with pytest.raises(Conflict) as raised:
            await sync.acknowledge_order(session, desk.access, order_id, accepted=True)
        assert raised.value.code == "nothing_to_acknowledge"
        await session.execute(sa.update(Order).values(awaits_acknowledgement=True))
    async with desk.runtime.database.transaction() as session:
        await sync.acknowledge_order(session, desk.access, order_id, accepted=True)
    market.errors = [ChannelUnavailable("channel_unavailable", "acknowledge: 503")]
    await desk.do_jobs("acknowledge_lines")
    await desk.do_jobs("acknowledge_lines")
    assert await desk.do_jobs("read_order") == 2
    async with desk.runtime.database.reading() as session:
        said = sa.select(OrderHistory).where(OrderHistory.kind == "acknowledged")
        (entry,) = await session.scalars(said)
        assert (entry.actor, entry.actor_id) == ("user", desk.access.user.id)
        assert entry.details == {"lines": ["L1"], "accepted": True}
    assert (await desk.inbox())["O1"]["status"] == "SHIPPED"
