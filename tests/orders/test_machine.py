"""Any pages of any versions, in any order and at the same time, end in the newest version, and the stock agrees."""

import asyncio
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from orion import inventory, orders
from orion.channels import Connection, RemoteOrder
from orion.inventory import ItemKey, Reservation
from orion.main.wiring import HANDLERS
from orion.orders import Order, OrderHistory, OrderLine
from orion.plumbing.db import Database
from tests.factories.orders import START, a_line, an_order, make_connection
from tests.factories.stores import make_store
from tests.orders.inbox import Inbox

PLENTY, SCARCE = 1000, 5
LIFE = ("pending", "confirmed", "processing", "shipped", "delivered", "partially_refunded")


def version(name: str, minute: int) -> RemoteOrder:
    """What the channel said of an order in that minute; C is called off in the end."""
    status = "cancelled" if name == "C" and minute > 2 else LIFE[minute]
    lines = [a_line(1, "MANY", 2 + minute % 2 if minute < 3 else 3), a_line(2, "FEW", 2), a_line(3, "?", 1)]
    return an_order(name, status=status, minutes=minute, lines=lines)


pages = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 5)), min_size=1, max_size=4)


class Intake(RuleBasedStateMachine):
    """One connection; the model keeps the newest minute that was told of each order."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.database = Database(self.url, handlers=HANDLERS)
        self.newest: dict[str, int] = {}

        async def begin() -> Inbox:
            async with self.database.transaction() as session:
                code = f"S{await session.scalar(sa.select(sa.func.count()).select_from(Connection))}"
                access = await make_store(session, code)
                inbox = Inbox(self.database, access, await make_connection(session, access))
            self.plenty = await inbox.product("MANY", stock=PLENTY)
            self.scarce = await inbox.product("FEW", stock=SCARCE)
            return inbox

        self.inbox = self.loop.run_until_complete(begin())

    def teardown(self) -> None:
        self.loop.run_until_complete(self.database.dispose())
        self.loop.close()

    @rule(first=pages, second=pages)
    def take(self, first: list[tuple[str, int]], second: list[tuple[str, int]]) -> None:
        async def both() -> Any:
            return await asyncio.gather(
                *(self.inbox.take(*(version(*each) for each in page)) for page in (first, second))
            )

        done = self.loop.run_until_complete(both())
        fresh = {name for name, _ in first + second} - set(self.newest)
        assert sum(each.created for each in done) == len(fresh)
        for name, minute in first + second:
            self.newest[name] = max(minute, self.newest.get(name, 0))

    @rule(page=pages)
    def take_again(self, page: list[tuple[str, int]]) -> None:
        known = [version(name, self.newest[name]) for name, _ in page if name in self.newest]
        done = self.loop.run_until_complete(self.inbox.take(*known))
        assert (done.created, done.updated, done.stale) == (0, 0, 0)

    @invariant()
    def the_newest_version_is_there_and_stock_agrees(self) -> None:
        self.loop.run_until_complete(self.look())

    async def look(self) -> None:
        store = self.inbox.access.store.id
        async with self.database.reading() as session:
            stored = list(await session.scalars(sa.select(Order).where(Order.store_id == store)))
            in_order = sa.select(OrderLine).where(OrderLine.store_id == store).order_by(OrderLine.position)
            lines = list(await session.scalars(in_order))
            past = list(await session.scalars(sa.select(OrderHistory).order_by(OrderHistory.id)))
            assert await inventory.check(session) == []
            assert await orders.check(session) == []
            stock = {}
            for product in (self.plenty, self.scarce):
                room = inventory.stockroom(self.inbox.access)
                item = await inventory.find_item(session, room, ItemKey(product_id=product))
                assert item is not None
                stock[product], _ = await inventory.show_item(session, room, item.id)
            claims = await session.execute(
                sa.select(
                    Reservation.reference,
                    sa.func.sum(Reservation.quantity - Reservation.committed - Reservation.released),
                )
                .where(Reservation.store_id == store)
                .group_by(Reservation.reference)
            )
            open_claims = {reference: int(open_) for reference, open_ in claims if open_}
        told = {name: version(name, minute) for name, minute in self.newest.items()}
        assert {o.channel_order_id: (o.status, o.remote_updated_at) for o in stored} == {
            name: (remote.status, remote.updated_at) for name, remote in told.items()
        }
        own: dict[int, list[OrderLine]] = defaultdict(list)
        for line in lines:
            own[line.order_id].append(line)
        for order in stored:
            assert [line.quantity for line in own[order.id]] == [
                line.quantity for line in told[order.channel_order_id].lines
            ]
            steps = [entry for entry in past if entry.order_id == order.id and entry.kind in ("created", "status")]
            assert [step.kind for step in steps].count("created") == 1
            assert [step.from_status for step in steps[1:]] == [step.to_status for step in steps[:-1]]
            assert steps[-1].to_status == order.status
            held = sum(line.reserved_quantity for line in own[order.id])
            assert open_claims.pop(f"order:{order.id}", 0) == held
            short = [line for line in own[order.id] if line.stock_state == "short"]
            assert ("stock_short" in order.flags) == bool(short)
            assert all(line.open_quantity > line.reserved_quantity for line in short)
            called_off = order.status in ("cancelled", "refunded")
            unknown = [line for line in own[order.id] if line.product_id is None]
            assert ("unmatched_lines" in order.flags) == (bool(unknown) and not called_off)
            assert set(order.flags) <= {"stock_short", "unmatched_lines", "changed_after_shipping"} | {
                "cancelled_while_picked"
            }
            assert order.ordered_at == START
        assert open_claims == {}
        for product, start in ((self.plenty, PLENTY), (self.scarce, SCARCE)):
            its = [line for line in lines if line.product_id == product]
            needed = sum(
                line.quantity - line.shipped_quantity
                for line in its
                if next(order for order in stored if order.id == line.order_id).status != "cancelled"
            )
            gone = sum(line.shipped_quantity for line in its)
            assert stock[product].reserved == sum(line.reserved_quantity for line in its)
            if product == self.plenty:
                assert (stock[product].on_hand, stock[product].reserved) == (start - gone, needed)
            else:
                assert start - gone <= stock[product].on_hand <= start
                assert stock[product].available == 0 or stock[product].reserved <= needed


def test_any_pages_end_in_the_newest_version(database_url: str) -> None:
    machine = type("Intake", (Intake,), {"url": database_url})
    few = settings(max_examples=8, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=few)
