"""The product pages: what is typed is kept, what is wrong is said beside the field, and who may not may only read."""

import html
import re
from collections.abc import Mapping

import httpx
import pytest
import sqlalchemy as sa

from orion import catalog, inventory, merchants
from orion.catalog import bulk_actions, bulk_runs
from orion.merchants import Member
from orion.plumbing.runtime import Runtime
from tests.factories.catalog import PNG, load_taxonomy, make_marketplace_product, make_product
from tests.factories.people import a_store
from tests.factories.stores import make_user
from tests.web.conftest import HTMX, Shopkeeper, Visitor, enter

EDITOR = "/store/ALPHA/products/1"


@pytest.fixture
async def lamp(owner: Shopkeeper, runtime: Runtime) -> Shopkeeper:
    """The store with one product, whose record is its own."""
    async with runtime.database.transaction() as session:
        access = await merchants.open_store(session, owner.user, "ALPHA")
        record = await make_marketplace_product(
            session,
            "L/1",
            titles={"en": "Desk lamp"},
            descriptions={"en": "It shines."},
            brand="Lumo",
            source_store_id=access.store.id,
        )
        await make_product(session, access.store, record)
        await load_taxonomy(session)
    return owner


def fields_of(page: str, form_id: str = "product-form") -> dict[str, list[str]]:
    """What a browser would send of the form as it stands, the CSRF token included."""
    form = page[page.index(f'id="{form_id}"') :]
    form = form[: form.index("</form>")]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        said = {key: html.unescape(text) for key, text in re.findall(r'([a-z-]+)="([^"]*)"', tag)}
        if "name" in said and (said.get("type") not in ("checkbox", "radio", "file") or "checked" in tag):
            sent.setdefault(said["name"], []).append(said.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)<', form):
        sent[name] = [html.unescape(text).replace("\n", "\r\n")]
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', inside)
        sent[name] = [chosen[0] if chosen else ""]
    return sent


async def send(
    visitor: Visitor, path: str, changes: Mapping[str, str | list[str]], form_id: str = "product-form", **headers: str
) -> httpx.Response:
    """Open the page, type `changes` into its form and send it."""
    sent: dict[str, str | list[str]] = {**fields_of((await visitor.client.get(path)).text, form_id), **changes}
    action = path.partition("?")[0] if "admin" not in path else path
    return await visitor.client.post(action, data=sent, headers=headers)


async def own_values(lamp: Shopkeeper, runtime: Runtime) -> dict[str, object]:
    """What the store itself says of its product."""
    async with runtime.database.reading() as session:
        access = await merchants.open_store(session, lamp.user, "ALPHA")
        details = await catalog.get_product_details(session, access, 1)
    own = {name: view.value for name, view in details.fields.items() if view.source == "store"}
    own |= {
        f"title.{texts.language}": texts.title.value for texts in details.translations if texts.title.source == "store"
    }
    return own | {"tiers": [(tier.min_quantity, str(tier.price)) for tier in details.price_tiers]}


async def test_a_product_is_overridden_translated_and_inherits_again(lamp: Shopkeeper, runtime: Runtime) -> None:
    changes: dict[str, str | list[str]] = {
        "price": "24,50",
        "title.fr": "Lampe <chic>",
        "google_product_category": "Home & Garden > Lighting > Lamps",
        "max_quantity": "5",
        "tier_quantity": ["10", "", "50"],
        "tier_price": ["20", "", "18"],
    }
    saved = await send(lamp, EDITOR, changes)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{EDITOR}?saved=1")
    page = (await lamp.client.get(saved.headers["location"])).text
    assert "Product saved" in page
    assert "Lampe &lt;chic&gt;" in page
    assert "In effect: Home &amp; Garden &gt; Lighting &gt; Lamps" in page
    assert "says:" in page
    assert "€29.90" in page
    own = await own_values(lamp, runtime)
    assert own["price"] == "24.50"
    assert own["title.fr"] == "Lampe <chic>"
    assert own["tiers"] == [(10, "20.00"), (50, "18.00")]
    assert await send(lamp, EDITOR, {}) is not None  # nothing typed: nothing changes
    assert await own_values(lamp, runtime) == own

    inherited = await send(lamp, EDITOR, {"inherit": ["price", "title.fr"], "tier_quantity": "", "tier_price": ""})
    assert inherited.status_code == 303
    assert await own_values(lamp, runtime) == {
        "google_product_category": "Home & Garden > Lighting > Lamps",
        "tiers": [],
    }
    history = (await lamp.client.get(f"{EDITOR}?part=side", headers=HTMX)).text
    assert "€24.50" in history
    assert "<html" not in history


