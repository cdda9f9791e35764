"""`orion check stock`: silent while all adds up, and plain about what does not."""

import asyncio

import pytest
import sqlalchemy as sa
from click.testing import Result
from typer.testing import CliRunner

from orion import inventory
from orion.inventory import ItemKey, Level, Line
from orion.main.cli import app
from orion.plumbing.runtime import Runtime
from tests.factories.stores import make_store
from tests.inventory.stocking import gtin
from tests.plumbing.workers import environment


async def test_what_does_not_add_up_is_named(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(runtime.settings, LOG_LEVEL="WARNING").items():
        monkeypatch.setenv(name, value)

    async def check() -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["check", "stock"])

    number = gtin(1)
    async with runtime.database.transaction() as session:
        room = inventory.stockroom(await make_store(session, "DEMO"))
        await inventory.set_level(session, room, ItemKey(gtin=number), "MAIN", 5)
        await inventory.reserve(session, room, [Line(ItemKey(gtin=number), 2)], reference="order-1")
    result = await check()
    assert (result.exit_code, result.output) == (0, "The stock adds up.\n")
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(Level).values(on_hand=1_007, reserved=3))
    result = await check()
    assert result.exit_code == 1
    assert result.output.splitlines() == [
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
