"""The import page: starting, watching, reading what went wrong, cancelling."""

import html
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from orion import identity, merchants
from orion.feeds import ImportJob
from orion.plumbing.db import Database, utcnow
from orion.plumbing.runtime import Runtime
from tests.conftest import count
from tests.factories.feeds import make_import, make_issue
from tests.factories.people import a_store
from tests.factories.stores import make_user
from tests.web.conftest import HTMX, Shopkeeper, Visitor, enter

URL = "https://example.com/products.csv"
FORM = {"source": "url", "source_url": URL, "language": "fr", "marketplace": "Letzshop", "batch_size": "500"}


async def the_job(database: Database) -> ImportJob:
    async with database.reading() as session:
        return (await session.scalars(sa.select(ImportJob))).one()


async def an_import(runtime: Runtime, owner: Shopkeeper, **columns: object) -> ImportJob:
    async with runtime.database.transaction() as session:
        access = await merchants.open_store(session, owner.user, owner.store.code)
        return await make_import(session, access, **columns)


async def test_a_form_starts_an_import(owner: Shopkeeper, database: Database) -> None:
    response = await owner.post(f"{owner.home}/marketplace", FORM)
    assert (response.status_code, response.headers["location"]) == (303, f"{owner.home}/marketplace?started=1#jobs")
    job = await the_job(database)
    assert (job.source_url, job.language, job.marketplace, job.batch_size) == (URL, "fr", "Letzshop", 500)
    assert (job.status, job.store_id, job.user_id) == ("pending", owner.store.id, owner.user.id)
    page = await owner.client.get(response.headers["location"])
    assert "Import started" in page.text
    assert 'every 10s"' in page.text


