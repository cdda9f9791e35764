"""The pages of connections and of synchronisation: who may do what, what is wrong is said, secrets stay secret."""

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from orion import orders
from orion.channels import Connection
from orion.plumbing.jobs import list_jobs
from orion.plumbing.runtime import Runtime
from orion.sync import Problem, SyncRun, SyncSchedule
from orion.web.pages import admin_integrations
from tests.conftest import count
from tests.factories.orders import START, an_order, make_connection
from tests.factories.people import a_member
from tests.factories.stores import make_store
from tests.web.conftest import HTMX, Shopkeeper, Visitor, browser_like, enter

SECRET = "sk-letzshop-of-the-shop"


@pytest.fixture(autouse=True)
def simulated(runtime: Runtime) -> None:
    runtime.settings.simulator_url = "http://127.0.0.1:1"


@pytest.fixture
async def staff(app: FastAPI, runtime: Runtime, owner: Shopkeeper) -> AsyncIterator[Visitor]:
    """Somebody who acts, and does not manage."""
    async with runtime.database.transaction() as session:
        user = await a_member(session, owner.store, "staff", "stan")
    async with browser_like(app) as client:
        yield await enter(runtime, client, user)


async def connect(owner: Shopkeeper, name: str = "Main", secret: str = SECRET) -> str:
    """Makes a connection to Letzshop on its page, and gives the path of the connection's own."""
    made = await owner.post(
        f"{owner.home}/connections/new/letzshop",
        {"name": name, "environment": "simulator", "settings.dialect": "orders", "secrets.api_key": secret},
    )
    assert made.status_code == 303, made.text
    return str(made.headers["location"]).partition("?")[0]


async def only(runtime: Runtime, table: type) -> object:
    async with runtime.database.reading() as session:
        return (await session.scalars(sa.select(table))).one()


async def test_a_connection_from_its_form_to_its_end(owner: Shopkeeper, staff: Visitor, runtime: Runtime) -> None:
    new = f"{owner.home}/connections/new/letzshop"
    page = (await owner.client.get(new)).text
    assert ('type="password"' in page, "support@letzshop.lu" in page) == (True, True)
    wrong = await owner.post(new, {"name": "Mine", "environment": "simulator", "settings.dialect": "esperanto"})
    assert wrong.status_code == 422
    assert 'value="Mine"' in wrong.text
    assert "is none of orders, shipments" in wrong.text
    assert await count(runtime.database, Connection) == 0
    path = await connect(owner)
    again = await owner.post(new, {"name": "Main", "environment": "simulator", "secrets.api_key": SECRET})
    assert (again.status_code, "There is a connection" in again.text, SECRET in again.text) == (422, True, False)

    german = {"Accept-Language": "de"}
    listed = (await owner.client.get(f"{owner.home}/connections", headers=german)).text
    assert ("Noch nicht versucht" in listed, "Was jeder Kanal kann" in listed, "per Datei" in listed) == (True,) * 3
    shown = (await owner.client.get(path)).text
    assert ("Kept since" in shown, SECRET in shown) == (True, False)
    assert "<html" not in (await owner.client.get(path, headers=HTMX)).text
    for_staff = (await staff.client.get(path)).text
    assert ("How it does" in for_staff, "Replace the credentials" in for_staff) == (True, False)
    for what in ("settings", "credentials", "test", "pause", "resume", "delete", "consent"):
        assert (await staff.post(f"{path}/{what}", {"name": "Taken"})).status_code == 403, what
    assert (await staff.client.get(new)).status_code == 403

    async def done(what: str, **fields: str) -> str:
        answer = await owner.post(f"{path}/{what}", fields)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).partition("done=")[2]

    assert await done("settings", name="Renamed", **{"settings.dialect": "shipments"}) == "updated"
    assert await done("credentials", **{"secrets.api_key": "another"}) == "replaced"
    assert await done("credentials", **{"secrets.api_key": ""}) == "replaced", "what is left empty stays"
    assert await done("pause") == "paused"
    connection = await only(runtime, Connection)
    assert isinstance(connection, Connection)
    assert (connection.name, connection.settings["dialect"], connection.state) == ("Renamed", "shipments", "paused")
    assert list(connection.credentials_since or {}) == ["api_key"]
    assert await done("resume") == "resumed"
    assert await done("test") == "tested"
    assert "check_connection" in [job.name for job in await list_jobs(runtime.database, status="waiting")]
    refused = await owner.post(f"{path}/consent", {})
    assert (refused.status_code, "has no consent page" in refused.text) == (422, True)
    assert await done("delete") == "deleted"
    assert await count(runtime.database, Connection) == 0
    assert "No channel is connected yet" in (await owner.client.get(f"{owner.home}/connections")).text


