"""A stockroom by hand in a real Chromium: count, sell too much, run low, be told, and tell another program."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from orion import identity
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database
from orion.plumbing.settings import Settings
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.people import a_store, a_user
from tests.web.browser import ARGUMENTS, PATIENCE, Watched, app_on, served

pytestmark = pytest.mark.browser


@pytest.fixture
def watched(sqlite_template: Path, tmp_path: Path, chromium: str) -> Iterator[Watched]:
    """The owner of a store with one product, in a browser."""
    shutil.copy(sqlite_template, tmp_path / "orion.db")
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=f"sqlite:///{tmp_path / 'orion.db'}",
        var_dir=tmp_path / "var",
        secret_key="x" * 40,
        log_level="ERROR",
    )

    async def fill() -> str:
        database = Database(settings.effective_database_url, handlers=HANDLERS)
        async with database.transaction() as session:
            olga = await a_user(session, "olga")
            store = await a_store(session, olga, "ALPHA", name="Alpha")
            lamp = await make_marketplace_product(session, "L-1", titles={"en": "Desk lamp"}, gtin="4006381333931")
            await make_product(session, store, lamp)
            cookie = await identity.open_web_session(session, olga, settings)
        await database.dispose()
        return cookie

    with ThreadPoolExecutor(1) as thread:  # Playwright has a loop of its own in this one
        cookie = thread.submit(asyncio.run, fill()).result()
    with served(app_on(settings)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS, timeout=PATIENCE)
        watched = Watched(
            browser, url, cookie, viewport={"width": 1280, "height": 900}, locale="en-GB", java_script_enabled=True
        )
        yield watched
        watched.check()
        browser.close()


def save(page: Page, action: str, quantity: str, **fields: str) -> None:
    page.get_by_role("radio", name=re.compile(f"^{action}")).check()
    page.get_by_label("Quantity").fill(quantity)
    for name, value in fields.items():
        page.get_by_label(name.replace("_", " ")).fill(value)
    page.get_by_role("button", name="Save", exact=True).click()


def test_a_stockroom_by_hand(watched: Watched) -> None:
    page = watched.page
    page.goto("/store/ALPHA/stock")
    expect(page.get_by_role("heading", name="Nothing is counted yet")).to_be_visible()
    page.get_by_role("link", name="Add stock").click()
    page.get_by_label("GTIN or product id").fill("L-1")
    page.get_by_label("Quantity").fill("12")
    page.get_by_label("Location").fill("Main hall")
    watched.look()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Desk lamp", level=1)).to_be_visible()
    expect(page.get_by_label("To location")).to_be_hidden()
    page.get_by_label("Notify at").fill("5")
    page.get_by_role("button", name="Save the threshold").click()
    expect(page.get_by_text("The threshold was saved.")).to_be_visible()
    save(page, "Move", "4", To_location="Shop", Reason="fair")
    expect(page.get_by_role("row", name="Shop 4 0 4")).to_be_visible()
    save(page, "Remove", "9")
    expect(page.get_by_text("8 of GTIN 4006381333931 are available at MAIN_HALL")).to_be_visible()
    expect(page.get_by_label("Quantity")).to_have_attribute("aria-invalid", "true")
    save(page, "Remove", "8", Reason="sold at the counter")
    expect(page.locator("#history").get_by_text("sold at the counter")).to_be_visible()
    watched.look()

    page.goto("/store/ALPHA/stock")
    expect(page.get_by_text("Low", exact=True)).to_be_visible()
    page.get_by_label("Search stock").press_sequentially("nothing")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_label("Search stock").fill("desk")
    expect(page.get_by_role("link", name="Desk lamp")).to_be_visible()
    watched.look()

    page.get_by_role("link", name="Notifications: 1 unread").click()
    watched.look()
    page.get_by_role("button", name="View").click()
    expect(page.get_by_role("heading", name="Desk lamp", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()

    page.get_by_role("link", name="Webhooks").click()
    page.get_by_role("link", name="New webhook").first.click()
    page.get_by_label("Address", exact=True).fill("https://example.com/orion")
    watched.look()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_label("Signing secret").input_value().startswith("whsec_")
    watched.look()
    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("article").get_by_text("webhook.test", exact=True)).to_be_visible()
    watched.look()
    for path in ("import", "movements", "reservations", "locations"):
        page.goto(f"/store/ALPHA/stock/{path}")
        watched.look()
    page.goto("/notifications/settings")
    watched.look()
