"""Amazon's notifications as they arrive, the channels' health, and their figures for monitoring."""

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import sqlalchemy as sa

from orion import merchants, sync
from orion.api.admin.integrations import AdminConnectionQuery
from orion.api.sync_answers import SyncRunQuery
from orion.channels import STATES, Connection
from orion.plumbing.db import utcnow
from orion.plumbing.jobs import list_jobs
from orion.plumbing.runtime import Runtime
from orion.sync import HookReceipt, Problem, SyncSchedule
from tests.api.conftest import bearer
from tests.conftest import count
from tests.factories.stores import enter_as, make_admin, make_store


def notification(event: str, order: str = "902-1845936-5435065", seller: str = "A3TH9S8BH6GOGM") -> dict[str, Any]:
    """An ORDER_CHANGE notification, as far as anything of it is read."""
    return {
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "PayloadVersion": "1.0",
        "EventTime": "2026-11-21T10:00:00.000Z",
        "Payload": {
            "OrderChangeNotification": {
                "NotificationLevel": "OrderLevel",
                "SellerId": seller,
                "AmazonOrderId": order,
                "OrderChangeType": "OrderStatusChange",
                "Summary": {"OrderStatus": "Shipped"},
            }
        },
        "NotificationMetadata": {
            "ApplicationId": "app",
            "NotificationId": event,
            "PublishTime": "2026-11-21T10:00:01Z",
        },
    }


async def an_amazon_connection(runtime: Runtime, channel: str = "amazon") -> int:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        connection = Connection(
            store_id=access.store.id,
            channel=channel,
            name="Main",
            environment="live",
            settings={"seller_id": "A3TH9S8BH6GOGM"},
        )
        session.add(connection)
        await session.flush()
        schedule = SyncSchedule(
            store_id=access.store.id,
            connection_id=connection.id,
            job_type="order_import",
            interval_minutes=5,
            next_run_at=connection.created_at,
        )
        session.add(schedule)
        return connection.id


async def test_amazon_s_notifications_have_their_orders_read_once(client: httpx.AsyncClient, runtime: Runtime) -> None:
    id_ = await an_amazon_connection(runtime)
    async with runtime.database.reading() as session:
        address = sync.push_address(runtime.settings, await session.get_one(Connection, id_))
    url = str(address).removeprefix(runtime.settings.public_url)
    one = notification("event-1")
    other = notification("event-2", "902-0000000-0000002")
    bodies: list[tuple[Any, dict[str, int]]] = [
        (one, {"taken": 1, "known": 0, "ignored": 0, "unreadable": 0}),
        (one, {"taken": 0, "known": 1, "ignored": 0, "unreadable": 0}),
        (
            {"Records": [{"messageId": "m1", "body": json.dumps(one)}, {"messageId": "m2", "body": json.dumps(other)}]},
            {"taken": 1, "known": 1, "ignored": 0, "unreadable": 0},
        ),
        (
            {"Records": [{"body": "<xml/>"}, {"body": json.dumps(one)}, {"body": json.dumps({**one, "Payload": {}})}]},
            {"taken": 0, "known": 1, "ignored": 0, "unreadable": 2},
        ),
        (
            {"Messages": [{"MessageId": "m3", "Body": json.dumps(other)}]},
            {"taken": 0, "known": 1, "ignored": 0, "unreadable": 0},
        ),
        ({"detail-type": "ORDER_CHANGE", "detail": other}, {"taken": 0, "known": 1, "ignored": 0, "unreadable": 0}),
        (notification("event-3", seller="SOMEBODYELSE"), {"taken": 0, "known": 0, "ignored": 1, "unreadable": 0}),
        (
            {**one, "NotificationType": "FEED_PROCESSING_FINISHED"},
            {"taken": 0, "known": 0, "ignored": 1, "unreadable": 0},
        ),
    ]
    for body, expected in bodies:
        answer = await client.post(url, json=body)
        assert (answer.status_code, answer.json()) == (200, expected), body
    assert await count(runtime.database, HookReceipt) == 2
    jobs = [job for job in await list_jobs(runtime.database) if job.name == "read_order"]
    assert sorted(job.args for job in jobs) == [
        (id_, "902-0000000-0000002", "push"),
        (id_, "902-1845936-5435065", "push"),
    ]
    for bad in (b"", b"[]", b"{", b'{"Records": [{"body": "<xml/>"}]}', json.dumps({**one, "Payload": {}}).encode()):
        answer = await client.post(url, content=bad)
        assert (answer.status_code, answer.json()["code"]) == (422, "hook_unreadable"), bad
    for wrong in (f"/api/v1/hooks/amazon/{id_}/guessed", url.replace(f"/{id_}/", f"/{id_ + 1}/"), url + "0"):
        assert (await client.post(wrong, json=one)).status_code == 404
    assert await count(runtime.database, HookReceipt) == 2


