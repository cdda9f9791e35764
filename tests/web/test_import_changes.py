"""From a dry run to an undo on pages; schedules and column mappings."""

import csv
import html
import io
import re

import sqlalchemy as sa

from orion import feeds
from orion.catalog import MarketplaceProduct
from orion.feeds import FeedSchedule, ImportJob
from orion.feeds.jobs import run_import
from orion.merchants import open_store
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from tests.feeds.importing import import_bytes
from tests.web.conftest import HTMX, Shopkeeper

FORM = {"source": "file", "language": "en", "marketplace": "Letzshop", "batch_size": "500", "on_missing": "unpublish"}
OLD = b"id,title,price\nA1,Lamp,10 EUR\nA2,Mug,5 EUR\nA3,Box,7 EUR\n"
NEW = b"id,title,price\nA1,Lamp,12 EUR\nA2,Mug,5 EUR\nB1,Chair,80 EUR\nB2,,=1+1\n"


async def text_of(owner: Shopkeeper, path: str, **options: object) -> str:
    response = await owner.client.get(path, **options)  # type: ignore[arg-type]
    assert response.status_code == 200, response.text
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text)))


async def prices(database: Database) -> dict[str, int]:
    async with database.reading() as session:
        query = sa.select(MarketplaceProduct.marketplace_product_id, MarketplaceProduct.price_minor)
        return {row[0]: row[1] for row in await session.execute(query)}


async def test_try_apply_mend_and_undo(owner: Shopkeeper, runtime: Runtime, database: Database) -> None:
    async with database.reading() as session:
        access = await open_store(session, owner.user, owner.store.code)
    await import_bytes(runtime, access, OLD)
    base = f"{owner.home}/marketplace"
    sent = {"files": {"file": ("feed.csv", NEW, "text/csv")}}
    tried = await owner.post(base, FORM | {"dry_run": "1"}, **sent)
    page = tried.headers["location"]
    assert (tried.status_code, page) == (303, f"{base}/imports/2/changes")
    assert 'every 2s"' in (await owner.client.get(page)).text
    await run_import(runtime, 2)
    text = await text_of(owner, page)
    assert "Nothing of it has been done" in text
    assert "Added 1 Updated 1 Unchanged 1 No longer in the feed 1 Errors 1" in text
    assert "Price before: 10.00 EUR after: 12.00 EUR" in text
    assert "Chair" in await text_of(owner, f"{page}?kind=created")
    assert "Mug" in await text_of(owner, f"{page}?kind=unchanged")
    assert "Published before: yes after: no" in await text_of(owner, f"{page}?kind=gone", headers=HTMX)
    assert "B2" in await text_of(owner, f"{page}?kind=error")
    rows = list(csv.reader(io.StringIO((await owner.client.get(f"{base}/imports/2/failed-rows.csv")).text)))
    assert (rows[0][:3], rows[1][:3], len(rows)) == (["id", "title", "price"], ["B2", "", "'=1+1"], 2)
    assert await prices(database) == {"A1": 1000, "A2": 500, "A3": 700}

    applied = await owner.post(f"{base}/imports/2/apply", {})
    assert (applied.status_code, applied.headers["location"]) == (303, f"{base}/imports/3/changes")
    again = await owner.post(f"{base}/imports/2/apply", {})
    assert (again.status_code, "Upload it again" in again.text) == (409, True)
    await run_import(runtime, 3)
    assert await prices(database) == {"A1": 1200, "A2": 500, "A3": 700, "B1": 8000}
    assert "Undo this import" in await text_of(owner, f"{base}/imports/3/changes")
    retried = await owner.post(f"{base}/imports/3/retry", {})
    assert retried.headers["location"] == f"{base}/imports/4/changes"
    await run_import(runtime, 4)

    assert "An undo cannot be undone" in await text_of(owner, f"{base}/imports/3/undo")
    async with database.transaction() as session:
        await session.execute(
            sa.update(MarketplaceProduct)
            .where(MarketplaceProduct.marketplace_product_id == "A1")
            .values(price_minor=1500)
        )
    undone = await owner.post(f"{base}/imports/3/undo", {})
    assert (undone.status_code, undone.headers["location"]) == (303, f"{base}/imports/3/undo")
    report = await text_of(owner, f"{base}/imports/3/undo")
    assert "As before 1 Removed 1 Left as they are 1" in report
    assert "A1 Price 10.00 EUR 12.00 EUR 15.00 EUR It was changed since." in report
    assert await prices(database) == {"A1": 1500, "A2": 500, "A3": 700}
    twice = await owner.post(f"{base}/imports/3/undo", {})
    assert (twice.status_code, "undone already" in twice.text) == (409, True)


