"""What runs did, for those who may look."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels import Connection
from orion.identity import Admin
from orion.kernel import NotFound, Stretch
from orion.merchants import Store, StoreAccess
from orion.sync.models import SyncRun


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are meant; None is any. `noteworthy`: those that found something new, or did not go well."""

    connection_id: int | None = None
    job_type: str | None = None
    status: str | None = None
    trigger: str | None = None
    noteworthy: bool = False


@dataclass(frozen=True, slots=True)
class RunView:
    """A run, with the names of its store and of its connection."""

    run: SyncRun
    store_code: str
    connection_name: str


async def list_sync_runs(
    session: AsyncSession,
    access: StoreAccess,
    wanted: RunFilter = RunFilter(),
    *,
    before: int | None = None,
    limit: int = 50,
) -> Stretch[SyncRun]:
    """The store's runs, newest first, from below id `before` on."""
    query = sa.select(SyncRun).where(SyncRun.store_id == access.store.id, *_conditions(wanted, before))
    found = list(await session.scalars(query.order_by(SyncRun.id.desc()).limit(limit + 1)))
    items = found[:limit]
    return Stretch(items, (items[-1].id,) if len(found) > limit else None)


async def list_all_sync_runs(
    session: AsyncSession,
    _: Admin,
    wanted: RunFilter = RunFilter(),
    *,
    store_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Stretch[RunView]:
    """`list_sync_runs` over all stores, or (`store_id`) one of them."""
    query = sa.select(SyncRun, Store.code, Connection.name)
    query = query.join(Store, Store.id == SyncRun.store_id).join(Connection, Connection.id == SyncRun.connection_id)
    query = query.where(*_conditions(wanted, before))
    if store_id is not None:
        query = query.where(SyncRun.store_id == store_id)
    found = (await session.execute(query.order_by(SyncRun.id.desc()).limit(limit + 1))).all()
    items = [RunView(*row) for row in found[:limit]]
    return Stretch(items, (items[-1].run.id,) if len(found) > limit else None)


async def get_sync_run(session: AsyncSession, access: StoreAccess, run_id: int) -> SyncRun:
    """One run of the store. Raises NotFound (`sync_run_not_found`)."""
    run = await session.scalar(sa.select(SyncRun).where(SyncRun.id == run_id, SyncRun.store_id == access.store.id))
    if run is None:
        raise NotFound("sync_run_not_found", f"There is no run {run_id}.")
    return run


def _conditions(wanted: RunFilter, before: int | None) -> list[sa.ColumnElement[bool]]:
    names = ("connection_id", "job_type", "status", "trigger")
    found: list[sa.ColumnElement[bool]] = [
        getattr(SyncRun, name) == value for name in names if (value := getattr(wanted, name)) is not None
    ]
    if wanted.noteworthy:
        found.append(sa.or_(SyncRun.status != "success", SyncRun.created + SyncRun.updated > 0))
    if before is not None:
        found.append(SyncRun.id < before)
    return found
