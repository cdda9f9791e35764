"""Every fault, at every operation that reads orders, of every channel: afterwards the inbox is what the channel holds.

Runs are the real jobs, faults happen in the real protocol. A channel adds itself to CASES.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from orion import sync
from orion.kernel import Channel
from orion.orders import Order
from orion.plumbing.runtime import Runtime
from orion.simulators.kit import KINDS, Fault, Simulator
from orion.simulators.kit.faults import Kind
from tests.simulators.running import Simulators
from tests.sync.desk import Desk, open_desk

TIMES = 4
"""More than one call's tries: each fault gets through to the run at least once, where tries do not depend on it."""

MOST_POLLS = 8

OF_CALLS: tuple[Kind, ...] = ("rate_limited", "token_expired", "unavailable", "timeout", "lost_reply", "html")
"""Faults that any call can meet; the others are of pages."""


@dataclass(frozen=True)
class Case:
    """`pages` and `single` are the operations that read; `changed` is what a paid order becomes when it is changed.

    `many`: orders that fill more than one page. `lacks`: faults that the protocol cannot have.
    """

    channel: Channel
    pages: str
    single: str
    changed: Mapping[str, Any]
    many: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    shape: Mapping[str, Any] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()


CASES: dict[str, Case] = {
    "amazon": Case("amazon", "searchOrders", "getOrder", {"status": "SHIPPED"}, 103, settings={"region": "eu"}),
    "ebay": Case("ebay", "getOrders", "getOrder", {"orderFulfillmentStatus": "FULFILLED"}, 203),
    "letzshop": Case("letzshop", "orders", "order", {"status": "SHIPPED"}, 103),
    "letzshop shipments": Case(
        "letzshop",
        "shipments",
        "shipment",
        {"state": "CONFIRMED"},
        103,
        settings={"dialect": "shipments"},
        shape={"dialect": "shipments"},
    ),
}


@dataclass
class Bench:
    """A case with its simulator, and the desk of a store that is connected to it."""

    case: Case
    simulator: Simulator
    desk: Desk
    seen: set[str] = field(default_factory=set)

    async def settle(self, wanted: str) -> None:
        """Poll until the fault has stopped and a run found no fault."""
        statuses: list[str] = []
        for _ in range(MOST_POLLS):
            run = await self.desk.poll()
            statuses.append(run.status)
            self.seen.add(run.status)
            self.seen.add((await self.desk.connection()).state)
            if not self.simulator.faults.active and run.status == "success":
                return
        pytest.fail(f"{wanted}: it does not settle: {statuses}, {self.simulator.faults.active}")

    async def check(self, wanted: str) -> None:
        """The inbox is what the channel holds: every order, none twice, with its lines and amounts."""
        assert await self.desk.inbox() == told_of(self.simulator), wanted


def told_of(simulator: Simulator) -> dict[str, dict[str, Any]]:
    """The simulator's truth in the shape of `Desk.inbox`."""
    return {
        order["id"]: {
            "status": order["status"],
            "currency": order["currency"],
            "total_minor": order["total_minor"],
            "lines": {(line["id"], line["sku"], line["quantity"], line["total_minor"]) for line in order["lines"]},
        }
        for order in simulator.truth()
    }


@pytest.fixture(params=sorted(CASES))
async def bench(request: pytest.FixtureRequest, runtime: Runtime, simulators: Simulators) -> Bench:
    case = CASES[request.param]
    settings = runtime.settings
    settings.simulator_url = simulators.url
    settings.simulator_rate_factor = 1000
    settings.channel_retry_seconds = 0
    simulator = simulators[case.channel]
    if case.shape:
        simulator.shape(dict(case.shape))
    desk = await open_desk(runtime, case.channel, settings=case.settings, secrets=simulator.credentials)
    return Bench(case, simulator, desk)


async def test_polls_get_through_every_fault(bench: Bench) -> None:
    """One fault after the other, each while orders come in and change; those of pages with more than one page."""
    case, simulator = bench.case, bench.simulator
    ids = simulator.place_orders(2)
    for kind in (*OF_CALLS, *(kind for kind in KINDS if kind not in OF_CALLS)):
        if kind in case.lacks or kind == "clock_skew":
            continue
        if kind not in OF_CALLS and len(ids) < case.many:
            ids += simulator.place_orders(case.many - len(ids))
            await bench.settle("many")
        before = simulator.faults.struck.get(kind, 0)
        ids += simulator.place_orders(1)
        simulator.change_order(ids[-2], dict(case.changed))
        times = TIMES if kind in OF_CALLS else 1
        simulator.faults.add(Fault(kind, operation=case.pages, times=times))
        await bench.settle(kind)
        await bench.check(kind)
        assert simulator.faults.struck[kind] - before == times
    if "clock_skew" not in case.lacks:
        await _skew(bench, ids)
    told = await bench.desk.told()
    assert ("connection_broken" in told) == ("broken" in bench.seen), told
    assert ("entries_unreadable" in told) == ("partial" in bench.seen), told
    async with bench.desk.runtime.database.reading() as session:
        flagged = [order for order in await session.scalars(sa.select(Order)) if "unknown_status" in order.flags]
    assert len(flagged) == (0 if "unknown_status" in case.lacks else 1)
    schedule = await bench.desk.schedule()
    assert (schedule.failures, schedule.alerted_at, schedule.unread, schedule.cursor) == (0, None, None, None)


async def _skew(bench: Bench, ids: list[str]) -> None:
    """Orders come in and change while the channel's clock is ahead, and when it was set right."""
    case, simulator = bench.case, bench.simulator
    simulator.faults.add(Fault("clock_skew", times=None))
    for at in range(2):
        ids += simulator.place_orders(1)
        simulator.change_order(ids[-2], dict(case.changed))
        for _ in range(1 + at):  # a version from before the clock was set back is asked for once more
            await bench.desk.poll()
        await bench.check(f"clock_skew {at}")
        simulator.faults.clear()


async def test_single_reads_get_through_every_fault(bench: Bench) -> None:
    case, simulator = bench.case, bench.simulator
    broken = False
    for kind in OF_CALLS:
        if kind in case.lacks:
            continue
        (name,) = simulator.place_orders(1)
        before = simulator.faults.struck.get(kind, 0)
        simulator.faults.add(Fault(kind, operation=case.single, times=TIMES))
        for attempt in range(TIMES + 1):
            async with bench.desk.runtime.database.transaction() as session:
                pushed = await sync.take_push(
                    session, case.channel, f"{kind}-{attempt}", "push", bench.desk.connection_id, name
                )
            assert pushed
            await bench.desk.do_jobs("read_order", newest=1)
            broken = broken or (await bench.desk.connection()).state == "broken"
            if not simulator.faults.active:
                break
        await bench.desk.do_jobs("read_order", newest=1)
        await bench.check(kind)
        assert simulator.faults.struck[kind] - before == TIMES
    assert broken == ("connection_broken" in await bench.desk.told())
