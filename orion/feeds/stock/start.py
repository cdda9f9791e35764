"""Start a stock import."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orion import inventory
from orion.feeds.errors import invalid
from orion.feeds.events import StockImportRequested
from orion.feeds.models import ACTIVE_STATUSES
from orion.feeds.start import parse_feed_url
from orion.feeds.stock.models import STOCK_MODES, StockImport
from orion.kernel import Conflict
from orion.merchants import StoreAccess
from orion.plumbing.events import publish
from orion.plumbing.jobs import enqueue


async def start_stock_import(
    session: AsyncSession,
    access: StoreAccess,
    *,
    source_url: str | None = None,
    upload_key: str | None = None,
    filename: str | None = None,
    mode: str = "set",
    reason: str = "",
    dry_run: bool = False,
) -> StockImport:
    """Ask for an import of the CSV file of quantities at `source_url`, or of the uploaded file `upload_key`.

    `mode` is what quantities are where the row itself does not say: `set` or `add`. `reason` is for the movements.
    A dry run finds out what the import would do, and does nothing of it.
    Returns the pending import; its job is queued in the same transaction. Raises Forbidden below staff, Invalid
    (`unknown_mode`, `one_source_needed`, `invalid_source_url`, `reason_invalid`), and Conflict: `store_inactive`, or
    `stock_import_running` while another one of the store has not ended.
    """
    access.require("staff")
    if mode not in STOCK_MODES:
        raise invalid("mode", "unknown_mode", f"{mode[:32]!r} is not one of {', '.join(STOCK_MODES)}")
    if (source_url is None) == (upload_key is None):
        raise invalid("source_url", "one_source_needed", "Name one source: the address of a file, or an uploaded file.")
    return await queue_stock_import(
        session,
        access,
        source_url=parse_feed_url(source_url) if source_url is not None else None,
        upload_key=upload_key,
        filename=filename,
        mode=mode,
        reason=inventory.parse_reason(reason),
        dry_run=dry_run,
    )


async def queue_stock_import(session: AsyncSession, access: StoreAccess, **values: Any) -> StockImport:
    """Add a stock import with these values and queue its job.

    Raises Conflict: `store_inactive`, `stock_import_running`.
    """
    if not access.store.is_active:
        raise Conflict("store_inactive", f"The store {access.store.code} is not active: it cannot import.")
    started = StockImport(store_id=access.store.id, user_id=access.user.id, **values)
    active = sa.select(StockImport.id).where(
        StockImport.store_id == access.store.id, StockImport.status.in_(ACTIVE_STATUSES)
    )
    running = await session.scalar(active)
    if running is None:
        try:
            async with session.begin_nested():
                session.add(started)
        except IntegrityError:  # somebody was a moment faster
            running = await session.scalar(active) or 0
    if running is not None:
        raise Conflict(
            "stock_import_running", f"Stock import {running} of this store is still running: wait for it or cancel it."
        )
    await enqueue(session, "run_stock_import", started.id, id=f"stock-import-{started.id}")
    await publish(session, StockImportRequested(access.store.id, started.id, started.name, access.user.id))
    return started
