"""Actions on very many products, which a job does in steps: how far they are, and how they are stopped."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.bulk_actions import apply, matching
from orion.catalog.bulk_values import read_action
from orion.catalog.events import BulkRunCancelled, ProductsChanged
from orion.catalog.models import BulkRun, Product
from orion.kernel import Conflict, NotFound
from orion.merchants import Store, StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.runtime import Runtime

UNDER_WAY = ("pending", "running")
STEP = 1000
"""Products of one transaction."""


async def get_bulk_run(session: AsyncSession, access: StoreAccess, run_id: int) -> BulkRun:
    """A run of the store's. Raises NotFound (`bulk_run_not_found`)."""
    run = await session.scalar(sa.select(BulkRun).where(_of(access, run_id)))
    if run is None:
        raise _not_found(access, run_id)
    return run


async def bulk_runs_under_way(session: AsyncSession, access: StoreAccess) -> Sequence[BulkRun]:
    """The store's runs that have not ended, the newest first."""
    query = sa.select(BulkRun).where(BulkRun.store_id == access.store.id, BulkRun.status.in_(UNDER_WAY))
    return (await session.scalars(query.order_by(BulkRun.id.desc()))).all()


async def cancel_bulk_run(session: AsyncSession, access: StoreAccess, run_id: int) -> BulkRun:
    """Stop a run after the step that it is at. What was done stays.

    Publishes BulkRunCancelled, and ProductsChanged if anything was done. Raises Forbidden (`role_too_low`) below
    staff, NotFound (`bulk_run_not_found`) and Conflict (`bulk_run_finished`).
    """
    access.require("staff")
    run = await _held(session, _of(access, run_id))
    if run is None:
        raise _not_found(access, run_id)
    if run.status not in UNDER_WAY:
        raise Conflict("bulk_run_finished", f"Bulk run {run.id} has ended already ({run.status}).")
    await _end(session, run, "cancelled")
    await publish(session, BulkRunCancelled(run.store_id, run.id, run.action, run.done, access.user.id))
    return run


async def work_on_run(runtime: Runtime, run_id: int) -> None:
    """Do a run to its end, in steps of one transaction each: killed, it goes on where it stopped, nothing twice."""
    going = True
    while going:
        async with runtime.database.transaction() as session:
            going = await _step(session, run_id)


async def fail_run(runtime: Runtime, reason: str, run_id: int) -> None:
    """Say that a run was given up; what was done is kept."""
    async with runtime.database.transaction() as session:
        run = await _held(session, BulkRun.id == run_id)
        if run is not None and run.status in UNDER_WAY:
            await _end(session, run, "failed", reason)


def _of(access: StoreAccess, run_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(BulkRun.id == run_id, BulkRun.store_id == access.store.id)


def _not_found(access: StoreAccess, run_id: int) -> NotFound:
    return NotFound("bulk_run_not_found", f"The store {access.store.code} has no bulk run {run_id}.")


async def _held(session: AsyncSession, which: sa.ColumnElement[bool]) -> BulkRun | None:
    query = sa.select(BulkRun).where(which).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def _step(session: AsyncSession, run_id: int) -> bool:
    """Do the next products of the run; whether there may be more."""
    run = await _held(session, BulkRun.id == run_id)
    if run is None or run.status not in UNDER_WAY:
        return False
    store = await session.get_one(Store, run.store_id)
    action = read_action(run.action, run.values, store.default_currency)
    found = await matching(session, store, run.filter)
    ids = (
        await session.scalars(
            found.where(Product.id > run.done_id, Product.id <= run.last_id)
            .order_by(Product.id)
            .limit(STEP)
            .with_for_update(of=Product)
        )
    ).all()
    if ids:
        done, skipped = await apply(session, run.store_id, action, ids)
        run.status, run.done_id = "running", ids[-1]
        run.done += done
        run.skipped += skipped
        return True
    await _end(session, run, "completed")
    return False


async def _end(session: AsyncSession, run: BulkRun, status: str, failure: str | None = None) -> None:
    """What was done is told however the run ends."""
    run.status, run.failure, run.completed_at = status, failure, utcnow()
    if run.done:
        await publish(session, ProductsChanged(run.store_id, run.action, run.done, run.user_id))
