"""A worker that gets so far with an import, and then waits for its end, so that no pause of a test lets it finish."""

import asyncio
from typing import Any

from orion.feeds import writing
from tests.plumbing.sample_jobs import work_for_orion

BATCHES = 4
"""What one life writes at the most."""


def work_a_little(variables: dict[str, str], log: str) -> None:
    """The main function of a process that is Orion's worker, but for this."""
    write, written = writing.write, 0

    async def brake(*args: Any, **options: Any) -> None:
        nonlocal written
        if written == BATCHES:
            await asyncio.Event().wait()
        await write(*args, **options)
        written += 1

    writing.write = brake
    work_for_orion(variables, log)