async def test_monitoring_sees_each_connection(client: httpx.AsyncClient, runtime: Runtime) -> None:
    id_ = await an_amazon_connection(runtime)
    async with runtime.database.transaction() as session:
        admin = await make_admin(session)
        store_id = await session.scalar(sa.select(Connection.store_id)) or 0
        for status in ("success", "success", "success", "failed"):
            run = sync.SyncRun(
                store_id=store_id,
                connection_id=id_,
                channel="amazon",
                job_type="order_import",
                trigger="schedule",
                status=status,
                finished_at=utcnow(),
            )
            session.add(run)
    text = (await client.get("/metrics")).text
    labels = f'channel="amazon",connection="{id_}",store="DEMO"'
    found = re.search(rf"order_import_lag_seconds\{{{labels}\}} (\S+)", text)
    assert found
    assert 0 <= float(found[1]) < 600
    assert f'sync_error_rate{{channel="amazon",connection="{id_}",job_type="order_import",store="DEMO"}} 0.25' in text
    assert f"sync_unread_entries{{{labels}}} 0.0" in text
    headers = await bearer(runtime, admin.user)
    answer = await client.get("/health/marketplace-integrations", headers=headers)
    assert answer.status_code == 200
    found = answer.json()["amazon"]
    assert (found["api_status"], found["order_import"]["connections"], found["order_import"]["status"]) == (
        "new",
        1,
        "ok",
    )
    assert (await client.get("/health/marketplace-integrations?store_id=999", headers=headers)).json() == {}
    assert (await client.get("/health/marketplace-integrations?store=1", headers=headers)).status_code == 422


