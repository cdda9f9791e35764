"""Where an import keeps its feed while it runs: a folder of its own on the worker's disk."""

import asyncio
import shutil
from pathlib import Path

import sqlalchemy as sa

from orion.feeds.models import ACTIVE_STATUSES, ImportJob
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings


def spool_of(settings: Settings, import_id: int) -> Path:
    """The folder of one import."""
    return settings.var_dir / "spool" / f"import-{import_id}"


async def forget_spools(runtime: Runtime) -> None:
    """Delete the folders of imports that ended on another machine, or whose worker died while ending them."""
    folders = await asyncio.to_thread(lambda: list((runtime.settings.var_dir / "spool").glob("import-*")))
    if not folders:
        return
    async with runtime.database.reading() as session:
        query = sa.select(ImportJob.id).where(ImportJob.status.in_(ACTIVE_STATUSES))
        active = {spool_of(runtime.settings, import_id).name for import_id in (await session.scalars(query)).all()}
    for folder in folders:
        if folder.name not in active:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
