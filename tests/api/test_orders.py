"""Orders by the API: from the channel to the list, through what staff do with them, and out as a file."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from orion import merchants, orders, sync
from orion.api.order_answers import FLAG_MEANINGS
from orion.kernel import MAX_LIMIT
from orion.merchants import StoreAccess
from orion.orders import FLAGS
from orion.plumbing.jobs import JOBS, list_jobs
from orion.plumbing.runtime import Runtime
from orion.simulators.serve import KINDS
from tests.api.conftest import bearer
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.orders import START, a_line, an_order, make_connection
from tests.factories.stores import enter_as, make_admin, make_store
from tests.simulators.running import Simulators

AT = "/api/v1/store/orders"
LINES = "/api/v1/store/order-lines"


@pytest.fixture
async def access(runtime: Runtime) -> StoreAccess:
    async with runtime.database.transaction() as session:
        return await make_store(session)


@pytest.fixture
async def ada(client: httpx.AsyncClient, runtime: Runtime, access: StoreAccess) -> httpx.AsyncClient:
    """The store's owner."""
    client.headers.update(await bearer(runtime, access.user))
    return client


async def take(runtime: Runtime, access: StoreAccess, *page: Any, channel: str = "letzshop") -> list[int]:
    async with runtime.database.transaction() as session:
        connection = await make_connection(session, access, channel)
        taken = await orders.take_in(session, connection, page, actor=f"channel:{channel}")
        return list(taken.order_ids)


async def problem(answer: httpx.Response) -> tuple[int, str, list[str]]:
    found = answer.json()
    return answer.status_code, found["code"], [error["field"] for error in found["errors"]]


def test_every_flag_is_said_in_words() -> None:
    assert FLAG_MEANINGS.keys() == set(FLAGS)


