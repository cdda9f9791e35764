"""The list of products: narrowed down, walked through, and one thing done to many of them."""

import html
import re

import pytest
import sqlalchemy as sa

from orion import catalog, inventory, merchants
from orion.catalog import bulk_actions, bulk_runs
from orion.plumbing.runtime import Runtime
from tests.factories.catalog import make_marketplace_product, make_product
from tests.web.conftest import HTMX, Shopkeeper


@pytest.fixture
async def shelf(owner: Shopkeeper, runtime: Runtime) -> Shopkeeper:
    """The store with five lamps from 10 to 50 EUR, the last two hidden, and stock of the first, which is low."""
    async with runtime.database.transaction() as session:
        access = await merchants.open_store(session, owner.user, "ALPHA")
        for number in range(1, 6):
            record = await make_marketplace_product(
                session, f"L-{number}", titles={"en": f"Lamp {number}"}, brand="Lumo", price_minor=number * 1000
            )
            await make_product(session, access.store, record, is_active=number < 4)
        room = inventory.stockroom(access)
        await inventory.set_level(session, room, inventory.ItemKey(product_id=1), "MAIN", 2, reason="count")
        await inventory.set_threshold(session, room, inventory.ItemKey(product_id=1), 3)
    return owner


async def test_the_list_is_narrowed_down_and_put_in_order(shelf: Shopkeeper) -> None:
    async def shown(**query: str) -> list[str]:
        page = await shelf.client.get("/store/ALPHA/products", params=query, headers=HTMX)
        assert page.status_code == 200
        return re.findall(r">(Lamp \d)</a>", page.text)

    assert await shown(is_active="no", sort="price_desc") == ["Lamp 5", "Lamp 4"]
    assert await shown(min_price="20", max_price="30") == ["Lamp 2", "Lamp 3"]
    assert await shown(search="lamp 3") == ["Lamp 3"]
    assert await shown(brand="Nobody") == []
    page = (await shelf.client.get("/store/ALPHA/products?brand=Lumo&availability=in_stock&sort=nonsense")).text
    for text in ("5 products", "Lumo (5)", "In stock (5)", "Filters (2 set)", "Clear the filters", ">Low<", "Hidden"):
        assert text in page, text
    rare = (await shelf.client.get("/store/ALPHA/products?brand=Nobody")).text
    assert re.search(r'<option value="Nobody" selected>Nobody</option>', rare)  # not counted, so no figure
    wrong = (await shelf.client.get("/store/ALPHA/products?min_price=cheap")).text
    assert 'id="min_price-note"' in wrong
    assert 'value="cheap"' in wrong
    unknown = await shelf.client.get("/store/ALPHA/products?category=999999", headers={"Accept-Language": "fr"})
    assert "Il n\u2019y a pas de telle catégorie." in html.unescape(unknown.text)


