"""Heeding who asks to stop an import while it waits for somebody else."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from orion.feeds.models import ImportJob
from orion.plumbing.db import Database

if TYPE_CHECKING:
    from orion.feeds.stock.models import StockImport

Result = TypeVar("Result")
_WATCH_SECONDS = 1.0


class Cancelled(Exception):
    """Somebody asked to stop the import."""


async def watched(
    work: Awaitable[Result], *, database: Database, job: "type[ImportJob | StockImport]", import_id: int
) -> Result:
    """Wait for a long remote call; raise Cancelled as soon as somebody asks to stop the import."""
    call = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({call}, timeout=_WATCH_SECONDS))[0]:
            async with database.reading() as session:
                if await session.scalar(sa.select(job.cancel_requested).where(job.id == import_id)):
                    raise Cancelled
    finally:
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    return call.result()
