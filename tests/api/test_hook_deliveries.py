"""Notifications that are lost, doubled, late or out of order: afterwards the inbox is what the channel holds."""

import asyncio

import httpx
import pytest

from orion import sync
from orion.channels.adapters.ebay import notices
from orion.kernel import Channel
from orion.plumbing.jobs import list_jobs
from orion.plumbing.runtime import Runtime
from orion.simulators.amazon import SELLER_ID
from orion.simulators.ebay import USER_ID, Ebay
from tests.api.test_sync import notification
from tests.simulators.running import Simulators
from tests.sync.bench import Bench
from tests.sync.desk import open_desk
from tests.sync.operations import AMAZON_CHANGES, EBAY_CHANGES

CASES: dict[Channel, tuple[dict[str, str], dict[str, str]]] = {
    "amazon": ({"region": "eu", "seller_id": SELLER_ID}, AMAZON_CHANGES),
    "ebay": ({"user_id": USER_ID}, EBAY_CHANGES),
}


@pytest.mark.parametrize("channel", ["amazon", "ebay"])
async def test_deliveries(
    client: httpx.AsyncClient, runtime: Runtime, simulators: Simulators, channel: Channel
) -> None:
    settings = runtime.settings
    settings.simulator_url, settings.simulator_rate_factor = simulators.url, 1000
    settings.ebay_verification_token = type(settings.ebay_verification_token)("0123456789-0123456789_0123456789")
    notices._ASKED.clear()
    notices._KEYS.clear()
    simulator = simulators[channel]
    own, changes = CASES[channel]
    desk = await open_desk(runtime, channel, settings=own, secrets=simulator.credentials)
    bench = Bench(simulator, desk)

    async def deliver(event: str, order_id: str) -> int:
        if isinstance(simulator, Ebay):
            body, headers, _ = simulator.signed({"order_id": order_id, "id": event})
            return (await client.post("/api/v1/hooks/ebay/simulator", content=body, headers=headers)).status_code
        url = sync.push_address(settings, await desk.connection()) or ""
        return (await client.post(url, json=notification(event, order_id, seller=SELLER_ID))).status_code

    doubled, late, lost, unread = simulator.place_orders(4)
    answers = [await deliver("doubled", doubled)]
    answers += await asyncio.gather(*(deliver("doubled", doubled) for _ in range(3)))
    assert set(answers) <= {200, 204}
    for order_id in (late, lost):
        simulator.change_order(order_id, dict(changes))
    await deliver("late-2", late)
    await deliver("late-1", late)
    jobs = [job for job in await list_jobs(runtime.database) if job.name == "read_order"]
    assert sorted(str(job.args[1]) for job in jobs) == sorted([doubled, late, late]), "the same again is no job"
    await desk.do_jobs("read_order")
    assert set(await desk.inbox()) == {doubled, late}
    simulator.change_order(doubled, dict(changes))
    assert (await desk.poll()).status == "success"
    await bench.check_orders("the poll finds what was lost")
    assert await deliver("late-0", late) in (200, 204)
    assert await deliver("unread", unread) in (200, 204)
    await desk.do_jobs("read_order")
    await bench.check_orders("what comes late changes nothing")
    assert await desk.told() == []
