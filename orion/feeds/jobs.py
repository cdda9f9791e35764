"""The job of this package."""

from sqlalchemy.exc import DBAPIError

from orion.feeds.run import run
from orion.plumbing.jobs import job
from orion.plumbing.runtime import Runtime


@job(queue="imports", attempts=50, backoff=2.0, retry_on=(DBAPIError,), crashes=1000)
async def run_import(runtime: Runtime, import_id: int) -> None:
    """Run or resume an import. It judges remote failures and crashes itself; a database that is away is waited for."""
    await run(runtime, import_id)
