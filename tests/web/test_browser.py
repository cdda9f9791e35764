"""The portals in a real Chromium: every page in every light, and a merchant's first hour."""

import asyncio
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from orion import catalog, feeds, identity, merchants
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.feeds import make_import, make_issue
from tests.factories.people import PASSWORD, a_store, a_user, an_admin
from tests.feeds.importing import import_bytes
from tests.plumbing.workers import environment
from tests.web.browser import ARGUMENTS, AXE, PATIENCE, Watched, app_on, served

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]

PAGES = {
    None: ["/login", "/nothing"],
    "olga": [
        "/stores",
        "/account",
        "/store/ALPHA",
        "/store/EMPTY",
        "/store/ALPHA/marketplace",
        "/store/EMPTY/marketplace",
        "/store/ALPHA/products",
        "/store/EMPTY/products",
        "/store/ALPHA/products/1",
        "/store/ALPHA/products/1/record",
        "/store/ALPHA/products/new",
        "/store/ALPHA/products/list?search=kusmi",
        "/store/ALPHA/settings",
        "/store/ALPHA/marketplace/imports/1",
        "/store/ALPHA/marketplace/imports/1/issues",
        "/store/ALPHA/marketplace/imports/2/cancel",
        "/store/BETA/marketplace/imports/5/changes",
        "/store/BETA/marketplace/imports/5/undo",
        "/store/BETA/marketplace/mappings?job=6",
        "/store/BETA/marketplace/schedules",
        "/store/EMPTY/orders",
        "/store/EMPTY/orders/unmatched",
        "/store/EMPTY/connections",
        "/store/EMPTY/connections/new/amazon",
        "/store/EMPTY/sync",
    ],
    "ada": [
        "/admin/products",
        "/admin/imports",
        "/admin/integrations",
        "/admin/orders",
        "/admin/marketplace?store=ALPHA",
        "/admin/stores",
        "/admin/stores/ALPHA/edit",
    ],
}
LAMPS = b"id,title,price,availability\nL1,Lamp,29.90 EUR,in stock\nL2,Desk lamp,29.90 EUR,in stock\n"
LANGUAGES = ("en-GB", "fr-FR", "de-DE")
CASES = [
    pytest.param(who, path, LANGUAGES[number % 3], id=path)
    for number, (who, path) in enumerate((who, path) for who, paths in PAGES.items() for path in paths)
]


