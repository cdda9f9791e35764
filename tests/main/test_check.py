"""`orion check stock`: silent while all adds up, and plain about what does not."""

import asyncio
import subprocess
import sys

import sqlalchemy as sa

from orion import inventory
from orion.inventory import ItemKey, Level, Line
from orion.plumbing.runtime import Runtime
from tests.factories.stores import make_store
from tests.inventory.stocking import gtin
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
