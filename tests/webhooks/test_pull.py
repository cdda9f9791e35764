"""Reading what happened: equal to what is posted, in the same order, and nothing is skipped; and replaying it."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import webhooks
from orion.kernel import Conflict, Invalid, NotFound
from orion.plumbing.db import utcnow
from orion.webhooks import WebhookDelivery, WebhookEvent, deliveries
from tests.conftest import count
from tests.factories.stores import make_admin, make_store
from tests.webhooks.conftest import Endpoint
from tests.webhooks.receiver import Receiver


async def pull(endpoint: Endpoint, **which: Any) -> webhooks.Pulled:
    async with endpoint.runtime.database.reading() as session:
        return await webhooks.list_events(session, endpoint.access, **which)


async def test_what_is_pulled_is_what_is_posted(endpoint: Endpoint, side: Receiver) -> None:
    for number in range(5):
        await endpoint.emit(f"product:{number % 2}", number=number)
    for position in range(5):
        await endpoint.attempt(position)
    pulled = await pull(endpoint)
    assert pulled.items == [post.verified(endpoint.secret) for post in side.posts]
    assert not pulled.has_more


async def test_the_position_goes_on_and_stays_good(endpoint: Endpoint) -> None:
    for number in range(5):
        await endpoint.emit(number=number)
    first = await pull(endpoint, limit=3)
    assert ([item["data"]["number"] for item in first.items], first.has_more) == ([0, 1, 2], True)
    rest = await pull(endpoint, after=first.position, limit=3)
    assert ([item["data"]["number"] for item in rest.items], rest.has_more) == ([3, 4], False)
    nothing = await pull(endpoint, after=rest.position)
    assert (nothing.items, nothing.position) == ([], rest.position)
    await endpoint.emit(number=5)
    assert [item["data"]["number"] for item in (await pull(endpoint, after=nothing.position)).items] == [5]


async def test_types_filter_and_unknown_ones_are_errors(endpoint: Endpoint) -> None:
    for type_ in ("product.created", "products.changed", "stock.low"):
        await endpoint.emit(type_=type_)
    assert [item["type"] for item in (await pull(endpoint, patterns=["product.*", "stock.low"])).items] == [
        "product.created",
        "stock.low",
    ]
    with pytest.raises(Invalid) as caught:
        await pull(endpoint, patterns=["stock.low", "nothing"])
    assert [error.field for error in caught.value.errors] == ["types.1"]


async def test_a_store_reads_its_own_and_an_administrator_everything(session: AsyncSession) -> None:
    ours, theirs = await make_store(session, "OURS"), await make_store(session, "THEIRS")
    admin = await make_admin(session)
    for store_id in (ours.store.id, theirs.store.id, None):
        await webhooks.emit(session, store_id, "stock.low", "stock:1", {})
    await session.commit()  # what is not committed is not settled
    assert [item["store"] for item in (await webhooks.list_events(session, ours)).items] == ["OURS"]
    assert [item["store"] for item in (await webhooks.list_events(session, admin)).items] == ["OURS", "THEIRS", None]


async def test_a_slow_transaction_is_waited_for(endpoint: Endpoint) -> None:
    """The lower id commits last: a reader that went by what it sees would never read it."""
    database = endpoint.runtime.database
    if database.is_sqlite:
        pytest.skip("SQLite writes one transaction at a time")
    await endpoint.emit(number=0)
    async with database.transaction() as slow:
        await webhooks.emit(slow, endpoint.access.store.id, "product.updated", "product:1", {"number": 1})
        await endpoint.emit("product:2", number=2)
        first = await pull(endpoint)
        assert [item["data"]["number"] for item in first.items] == [0]
    rest = await pull(endpoint, after=first.position)
    assert [item["data"]["number"] for item in rest.items] == [1, 2]


async def test_a_transaction_that_fails_holds_nobody_up(endpoint: Endpoint) -> None:
    with pytest.raises(RuntimeError):
        async with endpoint.runtime.database.transaction() as session:
            await webhooks.emit(session, endpoint.access.store.id, "product.updated", "product:1", {"number": 1})
            raise RuntimeError
    await endpoint.emit(number=2)
    assert [item["data"]["number"] for item in (await pull(endpoint)).items] == [2]
    assert len(await endpoint.deliveries()) == 1


async def test_a_replay_sends_again_in_order_with_the_same_ids(
    endpoint: Endpoint, side: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "REPLAYED_AT_ONCE", 2)
    for number in range(4):
        await endpoint.emit(f"product:{number}")
        await endpoint.attempt(number)
    ids = side.ids
    database = endpoint.runtime.database
    async with database.transaction() as session:
        found = await webhooks.replay(session, endpoint.access, endpoint.id, after=ids[0])
    assert (found.count, found.continue_after) == (2, ids[2])
    async with database.transaction() as session:
        found = await webhooks.replay(session, endpoint.access, endpoint.id, after=found.continue_after)
    assert (found.count, found.continue_after) == (1, None)
    for position in range(4, 7):
        await endpoint.attempt(position)
    assert side.ids == [*ids, *ids[1:]]


async def test_a_replay_since_a_moment_sends_only_what_is_wanted(endpoint: Endpoint) -> None:
    for _ in range(3):
        await endpoint.emit()
    await endpoint.emit(type_="stock.low", entity="stock:1")
    narrow = await endpoint.create(event_types=("product.*",))
    async with endpoint.runtime.database.transaction() as session:
        oldest = sa.select(sa.func.min(WebhookEvent.id)).scalar_subquery()
        long_ago = utcnow() - timedelta(hours=2)
        await session.execute(sa.update(WebhookEvent).where(WebhookEvent.id == oldest).values(occurred_at=long_ago))
    async with endpoint.runtime.database.transaction() as session:
        since = utcnow() - timedelta(hours=1)
        assert (await webhooks.replay(session, endpoint.access, narrow.id, since=since)).count == 2


async def test_a_replay_needs_a_beginning(endpoint: Endpoint, session: AsyncSession) -> None:
    both = {"since": utcnow(), "after": "evt_x"}
    for which in ({}, both):
        with pytest.raises(Invalid, match="where to begin"):
            await webhooks.replay(session, endpoint.access, endpoint.id, **which)
    with pytest.raises(NotFound):
        await webhooks.replay(session, endpoint.access, endpoint.id, after="evt_x")


async def test_redelivery_waits_until_the_first_is_finished(endpoint: Endpoint, side: Receiver) -> None:
    await endpoint.emit()
    (delivery,) = await endpoint.deliveries()
    async with endpoint.runtime.database.transaction() as session:
        with pytest.raises(Conflict) as caught:
            await webhooks.redeliver(session, endpoint.access, delivery.id)
        assert caught.value.code == "delivery_open"
    await endpoint.attempt()
    async with endpoint.runtime.database.transaction() as session:
        again = await webhooks.redeliver(session, endpoint.access, delivery.id)
    assert again != delivery.id
    await endpoint.attempt(1)
    assert len(set(side.ids)) == 1
    assert len(side.posts) == 2


async def test_old_events_are_forgotten_with_their_deliveries(endpoint: Endpoint) -> None:
    for _ in range(2):
        await endpoint.emit()
    database = endpoint.runtime.database
    async with database.transaction() as session:
        oldest = sa.select(sa.func.min(WebhookEvent.id)).scalar_subquery()
        old = utcnow() - timedelta(days=31)
        await session.execute(sa.update(WebhookEvent).where(WebhookEvent.id == oldest).values(occurred_at=old))
    async with database.transaction() as session:
        assert await webhooks.purge_events(session, utcnow()) == 1
    assert (await count(database, WebhookEvent), await count(database, WebhookDelivery)) == (1, 1)
