"""Every fault, at every operation, of every channel: what we hold and what the channel holds is the same afterwards.

Runs and jobs are the real ones, faults happen in the real protocol. Operations and faults are two tables: OPERATIONS
(of `operations` and `sends`) and FAULTS. An operation's cells share one store and one simulator, one after the other.
"""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from orion.channels.adapters.amazon import paging, selling
from orion.channels.adapters.ebay import orders as ebay_orders
from orion.channels.adapters.ebay import products as ebay_products
from orion.channels.adapters.ebay import stock as ebay_stock
from orion.channels.adapters.letzshop import orders as letzshop_orders
from orion.channels.adapters.letzshop import shipments as letzshop_shipments
from orion.orders import Order
from orion.plumbing.runtime import Runtime
from orion.simulators.kit import KINDS, Article, Fault
from orion.simulators.kit.faults import Kind
from tests.simulators.running import Simulators
from tests.sync.bench import Bench
from tests.sync.desk import open_desk
from tests.sync.operations import OPERATIONS as READS
from tests.sync.operations import PAGE, Operation, Polls, Pulls
from tests.sync.sends import SENDS, Buys

TIMES = 4
"""More than one call's tries: each fault gets through to the run at least once, where tries do not depend on it."""

MOST_TRIES = 12

ALWAYS: tuple[Kind, ...] = ("rate_limited", "token_expired", "unavailable", "html")
"""One for each kind of error that follows; two for each operation, in turn."""

RECOVERED = ("sync_recovered", "connection_works_again")

FAULTS: dict[Kind, str] = {
    "rate_limited": "calls",
    "token_expired": "calls",
    "unavailable": "calls",
    "timeout": "calls",
    "lost_reply": "calls",
    "html": "calls",
    "duplicated_page": "pages",
    "page_drift": "pages",
    "late_status": "orders",
    "unknown_status": "orders",
    "malformed_item": "pages",
    "clock_skew": "clock",
}
"""What each is a fault of: any call, pages of anything, pages of orders, or the clock (of pages of orders)."""

OPERATIONS: dict[str, Operation] = READS | SENDS
CELLS = [("sqlite", name) for name in OPERATIONS]
CELLS += [("postgresql", name) for name, operation in OPERATIONS.items() if operation.both_databases]


def test_the_tables_are_complete() -> None:
    assert set(FAULTS) == set(KINDS)


def faults_of(operation: Operation, kinds: str) -> list[tuple[Kind, str]]:
    """The faults of these that it can meet, each with the call that is struck.

    Where doing it twice would do harm, each fault strikes each of the calls; else faults go round the calls.
    """
    met: list[tuple[Kind, str]] = []
    for kind, of in FAULTS.items():
        is_of_orders = not isinstance(operation, Pulls)
        if of not in kinds.split() or kind in operation.lacks or (of in ("orders", "clock") and not is_of_orders):
            continue
        if of != "calls":
            met += [(kind, operation.pages)] if operation.pages else []
            continue
        calls = [call for call in operation.calls if _can_be(kind, call)]
        met += [(kind, call) for call in (calls if operation.once else calls[len(met) % len(calls) :][:1])]
    return met


def _can_be(kind: Kind, call: str) -> bool:
    """To who fetches a token no token can have ended; what is done after a purchase has only these."""
    if call == "token":
        return kind != "token_expired"
    return not call.endswith(".done") or kind in ("unavailable", "timeout", "html")


