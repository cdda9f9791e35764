"""What every Orion process does first and last: settings, logs, a database that is up to date, an event loop."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import sqlalchemy as sa

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

    Raises Unavailable: `database_unavailable`, `database_not_migrated`, or `sealing_keys_missing` when it holds secrets
    that no key opens.
    """
    runtime = Runtime(settings, Database(settings.effective_database_url, handlers=HANDLERS))
    try:
        try:
            migrated = await is_migrated(runtime.database)
        except (sa.exc.DBAPIError, OSError) as error:
            raise Unavailable("database_unavailable", why_unavailable(error)) from error
        if not migrated:
            raise Unavailable("database_not_migrated", "The database is not up to date. Run `orion migrate` first.")
        await check_sealing(runtime.database, settings)
        yield runtime
    finally:
        await runtime.http.close()
        await runtime.database.dispose()


_CANNOT_WRITE = "The database cannot be written"
_NO_ANSWER = "The database does not answer"
_ADVICE = (
    (("disk I/O error", "disk is full", "No space left"), _CANNOT_WRITE, "Make room on its disk, and try again."),
    (
        ("readonly database", "read-only"),
        _CANNOT_WRITE,
        "Let the user who runs Orion write the file and its folder.",
    ),
    (("unable to open",), _NO_ANSWER, "Let the user who runs Orion write to its folder, or correct DATABASE_URL."),
    (("does not exist",), _NO_ANSWER, "Make it (`createdb NAME`, `createuser NAME`), or correct DATABASE_URL."),
    (("password", "no pg_hba.conf entry"), _NO_ANSWER, "Correct the user name and the password in DATABASE_URL."),
    (
        ("too many clients", "remaining connection slots"),
        _NO_ANSWER,
        "Raise max_connections, or run fewer processes.",
    ),
)


def why_unavailable(error: Exception) -> str:
    """Why the database cannot be used: the driver's reason, and what to do about it."""
    reason = (str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    for signs, what, advice in _ADVICE:
        if any(sign in reason for sign in signs):
            return f"{what}: {reason}. {advice}"
    return f"{_NO_ANSWER}: {reason}. Check DATABASE_URL, and that the database is there and runs."


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a process's main coroutine, on uvloop where there is one."""
    loop_factory = None
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415 (Windows has none)

        loop_factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(main)
