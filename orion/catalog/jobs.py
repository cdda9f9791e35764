"""The job of this package."""

from sqlalchemy.exc import DBAPIError

from orion.catalog.bulk_runs import fail_run, work_on_run
from orion.plumbing.jobs import job
from orion.plumbing.runtime import Runtime


@job(attempts=50, retry_on=(DBAPIError,), crashes=1000, on_failure=fail_run)
async def run_bulk_action(runtime: Runtime, run_id: int) -> None:
    """Do a bulk run; a database that is away is waited for."""
    await work_on_run(runtime, run_id)
