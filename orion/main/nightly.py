"""The nightly look over all that is stored for what should never be, and telling administrators what it found."""

import structlog
from sqlalchemy.exc import DBAPIError

from orion import identity, inventory, notifications, orders
from orion.plumbing.db import Database, utcnow
from orion.plumbing.jobs import enqueue, job
from orion.plumbing.runtime import Runtime

log = structlog.get_logger(__name__)

HOUR = 3
"""The check is due from this hour on, UTC; when no worker ran then, as soon as one does."""
_TOLD = 5
"""So many of the differences stand in the notification."""


async def check_stock(database: Database) -> list[str]:
    """What does not add up in the stock, a line each."""
    async with database.reading() as session:
        return await inventory.describe(session, await inventory.check(session))


async def check_orders(database: Database) -> list[str]:
    """What does not agree in the orders, a line each."""
    async with database.reading() as session:
        return [str(fault) for fault in await orders.check(session)]


CHECKS = {"stock": check_stock, "orders": check_orders}
"""By the word that `orion check` takes."""


async def start_nightly_check(runtime: Runtime) -> None:
    """Queue the check of the day, once however many workers ask."""
    now = utcnow()
    if now.hour >= HOUR:
        async with runtime.database.transaction() as session:
            await enqueue(session, "run_nightly_check", id=f"nightly-check-{now:%Y-%m-%d}")


@job(attempts=50, retry_on=(DBAPIError,))
async def run_nightly_check(runtime: Runtime) -> None:
    """Look at everything, and tell every administrator when something is wrong: each night until it is mended."""
    found = [line for look in CHECKS.values() for line in await look(runtime.database)]
    for line in found:
        log.error("nightly_check_found", difference=line)
    log.info("nightly_check_done", differences=len(found))
    if not found:
        return
    params = {"count": len(found), "differences": "\n".join(found[:_TOLD] + ["..."] * (len(found) > _TOLD))}
    async with runtime.database.transaction() as session:
        await notifications.notify(session, await identity.administrator_ids(session), "nightly_check", params)
