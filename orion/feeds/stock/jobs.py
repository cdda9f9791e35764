"""The job of stock imports."""

from sqlalchemy.exc import DBAPIError

from orion.feeds.stock.run import run
from orion.feeds.stock.state import stop
from orion.plumbing.jobs import job
from orion.plumbing.runtime import Runtime


async def give_up(runtime: Runtime, reason: str, import_id: int) -> None:
    """The queue has given the import up: say so, where it was not said already."""
    message = f"The import was given up: {reason}. What was set is kept."
    await stop(runtime, import_id, "failed", "stock_import_stopped", message)


@job(queue="imports", attempts=50, retry_on=(DBAPIError,), crashes=1000, on_failure=give_up)
async def run_stock_import(runtime: Runtime, import_id: int) -> None:
    """Run or resume a stock import; it goes on behind the last row that was committed."""
    await run(runtime, import_id)