async def test_two_people_who_edit_at_once_do_not_undo_each_other(lamp: Shopkeeper, runtime: Runtime) -> None:
    first = fields_of((await lamp.client.get(EDITOR)).text)
    assert (await send(lamp, EDITOR, {"brand": "Lumo Studio"})).status_code == 303
    assert (await lamp.client.post(EDITOR, data={**first, "price": "20"})).status_code == 303
    own = await own_values(lamp, runtime)
    assert (own["brand"], own["price"]) == ("Lumo Studio", "20.00")
    stale = await lamp.client.post(
        EDITOR, data={**first, "price": "30", "sku": "L-1", "title.fr": "Lampe"}, headers=HTMX
    )
    assert stale.status_code == 422
    assert "Somebody else has changed this meanwhile, to \u201c20.00\u201d." in html.unescape(stale.text)
    again = fields_of(stale.text)
    assert (again["price"], again["brand"], again["sku"]) == (["30"], ["Lumo Studio"], ["L-1"])
    assert (await own_values(lamp, runtime)) == own  # nothing of it was written
    assert (await lamp.client.post(EDITOR, data=again)).status_code == 303  # sent again, it is meant
    now = await own_values(lamp, runtime)
    assert (now["price"], now["brand"], now["title.fr"]) == ("30.00", "Lumo Studio", "Lampe")
    record = f"{EDITOR}/record"
    first = fields_of((await lamp.client.get(record)).text, "record-form")
    for mpn, status in (("A-1", 303), ("B-2", 422)):
        answer = await lamp.client.post(record, data={**first, "mpn": mpn})
        assert answer.status_code == status
    again = fields_of(answer.text, "record-form")
    assert "to \u201cA-1\u201d" in html.unescape(answer.text)
    assert (await lamp.client.post(record, data=again)).status_code == 303


@pytest.mark.parametrize("headers", [HTMX, {}])
async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    lamp: Shopkeeper, runtime: Runtime, headers: dict[str, str]
) -> None:
    typed: dict[str, str | list[str]] = {
        "price": "cheap",
        "min_quantity": "-1",
        "title.de": "x" * 1001,
        "sku": 'S"1',
        "tier_quantity": ["2"],
        "tier_price": ["19"],
    }
    wrong = await send(lamp, EDITOR, {**typed, "min_quantity": "9", "max_quantity": "3"}, **headers)
    assert wrong.status_code == 422
    assert ("<html" in wrong.text) == (not headers)
    for shown in ('value="cheap"', 'id="price-error"', 'id="max_quantity-note"', "is less than the least", "S&#34;1"):
        assert shown in wrong.text, shown
    assert fields_of(wrong.text)["tier_price"][0] == "19"
    number = await send(lamp, EDITOR, {"min_quantity": "two"}, **headers)
    assert "Enter a whole number." in number.text
    long = await send(lamp, EDITOR, {"title.de": "x" * 1001, "title.fr": "Lampe"}, **headers)
    assert 'id="title-de-error"' in long.text
    assert 'value="de" checked' in long.text
    tier = await send(lamp, EDITOR, {"tier_quantity": ["5", "4"], "tier_price": ["3", "oops"]}, **headers)
    assert 'id="tier_quantity-1-error"' in tier.text
    assert 'id="tier_price-1-error"' in tier.text
    assert await own_values(lamp, runtime) == {"tiers": []}
    odd = await send(lamp, EDITOR, {"price": "20", "sale_price": "21"}, **headers)
    assert (odd.status_code, "is not lower than the price" in odd.text) == (200, True)


