"""The very worker that `orion worker` starts: orders come in by themselves, however often it dies."""

from pathlib import Path

import sqlalchemy as sa

from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from orion.simulators.letzshop import Letzshop
from orion.sync import SyncSchedule
from tests.plumbing.sample_jobs import work_for_orion
from tests.plumbing.workers import bury, eventually, worker
from tests.simulators.running import Simulators
from tests.sync.bench import told_of
from tests.sync.desk import open_desk

KILLS = 2


async def test_orders_come_in_however_often_workers_die(
    runtime: Runtime, simulators: Simulators, tmp_path: Path
) -> None:
    runtime.settings.simulator_url = simulators.url
    shop = simulators["letzshop"]
    assert isinstance(shop, Letzshop)
    shop.place_orders(250)
    desk = await open_desk(runtime, "letzshop", secrets=shop.credentials)
    told = {"SIMULATOR_URL": simulators.url, "SIMULATOR_RATE_FACTOR": 1000, "WORKER_TICK_SECONDS": 0.1}

    async def pages() -> int:
        return max((run.pages for run in await desk.runs()), default=0)

    async def came_in() -> bool:
        schedule = await desk.schedule()
        return schedule.last_status == "success" and await desk.inbox() == told_of(shop)

    async with runtime.database.transaction() as session:
        await session.execute(sa.update(SyncSchedule).values(next_run_at=utcnow()))
    seen = 0
    for _ in range(KILLS):
        with worker(runtime.settings, tmp_path / "workers.log", main=work_for_orion, **told) as process:

            async def has_gone_on(seen: int = seen) -> bool:
                return await pages() > seen

            await eventually(has_gone_on)
            process.kill()
            process.wait()
            await bury(runtime.database, process)
        seen = await pages()
    with worker(runtime.settings, tmp_path / "workers.log", main=work_for_orion, **told):
        await eventually(came_in)
        assert [run.status for run in await desk.runs()] == ["success"], "it was one run all the time"
    assert await desk.told() == []
