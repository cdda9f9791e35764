"""The jobs of this package."""

from sqlalchemy.exc import DBAPIError

from orion.feeds import state, undo
from orion.feeds.run import run
from orion.plumbing.jobs import job
from orion.plumbing.runtime import Runtime


async def give_up(runtime: Runtime, reason: str, import_id: int) -> None:
    """The queue has given the import up: say so, where it was not said already."""
    message = f"The import was given up: {reason}. What was imported is kept; an operator can resume it."
    await state.fail(runtime.database, import_id, state.RESUMABLE, message)


@job(queue="imports", attempts=50, retry_on=(DBAPIError,), crashes=1000, on_failure=give_up)
async def run_import(runtime: Runtime, import_id: int) -> None:
    """Run or resume an import. It judges remote failures and crashes itself; a database that is away is waited for."""
    await run(runtime, import_id)


@job(queue="imports", attempts=50, retry_on=(DBAPIError,), crashes=1000, on_failure=undo.fail_undo)
async def undo_import(runtime: Runtime, import_id: int) -> None:
    """Undo an import, or go on with it. A database that is away, or busy with the same products, is waited for."""
    await undo.work_on_undo(runtime, import_id)
