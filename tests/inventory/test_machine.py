"""Every verb in any order against a plain model: levels, reservations and movements always agree, in every step."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy.ext.asyncio import AsyncSession

from orion import inventory
from orion.inventory import ItemKey, Level, Line, Movement, Reservation, Want
from orion.kernel import OrionError
from orion.plumbing.db import Database
from orion.plumbing.db.base import utcnow
from tests.factories.stores import make_store
from tests.inventory.stocking import gtin

GTINS = [gtin(1), gtin(2)]
PLACES = ["A", "B"]
MOST = 2**31 - 1

items, places = st.sampled_from(GTINS), st.sampled_from(PLACES)
quantities = st.one_of(st.integers(-1, 12), st.sampled_from([MOST - 3, MOST, MOST + 1]))
references = st.sampled_from(["r1", "r2", "r3"])


class Stock(RuleBasedStateMachine):
    """One store; the model keeps [on hand, reserved] by item and place, and what is open of each claim."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.database = Database(self.url)
        self.levels: dict[tuple[str, str], list[int]] = {}
        self.claims: dict[str, Counter[tuple[str, str]]] = {}
        self.asked: dict[str, Counter[str]] = {}
        self.deltas: Counter[tuple[str, str]] = Counter()

        async def begin() -> None:
            async with self.database.transaction() as session:
                for table in (Movement, Reservation, Level, inventory.InventoryItem, inventory.Location):
                    await session.execute(sa.delete(table))
                store_id = await session.scalar(sa.text("SELECT min(id) FROM stores"))
                store_id = store_id or (await make_store(session)).store.id
                self.room = await inventory.stockroom_of(session, store_id)

        self.loop.run_until_complete(begin())

    def teardown(self) -> None:
        self.loop.run_until_complete(self.database.dispose())
        self.loop.close()

    def call(self, verb: Any, *args: Any, **more: Any) -> str:
        """The code of a verb's refusal, or "done"."""

        async def act() -> str:
            try:
                async with self.database.transaction() as session:
                    await verb(session, self.room, *args, **more)
            except OrionError as error:
                return error.code
            return "done"

        return self.loop.run_until_complete(act())

    def level(self, item: str, place: str) -> list[int]:
        return self.levels.get((item, place), [0, 0])

    def put(self, item: str, place: str, delta: int, reserved: int = 0) -> None:
        level = self.levels.setdefault((item, place), [0, 0])
        level[0] += delta
        level[1] += reserved
        self.deltas[item, place] += delta

    @rule(item=items, place=places, quantity=quantities, counted=st.booleans())
    def state(self, item: str, place: str, quantity: int, counted: bool) -> None:
        on_hand, reserved = self.level(item, place)
        verb = inventory.count if counted else inventory.set_level
        outcome = self.call(verb, ItemKey(gtin=item), place, quantity, reason="look")
        if not 0 <= quantity <= MOST:
            assert outcome == "quantity_invalid"
        elif quantity < reserved:
            assert outcome == "stock_reserved"
        else:
            assert outcome == "done"
            self.put(item, place, quantity - on_hand)

    @rule(item=items, place=places, quantity=quantities)
    def add(self, item: str, place: str, quantity: int) -> None:
        outcome = self.call(inventory.add, ItemKey(gtin=item), place, quantity)
        if not 1 <= quantity <= MOST:
            assert outcome == "quantity_invalid"
        elif self.level(item, place)[0] + quantity > MOST:
            assert outcome == "quantity_too_large"
        else:
            assert outcome == "done"
            self.put(item, place, quantity)

    @rule(item=items, place=places, quantity=quantities)
    def remove(self, item: str, place: str, quantity: int) -> None:
        on_hand, reserved = self.level(item, place)
        outcome = self.call(inventory.remove, ItemKey(gtin=item), place, quantity)
        if outcome == "done":
            assert 1 <= quantity <= on_hand - reserved
            self.put(item, place, -quantity)
        else:
            assert outcome in ("quantity_invalid", "insufficient_stock", "location_not_found")
            assert not 1 <= quantity <= on_hand - reserved

    @rule(item=items, way=st.tuples(places, places), quantity=quantities)
    def transfer(self, item: str, way: tuple[str, str], quantity: int) -> None:
        source, target = way
        on_hand, reserved = self.level(item, source)
        outcome = self.call(inventory.transfer, ItemKey(gtin=item), source, target, quantity)
        fits = 1 <= quantity <= on_hand - reserved and self.level(item, target)[0] + quantity <= MOST
        assert (outcome == "done") == (fits and source != target), outcome
        if outcome == "done":
            self.put(item, source, -quantity)
            self.put(item, target, quantity)

    @rule(wanted=st.dictionaries(items, st.integers(1, 8), min_size=1), reference=references, forever=st.booleans())
    def reserve(self, wanted: dict[str, int], reference: str, forever: bool) -> None:
        lines = [Line(ItemKey(gtin=item), quantity) for item, quantity in wanted.items()]
        time = None if forever else timedelta(hours=1)
        outcome = self.call(inventory.reserve, lines, reference=reference, expires_in=time)
        free = {item: sum(on - res for (of, _), (on, res) in self.levels.items() if of == item) for item in wanted}
        if reference in self.claims:
            assert outcome in ("done", "reservation_differs", "reservation_over")
            is_open = bool(+self.claims[reference])
            assert (outcome == "done") == (is_open and self.asked[reference] == Counter(wanted))
        elif any(free[item] < quantity for item, quantity in wanted.items()):
            assert outcome == "insufficient_stock"
        else:
            assert outcome == "done"
            self.asked[reference] = Counter(wanted)
            self.claims[reference] = self.read_claims(reference)
            assert sum(self.claims[reference].values()) == sum(wanted.values())
            for (item, place), quantity in self.claims[reference].items():
                self.put(item, place, 0, quantity)

    @rule(reference=references, item=items, quantity=st.integers(1, 4), whole=st.booleans(), leave=st.booleans())
    def close(self, reference: str, item: str, quantity: int, whole: bool, leave: bool) -> None:
        open_ = +self.claims.get(reference, Counter())
        lines = None if whole else [Line(ItemKey(gtin=item), quantity)]
        outcome = self.call(inventory.commit_reservation if leave else inventory.release, reference, lines)
        if reference not in self.claims:
            assert outcome == "reservation_not_found"
        elif not open_:
            assert outcome in ("done", "reservation_over")
        elif not whole and sum(q for (of, _), q in open_.items() if of == item) < quantity:
            assert outcome == "reservation_smaller"
        else:
            assert outcome == "done"
            after = self.read_claims(reference)
            gone = open_ - after
            assert sum(gone.values()) == (sum(open_.values()) if whole else quantity)
            for (of, place), number in gone.items():
                self.put(of, place, -number if leave else 0, -number)
            self.claims[reference] = after

    @rule(
        reference=st.sampled_from(["cart:1", "cart:2"]),
        held=st.dictionaries(items, st.integers(0, 8)),
        left=st.dictionaries(items, st.integers(0, 4)),
    )
    def settle(self, reference: str, held: dict[str, int], left: dict[str, int]) -> None:
        """What an order holds is what it wants, as far as there is any; what has left never comes back."""
        before, gone_before = self.read_parts(reference)

        async def act() -> dict[str, inventory.Settled]:
            async with self.database.transaction() as session:
                ids = {}
                for item in {*held, *left}:
                    if found := await inventory.find_item(session, self.room, ItemKey(gtin=item)):
                        ids[item] = found.id
                wants = [Want(reference, id_, held.get(item, 0), left.get(item, 0)) for item, id_ in ids.items()]
                settled = await inventory.settle(session, self.room, wants, references=[reference])
                return {item: settled[reference, id_] for item, id_ in ids.items()}

        settled = self.loop.run_until_complete(act())
        after, gone_after = self.read_parts(reference)
        for item in GTINS:
            free = sum(on - res for (of, _), (on, res) in self.levels.items() if of == item)
            had = sum(number for (of, _), number in before.items() if of == item)
            gone = sum(number for (of, _), number in gone_before.items() if of == item)
            due = max(0, left.get(item, 0) - gone)
            target = min(held.get(item, 0) + due, had + free)
            shipped = min(target, due)
            assert sum(number for (of, _), number in after.items() if of == item) == target - shipped
            assert sum(number for (of, _), number in gone_after.items() if of == item) == gone + shipped
            if item in settled:
                assert settled[item] == inventory.Settled(target - shipped, gone + shipped)
        for item, place in {*before, *after, *gone_after}:
            key = (item, place)
            self.put(item, place, gone_before[key] - gone_after[key], after[key] - before[key])

    def read_parts(self, reference: str) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
        """What of a claim is open, and what has left, by item and place."""

        async def read() -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
            async with self.database.reading() as session:
                claims = (await inventory.list_reservations(session, self.room, reference=reference)).items
                open_, gone = ({(str(c.gtin), c.location): number(c) for c in claims} for number in (_open, _committed))
                return Counter(open_), Counter(gone)

        return self.loop.run_until_complete(read())

    @rule(reference=references, overdue=st.booleans())
    def expire(self, reference: str, overdue: bool) -> None:
        if overdue:
            self.age(reference)
        outcome = self.call(inventory.expire, reference)
        if reference not in self.claims:
            assert outcome == "reservation_not_found"
            return
        assert outcome == "done"
        if overdue:
            for (item, place), number in (+self.claims[reference]).items():
                self.put(item, place, 0, -number)
            self.claims[reference] = Counter()

    def age(self, reference: str) -> None:
        async def age() -> None:
            async with self.database.transaction() as session:
                past = utcnow() - timedelta(seconds=1)
                await session.execute(
                    sa.update(Reservation).where(Reservation.reference == reference).values(expires_at=past)
                )

        self.loop.run_until_complete(age())

    def read_claims(self, reference: str) -> Counter[tuple[str, str]]:
        async def read() -> Counter[tuple[str, str]]:
            async with self.database.reading() as session:
                claims = await inventory.get_reservation(session, self.room, reference)
                return +Counter({(str(c.gtin), c.location): c.open for c in claims})

        return self.loop.run_until_complete(read())

    @invariant()
    def everything_agrees(self) -> None:
        async def look() -> None:
            async with self.database.reading() as session:
                assert await inventory.check(session) == []
                assert await read_levels(session, self.room) == {k: v for k, v in self.levels.items() if any(v)}
                assert await read_deltas(session) == {k: v for k, v in self.deltas.items() if v}

        self.loop.run_until_complete(look())


def _open(claim: inventory.ReservationView) -> int:
    return claim.open


def _committed(claim: inventory.ReservationView) -> int:
    return claim.committed


async def read_levels(session: AsyncSession, room: inventory.Stockroom) -> dict[tuple[str, str], list[int]]:
    entries = (await inventory.list_entries(session, room)).items
    found = {(str(e.gtin), e.level.location): [e.level.on_hand, e.level.reserved] for e in entries}
    return {key: level for key, level in found.items() if any(level)}


async def read_deltas(session: AsyncSession) -> dict[tuple[str, str], int]:
    item, place = inventory.InventoryItem, inventory.Location
    rows = await session.execute(
        sa.select(item.gtin, place.code, sa.func.sum(Movement.delta))
        .join(item, item.id == Movement.item_id)
        .join(place, place.id == Movement.location_id)
        .group_by(item.gtin, place.code)
    )
    return {(gtin_, code): int(total) for gtin_, code, total in rows if total}


@pytest.mark.parametrize(("examples", "steps"), [(8, 16)])
def test_levels_reservations_and_movements_always_agree(database_url: str, examples: int, steps: int) -> None:
    machine = type("Stock", (Stock,), {"url": database_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