async def test_schedules_are_changed_run_and_filled_back_and_runs_are_found(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    at = "/api/v1/store/sync"
    id_ = await an_amazon_connection(runtime)
    async with runtime.database.transaction() as session:
        admin = await make_admin(session)
        store_id = await session.scalar(sa.select(Connection.store_id)) or 0
        access = await enter_as(session, await merchants.open_store_as_admin(session, admin, store_id), "manager")
    client.headers.update(await bearer(runtime, access.user))
    (schedule,) = (await client.get(f"{at}/schedules", params={"connection_id": id_})).json()["items"]
    assert (schedule["job_type"], schedule["interval_minutes"], schedule["is_running"], schedule["unread"]) == (
        "order_import", 5, False, []
    )  # fmt: skip
    assert (await client.get(f"{at}/schedules?connection_id=999")).json() == {"items": []}
    one = f"{at}/schedules/{schedule['id']}"
    for body, code, field in (
        ({"interval_minutes": 2}, "invalid_schedule", "body.interval_minutes"),
        ({"interval_minutes": 9, "cron": "0 * * * *"}, "invalid_schedule", "body.cron"),
        ({"cron": "often"}, "invalid_schedule", "body.cron"),
        ({"max_retries": 21}, "invalid_schedule", "body.max_retries"),
        ({"minutes": 5}, "validation_failed", "body.minutes"),
    ):
        answer = await client.patch(one, json=body)
        assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["field"]) == (422, code, field)
    changed = (await client.patch(one, json={"cron": "0 */2 * * *", "max_retries": 5})).json()
    assert (changed["cron"], changed["interval_minutes"], changed["max_retries"]) == ("0 */2 * * *", None, 5)
    off = (await client.patch(one, json={"enabled": False})).json()
    assert (off["enabled"], off["next_run_at"], off["cron"]) == (False, None, "0 */2 * * *")
    assert (await client.get(one)).json() == off

    run = await client.post(f"{one}/run")
    assert (run.status_code, run.json()["status"], run.json()["trigger"]) == (202, "running", "person")
    assert run.headers["Location"] == f"{at}/runs/{run.json()['id']}"
    again = await client.post(f"{one}/run")
    assert (again.status_code, again.json()["code"]) == (409, "sync_running")
    assert (await client.get(one)).json()["is_running"]
    for since, field in (("2026-01-01", "body.since"), ("2001-01-01T00:00:00Z", "body.since")):
        wrong = await client.post(f"{one}/backfill", json={"since": since})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, field), wrong.text
    week = (utcnow() - timedelta(days=7)).isoformat()
    filled = await client.post(f"{one}/backfill", json={"since": week})
    assert (filled.status_code, filled.json()["job_type"]) == (202, "order_backfill")
    kinds = [(item["job_type"], item["progress"]) for item in (await client.get(f"{at}/schedules")).json()["items"]]
    assert kinds == [("order_backfill", 0.0), ("order_import", 0.0)]

    async with runtime.database.transaction() as session:
        failed = sa.update(sync.SyncRun).where(sync.SyncRun.trigger == "person")
        await session.execute(
            failed.values(status="failed", problem=Problem("channel_unavailable", "It is away"), finished_at=utcnow())
        )

    async def ids(query: str) -> list[int]:
        answer = await client.get(f"{at}/runs?{query}")
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    both = [filled.json()["id"], run.json()["id"]]
    assert await ids("") == await ids(f"connection_id={id_}&noteworthy=true") == both
    assert await ids("status=failed") == await ids("trigger=person&job_type=order_import") == both[1:]
    assert await ids("status=success") == await ids("connection_id=999") == []
    first = (await client.get(f"{at}/runs?limit=1")).json()
    assert await ids(f"limit=1&cursor={first['next_cursor']}") == both[1:]
    for wrong_query in (
        "status=lost",
        "job=order_import",
        "cursor=forged",
        f"status=failed&cursor={first['next_cursor']}",
    ):
        assert (await client.get(f"{at}/runs?{wrong_query}")).status_code == 422, wrong_query
    told = (await client.get(f"{at}/runs/{both[1]}")).json()
    assert (told["problem_code"], told["problem"]) == ("channel_unavailable", "It is away")
    for missing in (f"{at}/runs/99", f"{at}/schedules/99"):
        assert (await client.get(missing)).status_code == 404

    client.headers.update(await bearer(runtime, admin.user))
    page = (await client.get("/api/v1/admin/sync/runs?limit=1")).json()
    assert [(item["id"], item["store_code"], item["connection"]) for item in page["items"]] == [
        (both[0], "DEMO", "Main")
    ]
    rest = (await client.get("/api/v1/admin/sync/runs", params={"limit": 1, "cursor": page["next_cursor"]})).json()
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == (both[1:], None)
    assert (await client.get("/api/v1/admin/sync/runs?store_id=999")).json() == {"items": [], "next_cursor": None}
    found = (await client.get("/api/v1/admin/integrations")).json()
    assert found["by_status"] == {"idle": 1}
    (item,) = found["items"]
    assert (item["store_code"], item["connection_name"], item["channel"], item["runs"], item["error_rate"]) == (
        "DEMO", "Main", "amazon", 1, 1.0
    )  # fmt: skip
    for query in ("status=ok", "channel=letzshop", "store_id=999", "job_type=product_pull"):
        nothing = {"items": [], "by_status": {}, "next_cursor": None}
        assert (await client.get(f"/api/v1/admin/integrations?{query}")).json() == nothing
    assert (await client.get("/api/v1/admin/integrations?state=ok")).status_code == 422


def test_the_words_of_filters_are_those_of_the_tables() -> None:
    """What a table can hold can be asked for."""
    for model, field, words in (
        (SyncRunQuery, "status", sync.RUN_STATUSES),
        (SyncRunQuery, "trigger", sync.TRIGGERS),
        (SyncRunQuery, "job_type", sync.JOB_TYPES),
        (AdminConnectionQuery, "state", STATES),
    ):
        allowed = model.model_json_schema()["properties"][field]["anyOf"][0]["enum"]
        assert sorted(allowed) == sorted(words)