async def test_with_htmx_the_form_comes_back_empty_and_the_history_is_told(owner: Shopkeeper) -> None:
    response = await owner.post(f"{owner.home}/marketplace", FORM, headers=HTMX)
    assert response.status_code == 200
    assert response.text.lstrip().startswith("<form")
    assert URL not in response.text
    told = json.loads(response.headers["hx-trigger"])
    assert told == {"jobs-changed": True, "toast": {"text": "Import started", "kind": "ok"}}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source_url": "ftp://example.com/a.csv"}, "source_url"),
        ({"source_url": ""}, "source_url"),
        ({"source_url": "https://user:secret@example.com/a.csv"}, "source_url"),
        ({"batch_size": "99"}, "batch_size"),
        ({"batch_size": "5001"}, "batch_size"),
        ({"batch_size": "many"}, "batch_size"),
        ({"language": "xx"}, "language"),
        ({"marketplace": "Nowhere"}, "marketplace"),
        ({"source": "file"}, "file"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
async def test_a_mistake_is_said_at_its_field_and_nothing_is_lost(
    owner: Shopkeeper, database: Database, change: dict[str, str], field: str, headers: dict[str, str]
) -> None:
    sent = FORM | change
    response = await owner.post(f"{owner.home}/marketplace", sent, headers=headers)
    assert response.status_code == 422
    assert response.text.count('aria-invalid="true"') == 1
    assert f'id="{field}-note"' in response.text
    assert f'value="{html.escape(sent["batch_size"])}"' in response.text
    assert f'name="source_url" value="{html.escape(sent["source_url"])}"' in response.text
    assert await count(database, ImportJob) == 0


async def test_a_feed_that_is_being_imported_is_not_started_twice(owner: Shopkeeper, database: Database) -> None:
    await owner.post(f"{owner.home}/marketplace", FORM)
    response = await owner.post(f"{owner.home}/marketplace", FORM, headers=HTMX)
    assert response.status_code == 422
    assert "is still running" in response.text
    assert await count(database, ImportJob) == 1


async def test_an_upload_is_kept_and_imported(owner: Shopkeeper, runtime: Runtime) -> None:
    files = {"file": ("C:\\feeds\\tea & co.csv", b"id,title\n1,Tea\n", "text/csv")}
    response = await owner.post(f"{owner.home}/marketplace", FORM | {"source": "file"}, files=files)
    assert response.status_code == 303
    job = await the_job(runtime.database)
    assert (job.source_url, job.filename) == (None, "tea & co.csv")
    assert job.upload_key is not None
    kept = runtime.settings.var_dir / "files" / job.upload_key
    assert kept.read_bytes() == b"id,title\n1,Tea\n"


async def test_an_upload_that_cannot_start_is_not_kept(owner: Shopkeeper, runtime: Runtime) -> None:
    files = {"file": ("a.csv", b"id,title\n", "text/csv")}
    response = await owner.post(f"{owner.home}/marketplace", FORM | {"source": "file", "batch_size": "1"}, files=files)
    assert response.status_code == 422
    assert list((runtime.settings.var_dir / "files").iterdir()) == []


async def test_too_large_an_upload_is_refused(owner: Shopkeeper, runtime: Runtime) -> None:
    files = {"file": ("a.csv", b"x" * 30_000, "text/csv")}
    runtime.settings.feed_max_bytes = 20_000
    response = await owner.post(f"{owner.home}/marketplace", FORM | {"source": "file"}, files=files)
    assert response.status_code == 413
    assert "The file is too large" in response.text
    assert await count(runtime.database, ImportJob) == 0


async def test_quick_fill_works_without_scripts(owner: Shopkeeper) -> None:
    page = await owner.client.get(f"{owner.home}/marketplace?fill=fr")
    assert 'name="source_url" value="https://example.com/fr.csv"' in page.text
    assert '<option value="fr" selected>' in page.text
    assert "fill=de" not in page.text


async def test_a_running_import_shows_its_rate_and_the_time_left(owner: Shopkeeper, runtime: Runtime) -> None:
    await an_import(
        runtime,
        owner,
        status="processing",
        phase="importing",
        processed_count=30_000,
        imported_count=30_000,
        total_count=120_000,
        started_at=utcnow() - timedelta(seconds=60),
        completed_at=None,
    )
    fragment = (await owner.client.get(f"{owner.home}/marketplace", headers=HTMX)).text
    assert fragment.lstrip().startswith('<section class="card" id="jobs"')
    assert 'value="0.2500"' in fragment
    assert "25%" in fragment
    assert "30,000 of 120,000 rows" in fragment
    assert "about 3 minutes left" in fragment
    assert "rows/s" in fragment
    assert "every 10s" in fragment


async def test_a_history_at_rest_does_not_ask_again(owner: Shopkeeper, runtime: Runtime) -> None:
    await an_import(runtime, owner)
    fragment = (await owner.client.get(f"{owner.home}/marketplace", headers=HTMX)).text
    assert "every " not in fragment
    assert "/cancel" not in fragment


async def test_the_history_filters_by_status(owner: Shopkeeper, runtime: Runtime) -> None:
    done, failed = await an_import(runtime, owner), await an_import(runtime, owner, status="failed")
    fragment = (await owner.client.get(f"{owner.home}/marketplace?status=failed", headers=HTMX)).text
    assert f'id="job-{failed.id}"' in fragment
    assert f'id="job-{done.id}"' not in fragment


async def test_problems_are_listed_with_their_data_by_severity_and_page(owner: Shopkeeper, runtime: Runtime) -> None:
    job = await an_import(runtime, owner, status="completed_with_errors", error_count=21, warning_count=1)
    async with runtime.database.transaction() as session:
        for row in range(2, 23):
            await make_issue(session, job, row, row_data={"id": f"SKU-{row}", "price": "<b>abc</b>"})
        await make_issue(
            session, job, 30, severity="warning", error_type="validation_error", error_message="Wrong digit."
        )
    path = f"{owner.home}/marketplace/imports/{job.id}/issues"

    first = (await owner.client.get(path, headers=HTMX)).text
    assert first.count('<article class="issue"') == 20
    assert "&lt;b&gt;abc&lt;/b&gt;" in first
    assert "<b>abc" not in first
    second = (await owner.client.get(f"{path}?page=2", headers=HTMX)).text
    assert second.count('<article class="issue"') == 2
    assert "Wrong digit." in second
    warnings = (await owner.client.get(f"{path}?severity=warning")).text
    assert warnings.count('<article class="issue"') == 1
    assert "Does not fit" in warnings
    assert '<h1 dir="auto">Problems of an import</h1>' in warnings


async def test_details_tell_settings_and_the_reason_of_a_failure(owner: Shopkeeper, runtime: Runtime) -> None:
    job = await an_import(
        runtime,
        owner,
        status="failed",
        failure_code="feed_not_found",
        failure_message="It answered 404.",
        source_url=URL,
    )
    panel = (await owner.client.get(f"{owner.home}/marketplace/imports/{job.id}", headers=HTMX)).text
    for text in ("There is no feed at this address", "It answered 404.", URL, "Letzshop", "1,000", "You"):
        assert text in panel


async def test_a_waiting_import_is_cancelled_after_asking(owner: Shopkeeper, database: Database) -> None:
    await owner.post(f"{owner.home}/marketplace", FORM)
    job = await the_job(database)
    path = f"{owner.home}/marketplace/imports/{job.id}/cancel"
    assert "It has not begun yet" in (await owner.client.get(path)).text
    assert (await the_job(database)).status == "pending"
    response = await owner.post(path, {}, headers=HTMX)
    assert response.status_code == 204
    told = json.loads(response.headers["hx-trigger"])
    assert told.keys() == {"jobs-changed", "close-dialog", "toast"}
    assert (await the_job(database)).status == "cancelled"
    again = await owner.post(path, {}, headers=HTMX)
    assert json.loads(again.headers["hx-trigger"])["toast"]["kind"] == "bad"


async def test_a_viewer_looks_and_starts_nothing(owner: Shopkeeper, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        viewer = await make_user(session)
        session.add(merchants.Member(merchant_id=owner.store.merchant_id, user_id=viewer.id, role="viewer"))
    visitor = await enter(runtime, owner.client, viewer)
    page = await visitor.client.get(f"{owner.home}/marketplace")
    assert page.status_code == 200
    assert "not start imports" in page.text
    assert 'id="import-form"' not in page.text
    refused = await visitor.post(f"{owner.home}/marketplace", FORM)
    assert refused.status_code == 403
    assert await count(runtime.database, ImportJob) == 0


async def test_an_administrator_imports_for_any_store(owner: Shopkeeper, admin: Visitor, database: Database) -> None:
    form = await admin.client.get("/admin/marketplace?store=ALPHA&part=form", headers=HTMX)
    assert 'value="ALPHA" selected' in form.text
    assert "https://example.com/fr.csv" in form.text
    response = await admin.post("/admin/marketplace", FORM | {"store": "ALPHA"})
    assert response.status_code == 303
    job = await the_job(database)
    assert (job.store_id, job.user_id) == (owner.store.id, admin.user.id)
    mine = await admin.client.get("/admin/marketplace", headers=HTMX)
    assert f'id="job-{job.id}"' in mine.text


async def test_an_administrator_must_choose_a_store(admin: Visitor, database: Database) -> None:
    response = await admin.post("/admin/marketplace", FORM | {"store": ""})
    assert response.status_code == 422
    assert "Choose a store." in response.text
    assert URL in response.text
    assert await count(database, ImportJob) == 0


async def test_the_platform_counts_and_filters_all_imports(owner: Shopkeeper, admin: Visitor, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        other = await a_store(session, await make_user(session), "BETA", name="Beta")
        access = await merchants.open_store_as_admin(session, merchants_admin(admin), other.id)
        theirs = await make_import(session, access, status="failed")
    mine = await an_import(runtime, owner, status="processing", phase="importing")

    everything = (await admin.client.get("/admin/imports")).text
    assert f'id="job-{mine.id}"' in everything
    assert f'id="job-{theirs.id}"' in everything
    assert "every 15s" in everything
    assert "0 waiting, 1 running" in everything
    for query, shown, hidden in (
        ("store=BETA", theirs, mine),
        ("status=processing", mine, theirs),
        ("creator=me", theirs, mine),
    ):
        fragment = (await admin.client.get(f"/admin/imports?{query}", headers=HTMX)).text
        assert f'id="job-{shown.id}"' in fragment
        assert f'id="job-{hidden.id}"' not in fragment
    assert "No import matches" in (await admin.client.get("/admin/imports?marketplace=eBay")).text


def merchants_admin(admin: Visitor) -> identity.Admin:
    return identity.as_admin(admin.user)
