import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import merchants
from orion.feeds import Feed, ImportJob, ImportRequested, start_import
from orion.kernel import Conflict, Forbidden, Invalid
from orion.plumbing.db import Database
from orion.plumbing.jobs import list_jobs
from tests.conftest import count
from tests.factories.feeds import make_import
from tests.factories.stores import enter_as, make_store

URL = "https://example.com/products.csv"


async def test_a_started_import_is_pending_and_its_job_is_queued(database: Database) -> None:
    async with database.transaction() as session:
        access = await make_store(session)
        job = await start_import(
            session, access, source_url=f"  {URL} ", marketplace=" letzshop", language="FR", batch_size=100
        )
    async with database.reading() as session:
        stored = (await session.scalars(sa.select(ImportJob))).one()
        feed = (await session.scalars(sa.select(Feed))).one()
    assert (stored.id, stored.status, stored.phase) == (job.id, "pending", "waiting")
    assert (stored.source_url, stored.upload_key, stored.batch_size) == (URL, None, 100)
    assert (stored.store_id, stored.user_id) == (access.store.id, access.user.id)
    assert (feed.store_id, feed.marketplace, feed.language) == (access.store.id, "Letzshop", "fr")
    assert stored.feed_id == feed.id
    assert stored.processed_count == 0
    assert [entry.id for entry in await list_jobs(database)] == [f"import-{job.id}"]


async def test_an_uploaded_file_is_imported_by_its_key(session: AsyncSession) -> None:
    access = await make_store(session)
    job = await start_import(session, access, upload_key="imports/1.csv", filename="products.csv")
    assert (job.source_url, job.upload_key, job.filename) == (None, "imports/1.csv", "products.csv")
    assert (job.marketplace, job.language, job.batch_size) == ("Letzshop", "en", 1000)


async def test_handlers_hear_of_it_in_the_same_transaction(settings, database_url: str) -> None:
    heard: list[ImportRequested] = []

    async def refuse(session: AsyncSession, event: ImportRequested) -> None:
        heard.append(event)
        raise RuntimeError("the handler fails")

    database = Database(database_url, handlers={ImportRequested: [refuse]})
    try:
        async with database.transaction() as session:
            access = await make_store(session)

        async def start() -> None:
            async with database.transaction() as session:
                await start_import(session, access, source_url=URL)

        with pytest.raises(RuntimeError, match="the handler fails"):
            await start()
        assert [(event.store_id, event.user_id) for event in heard] == [(access.store.id, access.user.id)]
        assert await count(database, ImportJob) == 0
        assert await list_jobs(database) == []
    finally:
        await database.dispose()


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"marketplace": "Etsy"}, "marketplace", "unknown_marketplace"),
        ({"marketplace": ""}, "marketplace", "unknown_marketplace"),
        ({"language": "es"}, "language", "unknown_language"),
        ({"batch_size": 99}, "batch_size", "invalid_batch_size"),
        ({"batch_size": 5001}, "batch_size", "invalid_batch_size"),
        ({"source_url": None}, "source_url", "one_source_needed"),
        ({"upload_key": "imports/1.csv"}, "source_url", "one_source_needed"),
        ({"source_url": ""}, "source_url", "invalid_source_url"),
        ({"source_url": "products.csv"}, "source_url", "invalid_source_url"),
        ({"source_url": "ftp://example.com/products.csv"}, "source_url", "invalid_source_url"),
        ({"source_url": "file:///etc/passwd"}, "source_url", "invalid_source_url"),
        ({"source_url": "https:///products.csv"}, "source_url", "invalid_source_url"),
        ({"source_url": "https://example.com:0/x"}, "source_url", "invalid_source_url"),
        ({"source_url": "https://example.com:99999/x"}, "source_url", "invalid_source_url"),
        ({"source_url": "https://[::1/x"}, "source_url", "invalid_source_url"),
        ({"source_url": "https://example.com/a b.csv"}, "source_url", "invalid_source_url"),
        ({"source_url": "https://example.com/a\0.csv"}, "source_url", "invalid_source_url"),
        ({"source_url": "https://me:secret@example.com/x"}, "source_url", "invalid_source_url"),
        ({"source_url": "https://example.com/" + "x" * 2048}, "source_url", "invalid_source_url"),
    ],
)
async def test_what_cannot_be_imported_is_refused_by_field(
    session: AsyncSession, arguments: dict, field: str, code: str
) -> None:
    access = await make_store(session)
    with pytest.raises(Invalid) as refusal:
        await start_import(session, access, **{"source_url": URL} | arguments)
    assert refusal.value.code == code
    assert [error.field for error in refusal.value.errors] == [field]
    assert await session.scalar(sa.select(sa.func.count()).select_from(Feed)) == 0