@pytest.fixture(scope="module")
def settings(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One SQLite file for all tests of this module."""
    folder = tmp_path_factory.mktemp("browser")
    shutil.copy(sqlite_template, folder / "orion.db")
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=f"sqlite:///{folder / 'orion.db'}",
        var_dir=folder / "var",
        secret_key="x" * 40,
        fetch_allowed_hosts=["127.0.0.1"],
        log_level="ERROR",
    )


@pytest.fixture(scope="module")
def cookies(settings: Settings) -> dict[str | None, str | None]:
    """People, stores, imports and products to look at; session cookies by user name."""
    with ThreadPoolExecutor(1) as thread:  # Playwright has a loop of its own in this one
        return thread.submit(asyncio.run, _fill(settings)).result()


async def _fill(settings: Settings) -> dict[str | None, str | None]:
    database = Database(settings.effective_database_url, handlers=HANDLERS)
    async with database.transaction() as session:
        olga, ada = await a_user(session, "olga"), await an_admin(session, "ada")
        store = await a_store(session, olga, "ALPHA", name="Alpha", feed_url_fr="https://example.com/fr.csv")
        await a_store(session, olga, "EMPTY", name="Empty")
        await a_store(session, await a_user(session, "nora"), "NORA", name="Nora")
        access = await merchants.open_store(session, olga, "ALPHA")
        job = await make_import(
            session, access, status="completed_with_errors", error_count=24, warning_count=3, processed_count=4000
        )
        for row in range(2, 29):
            await make_issue(session, job, row, severity="error" if row < 26 else "warning")
        await make_import(session, access, language="de", status="pending", phase="waiting")
        await make_import(session, access, language="fr", status="failed", failure_code="feed_not_found")
        for number in range(30):
            tea = await make_marketplace_product(
                session,
                titles={"fr": f"Thé {number}"},
                brand="Kusmi",
                sale_price_minor=1990 if number % 2 else None,
                source_store_id=store.id,
            )
            await make_product(session, store, tea)
        await a_store(session, olga, "BETA", name="Beta")
        beta = await merchants.open_store(session, olga, "BETA")
        cookies = {user.username: await identity.open_web_session(session, user, settings) for user in (olga, ada)}
    await _import(Runtime(settings, database), beta)
    await database.dispose()
    return {None: None, **cookies}


async def _import(runtime: Runtime, access: merchants.StoreAccess) -> None:
    """Imports of BETA: 4; 5, which is undone with one product edited since; 6, whose columns nobody knows."""
    await import_bytes(runtime, access, LAMPS)
    changed = await import_bytes(
        runtime, access, LAMPS.replace(b"29.90", b"24.90") + b"L9,Chair,80 EUR,in stock\nL8,,1,\n"
    )
    await import_bytes(runtime, access, b"Nummer;Wie es heisst\n1;Lampe\n")
    async with runtime.database.transaction() as session:
        await catalog.update_marketplace_product(session, access.user, "L1", texts={}, values={"price": "19.90 EUR"})
        await feeds.create_schedule(session, access, source_url="https://example.com/feed.csv", interval="6h")
        await feeds.undo_import(session, access, changed.id)


@pytest.fixture(scope="module")
def base_url(settings: Settings) -> Iterator[str]:
    with served(app_on(settings)) as url:
        yield url


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    assert AXE.is_file(), "axe is not installed: run python scripts/assets.py --dev"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS, timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, base_url: str, cookies: dict[str | None, str | None]) -> Iterator[Open]:
    """Opens a path as somebody; what must not happen on a page fails the test at its end."""
    opened: list[Watched] = []

    def open_page(
        path: str,
        who: str | None = None,
        *,
        width: int = 1440,
        scheme: str = "light",
        locale: str = "en-GB",
        java_script_enabled: bool = True,
    ) -> Watched:
        watched = Watched(
            browser,
            base_url,
            cookies[who],
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            locale=locale,
            java_script_enabled=java_script_enabled,
        )
        opened.append(watched)
        watched.page.goto(path)
        return watched

    yield open_page
    for watched in opened:
        watched.check()
        watched.context.close()


@pytest.mark.parametrize(("who", "path", "locale"), CASES)
def test_every_page_is_accessible(open_page: Open, who: str | None, path: str, locale: str) -> None:
    watched = open_page(path, who, locale=locale)
    expect(watched.page.locator("h1")).to_be_visible()
    assert watched.page.locator("html").get_attribute("lang") == locale[:2]
    if path == "/nothing":
        assert [problem for problem in watched.problems if "404 (Not Found)" in problem] == watched.problems
        watched.problems.clear()
    for width in (1440, 390):
        watched.page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            watched.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colours half-way
            watched.check_accessibility()
        watched.check()


@pytest.mark.parametrize("width", [1440, 390])
def test_problems_open_in_a_dialog_by_keyboard(open_page: Open, width: int) -> None:
    watched = open_page("/store/ALPHA/marketplace", "olga", width=width)
    page = watched.page
    link = page.get_by_role("link", name="24 errors in import 1")
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Problems in import 1")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("1\u201320 of 24")).to_be_visible()
    dialog.get_by_role("link", name="Page 2").click()
    expect(dialog.get_by_text("21\u201324 of 24")).to_be_visible()
    dialog.get_by_label("Kind of problem").select_option("warning")
    expect(dialog.get_by_text("1\u20133 of 3")).to_be_visible()
    dialog.get_by_text("Data of the row").first.click()
    expect(dialog.get_by_role("cell", name="abc").first).to_be_visible()
    watched.check_accessibility()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()


def test_an_import_is_cancelled_from_its_dialog(open_page: Open) -> None:
    page = open_page("/store/ALPHA/marketplace", "olga").page
    row = page.locator("#job-2")
    row.get_by_role("link", name="Cancel import 2").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the import").click()
    expect(page.get_by_role("status").get_by_text("Import 2 is being cancelled")).to_be_visible()
    expect(row.get_by_text("Cancelled")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_typing_filters_products_and_keeps_the_cursor(open_page: Open) -> None:
    page = open_page("/store/ALPHA/products?language=fr", "olga").page
    search = page.get_by_label("Search products")
    search.press_sequentially("Thé 17", delay=20)
    expect(page.get_by_role("heading", name="1 product")).to_be_visible()
    expect(search).to_be_focused()
    expect(page.locator("#products tbody tr")).to_have_count(1)
    assert "search=Th" in page.url
    page.get_by_role("link", name="Thé 17").click()
    expect(page.get_by_role("heading", level=1, name="Thé 17")).to_be_visible()


def test_the_menu_switches_language_and_theme(open_page: Open) -> None:
    page = open_page("/store/ALPHA", "olga", width=390).page
    page.get_by_role("button", name="Menu of olga").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Menü öffnen").click()
    page.get_by_role("link", name="Einstellungen").click()
    expect(page.get_by_role("heading", level=1, name="Einstellungen")).to_be_visible()


@pytest.fixture(scope="module")
def feed_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A feed on a real server: three products, one row without a title."""
    folder = tmp_path_factory.mktemp("feed")
    (folder / "feed.csv").write_text("id;title;price\n1;Green tea;4,50 EUR\n2;;5 EUR\n3;Tea pot;29,90 EUR\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/feed.csv"
    server.shutdown()
    server.server_close()
    thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name of the library)
        """Nothing: the test tells what matters."""


@pytest.fixture
def worker(settings: Settings, base_url: str, tmp_path: Path) -> Iterator[None]:
    """A real worker process on the same database."""
    command = [sys.executable, "-c", "from orion.main.cli import app; app()", "worker"]
    variables = environment(settings, FETCH_ALLOWED_HOSTS='["127.0.0.1"]')
    log = tmp_path / "worker.log"
    with log.open("w") as file:
        process = subprocess.Popen(command, env=variables, stdout=file, stderr=subprocess.STDOUT)
    yield
    process.terminate()
    process.wait(30)
    assert "Traceback" not in log.read_text()


def log_in(page: Page, name: str) -> None:
    page.get_by_label("User name or e-mail address").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.slow
def test_a_merchants_first_hour(open_page: Open, worker: None, feed_url: str) -> None:
    page = open_page("/").page
    log_in(page, "nora")
    expect(page.get_by_role("heading", name="Connect your first feed")).to_be_visible()

    page.get_by_role("link", name="Add a feed address").click()
    address = page.get_by_label("French")
    address.fill(feed_url.removeprefix("http://"))
    page.get_by_role("button", name="Save settings").click()
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(address).to_have_value(feed_url.removeprefix("http://"))
    expect(page.locator(".toast")).to_have_count(0)
    address.fill(feed_url)
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_role("status").get_by_text("Settings saved")).to_be_visible()

    page.get_by_role("link", name="Marketplace import").click()
    page.get_by_role("link", name="French").click()
    expect(page.get_by_label("Feed address")).to_have_value(feed_url)
    expect(page.get_by_label("Language of the feed")).to_have_value("fr")
    page.get_by_role("button", name="Start import").click()
    expect(page.get_by_role("status").get_by_text("Import started")).to_be_visible()
    row = page.locator("#jobs tbody tr")
    expect(row).to_have_count(1)
    expect(page.get_by_label("Feed address")).to_have_value("")
    expect(row.get_by_text("Completed with errors")).to_be_visible()
    expect(row.get_by_text("100%")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_have_count(0)

    row.get_by_role("link", name="1 error in import").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Row 3")).to_be_visible()
    expect(dialog.get_by_text("No title", exact=True)).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Products", exact=True).click()
    expect(page.get_by_role("heading", name="2 products")).to_be_visible()
    page.get_by_label("Search products").fill("pot")
    expect(page.get_by_role("heading", name="1 product", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name="Tea pot")).to_contain_text("€29.90")


def test_without_scripts_one_logs_in_and_starts_an_import(open_page: Open) -> None:
    page = open_page("/store/EMPTY/marketplace", java_script_enabled=False).page
    log_in(page, "olga")
    expect(page.get_by_role("heading", level=1, name="Marketplace import")).to_be_visible()
    page.get_by_label("Feed address").fill("nonsense")
    page.get_by_role("button", name="Start import").click()
    expect(page.get_by_label("Feed address")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Feed address").fill("https://example.com/feed.csv")
    page.get_by_role("button", name="Start import").click()
    expect(page.get_by_text("Import started")).to_be_visible()
    expect(page.locator("#jobs tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Cancel import").click()
    page.get_by_role("button", name="Cancel the import").click()
    expect(page.locator("#jobs tbody tr").get_by_text("Cancelled")).to_be_visible()
    page.get_by_role("button", name="Menu of olga").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