async def test_a_channel_with_a_consent_page_asks_for_nothing_secret(owner: Shopkeeper, runtime: Runtime) -> None:
    new = f"{owner.home}/connections/new/amazon"
    fields = {"name": "Amazon", "environment": "simulator", "settings.region": "eu"}
    wrong = await owner.post(new, fields)
    assert (wrong.status_code, "Marketplaces: this is needed" in wrong.text) == (422, True)
    made = await owner.post(new, {**fields, "settings.marketplace_ids": "A1PA6795UKMFR9"})
    path = made.headers["location"].partition("?")[0]
    page = (await owner.client.get(path)).text
    assert "Allow it at Amazon" in page
    assert "/api/v1/hooks/amazon/1/" in page, "where its notifications are forwarded to"
    link = (await owner.post(f"{path}/consent", {})).text
    assert 'href="http://127.0.0.1:1/amazon/' in link
    assert "state=" in link
    connection = await only(runtime, Connection)
    assert isinstance(connection, Connection)
    assert connection.consent_by == owner.user.id


async def test_schedules_and_runs(owner: Shopkeeper, staff: Visitor, runtime: Runtime) -> None:
    path = f"{owner.home}/sync"
    assert "Nothing is asked yet" in (await owner.client.get(path)).text
    await connect(owner)
    page = (await owner.client.get(path)).text
    assert "Every 5 minutes" in page
    schedule = await only(runtime, SyncSchedule)
    assert isinstance(schedule, SyncSchedule)

    assert (await staff.client.get(f"{path}/{schedule.id}")).status_code == 403
    good = {"interval_minutes": "10", "enabled": "1", "max_retries": "2", "retry_delay_seconds": "30"}
    for field, value, words in (
        ("interval_minutes", "soon", "Enter a whole number from 0 on."),
        ("max_retries", "99", "Enter a whole number from 0 to 20."),
        ("interval_minutes", "0", "enter a whole number of minutes from 1"),
        ("interval_minutes", "", "Enter the minutes between two runs, or times of your own."),
        ("cron", "* * * * * *", "Write five fields: minute, hour, day, month, weekday"),
    ):
        wrong = await owner.post(f"{path}/{schedule.id}", {**good, field: value})
        assert wrong.status_code == 422, field
        assert words in wrong.text
        assert (f'value="{value}"' in wrong.text, wrong.text.count('aria-invalid="true"')) == (True, 1), field
    saved = await owner.post(f"{path}/{schedule.id}", good | {"enabled": ""})
    assert saved.headers["location"] == f"{path}?done=saved"
    schedule = await only(runtime, SyncSchedule)
    assert isinstance(schedule, SyncSchedule)
    assert (schedule.interval_minutes, schedule.enabled, schedule.max_retries) == (10, False, 2)

    started = await staff.post(f"{path}/{schedule.id}/run", {})
    assert started.headers["location"] == f"{path}?done=started#runs"
    twice = await staff.post(f"{path}/{schedule.id}/run", {})
    assert (twice.status_code, "A run is under way" in twice.text) == (422, True)
    run = await only(runtime, SyncRun)
    assert isinstance(run, SyncRun)
    log = (await staff.client.get(f"{path}?status=running", headers=HTMX)).text
    assert ("by hand" in log, "every 3s" in log, "<html" in log) == (True, True, False)
    assert "No run matches" in (await staff.client.get(f"{path}?status=failed")).text
    assert "Run 1" in (await staff.client.get(f"{path}/runs/{run.id}")).text
    assert "<html" not in (await staff.client.get(f"{path}/runs/{run.id}", headers=HTMX)).text

    past = {"connection": str(run.connection_id), "since": "2026-01-01"}
    assert (await staff.post(f"{path}/backfill", past)).status_code == 403
    for since in ("", "2999-01-01", "1999-01-01"):
        wrong = await owner.post(f"{path}/backfill", past | {"since": since})
        assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (422, True), since
    assert (await owner.post(f"{path}/backfill", past | {"connection": "99"})).status_code == 422
    assert await count(runtime.database, SyncRun) == 1
    begun = await owner.post(f"{path}/backfill", past)
    assert begun.headers["location"] == f"{path}?done=backfill#runs"
    assert "Read past orders" in (await owner.client.get(path, headers=HTMX)).text
    assert await count(runtime.database, SyncRun) == 2


