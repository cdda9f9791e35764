import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds import ImportFinished, ImportJob, cancel_import, start_import
from orion.kernel import Conflict, Forbidden, NotFound
from orion.plumbing.db import Database
from tests.factories.feeds import make_import
from tests.factories.stores import enter_as, make_store


async def test_a_pending_import_is_cancelled_at_once_and_makes_room(database_url: str) -> None:
    finished: list[ImportFinished] = []

    async def hear(session: AsyncSession, event: ImportFinished) -> None:
        finished.append(event)

    database = Database(database_url, handlers={ImportFinished: [hear]})
    try:
        async with database.transaction() as session:
            access = await make_store(session)
            job = await make_import(session, access, status="pending", phase="waiting")
            await cancel_import(session, access, job.id)
        async with database.transaction() as session:
            stored = await session.get_one(ImportJob, job.id)
            assert (stored.status, stored.phase, stored.cancel_requested) == ("cancelled", "finished", True)
            assert stored.completed_at is not None
            assert stored.completed_at >= stored.created_at
            again = await start_import(session, access, source_url="https://example.com/products.csv")
            assert again.id != job.id
        assert finished == [ImportFinished(import_id=job.id, store_id=access.store.id, status="cancelled")]
    finally:
        await database.dispose()


async def test_a_running_import_is_asked_to_stop(session: AsyncSession) -> None:
    access = await make_store(session)
    job = await make_import(session, access, status="processing", phase="importing")
    for _ in range(2):
        cancelled = await cancel_import(session, access, job.id)
        assert (cancelled.status, cancelled.phase, cancelled.cancel_requested) == ("processing", "importing", True)
        assert cancelled.completed_at is None


@pytest.mark.parametrize("status", ["completed", "completed_with_errors", "failed", "cancelled"])
async def test_a_finished_import_cannot_be_cancelled(session: AsyncSession, status: str) -> None:
    access = await make_store(session)
    job = await make_import(session, access, status=status)
    with pytest.raises(Conflict, match=f"already finished \\({status}\\)") as refusal:
        await cancel_import(session, access, job.id)
    assert refusal.value.code == "import_already_finished"
    assert job.cancel_requested is False


async def test_only_staff_of_the_store_may_cancel(session: AsyncSession) -> None:
    access = await make_store(session)
    job = await make_import(session, access, status="pending")
    with pytest.raises(Forbidden):
        await cancel_import(session, await enter_as(session, access, "viewer"), job.id)
    with pytest.raises(NotFound) as refusal:
        await cancel_import(session, await make_store(session, "OTHER"), job.id)
    assert refusal.value.code == "import_not_found"
    assert (job.status, job.cancel_requested) == ("pending", False)