async def test_viewers_read_and_strangers_see_nothing(lamp: Shopkeeper, runtime: Runtime) -> None:
    sent = fields_of((await lamp.client.get(EDITOR)).text)
    async with runtime.database.transaction() as session:
        viewer = await make_user(session, "vic")
        session.add(Member(merchant_id=lamp.store.merchant_id, user_id=viewer.id, role="viewer"))
        await a_store(session, stranger := await make_user(session), "OTHER")
    visitor = await enter(runtime, lamp.client, viewer)
    page = (await visitor.client.get(EDITOR)).text
    assert "ask an owner of the store for the role of staff" in page
    for button in ("Save product", "Unpublish", "Add pictures", "Delete", "Edit the record", 'name="inherit"'):
        assert button not in page, button
    assert "New product" not in (await visitor.client.get("/store/ALPHA/products")).text
    writes = (EDITOR, f"{EDITOR}/publish", f"{EDITOR}/images", f"{EDITOR}/images/add", f"{EDITOR}/delete")
    token = {"csrf_token": await visitor.token()}
    for path in (*writes, f"{EDITOR}/record", "/store/ALPHA/products/new", "/store/ALPHA/products/list"):
        assert (await visitor.client.post(path, data={**sent, **token})).status_code == 403, path
    other = await enter(runtime, lamp.client, stranger)
    token = {"csrf_token": await other.token()}
    for path in writes:
        assert (await other.client.post(path, data=token)).status_code == 404, path
    assert (await other.client.get("/store/ALPHA/categories?google_product_category=lamps")).status_code == 404
    assert (await other.client.get("/admin/products/record?id=L/1")).status_code == 403
    assert (await other.client.get("/admin/categories?google_product_category=lamps")).status_code == 403


async def test_pictures_are_added_moved_and_taken_away(lamp: Shopkeeper, runtime: Runtime) -> None:
    async def own() -> list[str]:
        async with runtime.database.reading() as session:
            access = await merchants.open_store(session, lamp.user, "ALPHA")
            return (await catalog.get_product_details(session, access, 1)).images

    files = [("file", (f"{name}.png", PNG, "image/png")) for name in ("a", "b")]
    added = await lamp.post(f"{EDITOR}/images/add", {"link": "https://example.com/c.jpg"}, files=files)
    assert added.status_code == 303
    first, second, third = await own()
    assert third == "https://example.com/c.jpg"
    assert (await lamp.client.get(first)).content == PNG
    await lamp.post(f"{EDITOR}/images", {"earlier": third})
    assert await own() == [first, third, second]
    await lamp.post(f"{EDITOR}/images", {"later": first})
    part = await lamp.client.post(
        f"{EDITOR}/images", data={"remove": second, "csrf_token": await lamp.token()}, headers=HTMX
    )
    assert part.text.startswith("<section")
    assert await own() == [third, first]
    for sent, field in (({"link": "ftp://example.com/x"}, "picture-link"), ({"link": ""}, "picture-file")):
        wrong = await lamp.post(f"{EDITOR}/images/add", sent)
        assert (wrong.status_code, f'id="{field}-note"' in wrong.text) == (422, True)
    text = await lamp.post(f"{EDITOR}/images/add", {}, files=[("file", ("a.png", b"no picture", "image/png"))])
    assert (text.status_code, "This is no picture" in text.text) == (422, True)
    await lamp.post(f"{EDITOR}/images", {"inherit": "1"})
    assert await own() == []


