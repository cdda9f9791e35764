"""The jobs of this package."""

from sqlalchemy.exc import DBAPIError

from orion.plumbing.jobs import job
from orion.plumbing.runtime import Runtime
from orion.sync.run import give_up, run


@job(queue="sync", attempts=50, retry_on=(DBAPIError,), crashes=5, on_failure=give_up)
async def run_sync(runtime: Runtime, run_id: int) -> None:
    """Do a run, or go on with it. It judges remote failures itself; a database that is away is waited for."""
    await run(runtime, run_id)
