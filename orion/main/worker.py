"""The worker process: every job of every package, on one database."""

import orion.feeds
import orion.sync  # noqa: F401 (they declare their jobs)
from orion.main.process import running
from orion.main.wiring import CHORES
from orion.plumbing.jobs import run_worker
from orion.plumbing.settings import Settings


async def work(settings: Settings, parent_pid: int | None = None) -> None:
    """Run jobs until a signal, or until the process `parent_pid` is gone. Raises Unavailable without migrations."""
    async with running(settings) as runtime:
        await run_worker(runtime, parent_pid, chores=CHORES)
