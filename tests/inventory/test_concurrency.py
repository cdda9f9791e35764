"""Many at once, over real connections: nothing is ever sold twice, nobody waits in a circle."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from orion import inventory
from orion.inventory import ItemKey, Line, Stockroom
from orion.kernel import Conflict
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.stores import make_store
from tests.inventory.stocking import gtin

RESERVERS = 64


@pytest.fixture
async def crowded(settings: Settings) -> AsyncIterator[Database]:
    """Fewer connections than reservers: two test processes must fit into a server of 100."""
    database = Database(settings.effective_database_url, handlers=HANDLERS, pool_size=RESERVERS // 2)
    yield database
    await database.dispose()


async def _room(database: Database) -> Stockroom:
    async with database.transaction() as session:
        access = await make_store(session)
        return await inventory.stockroom_of(session, access.store.id)


async def _stock(database: Database, room: Stockroom, quantities: dict[str, dict[str, int]]) -> None:
    async with database.transaction() as session:
        for number, levels in quantities.items():
            for location, quantity in levels.items():
                await inventory.set_level(session, room, ItemKey(gtin=number), location, quantity)


async def test_64_reservers_of_the_last_unit(crowded: Database) -> None:
    room = await _room(crowded)
    last = gtin(1)
    await _stock(crowded, room, {last: {"A": 1}})

    async def reserve(number: int) -> str:
        try:
            async with crowded.transaction() as session:
                await inventory.reserve(session, room, [Line(ItemKey(gtin=last), 1)], reference=f"order-{number}")
            return "sold"
        except Conflict as error:
            return error.code

    outcomes = Counter(await asyncio.gather(*(reserve(number) for number in range(RESERVERS))))
    assert outcomes == {"sold": 1, "insufficient_stock": RESERVERS - 1}
    async with crowded.reading() as session:
        stock = await inventory.summary(session, room, last)
        assert (stock.on_hand, stock.reserved) == (1, 1)
        assert await inventory.check(session) == []


async def test_64_reservers_sell_1000_units_of_20_products_exactly(crowded: Database) -> None:
    """Orders of one to five products by product, over two locations, until nothing that is wanted is left."""
    products: list[int] = []
    async with crowded.transaction() as session:
        access = await make_store(session)
        room = await inventory.stockroom_of(session, access.store.id)
        for number in range(20):
            listed = await make_marketplace_product(session, gtin=gtin(number + 1))
            products.append((await make_product(session, access.store, listed)).id)
            for location, quantity in (("A", 20), ("B", 30)):
                await inventory.set_level(session, room, ItemKey(product_id=products[-1]), location, quantity)
    sold: Counter[int] = Counter()
    refused = Counter[str]()

    async def shop(number: int) -> None:
        chance = random.Random(number)
        misses = order = 0
        while misses < 2:
            order += 1
            wanted = chance.sample(products, chance.randint(1, 5))
            lines = [Line(ItemKey(product_id=id_), chance.randint(2, 12)) for id_ in wanted]
            try:
                async with crowded.transaction() as session:
                    await inventory.reserve(session, room, lines, reference=f"order-{number}-{order}")
                sold.update({line.key.product_id: line.quantity for line in lines})
                misses = 0
            except Conflict as error:
                refused[error.code] += 1
                misses += 1

    await asyncio.gather(*(shop(number) for number in range(RESERVERS)))
    for product_id in products:  # what is left goes one by one
        while True:
            try:
                async with crowded.transaction() as session:
                    line = Line(ItemKey(product_id=product_id), 1)
                    await inventory.reserve(session, room, [line], reference=f"rest-{product_id}-{sold[product_id]}")
                sold[product_id] += 1
            except Conflict as error:
                refused[error.code] += 1
                break
    assert sold == dict.fromkeys(products, 50)
    assert set(refused) == {"insufficient_stock"}
    async with crowded.reading() as session:
        assert await inventory.check(session) == []
        items = await inventory.list_items(session, room)
        assert {(item.on_hand, item.reserved) for item in items.items} == {(50, 50)}


async def test_one_reference_reserves_once_however_often_it_is_sent_at_once(crowded: Database) -> None:
    room = await _room(crowded)
    await _stock(crowded, room, {gtin(1): {"A": 3}, gtin(2): {"A": 3}})
    lines = [Line(ItemKey(gtin=gtin(number)), 2) for number in (2, 1)]

    async def reserve() -> list[int]:
        async with crowded.transaction() as session:
            return [claim.id for claim in await inventory.reserve(session, room, lines, reference="order-1")]

    answers = await asyncio.gather(*(reserve() for _ in range(8)))
    assert len({tuple(answer) for answer in answers}) == 1
    async with crowded.reading() as session:
        assert [(await inventory.summary(session, room, gtin(n))).reserved for n in (1, 2)] == [2, 2]


async def test_transfers_in_opposite_directions_do_not_block_each_other(crowded: Database) -> None:
    room = await _room(crowded)
    numbers = [gtin(1), gtin(2)]
    await _stock(crowded, room, {number: {"A": 50, "B": 50} for number in numbers})

    async def move(number: int) -> None:
        async with crowded.transaction() as session:  # two items in one transaction each, in either order
            source, target = ("A", "B") if number % 2 else ("B", "A")
            await inventory.transfer(session, room, ItemKey(gtin=numbers[number // 2 % 2]), source, target, 1)

    async def both(number: int) -> None:
        async with crowded.transaction() as session:
            lines = [Line(ItemKey(gtin=one), 1) for one in (numbers if number % 2 else reversed(numbers))]
            await inventory.reserve(session, room, lines, reference=f"order-{number}")

    await asyncio.wait_for(asyncio.gather(*(verb(n) for n in range(20) for verb in (move, both))), 60)
    async with crowded.reading() as session:
        assert await inventory.check(session) == []
        for number in numbers:
            stock = await inventory.summary(session, room, number)
            assert (stock.on_hand, stock.reserved) == (100, 20)
            assert {level.location: level.on_hand for level in stock.levels} == {"A": 50, "B": 50}


async def test_the_goods_leave_or_the_sweeper_frees_them_never_both(crowded: Database, settings: Settings) -> None:
    room = await _room(crowded)
    await _stock(crowded, room, {gtin(1): {"A": 16}})
    runtime = Runtime(settings, crowded)
    async with crowded.transaction() as session:
        for number in range(16):
            line = Line(ItemKey(gtin=gtin(1)), 1)
            wait = timedelta(microseconds=1)
            await inventory.reserve(session, room, [line], reference=f"order-{number}", expires_in=wait)

    async def commit(number: int) -> str:
        try:
            async with crowded.transaction() as session:
                await inventory.commit_reservation(session, room, f"order-{number}")
            return "left"
        except Conflict as error:
            return error.code

    sweeps = [inventory.release_expired(runtime) for _ in range(3)]  # as many workers
    *outcomes, _, _, _ = await asyncio.gather(*(commit(number) for number in range(16)), *sweeps)
    assert set(outcomes) <= {"left", "reservation_over"}
    left = outcomes.count("left")
    async with crowded.reading() as session:
        assert await inventory.check(session) == []
        stock = await inventory.summary(session, room, gtin(1))
        assert (stock.on_hand, stock.reserved) == (16 - left, 0)
        states = Counter(claim.state for claim in (await inventory.list_reservations(session, room)).items)
    assert states == +Counter(committed=left, expired=16 - left)


async def test_items_and_locations_are_made_once_by_whoever_comes_first(crowded: Database) -> None:
    room = await _room(crowded)

    async def put(number: int) -> None:
        async with crowded.transaction() as session:
            await inventory.add(session, room, ItemKey(gtin=gtin(number % 4)), f"L{number % 2}", 1)

    await asyncio.gather(*(put(number) for number in range(32)))
    async with crowded.reading() as session:
        assert await inventory.check(session) == []
        items = (await inventory.list_items(session, room)).items
        assert sorted(item.on_hand for item in items) == [8, 8, 8, 8]
        locations = await inventory.list_locations(session, room)
        assert sorted(location.code for location in locations) == ["L0", "L1"]