async def test_an_order_is_listed_opened_matched_worked_on_and_taken_out(
    ada: httpx.AsyncClient, runtime: Runtime, access: StoreAccess
) -> None:
    async with runtime.database.transaction() as session:
        listed = await make_marketplace_product(session, "SKU-1", titles={"en": "Lamp"})
        product = (await make_product(session, access.store, listed)).id
    remote = an_order(
        "O-1",
        lines=[a_line(1, "THEIRS", 2, 1495), a_line(2, "THEIRS", price=None)],
        buyer_name="=Josée",
        total_minor=3480,
    )
    alike = an_order("O-2", lines=[a_line(1, "THEIRS")], status="shipped", ordered_at=START + timedelta(hours=1))
    first, second = await take(runtime, access, remote, alike)

    page = (await ada.get(AT)).json()
    assert [item["number"] for item in page["items"]] == ["#O-2", "#O-1"]
    shown = page["items"][1]
    assert (page["total"], page["total_estimate"], page["next_cursor"]) == (2, None, None)
    assert shown | {"connection_id": 0, "last_synced_at": "", "updated_at": ""} == {
        "id": first, "connection_id": 0, "channel": "letzshop", "channel_order_id": "O-1", "number": "#O-1",
        "url": None, "status": "confirmed", "raw_status": "confirmed", "flags": ["price_missing", "unmatched_lines"],
        "needs_attention": True, "awaits_acknowledgement": False, "sent_by_channel": False, "is_partly_shipped": False,
        "customer_name": "=Josée", "currency": "EUR", "total": "34.80", "refunded": "0.00",
        "ordered_at": "2026-03-02T09:00:00Z", "remote_updated_at": "2026-03-02T09:00:00Z", "last_synced_at": "",
        "updated_at": "", "lines": 2, "units": 3, "title": "Thing 1",
    }  # fmt: skip
    counts = (await ada.get(f"{AT}/counts")).json()
    assert {name: number for name, number in counts.pop("by_status").items() if number} == {
        "confirmed": 1,
        "shipped": 1,
    }
    assert counts == {"total": 2, "to_send": 1, "needs_attention": 2, "awaits_acknowledgement": 0, "unmatched_lines": 3}

    one = f"{AT}/{first}"
    found = (await ada.get(one)).json()
    assert found["totals"] == {
        "subtotal": None, "shipping": "4.90", "tax": "2.10", "discount": "0.00", "total": "34.80", "refunded": "0.00",
        "prices_include_tax": True, "difference": "0.00",
    }  # fmt: skip
    assert [(line["subtotal"], line["open_quantity"], line["product"]) for line in found["lines"]] == [
        ("29.90", 2, None), (None, 1, None)
    ]  # fmt: skip
    assert found["shipping_address"]["street"] == ["1, rue du Pont"]
    assert found["reasons"][1] == {"flag": "unmatched_lines", "meaning": "A line is no product of the store: match it"}
    assert (found["reachable"], found["payload"]) == (["processing", "ready_for_shipment"], None)
    assert (await ada.get(one, params={"include": "payload"})).json()["payload"] == remote.raw

    waiting = (await ada.get(f"{AT}/unmatched", params={"limit": 2})).json()
    assert [(line["number"], line["sku"], line["quantity"]) for line in waiting["items"]] == [
        ("#O-2", "THEIRS", 1), ("#O-1", "THEIRS", 1)
    ]  # fmt: skip
    rest = (await ada.get(f"{AT}/unmatched", params={"cursor": waiting["next_cursor"]})).json()
    line_id = rest["items"][0]["id"]
    assert (rest["items"][0]["total"], rest["next_cursor"]) == ("29.90", None)
    match = f"{LINES}/{line_id}/match"
    assert await problem(await ada.post(match, json={"product_id": 10**6})) == (
        404, "product_not_found", ["body.product_id"]
    )  # fmt: skip
    keyed = {"Idempotency-Key": "one"}
    for replayed in (None, "true"):
        answer = await ada.post(match, json={"product_id": product}, headers=keyed)
        assert (answer.status_code, answer.json()) == (200, {"matched": 3})
        assert answer.headers.get("Idempotency-Replayed") == replayed
    assert await problem(await ada.post(f"{LINES}/{waiting['items'][0]['id']}/unmatch")) == (409, "line_shipped", [])
    assert (await ada.post(f"{LINES}/{waiting['items'][1]['id']}/unmatch")).status_code == 204
    matched = (await ada.get(one)).json()["lines"]
    assert matched[0]["product"] == {"id": product, "sku": None, "marketplace_product_id": "SKU-1", "title": "Lamp"}
    assert [line["matched_by"] for line in matched] == ["person", None]

    note = await ada.post(f"{one}/notes", json={"text": " Ring twice "})
    assert (note.status_code, note.json()["text"], note.json()["author"]) == (201, "Ring twice", access.user.username)
    assert (await ada.get(f"{one}/notes")).json() == {"items": [note.json()]}
    assert await problem(await ada.post(f"{one}/notes", json={"text": "x" * 4001})) == (
        422, "note_invalid", ["body.text"]
    )  # fmt: skip
    assert (await ada.delete(f"{AT}/{second}/notes/{note.json()['id']}")).status_code == 404
    assert (await ada.delete(f"{one}/notes/{note.json()['id']}")).status_code == 204

    answer = await ada.post(f"{one}/status", json={"status": "shipped"})
    assert await problem(answer) == (409, "status_not_reachable", ["body.status"])
    assert answer.json()["detail"].endswith("from here it can be said to be processing or ready_for_shipment")
    assert await problem(await ada.post(f"{one}/status", json={"status": "lost"})) == (
        422, "unknown_status", ["body.status"]
    )  # fmt: skip
    answer = await ada.post(f"{one}/status", json={"status": "processing", "reason": "Anna packs"})
    assert (answer.status_code, answer.json()["status"]) == (200, "processing")
    last = answer.json()["history"][-1]
    assert (last["from_status"], last["to_status"], last["actor"], last["user"], last["reason"]) == (
        "confirmed", "processing", "user", access.user.username, "Anna packs"
    )  # fmt: skip
    answer = await ada.post(f"{one}/flags/unmatched_lines/clear")
    assert (answer.json()["flags"], answer.json()["reasons"][0]["flag"]) == (["price_missing"], "price_missing")
    assert await problem(await ada.post(f"{one}/flags/ugly/clear")) == (422, "unknown_flag", ["flag"])
    assert await problem(await ada.post(f"{one}/acknowledge", json={"accepted": True})) == (
        409, "nothing_to_acknowledge", []
    )  # fmt: skip
    assert (await ada.post(f"{one}/refresh")).status_code == 202
    assert [job.args[1] for job in await list_jobs(runtime.database) if job.name == "read_order"] == ["O-1"]

    for asked in ({"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}):
        file = await ada.get(AT, **asked)  # type: ignore[arg-type] # either
        assert file.headers["content-type"] == "text/csv; charset=utf-8"
        assert file.headers["content-disposition"] == 'attachment; filename="orders.csv"'
        rows = list(csv.DictReader(io.StringIO(file.text)))
        assert [(row["number"], row["status"], row["total"], row["lines"], row["flags"]) for row in rows] == [
            ("#O-2", "shipped", "14.90", "1", ""), ("#O-1", "processing", "34.80", "2", "price_missing")
        ]  # fmt: skip
        assert (rows[1]["customer_name"], rows[1]["subtotal"], rows[1]["difference"]) == ("'=Josée", "", "0.00")
    only = await ada.get(AT, params={"format": "csv", "status": "shipped"})
    assert len(only.text.splitlines()) == 2


async def test_wrong_filters_and_forged_cursors_are_refused(
    ada: httpx.AsyncClient, runtime: Runtime, access: StoreAccess
) -> None:
    page = [an_order(f"O-{n}", ordered_at=START + timedelta(hours=n), status="shipped" if n else "x") for n in (1, 2)]
    await take(runtime, access, *page, an_order("UNPAID", status="pending", currency="TALER"))
    for query, code, field in (
        ("status=lost", "validation_failed", "query.status.0"),
        ("state=shipped", "validation_failed", "query.state"),
        ("channel=ebuy", "validation_failed", "query.channel"),
        ("flag=ugly", "unknown_flag", "flag"),
        ("flag=ugly&format=csv", "unknown_flag", "flag"),
        ("search=%00", "invalid_search", "search"),
        ("ordered_from=2026-01-01T00:00:00", "validation_failed", "query.ordered_from"),
        ("ordered_to=9999-12-31T23:59:59-14:00", "validation_failed", "query.ordered_to"),
        ("cursor=forged", "invalid_cursor", "cursor"),
        ("limit=201", "validation_failed", "query.limit"),
    ):
        assert await problem(await ada.get(f"{AT}?{query}")) == (422, code, [field]), query
    assert await problem(await ada.get(f"{AT}/unmatched?cursor=forged")) == (422, "invalid_cursor", ["cursor"])

    async def names(query: str) -> list[str]:
        answer = await ada.get(f"{AT}?{query}")
        assert answer.status_code == 200, answer.text
        return [item["channel_order_id"] for item in answer.json()["items"]]

    assert await names("status=shipped&status=pending") == ["O-2", "O-1", "UNPAID"]
    assert await names("status=pending&channel=letzshop&needs_attention=true&flag=unmatched_lines") == ["UNPAID"]
    assert await names("ordered_from=2026-03-02T10:00:00Z&ordered_to=2026-03-02T11:00:00Z") == ["O-1"]
    assert await names("channel=amazon") == await names("connection_id=999") == await names("search=nobody") == []
    first = (await ada.get(AT, params={"limit": 1})).json()
    forth = (await ada.get(AT, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [item["channel_order_id"] for item in forth["items"]] == ["O-1"]
    assert (first["total"], forth["total"]) == (3, None)
    moved = await ada.get(AT, params={"limit": 1, "cursor": first["next_cursor"], "status": "shipped"})
    assert await problem(moved) == (422, "invalid_cursor", ["cursor"])
    odd = (await ada.get(AT, params={"search": "UNPAID"})).json()["items"][0]
    assert (odd["currency"], odd["total"], odd["refunded"]) == ("XXX", None, None)
    for method, path in (("GET", f"{AT}/99"), ("POST", f"{AT}/99/refresh"), ("GET", f"{AT}/99/notes")):
        assert await problem(await ada.request(method, path)) == (404, "order_not_found", [])


async def test_lists_ask_as_many_questions_of_many_orders_as_of_one(
    ada: httpx.AsyncClient, runtime: Runtime, access: StoreAccess
) -> None:
    said: list[str] = []

    def note(*what: Any) -> None:
        said.append(what[2])

    async def questions(path: str) -> int:
        assert (await ada.get(path)).status_code == 200
        said.clear()
        assert (await ada.get(path)).status_code == 200
        return sum(text.lstrip().startswith(("SELECT", "WITH")) for text in said)

    event.listen(engine := runtime.database.reading_engine.sync_engine, "before_cursor_execute", note)
    try:
        (first,) = await take(runtime, access, an_order())
        paths = (AT, f"{AT}/counts", f"{AT}/unmatched", f"{AT}/{first}", f"{AT}/{first}/notes")
        few = [await questions(path) for path in paths]
        many = [an_order(f"M-{n}", lines=[a_line(k) for k in range(1, 4)]) for n in range(MAX_LIMIT)]
        ids = await take(runtime, access, *many)
        assert [await questions(path) for path in paths] == few == [4, 6, 2, 5, 3]
    finally:
        event.remove(engine, "before_cursor_execute", note)
    file = await ada.get(AT, params={"format": "csv"})  # read in two steps
    assert [int(row["id"]) for row in csv.DictReader(io.StringIO(file.text))] == [*reversed(ids), first]


async def test_keys_open_orders_by_scope_and_administrators_all_stores(
    client: httpx.AsyncClient, runtime: Runtime, access: StoreAccess
) -> None:
    (mine,) = await take(runtime, access, an_order())
    async with runtime.database.transaction() as session:
        other = await make_store(session, "OTHER")
        viewer = await enter_as(session, access, "viewer")
        admin = await make_admin(session)
        scopes = ["orders:read", "channels:read"]
        key = await merchants.create_api_key(
            session, access, settings=runtime.settings, name="Reader", scopes=scopes, expires_at=None
        )
    (theirs,) = await take(runtime, other, an_order("T-1", minutes=1), channel="amazon")
    reader = {"Authorization": f"Bearer {key.token}"}
    assert (await client.get(f"{AT}/{mine}", headers=reader)).json()["number"] == "#O-1"
    assert (await client.get("/api/v1/store/sync/schedules", headers=reader)).status_code == 200
    refused = await client.post(f"{AT}/{mine}/status", json={"status": "processing"}, headers=reader)
    assert await problem(refused) == (403, "scope_missing", [])
    headers = await bearer(runtime, viewer.user)
    assert (await client.get(f"{AT}/{theirs}", headers=headers)).status_code == 404

    headers = await bearer(runtime, admin.user)
    found = (await client.get("/api/v1/admin/orders", headers=headers)).json()
    assert [(item["store_code"], item["channel"], item["number"]) for item in found["items"]] == [
        ("OTHER", "amazon", "#T-1"), ("DEMO", "letzshop", "#O-1")
    ]  # fmt: skip
    only = {"store_id": access.store.id}
    found = (await client.get("/api/v1/admin/orders", headers=headers, params=only)).json()
    assert [item["store_id"] for item in found["items"]] == [access.store.id]
    shown = (await client.get(f"/api/v1/admin/orders/{theirs}", headers=headers)).json()
    assert (shown["store_code"], shown["customer_name"], shown["payload"]) == ("OTHER", "Josée Müller", None)
    page = (await client.get("/api/v1/admin/connections", headers=headers, params={"limit": 1})).json()
    assert [(item["store_code"], item["channel"], item["secrets"]) for item in page["items"]] == [
        ("OTHER", "amazon", {})
    ]
    more = {"limit": 1, "cursor": page["next_cursor"]}
    rest = (await client.get("/api/v1/admin/connections", headers=headers, params=more)).json()
    assert ([item["store_code"] for item in rest["items"]], rest["next_cursor"]) == (["DEMO"], None)


async def test_from_the_marketplace_to_an_accepted_order_by_the_api_alone(
    ada: httpx.AsyncClient, runtime: Runtime, simulators: Simulators
) -> None:
    runtime.settings.simulator_url = simulators.url
    shop = simulators["letzshop"]
    shop.shaped["dialect"] = "shipments"
    (name,) = shop.place_orders(1)
    secrets = next(dict(kind.credentials) for kind in KINDS if kind.channel == "letzshop")
    new = {"channel": "letzshop", "name": "L", "environment": "simulator", "secrets": secrets}
    made = await ada.post("/api/v1/store/connections", json=new | {"settings": {"dialect": "shipments"}})
    assert made.json()["capabilities"] == ["orders_in", "acknowledge", "fulfillment_out"]
    (schedule,) = (await ada.get("/api/v1/store/sync/schedules")).json()["items"]
    run = await ada.post(f"/api/v1/store/sync/schedules/{schedule['id']}/run")
    await sync.run_sync(runtime, run.json()["id"])
    done = (await ada.get(run.headers["Location"])).json()
    assert (done["status"], done["trigger"], done["created"], done["errors"]) == ("success", "person", 1, [])

    (order,) = (await ada.get(AT, params={"awaits_acknowledgement": True})).json()["items"]
    assert (order["channel_order_id"], order["connection_id"]) == (name, made.json()["id"])
    one = f"{AT}/{order['id']}"
    answer = await ada.post(f"{one}/acknowledge", json={"accepted": True, "line_ids": [10**6]})
    assert await problem(answer) == (422, "unknown_lines", [])
    answer = await ada.post(f"{one}/acknowledge", json={"accepted": True})
    assert (answer.status_code, answer.json()["awaits_acknowledgement"]) == (202, True)
    for step in ("acknowledge_lines", "read_order"):
        (job,) = [job for job in await list_jobs(runtime.database) if job.name == step]
        await JOBS[job.name].run(runtime, *job.args)
    shown = (await ada.get(one)).json()
    assert (shown["awaits_acknowledgement"], shown["raw_status"]) == (False, "CONFIRMED")
    (entry,) = [entry for entry in shown["history"] if entry["kind"] == "acknowledged"]
    assert entry["details"]["accepted"] is True
    assert shop.truth()[0]["status"] == "CONFIRMED"