async def test_many_gone_products_wait_for_a_person(owner: Shopkeeper, runtime: Runtime, database: Database) -> None:
    async with database.reading() as session:
        access = await open_store(session, owner.user, owner.store.code)
    whole = b"id,title\n" + b"".join(b"G%d,Thing\n" % n for n in range(60))
    await import_bytes(runtime, access, whole)
    await import_bytes(runtime, access, whole[: whole.index(b"G30")], on_missing="unpublish")
    path = f"{owner.home}/marketplace/imports/2"
    assert "30 of 60 products are no longer in the feed" in await text_of(owner, f"{path}/changes")
    assert (await owner.post(f"{path}/confirm-gone", {})).status_code == 303
    assert "No longer in the feed 30" in await text_of(owner, f"{path}/changes?kind=gone")
    assert (await owner.post(f"{path}/confirm-gone", {})).status_code == 409


async def test_a_schedule_is_made_paused_run_and_deleted(owner: Shopkeeper, database: Database) -> None:
    path = f"{owner.home}/marketplace/schedules"
    form = {"source_url": "https://example.com/feed.csv", "interval": "6h", "cron": "", "language": "en"}
    form |= {"marketplace": "Letzshop", "on_missing": "keep"}
    bad = await owner.post(path, form | {"interval": "cron", "cron": "* * * * *"})
    assert (bad.status_code, 'id="cron-note"' in bad.text or "alert" in bad.text) == (422, True)
    assert (await owner.post(path, form)).status_code == 303
    assert "Every 6 hours" in await text_of(owner, path)
    assert (await owner.post(path, form)).status_code == 409
    assert (await owner.post(f"{path}/1", form | {"interval": "24h"})).status_code == 303
    await owner.post(f"{path}/1/pause", {})
    assert "Every day" in await text_of(owner, path)
    assert "Paused" in await text_of(owner, path)
    await owner.post(f"{path}/1/resume", {})
    assert (await owner.post(f"{path}/1/run", {})).headers["location"] == f"{path}?started=1"
    assert (await owner.post(f"{path}/1/run", {})).status_code == 409
    async with database.reading() as session:
        assert (await session.scalars(sa.select(ImportJob.source_url))).all() == ["https://example.com/feed.csv"]
    assert (await owner.post(f"{path}/1/delete", {})).status_code == 303
    async with database.reading() as session:
        assert (await session.scalars(sa.select(FeedSchedule.id))).all() == []


async def test_a_feed_with_unknown_columns_is_explained_once(
    owner: Shopkeeper, runtime: Runtime, database: Database
) -> None:
    async with database.reading() as session:
        access = await open_store(session, owner.user, owner.store.code)
    feed = b"Nummer;Wie es heisst;Lager\n1;Lampe;7\n"
    failed = await import_bytes(runtime, access, feed)
    assert failed.failure_code == "missing_columns"
    path = f"{owner.home}/marketplace/mappings"
    text = await text_of(owner, f"{path}?job={failed.id}")
    assert "Wie es heisst" in text
    assert "Lampe" in text
    form = {"marketplace": "Letzshop", "header": ["Nummer", "Wie es heisst", "Lager"], "target": ["id", "title", ""]}
    assert (await owner.post(path, form)).status_code == 303  # type: ignore[arg-type]
    done = await import_bytes(runtime, access, feed)
    assert (done.status, done.imported_count) == ("completed", 1)
    async with database.reading() as session:
        assert (await feeds.list_mappings(session, access))[0].columns == {"Nummer": "id", "Wie es heisst": "title"}
    bad = await owner.post(path, {"marketplace": "Letzshop", "header": ["Nummer"], "target": ["nonsense"]})  # type: ignore[arg-type]
    assert bad.status_code == 422
    private = await owner.client.get(f"{path}?url=http://10.0.0.1/feed.csv")
    assert (private.status_code, "alert" in private.text) == (422, True)