async def test_orders_keep_their_connection(owner: Shopkeeper, runtime: Runtime) -> None:

    path = await connect(owner)
    async with runtime.database.transaction() as session:
        connection = (await session.scalars(sa.select(Connection))).one()
        await orders.take_in(session, connection, [an_order()], actor="channel:letzshop")
    kept = await owner.post(f"{path}/delete", {}, headers={"Accept-Language": "fr"})
    assert (kept.status_code, "mettez-la plutôt en pause" in kept.text) == (422, True)
    assert await count(runtime.database, Connection) == 1


async def test_administrators_see_all_connections(owner: Shopkeeper, admin: Visitor, runtime: Runtime) -> None:
    assert "No store is connected yet" in (await admin.client.get("/admin/integrations")).text
    await connect(owner)
    async with runtime.database.transaction() as session:
        await session.execute(
            sa.update(SyncSchedule).values(
                failures=3, last_status="failed", last_problem=Problem("unreadable", "orders: a page of HTML")
            )
        )
    page = (await admin.client.get("/admin/integrations")).text
    assert ("a page of HTML" in page, "Fails" in page, "ALPHA" in page) == (True, True, True)
    french = (await owner.client.get(f"{owner.home}/sync", headers={"Accept-Language": "fr"})).text
    ours, theirs = "Letzshop répond quelque chose", '<span lang="en">orders: a page of HTML</span>'
    assert (ours in french, theirs in french) == (True, True)
    for query, there in (("status=failing&search=alph", True), ("status=ok", False), ("channel=amazon", False)):
        fragment = (await admin.client.get(f"/admin/integrations?{query}", headers=HTMX)).text
        assert ("a page of HTML" in fragment) == there, query


async def test_administrators_turn_the_pages_of_integrations(
    admin: Visitor, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_integrations, "INTEGRATIONS_PER_PAGE", 2)
    async with runtime.database.transaction() as session:
        access = await make_store(session, "MANY")
        for number in range(5):
            connection = await make_connection(session, access)
            connection.name = f"Number {number}"
            schedule = SyncSchedule(
                store_id=access.store.id,
                connection_id=connection.id,
                job_type="order_import",
                interval_minutes=5,
                next_run_at=START,
                last_success_at=START + timedelta(days=number),
                last_status="failed" if number == 4 else "success",
                failures=int(number == 4),
            )
            session.add(schedule)
    seen, address = [], "/admin/integrations?search=many"
    while address:
        page = (await admin.client.get(address)).text
        seen += re.findall(r"Number \d", page)
        following = re.search(r'href="(/admin/integrations[^"]+after=[^"]+)"[^>]*>Next', page)
        address = html.unescape(following[1]) if following else ""
    assert seen == [f"Number {number}" for number in (4, 0, 1, 2, 3)], "who fails, then who is longest behind"
