"""The pages of orders: the inbox, one order with what staff do to it, and matching lines."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from orion import inventory, merchants, orders
from orion.channels import Connection
from orion.inventory import ItemKey
from orion.orders import Order, OrderLine, OrderNote
from orion.plumbing.jobs import list_jobs
from orion.plumbing.runtime import Runtime
from tests.conftest import count
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.orders import a_line, an_order, make_connection
from tests.factories.people import a_member
from tests.factories.stores import make_store
from tests.web.conftest import HTMX, Shopkeeper, Visitor, browser_like, enter


@dataclass(frozen=True)
class Inbox:
    """The shopkeeper, with a connection and two products: `SKU-1` with three in stock, and a tea pot."""

    owner: Shopkeeper
    runtime: Runtime
    connection: Connection
    pot: int

    @property
    def home(self) -> str:
        return f"{self.owner.home}/orders"

    async def take(self, *page: object) -> None:
        async with self.runtime.database.transaction() as session:
            await orders.take_in(session, self.connection, page, actor="channel:letzshop")  # type: ignore[arg-type] # orders of the factory

    async def get(self, path: str = "", **options: object) -> str:
        answer = await self.owner.client.get(self.home + path, **options)  # type: ignore[arg-type] # headers
        assert answer.status_code == 200, path
        return answer.text

    async def order(self, name: str = "O-1") -> Order:
        async with self.runtime.database.reading() as session:
            return (await session.scalars(sa.select(Order).where(Order.channel_order_id == name))).one()

    async def lines(self) -> list[OrderLine]:
        async with self.runtime.database.reading() as session:
            return list(await session.scalars(sa.select(OrderLine).order_by(OrderLine.id)))


@pytest.fixture
async def inbox(owner: Shopkeeper, runtime: Runtime) -> Inbox:
    async with runtime.database.transaction() as session:
        access = await merchants.open_store(session, owner.user, "ALPHA")
        connection = await make_connection(session, access)
        mug = await make_product(session, access.store, await make_marketplace_product(session), sku="SKU-1")
        tea_pot = await make_marketplace_product(session, titles={"en": "Tea pot"})
        pot = await make_product(session, access.store, tea_pot, sku="POT")
        await inventory.set_level(session, inventory.stockroom(access), ItemKey(product_id=mug.id), "MAIN", 3)
        return Inbox(owner, runtime, connection, pot.id)


@pytest.fixture
async def viewer(app: FastAPI, runtime: Runtime, owner: Shopkeeper) -> AsyncIterator[Visitor]:
    """Somebody who may look."""
    async with runtime.database.transaction() as session:
        user = await a_member(session, owner.store, "viewer", "vera")
    async with browser_like(app) as client:
        yield await enter(runtime, client, user)


async def test_the_inbox_has_tabs_filters_and_pages(inbox: Inbox) -> None:
    assert "No orders yet" in await inbox.get()
    await inbox.take(*(an_order(f"O-{number:02}", minutes=number) for number in range(1, 28)))
    await inbox.take(
        an_order("O-28", status="shipped", buyer_name="Nora Weis"),
        an_order("O-29", status="cancelled"),
        an_order("O-30", lines=[a_line(sku="NOBODY")]),
    )
    page = await inbox.get()
    assert 'aria-current="page">To do <span class="count">28</span>' in page
    assert 'Done <span class="count">1</span>' in page
    assert 'Unmatched lines <span class="count hot">1</span>' in page
    assert page.count('<tr id="order-') == 25
    assert "#O-28" not in page
    assert "€14.90" in page
    after = page.split("orders?after=")[1].split('"')[0]
    rest = await inbox.get(f"?after={after}", headers=HTMX)
    assert rest.count('<tr id="order-') == 3
    assert "<html" not in rest
    assert 'hx-trigger="every 10s' in rest

    assert (await inbox.get("?view=done")).count('<tr id="order-') == 1
    assert (await inbox.get("?view=closed")).count("#O-29") == 1
    assert "Product unknown" in await inbox.get("?view=attention&search=O-30")
    assert (await inbox.get("?view=all&search=weis")).count('<tr id="order-') == 1
    assert (await inbox.get("?view=all&status=shipped")).count('<tr id="order-') == 1
    assert "No order matches" in await inbox.get("?view=all&from=2026-03-03")
    assert (await inbox.get("?view=all&from=2026-03-02&to=2026-03-02")).count('<tr id="order-') == 25
    for odd in (
        "?view=nonsense&status=x&channel=y&from=soon&to=9999-12-31&after=nowhere",
        "?after=2026-99-99T1+00:00,1",
    ):
        assert (await inbox.get(odd)).count('<tr id="order-') == 25


async def test_an_order_says_what_is_odd_and_staff_move_it_on(inbox: Inbox, viewer: Visitor) -> None:
    await inbox.take(an_order(lines=[a_line(quantity=5)], total_minor=5000), an_order("O-2"))
    order = await inbox.order()
    path = f"/{order.id}"
    page = await inbox.get(path)
    assert "They are off by €4.90." in page
    assert "The channel asks €4.90 less than the parts add up to." in page
    assert "Not enough stock" in page
    assert "€54.90" not in page
    assert "Josée Müller" in page
    assert "&#34;id&#34;: &#34;O-1&#34;" in page, "the payload"

    async def post(what: str, **fields: str) -> str:
        answer = await inbox.owner.post(inbox.home + path + what, fields)
        assert answer.status_code in (303, 409, 422), what
        return answer.headers["location"] if answer.status_code == 303 else answer.text

    assert await post("/flags", flag="total_differs") == f"{inbox.home}{path}?done=cleared"
    page = await inbox.get(path, headers=HTMX)
    assert "They are off by" not in page
    assert "Looked at: Total differs" in page
    assert (await post("/advance", to="processing")).endswith("done=advanced")
    assert "The order is processing, and delivered does not follow" in await post("/advance", to="delivered")
    assert (await inbox.order()).status == "processing"
    assert "Write something into the note" in await post("/notes", text="  ")
    assert (await post("/notes", text="Ring <twice>")).endswith("done=noted")
    page = await inbox.get(path)
    assert "Ring &lt;twice&gt;" in page
    assert page.index("Ring &lt;twice&gt;") < page.index("Status: In preparation") < page.index("The order came in")
    assert (await post("/refresh")).endswith("done=refreshed")
    assert "read_order" in [job.name for job in await list_jobs(inbox.runtime.database, status="waiting")]
    assert "does not wait to be accepted" in await post("/acknowledge", answer="accept")

    looked = await viewer.client.get(inbox.home + path)
    assert "Ring &lt;twice&gt;" in looked.text
    for button in ("I have looked at it", "Ready for shipment</button>", "Write a note", "Read it again"):
        assert button in page
        assert button not in looked.text
    for what in ("advance", "flags", "notes", "refresh", "acknowledge", f"lines/{(await inbox.lines())[0].id}/unmatch"):
        refused = await viewer.post(
            f"{inbox.home}{path}/{what}", {"to": "confirmed", "flag": "stock_short", "text": "No"}
        )
        assert refused.status_code == 403, what
    assert (await inbox.order()).flags == ["stock_short"]
    assert await count(inbox.runtime.database, OrderNote) == 1
    note = page.split("/notes/")[1].split("/delete")[0]
    assert (await post(f"/notes/{note}/delete")).endswith("done=note_deleted")
    assert await count(inbox.runtime.database, OrderNote) == 0


async def test_an_order_is_accepted_at_its_channel(inbox: Inbox) -> None:
    await inbox.take(an_order(awaits_acknowledgement=True), an_order("O-2"))
    path = f"/{(await inbox.order()).id}"
    assert "Accept the order" not in await inbox.get(path), "this dialect takes no answer"
    async with inbox.runtime.database.transaction() as session:
        await session.execute(sa.update(Connection).values(settings={"dialect": "shipments"}))
    assert (await inbox.get("?view=accept")).count('<tr id="order-') == 1
    page = await inbox.get(path)
    assert ("Accept the order" in page, "Reject the order #O-1?" in page) == (True, True)
    done = await inbox.owner.post(f"{inbox.home}{path}/acknowledge", {"answer": "reject"})
    assert done.status_code == 303, done.text[done.text.find("notice bad") :][:400]
    assert done.headers["location"] == f"{inbox.home}{path}?done=rejected"
    jobs = await list_jobs(inbox.runtime.database, status="waiting")
    assert [job.args[2:4] for job in jobs if job.name == "acknowledge_lines"] == [(["L1"], False)]


async def test_another_stores_order_is_not_there(inbox: Inbox, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        other = await make_store(session, "OTHER")
        connection = await make_connection(session, other)
        await orders.take_in(session, connection, [an_order("THEIRS")], actor="channel:letzshop")
    theirs = await inbox.order("THEIRS")
    for path in (f"/{theirs.id}", f"/{theirs.id}/lines/{(await inbox.lines())[0].id}"):
        assert (await inbox.owner.client.get(inbox.home + path)).status_code == 404
    answer = await inbox.owner.post(f"{inbox.home}/{theirs.id}/advance", {"to": "processing"})
    assert answer.status_code == 404
    assert (await inbox.order("THEIRS")).status == "confirmed"


async def test_a_line_is_matched_once_for_all_like_it(inbox: Inbox, viewer: Visitor) -> None:
    unknown = a_line(sku="X-9", quantity=2)
    await inbox.take(an_order("O-1", lines=[unknown]), an_order("O-2", lines=[unknown]))
    first, second = await inbox.lines()
    listed = await inbox.get("/unmatched")
    assert listed.count('<tr id="line-') == 2
    assert "Choose the product" not in (await viewer.client.get(f"{inbox.home}/unmatched")).text
    path = f"/{first.order_id}/lines/{first.id}"
    assert (await viewer.client.get(inbox.home + path)).status_code == 403
    assert "None of your products matches" in await inbox.get(f"{path}?search=elephant")
    choices = await inbox.get(f"{path}?search=pot&from=unmatched", headers=HTMX)
    assert 'This is it<span class="vh">: Tea pot' in choices
    assert "<html" not in choices

    gone = await inbox.owner.post(inbox.home + path, {"product_id": "999999"})
    assert (gone.status_code, "has no product 999999" in gone.text) == (422, True)
    done = await inbox.owner.post(inbox.home + path, {"product_id": str(inbox.pot), "from": "unmatched"})
    assert done.headers["location"] == f"{inbox.home}/unmatched?matched=2"
    assert [line.product_id for line in await inbox.lines()] == [inbox.pot] * 2
    page = await inbox.get("/unmatched?matched=2")
    assert "2 lines were matched; it is remembered for next time." in page
    assert "Every line has its product" in page
    assert "matched as you did before" in await inbox.get(f"/{second.order_id}")
    await inbox.take(an_order("O-3", lines=[unknown]))
    assert [line.matched_by for line in await inbox.lines()] == ["person", "remembered", "remembered"]

    assert "Matched with this" in await inbox.get(f"{path}?search=pot")
    back = await inbox.owner.post(f"{inbox.home}{path}/unmatch", {})
    assert back.headers["location"] == f"{inbox.home}/{first.order_id}?done=unmatched"
    assert (await inbox.lines())[0].product_id is None


async def test_administrators_see_the_orders_of_all_stores(inbox: Inbox, admin: Visitor) -> None:
    await inbox.take(an_order("O-1"), an_order("O-2", status="shipped"))
    everything = (await admin.client.get("/admin/orders")).text
    assert everything.count('<tr id="order-') == 2
    assert "ALPHA" in everything
    shipped = (await admin.client.get("/admin/orders?status=shipped&store=ALPHA&channel=letzshop", headers=HTMX)).text
    assert ("#O-2" in shipped, "#O-1" in shipped) == (True, False)
    assert "No order matches" in (await admin.client.get("/admin/orders?search=nothing")).text
