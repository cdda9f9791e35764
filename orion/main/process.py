"""What every Orion process does first and last: settings, logs, a database that is up to date, an event loop."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from orion.kernel import Unavailable
from orion.main.migrate import is_migrated
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database
from orion.plumbing.observability import configure_logging
from orion.plumbing.runtime import Runtime
from orion.plumbing.sealing import check_sealing
from orion.plumbing.settings import Settings

T = TypeVar("T")


def load_settings() -> Settings:
    """Settings from the environment and `.env`, with logging set up by them. Raises pydantic's ValidationError."""
    settings = Settings()
    configure_logging(settings)
    return settings


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Runtime]:
    """A runtime on a database that answers and is migrated.

    Raises Unavailable: `database_not_migrated`, or `sealing_keys_missing` when it holds secrets that no key opens.
    """
    runtime = Runtime(settings, Database(settings.effective_database_url, handlers=HANDLERS))
    try:
        if not await is_migrated(runtime.database):
            raise Unavailable("database_not_migrated", "The database is not up to date. Run `orion migrate` first.")
        await check_sealing(runtime.database, settings)
        yield runtime
    finally:
        await runtime.http.close()
        await runtime.database.dispose()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a process's main coroutine, on uvloop where there is one."""
    loop_factory = None
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415 (Windows has none)

        loop_factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(main)