async def test_the_range_of_batch_sizes_is_named(session: AsyncSession) -> None:
    access = await make_store(session)
    with pytest.raises(Invalid, match="from 100 to 5000 rows; it is 99"):
        await start_import(session, access, source_url=URL, batch_size=99)


@pytest.mark.parametrize("batch_size", [100, 5000])
async def test_the_ends_of_the_range_are_allowed(session: AsyncSession, batch_size: int) -> None:
    job = await start_import(session, await make_store(session), source_url=URL, batch_size=batch_size)
    assert job.batch_size == batch_size


async def test_a_viewer_may_not_start(session: AsyncSession) -> None:
    owner = await make_store(session)
    with pytest.raises(Forbidden):
        await start_import(session, await enter_as(session, owner, "viewer"), source_url=URL)
    job = await start_import(session, await enter_as(session, owner, "staff"), source_url=URL)
    assert job.status == "pending"


async def test_an_inactive_store_cannot_import(session: AsyncSession) -> None:
    access = await make_store(session)
    access.store.is_active = False
    with pytest.raises(Conflict) as refusal:
        await start_import(session, access, source_url=URL)
    assert refusal.value.code == "store_inactive"


@pytest.mark.parametrize("status", ["pending", "processing"])
async def test_a_feed_is_imported_once_at_a_time(session: AsyncSession, status: str) -> None:
    access = await make_store(session)
    running = await make_import(session, access, status=status)
    with pytest.raises(Conflict, match=f"Import {running.id} of this feed") as refusal:
        await start_import(session, access, source_url=URL)
    assert refusal.value.code == "import_already_running"
    assert (await start_import(session, access, source_url=URL, language="fr")).status == "pending"
    assert (await start_import(session, access, source_url=URL, marketplace="Amazon")).status == "pending"
    other = await make_store(session, "OTHER")
    assert (await start_import(session, other, source_url=URL)).status == "pending"


@pytest.mark.parametrize("status", ["completed", "completed_with_errors", "failed", "cancelled"])
async def test_a_finished_import_does_not_stand_in_the_way(session: AsyncSession, status: str) -> None:
    access = await make_store(session)
    finished = await make_import(session, access, status=status)
    again = await start_import(session, access, source_url=URL)
    assert again.feed_id == finished.feed_id
    assert again.id > finished.id


async def test_of_two_starts_at_the_same_moment_one_wins(database: Database) -> None:
    async with database.transaction() as session:
        owner = (await make_store(session)).user

    async def start() -> str:
        try:
            async with database.transaction() as session:
                access = await merchants.open_store(session, owner, "DEMO")
                await start_import(session, access, source_url=URL)
                await asyncio.sleep(0.02)
        except Conflict as conflict:
            return conflict.code
        return "started"

    outcomes = await asyncio.gather(*(start() for _ in range(4)))
    assert sorted(outcomes) == ["import_already_running"] * 3 + ["started"]
    assert await count(database, ImportJob) == 1
    assert await count(database, Feed) == 1
    assert len(await list_jobs(database)) == 1


async def test_the_database_itself_refuses_a_second_active_import(session: AsyncSession) -> None:
    access = await make_store(session)
    await make_import(session, access, status="processing")
    with pytest.raises(sa.exc.IntegrityError):
        async with session.begin_nested():
            await make_import(session, access, status="pending")