async def test_the_list_is_walked_to_its_end_and_back(shelf: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orion.web.pages.products.PRODUCTS_PER_PAGE", 2)
    path = "/store/ALPHA/products"

    async def look(address: str, **headers: str) -> tuple[list[str], str, dict[str, str]]:
        page = (await shelf.client.get(address, headers=headers)).text
        steps = {name: html.unescape(url) for name, url in re.findall(r'id="step-(\w+)" href="([^"]+)"', page)}
        standing = re.findall(r">(\d+.\d+ of \d+)</span>", page)
        return re.findall(r">Lamp (\d)</a>", page), standing[0], steps

    start = f"{path}?brand=Lumo&sort=price_desc"
    pages = [await look(start)]
    while "next" in pages[-1][2]:
        pages.append(await look(pages[-1][2]["next"], **HTMX))
    assert [(shown, standing, set(steps)) for shown, standing, steps in pages] == [
        (["5", "4"], "1\u20132 of 5", {"next"}),
        (["3", "2"], "3\u20134 of 5", {"first", "previous", "next"}),
        (["1"], "5\u20135 of 5", {"first", "previous"}),
    ]
    back = await look(pages[2][2]["previous"], **HTMX)
    assert back[:2] == pages[1][:2]
    assert (await look(back[2]["previous"]))[:2] == pages[0][:2]
    assert await look(pages[1][2]["first"]) == pages[0]
    for address in (pages[0][2]["next"].replace("Lumo", ""), f"{path}?after=nonsense", f"{path}?before=AAAA"):
        assert (await look(address))[1] == "1\u20132 of 5"  # a place in another list is no place in this one
    everywhere = (await shelf.client.get(pages[1][2]["next"])).text
    assert 'name="filter.sort" value="price_desc"' in everywhere
    assert f'hx-get="{html.escape(pages[1][2]["next"])}"' in everywhere  # read again, it stays where it is


async def test_one_thing_is_done_to_many_products_after_a_look(shelf: Shopkeeper, runtime: Runtime) -> None:
    path = "/store/ALPHA/products/bulk"
    data: dict[str, str | list[str]] = {"csrf_token": await shelf.token(), "action": "change_price_percent"}

    async def prices() -> list[str]:
        async with runtime.database.reading() as session:
            access = await merchants.open_store(session, shelf.user, "ALPHA")
            return [str(product.price) for product in (await catalog.list_products(session, access)).items]

    none = await shelf.client.post(path, data=data, headers=HTMX)
    assert (none.status_code, "Choose some products first" in none.text) == (422, True)
    data |= {"scope": "selected", "id": ["1", "2", "x"]}
    asked = await shelf.client.post(path, data=data)
    assert "This is about 2 products." in asked.text
    assert "Do it to" not in asked.text
    wrong = await shelf.client.post(path, data={**data, "percent": "much", "confirmed": "1"}, headers=HTMX)
    assert (wrong.status_code, 'id="bulk-percent-note"' in wrong.text, 'value="much"' in wrong.text) == (
        422,
        True,
        True,
    )
    looked = await shelf.client.post(path, data={**data, "percent": "-10"}, headers=HTMX)
    for text in ("€10.00", "€9.00", "Do it to 2 products"):
        assert text in looked.text, text
    assert (await prices())[:3] == ["10.00", "20.00", "30.00"]
    done = await shelf.client.post(path, data={**data, "percent": "-10", "confirmed": "1"}, headers=HTMX)
    assert "2 products changed" in done.headers["hx-trigger"]
    assert "close-dialog" in done.headers["hx-trigger"]
    assert (await prices())[:3] == ["9.00", "18.00", "30.00"]

    data = {"csrf_token": data["csrf_token"], "action": "unpublish", "scope": "all", "filter.min_price": "25"}
    asked = await shelf.client.post(path, data={**data, "filter.is_active": "yes"})
    assert "Do it to 1 product<" in re.sub(r"\s+", " ", asked.text).replace(" <", "<")
    done = await shelf.client.post(path, data={**data, "confirmed": "1"})
    assert done.headers["location"] == "/store/ALPHA/products?done=3&skipped=0"
    assert "3 products changed" in (await shelf.client.get(done.headers["location"])).text
    deleting: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        deleting.extend([statement] if statement.startswith("DELETE FROM products") else [])

    sa.event.listen(runtime.database.engine.sync_engine, "before_cursor_execute", note)
    gone = {"action": "delete", "scope": "selected", "id": ["1", "2"], "csrf_token": data["csrf_token"]}
    done = await shelf.client.post(path, data={**gone, "confirmed": "1"})
    sa.event.remove(runtime.database.engine.sync_engine, "before_cursor_execute", note)
    assert done.headers["location"] == "/store/ALPHA/products?done=1&skipped=1"  # the first one has stock
    assert len(deleting) == 1  # however many are referred to
    for action, field in (("reset_overrides", "fields"), ("set_availability", "availability"), ("set_price", "price")):
        wrong = await shelf.client.post(path, data={**data, "action": action, "confirmed": "1"}, headers=HTMX)
        assert wrong.status_code == 422, action
        assert f'name="{field}"' in wrong.text
    assert (await shelf.client.get(f"{path}/7")).status_code == 404


async def test_very_many_products_are_changed_by_a_run_that_has_a_page(
    shelf: Shopkeeper, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_actions, "AT_ONCE", 2)
    data = {"action": "feature", "scope": "all", "confirmed": "1"}
    monkeypatch.setattr(bulk_runs, "STEP", 2)
    stopped = (await shelf.post("/store/ALPHA/products/bulk", data)).headers["location"]
    run_id = int(stopped.rpartition("/")[2])
    async with runtime.database.transaction() as session:
        assert await bulk_runs._step(session, run_id)
    assert f'href="{stopped}"' in (await shelf.client.get("/store/ALPHA/products")).text  # who left it finds it again
    assert (await shelf.post(f"{stopped}/cancel", {})).headers["location"] == stopped
    await bulk_runs.work_on_run(runtime, run_id)
    page = (await shelf.client.get(stopped)).text
    assert ("Cancelled" in page, "every 2s" in page, "<dd>2</dd>" in page) == (True, False, True)
    assert (await shelf.post(f"{stopped}/cancel", {})).status_code == 303  # to where it says that it has ended
    assert stopped not in (await shelf.client.get("/store/ALPHA/products")).text
    started = await shelf.post("/store/ALPHA/products/bulk", data)
    page = await shelf.client.get(started.headers["location"])
    assert "Waiting" in page.text
    assert 'hx-trigger="every 2s"' in page.text
    await bulk_runs.work_on_run(runtime, int(started.headers["location"].rpartition("/")[2]))
    part = (await shelf.client.get(started.headers["location"], headers=HTMX)).text
    assert "Completed" in part
    assert "every 2s" not in part
