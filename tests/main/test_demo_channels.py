"""What a newcomer is given: a catalogue, stock, and a connection to every simulator."""

from orion import channels, inventory, sync
from orion.main.demo_channels import UNITS, connect_demo
from orion.main.demo_feed import demo_products
from orion.plumbing.db import Database
from orion.plumbing.settings import Settings
from orion.simulators.serve import KINDS
from tests.factories.stores import make_store


async def test_the_demo_store_is_connected_to_every_simulator_once(database: Database, settings: Settings) -> None:
    reachable = settings.model_copy(update={"simulator_url": "http://127.0.0.1:8900"})
    async with database.transaction() as session:
        access = await make_store(session)
        assert await connect_demo(session, access, reachable) == len(KINDS)
    async with database.transaction() as session:
        assert await connect_demo(session, access, reachable) == 0
        connections = await channels.list_connections(session, access)
        schedules = await sync.list_sync_schedules(session, access)
        gtins = [gtin for *_, gtin in demo_products() if gtin]
        stock = await inventory.summary(session, inventory.stockroom(access), gtins[0])
    assert [(each.channel, each.environment) for each in connections] == [
        (channel, "simulator") for channel in sorted(kind.channel for kind in KINDS)
    ]
    assert {each.interval_minutes for each in schedules if each.job_type == "order_import"} <= {1, 5}
    assert (stock.on_hand, stock.available) == (UNITS, UNITS)
