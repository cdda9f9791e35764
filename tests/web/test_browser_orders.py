"""A merchant's way with orders in a real Chromium: from connecting a channel to a packed order."""

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from orion import identity
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database
from orion.plumbing.jobs import JOBS, list_jobs
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.people import a_store, a_user
from tests.simulators.running import Simulators
from tests.web.browser import ARGUMENTS, PATIENCE, Watched, app_on, served

pytestmark = pytest.mark.browser

Work = Callable[[], None]


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path, simulators: Simulators) -> Settings:
    shutil.copy(sqlite_template, tmp_path / "orion.db")
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=f"sqlite:///{tmp_path / 'orion.db'}",
        var_dir=tmp_path / "var",
        secret_key="x" * 40,
        log_level="ERROR",
        simulator_url=simulators.url,
        simulator_rate_factor=1000,
    )


def in_a_loop(coroutine: Any) -> Any:
    """What a coroutine gives; Playwright has a loop of its own in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.fixture
def watched(settings: Settings, chromium: str) -> Iterator[Watched]:
    """The owner of a store with two products, in a browser."""

    async def fill() -> str:
        database = Database(settings.effective_database_url, handlers=HANDLERS)
        async with database.transaction() as session:
            olga = await a_user(session, "olga")
            store = await a_store(session, olga, "ALPHA", name="Alpha")
            for sku, title in (("MUG", "Blue mug"), ("LAMP", "Desk lamp")):
                listed = await make_marketplace_product(session, titles={"en": title})
                await make_product(session, store, listed, sku=sku)
            cookie = await identity.open_web_session(session, olga, settings)
        await database.dispose()
        return cookie

    cookie = in_a_loop(fill())
    with served(app_on(settings)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS, timeout=PATIENCE)
        watched = Watched(
            browser, url, cookie, viewport={"width": 1280, "height": 900}, locale="en-GB", java_script_enabled=True
        )
        yield watched
        watched.check()
        browser.close()


@pytest.fixture
def work(settings: Settings) -> Work:
    """Does all jobs that wait and were not done, as a worker would."""
    done: set[str] = set()

    async def do() -> None:
        database = Database(settings.effective_database_url, handlers=HANDLERS)
        runtime = Runtime(settings, database)
        for job in reversed(await list_jobs(database, status="waiting")):
            if job.id not in done:
                done.add(job.id)
                await JOBS[job.name].run(runtime, *job.args)
        await runtime.http.close()
        await database.dispose()

    return lambda: in_a_loop(do())


def an_item(sku: str, name: str, quantity: int, price: str, total: str) -> dict[str, Any]:
    product = {"id": f"prd_{sku}", "sku": sku, "name": name}
    return {"product": product, "quantity": quantity, "unitPrice": price, "totalPrice": total}


def refresh(page: Page, part: str) -> None:
    """What the page does by itself every few seconds."""
    page.evaluate(f"document.body.dispatchEvent(new Event('{part}-changed'))")


def test_from_the_connection_to_the_packed_order(watched: Watched, work: Work, simulators: Simulators) -> None:
    page, market = watched.page, simulators["letzshop"]
    order_id = market.put_order(
        {
            "orderNumber": "L-900",
            "status": "PAID",
            "items": [an_item("MUG", "Mug, blue", 2, "10.00", "20.00"), an_item("L-77", "Lamp", 1, "30.00", "30.00")],
            "totals": {"subtotal": "50.00", "shipping": "0.00", "tax": "7.26", "total": "50.00", "currency": "EUR"},
        }
    )
    page.goto("/store/ALPHA/orders")
    page.get_by_role("link", name="Connect a channel").click()
    page.get_by_role("link", name="Letzshop", exact=True).click()
    page.get_by_label("Where").select_option("simulator")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_label("API key")).to_have_attribute("aria-invalid", "true")
    watched.look()
    page.get_by_label("API key").fill(market.credentials["api_key"])
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("Not tried yet")).to_be_visible()
    work()
    refresh(page, "connection")
    expect(page.locator("#state").get_by_text("Works", exact=True)).to_be_visible()
    watched.look()

    page.get_by_role("link", name="Synchronisation").first.click()
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("The run has started")).to_be_visible()
    work()
    refresh(page, "sync")
    row = page.locator("#run-1")
    expect(row.get_by_text("Completed")).to_be_visible()
    watched.look()
    row.get_by_role("link", name="Details of run 1").click()
    expect(page.get_by_role("dialog").get_by_text("Read orders, by hand")).to_be_visible()
    watched.check_accessibility()
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Orders", exact=True).click()
    expect(page.locator("#orders tbody tr")).to_have_count(1)
    market.put_order({"orderNumber": "L-901", "status": "PAID"})
    watched.look()

    page.get_by_role("link", name="L-900").click()
    expect(page.get_by_text("matched by SKU")).to_be_visible()
    watched.look()
    page.get_by_role("link", name="Choose the product for Lamp").click()
    page.get_by_label("Search products").fill("desk")
    choice = page.get_by_role("button", name=re.compile("This is it.*Desk lamp"))
    expect(choice).to_be_visible()
    watched.look()
    choice.click()
    expect(page.get_by_text("1 line was matched; it is remembered for next time.")).to_be_visible()
    page.get_by_role("textbox", name="Note").fill("Pack it as a gift")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator("#order").get_by_text("Pack it as a gift")).to_be_visible()
    page.get_by_role("button", name="Start preparing").click()
    expect(page.locator("#order .progress-card").get_by_text("In preparation", exact=True)).to_be_visible()

    market.change_order(order_id, {"status": "SHIPPED"})
    page.get_by_role("button", name="Read it again").click()
    page.get_by_role("textbox", name="Note").fill("Half a thou")
    work()
    refresh(page, "orders")
    expect(page.locator("#order .progress-card").get_by_text("Shipped", exact=True)).to_be_visible()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("Half a thou")
    page.get_by_role("link", name="Synchronisation").first.click()
    page.get_by_role("button", name="Run now").click()
    page.get_by_role("link", name="Orders", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing to do")).to_be_visible()
    search = page.get_by_label("Search orders")
    search.press_sequentially("L-9")
    expect(page.get_by_role("heading", name="No order matches")).to_be_visible()
    work()
    refresh(page, "orders")
    expect(page.locator("#orders").get_by_text("L-901")).to_be_visible()
    expect(search).to_be_focused()
    expect(search).to_have_value("L-9")
