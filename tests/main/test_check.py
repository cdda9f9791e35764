"""The checks of what is stored: silent while all adds up, plain about what does not, and done every night."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from orion import inventory, orders
from orion.inventory import ItemKey, Level, Line
from orion.main import nightly
from orion.main.nightly import run_nightly_check, start_nightly_check
from orion.notifications import Notification
from orion.orders import Order, OrderHistory, OrderLine
from orion.plumbing.jobs import list_jobs
from orion.plumbing.runtime import Runtime
from tests.factories.orders import a_line, an_order, make_connection
from tests.factories.stores import make_store, make_user
from tests.inventory.stocking import gtin
from tests.orders.inbox import Inbox
from tests.plumbing.workers import environment


async def test_what_does_not_add_up_is_named(runtime: Runtime) -> None:
    async def check() -> tuple[int, str]:
        command = [sys.executable, "-m", "orion.main", "check", "stock"]
        done = await asyncio.to_thread(
            subprocess.run,
            command,
            env=environment(runtime.settings, LOG_LEVEL="WARNING"),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    number = gtin(1)
    async with runtime.database.transaction() as session:
        room = inventory.stockroom(await make_store(session, "DEMO"))
        await inventory.set_level(session, room, ItemKey(gtin=number), "MAIN", 5)
        await inventory.reserve(session, room, [Line(ItemKey(gtin=number), 2)], reference="order-1")
    assert await check() == (0, "The stock adds up.\n")
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(Level).values(on_hand=1_007, reserved=3))
    code, said = await check()
    assert code == 1
    assert said.splitlines() == [
        (
            f"Store DEMO, item 1 (GTIN {number}) at MAIN: movements add up to what is on hand, "
            "5 by what is written, 1,007 found"
        ),
        (
            f"Store DEMO, item 1 (GTIN {number}) at MAIN: held reservations add up to what is reserved, "
            "2 by what is written, 3 found"
        ),
        f"Store DEMO, item 1 (GTIN {number}): levels add up to the item's on hand, 1,007 by what is written, 5 found",
        f"Store DEMO, item 1 (GTIN {number}): levels add up to the item's reserved, 3 by what is written, 2 found",
    ]


async def test_every_night_administrators_are_told_what_differs(runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        admin = await make_user(session, "ada", role="admin")
        await make_user(session, "bob")
        access = await make_store(session, "DEMO")
        inbox = Inbox(runtime.database, access, await make_connection(session, access))
    await inbox.product("SKU-1", stock=10)
    await inbox.take(an_order(lines=[a_line(1, "SKU-1", 2)]), an_order("O-2", lines=[a_line(1, "SKU-1", 1)]))

    async def told() -> list[tuple[int, dict[str, Any]]]:
        await run_nightly_check(runtime)
        async with runtime.database.reading() as session:
            notices = await session.scalars(sa.select(Notification).where(Notification.kind == "nightly_check"))
            return [(notice.user_id, notice.params) for notice in notices]

    assert await told() == []
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(Level).values(on_hand=11))
        first = sa.update(Order).where(Order.number == "#O-1")
        await session.execute(first.values(status="delivered", total_minor=5000))
        await session.execute(sa.update(OrderLine).where(OrderLine.order_id == 2).values(reserved_quantity=3))
        step = {"kind": "status", "from_status": "refunded", "to_status": "pending", "actor": "system"}
        await session.execute(sa.insert(OrderHistory).values(order_id=2, **step))
    ((user_id, params),) = await told()
    assert (user_id, params["count"]) == (admin.id, 8)
    assert params["differences"].splitlines()[2:] == [
        "Store DEMO, order #O-1 (1): the history ends with the status, confirmed by what is written, delivered found",
        "Store DEMO, order #O-2 (2): the history ends with the status, pending by what is written, confirmed found",
        (
            "Store DEMO, order #O-2 (2): each status in the history follows on the one before, confirmed by what is "
            "written, refunded found"
        ),
        "...",
    ]
    async with runtime.database.reading() as session:
        assert [(fault.number, fault.expected, fault.found) for fault in (await orders.check(session))[3:]] == [
            ("#O-2", "no such step", "refunded -> pending"),
            ("#O-1", "2,510", "0"),
            ("#O-2", "3", "1"),
        ]


async def test_the_check_is_queued_once_a_day_from_three_on(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    queued = []
    for hour in (2, 3, 4, 27):
        now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour)
        monkeypatch.setattr(nightly, "utcnow", lambda moment=now: moment)
        await start_nightly_check(runtime)
        queued.append([job.id for job in await list_jobs(runtime.database) if job.name == "run_nightly_check"])
    first, second = "nightly-check-2026-03-01", "nightly-check-2026-03-02"
    assert [sorted(ids) for ids in queued] == [[], [first], [first], [first, second]]
