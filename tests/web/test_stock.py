"""Stock, webhooks and notifications in the portal: who may, what happens, and what is said when it cannot."""

import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from orion import feeds, inventory, merchants, notifications, webhooks
from orion.feeds.stock.run import run
from orion.inventory import ItemKey, Line, MovementFilter, Stockroom
from orion.merchants import Member
from orion.notifications import OutgoingMail
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from orion.webhooks import WebhookDelivery
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.stores import make_user
from tests.web.conftest import HTMX, Shopkeeper, Visitor, enter

GTIN = "4006381333931"
STOCK = "/store/ALPHA/stock"


async def room_of(runtime: Runtime, owner: Shopkeeper) -> Stockroom:
    async with runtime.database.reading() as session:
        return inventory.stockroom(await merchants.open_store(session, owner.user, "ALPHA"))


@pytest.fixture
async def viewer(owner: Shopkeeper, runtime: Runtime) -> Visitor:
    """The owner's browser in the hands of somebody who may only look."""
    async with runtime.database.transaction() as session:
        user = await make_user(session, "vera")
        session.add(Member(merchant_id=owner.store.merchant_id, user_id=user.id, role="viewer"))
    return await enter(runtime, owner.client, user)


async def test_a_day_in_the_stockroom(owner: Shopkeeper, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        lamp = await make_marketplace_product(session, "L-1", titles={"en": "Desk <lamp>"}, gtin=GTIN)
        await make_product(session, owner.store, lamp)
    wrong = await owner.post(f"{STOCK}/new", {"name": "L-9", "action": "set", "quantity": "ten", "location": ""})
    assert wrong.status_code == 422
    assert "ALPHA has no product &#39;L-9&#39;" in wrong.text
    assert 'value="ten"' in wrong.text
    made = await owner.post(
        f"{STOCK}/new", {"name": "L-1", "action": "set", "quantity": "12", "location": "Main hall", "reason": "count"}
    )
    assert made.status_code == 303
    item = made.headers["location"].partition("?")[0]
    page = (await owner.client.get(item)).text
    assert '<h1 dir="auto">Desk &lt;lamp&gt;</h1>' in page
    assert "MAIN_HALL" in page
    assert "count" in page

    for values, said in (
        ({"action": "remove", "quantity": "13", "location": "MAIN_HALL"}, "12 of GTIN 4006381333931 are available"),
        ({"action": "transfer", "quantity": "1", "location": "MAIN_HALL"}, "Say where the goods go."),
        ({"action": "transfer", "quantity": "1", "location": "X", "target": "Y"}, "ALPHA has no location X"),
        ({"action": "add", "quantity": "-1", "location": "MAIN_HALL"}, "Enter a whole number from 0 on."),
        ({"action": "add", "quantity": "3000000000", "location": "MAIN_HALL"}, "whole number from 1 to 2,147,483,647"),
        ({"action": "juggle", "quantity": "1", "location": "MAIN_HALL"}, "Choose what to do."),
        ({"action": "add", "quantity": "1", "location": ""}, "Choose a location."),
    ):
        answer = await owner.post(item, values)
        assert (answer.status_code, said in answer.text) == (422, True), values
    moves = (
        ("add", "5", ""),
        ("remove", "2", ""),
        ("count", "14", ""),
        ("transfer", "4", "Shop"),
        ("set", "9", ""),
    )
    for action, quantity, target in moves:
        values = {
            "action": action,
            "quantity": quantity,
            "location": "MAIN_HALL",
            "target": target,
            "reason": "why <b>",
        }
        done = await owner.post(item, values)
        assert done.headers["location"] == f"{item}?done={action}#levels"
    async with runtime.database.transaction() as session:
        room = await room_of(runtime, owner)
        await inventory.reserve(session, room, [Line(ItemKey(gtin=GTIN), 3)], reference="order-7")
        found = await inventory.list_movements(session, room, MovementFilter())
        assert [(m.kind, m.delta) for m in reversed(found.items)] == [
            ("set", 12), ("add", 5), ("remove", -2), ("count", -1), ("transfer", -4), ("transfer", 4), ("set", -1),
        ]  # fmt: skip
    page = (await owner.client.get(item)).text
    assert "why &lt;b&gt;" in page
    assert "order-7" in page
    assert "<dd>13</dd>" in page
    assert re.search(r"<dd>10\s", page)
    listed = (await owner.client.get(f"{STOCK}?search=desk&location=SHOP", headers=HTMX)).text
    assert listed.lstrip().startswith("<section")
    assert "At SHOP" in listed
    assert "Nothing matches" in (await owner.client.get(f"{STOCK}?search=nothing")).text
    assert "Nothing matches" in (await owner.client.get(f"{STOCK}?low=1")).text
    history = (await owner.client.get(f"{STOCK}/movements?kind=transfer")).text
    assert history.count("<tr id=") == 2
    assert "order-7" in (await owner.client.get(f"{STOCK}/reservations?state=held")).text
    released = await owner.post(f"{STOCK}/reservations/release", {"reference": "order-7"})
    assert released.status_code == 303
    assert "Nothing matches" in (await owner.client.get(f"{STOCK}/reservations?state=held")).text


async def test_low_stock_is_told_once_per_crossing_in_the_portal_and_by_mail(
    owner: Shopkeeper, runtime: Runtime
) -> None:
    chosen = {"app.stock_low": "on", "mail.stock_low": "on"}
    assert (await owner.post("/notifications/settings", chosen)).status_code == 303
    await owner.post(f"{STOCK}/new", {"name": GTIN, "action": "set", "quantity": "6", "location": "A"})
    item = f"{STOCK}/items/1"
    for typed, status in (("-1", 422), ("x", 422), ("3", 303)):
        assert (await owner.post(f"{item}/threshold", {"low_stock_threshold": typed})).status_code == status
    told = []
    for action, quantity in (("remove", 2), ("remove", 1), ("remove", 1), ("add", 4), ("remove", 4), ("set", 0)):
        await owner.post(item, {"action": action, "quantity": str(quantity), "location": "A"})
        async with runtime.database.reading() as session:
            count = len((await notifications.list_notifications(session, owner.user)).items)
            mails = list(await session.scalars(sa.select(OutgoingMail).order_by(OutgoingMail.id)))
        assert len(mails) == count
        told.append(count)
    assert told == [0, 1, 1, 1, 2, 2]
    assert (mails[0].subject, mails[0].recipient) == (f"Low stock: {GTIN}", owner.user.email)
    assert f"3 of {GTIN} are left in store Alpha; you asked to be told at 3." in mails[0].text
    assert f"{{portal}}{item}" in mails[0].text
    home = (await owner.client.get("/store/ALPHA")).text
    assert "Notifications: 2 unread" in home
    page = (await owner.client.get("/notifications")).text
    assert page.count(f"Low stock: {GTIN}</span>") == 4
    opened = await owner.post("/notifications/2/read", {"open": "1"})
    assert opened.headers["location"] == item
    assert "Notifications: 1 unread" in (await owner.client.get("/notifications?unread=1")).text
    await owner.post("/notifications/read", {})
    assert "You are up to date" in (await owner.client.get("/notifications?unread=1")).text
    assert (await owner.post("/notifications/999/read", {})).status_code == 404
    assert (await owner.client.get(f"{STOCK}?low=1")).text.count('id="item-') == 1


async def test_locations_are_kept(owner: Shopkeeper) -> None:
    path = f"{STOCK}/locations"
    for name in ("Warehouse A", "Shop"):
        assert (await owner.post(path, {"name": name})).headers["location"] == f"{path}?done=created"
    taken = await owner.post(path, {"name": "Shop"})
    assert (taken.status_code, "ALPHA has a location SHOP already" in taken.text) == (422, True)
    assert (await owner.post(path, {"name": ""})).status_code == 422
    closed = await owner.post(f"{path}/1", {"act": "close", "name": "Warehouse A"})
    assert "WAREHOUSE_A is the default location: make another one it first" in closed.text
    for act, done in (("rename", "updated"), ("default", "updated"), ("delete", None)):
        answer = await owner.post(f"{path}/2", {"act": act, "name": "Corner shop"})
        assert answer.headers.get("location") == (f"{path}?done={done}" if done else None)
    assert (await owner.post(f"{path}/1", {"act": "delete", "name": ""})).headers["location"] == f"{path}?done=deleted"
    assert "Corner shop" in (await owner.client.get(path)).text
    assert (await owner.post(f"{path}/99", {"act": "close", "name": ""})).status_code == 404


async def test_a_file_of_quantities_is_taken_and_its_bad_rows_come_back(owner: Shopkeeper, runtime: Runtime) -> None:
    path = f"{STOCK}/import"
    assert "Choose a file." in (await owner.post(path, {"source": "file", "mode": "set"})).text
    assert "must start with" in (await owner.post(path, {"source": "url", "source_url": "ftp://x", "mode": "set"})).text
    file = {"file": ("=count.csv", f"gtin,quantity,location\n{GTIN},4,A\n{GTIN},many,A\n".encode(), "text/csv")}
    sent = await owner.post(path, {"source": "file", "mode": "set", "reason": "count"}, files=file)
    assert sent.status_code == 303, sent.text
    again = await owner.post(path, {"source": "file", "mode": "set"}, files=file)
    assert (again.status_code, "is still running" in again.text) == (422, True)
    assert 'hx-trigger="jobs-changed from:body, every 2s"' in (await owner.client.get(sent.headers["location"])).text
    await run(runtime, 1)
    page = (await owner.client.get(f"{STOCK}/imports/1")).text
    assert "&#39;many&#39; is not a whole number" in page
    failed = await owner.client.get(f"{STOCK}/imports/1/failed.csv")
    assert failed.text.splitlines()[1].startswith(f"{GTIN},many,A,quantity,")
    assert "=count.csv" in (await owner.client.get(path)).text
    assert "Stock import 1" in (await owner.client.get(f"{STOCK}/movements?reference=stock-import:1")).text
    assert (await owner.client.get(f"{STOCK}/imports/2")).status_code == 404


async def test_a_file_is_tried_first_then_applied_or_stopped(owner: Shopkeeper, runtime: Runtime) -> None:
    file = {"file": ("count.csv", f"gtin,quantity,location\n{GTIN},4,A\n".encode(), "text/csv")}
    sent = await owner.post(f"{STOCK}/import", {"source": "file", "mode": "set", "dry_run": "1"}, files=file)
    one = sent.headers["location"].partition("?")[0]
    assert "so nothing changes in your stock" in (await owner.client.get(f"{one}/cancel")).text
    await run(runtime, 1)
    page = (await owner.client.get(one)).text
    assert "Nothing of it has been done." in page
    assert (page.count('<article class="change"'), GTIN in page, f'action="{one}/apply"' in page) == (1, True, True)
    assert "Dry run</span>" in (await owner.client.get(f"{STOCK}/import")).text
    applied = await owner.post(f"{one}/apply", {})
    assert applied.headers["location"] == f"{STOCK}/imports/2?done=started"
    again = await owner.post(f"{one}/apply", {})
    assert again.status_code == 409
    assert "was imported as import 2" in again.text
    path = f"{STOCK}/imports/2/cancel"
    told = json.loads((await owner.post(path, {}, headers=HTMX)).headers["hx-trigger"])
    assert told.keys() == {"jobs-changed", "close-dialog", "toast"}
    assert (await owner.post(path, {})).headers["location"] == f"{STOCK}/imports/2"
    assert "Cancelled" in (await owner.client.get(f"{STOCK}/imports/2")).text


async def test_who_may_only_look_changes_nothing(viewer: Visitor, owner: Shopkeeper, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        room = await inventory.stockroom_of(session, owner.store.id)
        await inventory.set_level(session, room, ItemKey(gtin=GTIN), "A", 1)
    for path in ("", "/items/1", "/movements", "/reservations", "/locations", "/import"):
        page = await viewer.client.get(STOCK + path)
        assert page.status_code == 200
        assert f'action="{STOCK}' not in re.sub(r'<form class="filters".*?</form>', "", page.text, flags=re.DOTALL), (
            path
        )
    change = {"action": "add", "quantity": "1", "location": "A", "name": GTIN, "act": "close", "reference": "x"}
    for path in ("/new", "/items/1", "/items/1/threshold", "/locations", "/locations/1", "/reservations/release"):
        assert (await viewer.post(STOCK + path, change)).status_code == 403, path
    assert (
        await viewer.post(f"{STOCK}/import", {"source": "url", "source_url": "https://a.example"})
    ).status_code == 403
    for path in ("", "/new", "/1"):
        assert (await viewer.client.get(f"/store/ALPHA/webhooks{path}")).status_code == 403
    assert (await viewer.post("/store/ALPHA/webhooks/new", {"url": "https://a.example"})).status_code == 403


async def test_webhooks_are_made_tested_and_replayed(owner: Shopkeeper, runtime: Runtime) -> None:
    path = "/store/ALPHA/webhooks"
    for values, said in (
        ({"url": "nowhere", "event_types": "*"}, 'id="url-note"'),
        ({"url": "https://example.com/in"}, "Choose at least one kind of event."),
    ):
        answer = await owner.post(f"{path}/new", values)
        assert (answer.status_code, said in answer.text) == (422, True)
    made = await owner.post(f"{path}/new", {"url": "https://example.com/in?t=1", "event_types": "stock.*"})
    secret = re.search(r'value="(whsec_[^"]+)"', made.text)
    assert secret is not None
    one = f"{path}/1"
    page = (await owner.client.get(one)).text
    assert secret[1] not in page
    assert "stock.*" in page
    renewed = await owner.post(f"{one}/rotate", {})
    assert "whsec_" in renewed.text
    assert secret[1] not in renewed.text
    assert "The previous secret signs until" in (await owner.client.get(one)).text
    assert (await owner.post(f"{one}/test", {})).headers["location"] == f"{one}?done=tested"
    await owner.post(f"{STOCK}/new", {"name": GTIN, "action": "set", "quantity": "6", "location": "A"})
    log = (await owner.client.get(one)).text
    assert log.count('<article class="delivery"') == 2
    assert "webhook.test" in log
    open_ = await owner.post(f"{one}/deliveries/1", {})
    assert (open_.status_code, "still on its way" in open_.text) == (422, True)
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(WebhookDelivery).values(status="dead", error="The server answered 500"))
    assert "The server answered 500" in (await owner.client.get(f"{one}?status=dead")).text
    assert (await owner.post(f"{one}/deliveries/1", {})).headers["location"] == f"{one}?done=redelivered"
    assert "Say from which day and time on." in (await owner.post(f"{one}/replay", {"since": "soon"})).text
    since = (utcnow() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert (await owner.post(f"{one}/replay", {"since": since})).headers["location"] == f"{one}?replayed=1"
    assert "1 event is on its way again." in (await owner.client.get(f"{one}?replayed=1")).text
    assert (await owner.post(f"{one}/pause", {})).headers["location"] == f"{one}?done=paused"
    assert "is not active" in (await owner.post(f"{one}/test", {})).text
    assert (await owner.post(f"{one}/resume", {})).headers["location"] == f"{one}?done=resumed"
    values = {"url": "https://example.com/other", "event_types": "*", "description": "Ours"}
    assert (await owner.post(f"{one}/edit", values)).headers["location"] == f"{one}?done=updated"
    assert "Ours" in (await owner.client.get(path)).text
    assert (await owner.post(f"{one}/explode", {})).status_code == 422
    assert (await owner.post(f"{one}/delete", {})).headers["location"] == f"{path}?done=deleted"
    assert (await owner.client.get(one)).status_code == 404
    async with runtime.database.reading() as session:
        access = await merchants.open_store(session, owner.user, "ALPHA")
        assert await webhooks.list_webhooks(session, access) == []
        assert (await feeds.list_stock_imports(session, access)).items == []
