"""What the demo store needs to see orders arrive: a catalogue, stock, and connections to the simulators."""

from contextlib import suppress
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion import channels, inventory, sync
from orion.channels import Manifest
from orion.inventory import ItemKey, StockRow
from orion.kernel import Invalid
from orion.main.demo_feed import demo_products
from orion.merchants import StoreAccess
from orion.plumbing.settings import Settings

UNITS = 40
"""On hand of each demo product."""

LOCATION = "MAIN"
NAME = "Demo"
POLL_MINUTES = 1
"""Between two looks for orders: nobody who tries things out waits for five."""


async def connect_demo(session: AsyncSession, access: StoreAccess, settings: Settings) -> int:
    """Connect the store to every simulator that it is not connected to; how many connections are new.

    With the first of them the demo products get stock. Raises what `channels.create_connection` raises.
    """
    from orion.simulators.serve import KINDS  # noqa: PLC0415 (other commands need no web server)

    there = {connection.channel for connection in await channels.list_connections(session, access)}
    wanted = [kind for kind in KINDS if kind.channel not in there]
    if wanted and not there:
        await _put_stock(session, access)
    for kind in wanted:
        manifest = channels.manifest_of(kind.channel)
        await channels.create_connection(
            session,
            access,
            settings=settings,
            channel=kind.channel,
            name=NAME,
            environment="simulator",
            values={**_choices(manifest), **kind.settings},
            secrets=dict(kind.credentials),
        )
    for schedule in await sync.list_sync_schedules(session, access):
        if wanted and schedule.job_type == "order_import" and schedule.interval_minutes != POLL_MINUTES:
            with suppress(Invalid):  # some channels do not allow that
                await sync.update_sync_schedule(session, access, schedule.id, interval_minutes=POLL_MINUTES)
    return len(wanted)


def _choices(manifest: Manifest) -> dict[str, Any]:
    """The first choice wherever one must be made that has no default."""
    return {
        field.name: [field.values[0]] if field.kind == "choices" else field.values[0]
        for field in manifest.settings
        if field.required and field.default is None and field.values
    }


async def _put_stock(session: AsyncSession, access: StoreAccess) -> None:
    rows = [StockRow(ItemKey(gtin=gtin), LOCATION, UNITS) for *_, gtin in demo_products() if gtin]
    await inventory.apply_rows(session, inventory.stockroom(access), rows, reason="demo")