@pytest.fixture
async def bench(name: str, runtime: Runtime, simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> Bench:
    operation = OPERATIONS[name]
    for module in (paging, ebay_orders, ebay_products, letzshop_orders, letzshop_shipments):
        monkeypatch.setattr(module, "PAGE_SIZE", PAGE)
    monkeypatch.setattr(selling, "FEW", 3)
    monkeypatch.setattr(ebay_stock, "KEPT_OFFERS", 0)
    runtime.settings.simulator_url = simulators.url
    runtime.settings.simulator_rate_factor = 1000
    runtime.settings.channel_retry_seconds = 0
    simulator = simulators[operation.channel]
    if operation.settings.get("dialect"):
        simulator.shape({"dialect": operation.settings["dialect"]})
    if not isinstance(operation, Buys):
        simulator.catalogue = tuple(
            Article(f"N{number}", f"Thing {number}", 990 + number) for number in range(PAGE + 2)
        )
        simulator.restock()
    if operation.channel == "codeswholesale":
        simulator.shape({"page_size": PAGE})
    desk = await open_desk(runtime, operation.channel, settings=operation.settings, secrets=simulator.credentials)
    return Bench(simulator, desk)


async def settle(bench: Bench, operation: Operation, wanted: str) -> None:
    """Try until the fault has stopped and the operation is done."""
    for _ in range(MOST_TRIES):
        if await operation.attempt(bench) and (operation.once or not bench.simulator.faults.active):
            bench.simulator.faults.clear()
            return
    problems = [(run.status, run.problem, run.errors) for run in await bench.desk.runs()]
    pytest.fail(f"{wanted}: it does not settle, {bench.simulator.faults.active}, {problems[-MOST_TRIES:]}")


@pytest.mark.parametrize(("database_url", "name"), CELLS, indirect=["database_url"])
async def test_every_fault_at_every_operation(bench: Bench, name: str) -> None:
    """One fault after the other, each while something is to be done; those of pages with more than one page."""
    operation, simulator = OPERATIONS[name], bench.simulator
    for kind, call in faults_of(operation, "calls pages orders"):
        wanted = f"{kind} at {call}"
        times = TIMES if FAULTS[kind] == "calls" else 1
        await operation.prepare(bench, call, paged=times == 1)
        before = simulator.faults.struck.get(kind, 0)
        simulator.faults.add(Fault(kind, call, times=times))
        await settle(bench, operation, wanted)
        await operation.check(bench, wanted)
        struck = simulator.faults.struck.get(kind, 0) - before
        assert struck == times or (operation.once and struck), wanted
    if faults_of(operation, "clock"):
        await _skew(bench, operation)
    if operation.alerts and isinstance(operation, Polls):
        await _check_reports(bench, operation)


async def _skew(bench: Bench, operation: Operation) -> None:
    """Orders come in and change while the channel's clock is ahead, and when it was set right."""
    bench.simulator.faults.add(Fault("clock_skew", times=None))
    for at in range(2):
        await operation.prepare(bench, "", paged=False)
        for _ in range(1 + at):  # a version from before the clock was set back is asked for once more
            await operation.attempt(bench)
        await operation.check(bench, f"clock_skew {at}")
        bench.simulator.faults.clear()


async def _check_reports(bench: Bench, operation: Operation) -> None:
    """People were told of what had to be told, and nothing is left over."""
    told = await bench.desk.told()
    assert ("connection_broken" in told) == ("broken" in bench.seen), told
    assert ("entries_unreadable" in told) == ("partial" in bench.seen), told
    async with bench.desk.runtime.database.reading() as session:
        flagged = [order for order in await session.scalars(sa.select(Order)) if "unknown_status" in order.flags]
    assert len(flagged) == sum(kind == "unknown_status" for kind, _ in faults_of(operation, "orders"))
    schedule = await bench.desk.schedule(operation.job_type)
    assert (schedule.failures, schedule.alerted_at, schedule.unread, schedule.cursor) == (0, None, None, None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", READS)
async def test_what_never_works_is_told_in_words_and_that_it_works_again(bench: Bench, name: str) -> None:
    """Every call fails until the fault is switched off."""
    operation, simulator, desk = OPERATIONS[name], bench.simulator, bench.desk
    turn = list(READS).index(name)
    for kind in (ALWAYS[turn % 4], ALWAYS[(turn + 1) % 4]):
        await operation.prepare(bench, "", paged=False)
        before = len(await desk.told())
        simulator.faults.add(Fault(kind, "*", times=None))
        new: list[tuple[str, str]] = []
        for _ in range(MOST_TRIES):
            assert not await operation.attempt(bench), kind
            await desk.let_pass(timedelta(minutes=31))
            new = [note for note in (await desk.told_in_words())[before:] if note[0] in operation.alerts]
            if new:
                break
        simulator.faults.clear()
        assert len(new) == 1, kind
        for _, words in new:
            assert any(reason in words for reason in (*operation.calls, "token", "credentials")), words
            assert "?" not in words
        await settle(bench, operation, kind)
        await operation.check(bench, kind)
        if isinstance(operation, Polls):
            after = [told for told in (await desk.told())[before:] if told in RECOVERED]
            assert (len(after), (await desk.connection()).state) == (1, "ok"), kind