async def test_products_are_published_hidden_and_deleted(lamp: Shopkeeper, runtime: Runtime) -> None:
    assert (await lamp.post(f"{EDITOR}/publish", {"active": ""})).status_code == 303
    status = await lamp.client.get(f"{EDITOR}?part=status", headers=HTMX)
    assert "Hidden" in status.text
    shown = await lamp.client.post(
        f"{EDITOR}/publish", data={"active": "1", "csrf_token": await lamp.token()}, headers=HTMX
    )
    assert "product-changed" in shown.headers["hx-trigger"]
    assert "Delete this product?" in (await lamp.client.get(f"{EDITOR}/delete", headers=HTMX)).text
    gone = await lamp.post(f"{EDITOR}/delete", {})
    assert gone.headers["location"] == "/store/ALPHA/products?deleted=1"
    assert (await lamp.client.get(EDITOR)).status_code == 404


async def test_the_record_is_changed_by_whoever_owns_it(lamp: Shopkeeper, admin: Visitor, runtime: Runtime) -> None:
    mine = f"{EDITOR}/record"
    saved = await send(lamp, mine, {"title.fr": "Lampe", "color": "white", "price": "31"}, "record-form")
    assert saved.status_code == 303
    wrong = await send(lamp, mine, {"description.de": "Ohne Titel", "link": "nonsense"}, "record-form", **HTMX)
    assert (wrong.status_code, 'id="link-note"' in wrong.text, "Ohne Titel" in wrong.text) == (422, True, True)
    wrong = await send(lamp, mine, {"description.de": "Ohne Titel"}, "record-form", **HTMX)
    assert 'id="title-de-note"' in wrong.text
    gtin = await send(lamp, mine, {"gtin": "4006381333930"}, "record-form")
    assert (gtin.status_code, "This is not a valid GTIN" in gtin.text) == (422, True)
    theirs = "/admin/products/record?id=L%2F1&marketplace=Letzshop"
    assert (await send(admin, theirs, {"brand": "Lumo GmbH"}, "record-form")).status_code == 303
    async with runtime.database.transaction() as session:
        record = await catalog.get_marketplace_product(session, "L/1", "Letzshop", "fr")
        assert (record.title, str(record.price)) == ("Lampe", "31.00")
        assert (record.google["color"], record.google["brand"]) == ("white", "Lumo GmbH")
        other = await make_marketplace_product(session, "O-1")
        await make_product(session, lamp.store, other)
    assert (await lamp.client.get("/store/ALPHA/products/2/record")).status_code == 403
    assert "Edit the record" not in (await lamp.client.get("/store/ALPHA/products/2")).text
    options = await lamp.client.get("/store/ALPHA/categories?google_product_category=garden lamp")
    assert '<option value="Home &amp; Garden &gt; Lighting &gt; Lamps">' in options.text


async def test_new_products_are_described_or_listed(lamp: Shopkeeper, runtime: Runtime) -> None:
    path = "/store/ALPHA/products/new"
    wrong = await send(lamp, path, {"marketplace_product_id": "N-1", "price": "x"}, "record-form")
    assert (wrong.status_code, 'value="N-1"' in wrong.text) == (422, True)
    taken = await send(lamp, path, {"marketplace_product_id": "L/1", "title.fr": "Lampe"}, "record-form", **HTMX)
    assert (taken.status_code, 'id="marketplace_product_id-note"' in taken.text) == (422, True)
    new = await send(lamp, path, {"marketplace_product_id": "N-1", "title.fr": "Théière", "price": "5"}, "record-form")
    assert new.headers["location"] == "/store/ALPHA/products/2?saved=1"
    async with runtime.database.transaction() as session:
        other = await make_marketplace_product(session, "O-1", titles={"en": "Teapot"})
    found = await lamp.client.get("/store/ALPHA/products/list?search=teapot", headers=HTMX)
    assert f'name="number" value="{other.id}"' in found.text
    listed = await lamp.post("/store/ALPHA/products/list", {"number": str(other.id)})
    assert listed.headers["location"] == "/store/ALPHA/products/3?saved=1"
    assert "You list it: open" in (await lamp.client.get("/store/ALPHA/products/list?search=teapot")).text
    assert (await lamp.post("/store/ALPHA/products/list", {"number": "x"})).status_code == 404


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
