"""What every page has in common: it renders, in every language, for the right people only."""

import pytest
import structlog
from fastapi import FastAPI

from orion import catalog, channels, merchants, orders, sync
from orion.main.app import create_app
from orion.plumbing.runtime import Runtime
from orion.web import assets
from scripts import check_translations
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.feeds import make_import, make_issue
from tests.factories.orders import an_order
from tests.factories.people import a_store
from tests.factories.stores import make_user
from tests.web.conftest import HTMX, Shopkeeper, Visitor, browser_like, enter

OWNERS = {
    "/stores": "My stores",
    "/account": "Password",
    "/store/ALPHA": "Alpha",
    "/store/ALPHA/marketplace": "Marketplace import",
    "/store/ALPHA/products": "Products",
    "/store/ALPHA/products/1": "Thé &lt;vert&gt;",
    "/store/ALPHA/products/1/delete": "Delete a product",
    "/store/ALPHA/products/1/record": "Edit the record",
    "/store/ALPHA/products/new": "New product",
    "/store/ALPHA/products/list?search=pot": "List a product",
    "/store/ALPHA/settings": "Settings",
    "/store/ALPHA/members": "Members",
    "/store/ALPHA/api-keys": "API keys",
    "/store/ALPHA/audit": "Audit log",
    "/store/ALPHA/orders": "Orders",
    "/store/ALPHA/orders/1": "Order #O-1",
    "/store/ALPHA/orders/1/lines/1": "Choose the product",
    "/store/ALPHA/orders/unmatched": "Unmatched lines",
    "/store/ALPHA/connections": "Connections",
    "/store/ALPHA/connections/1": "Shop",
    "/store/ALPHA/connections/new/amazon": "Connect Amazon",
    "/store/ALPHA/sync": "Synchronisation",
    "/store/ALPHA/sync/1": "Change a schedule",
    "/store/ALPHA/sync/runs/1": "Run 1",
    "/store/ALPHA/marketplace/imports/1": "Import details",
    "/store/ALPHA/marketplace/imports/1/issues": "Problems of an import",
    "/store/ALPHA/marketplace/imports/1/cancel": "Cancel an import",
}
ADMINS = {
    "/admin": "Overview",
    "/admin/users": "Users",
    "/admin/users/1": "olga",
    "/admin/audit": "Audit log",
    "/admin/stores/ALPHA": "Alpha",
    "/admin/imports": "All imports",
    "/admin/integrations": "Integrations",
    "/admin/orders": "All orders",
    "/admin/marketplace": "Marketplace import",
    "/admin/products?search=T-2": "Products",
    "/admin/products/record?id=T-2&marketplace=Letzshop": "Pot",
    "/admin/products/delete?id=T-2": "Delete a product",
    "/admin/stores": "Stores",
    "/admin/stores/ALPHA/edit": "Alpha",
}

NAMES = ("Alpha", "Pot", "Shop", "Synchronisation", "olga", "Thé &lt;vert&gt;")
"""Titles that are the same in every language."""


@pytest.fixture
async def filled(owner: Shopkeeper, runtime: Runtime) -> Shopkeeper:
    """The store with an import, a problem, products, and a connection that an order came in by."""
    async with runtime.database.transaction() as session:
        access = await merchants.open_store(session, owner.user, "ALPHA")
        job = await make_import(session, access, status="completed_with_errors", error_count=1, processed_count=5)
        await make_issue(session, job, 3)
        tea = await make_marketplace_product(
            session,
            "T-1",
            titles={"fr": "Thé <vert>"},
            brand="Kusmi",
            sale_price_minor=1990,
            gtin="4006381333931",
            source_store_id=access.store.id,
        )
        await make_product(session, access.store, tea)
        pot = await make_marketplace_product(session, "T-2", titles={"en": "Pot"}, availability="out_of_stock")
        await make_product(session, access.store, pot, price_minor=9900, currency="EUR")
        connection = await channels.create_connection(
            session, access, settings=runtime.settings, channel="letzshop", name="Shop", secrets={"api_key": "key"}
        )
        await orders.take_in(session, connection, [an_order()], actor="channel:letzshop")
        schedule = (await sync.list_sync_schedules(session, access))[0]
        await sync.run_sync_now(session, access, schedule.id)
    return owner


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("language", ["en", "fr", "de"])
async def test_every_page_renders(filled: Shopkeeper, admin: Visitor, language: str) -> None:
    for visitor, pages in ((filled, OWNERS), (admin, ADMINS)):
        for path, title in pages.items():
            page = await visitor.client.get(path, headers={"Accept-Language": language})
            assert page.status_code == 200, path
            assert f'<html lang="{language}">' in page.text
            assert page.text.count("<h1") == 1
            assert (f'<h1 dir="auto">{title}</h1>' in page.text) == (language == "en" or title in NAMES), path


@pytest.mark.parametrize("path", [*OWNERS, *ADMINS])
async def test_no_page_opens_without_a_log_in(filled: Shopkeeper, app: FastAPI, path: str) -> None:
    async with browser_like(app) as stranger:
        response = await stranger.get(path)
        assert (response.status_code, response.text) == (303, "")


async def test_another_merchants_store_is_not_there(filled: Shopkeeper, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        await a_store(session, stranger := await make_user(session), "OTHER")
    visitor = await enter(runtime, filled.client, stranger)
    for path in OWNERS:
        if path.startswith("/store/"):
            page = await visitor.client.get(path)
            assert page.status_code == 404, path
            assert "There is no such page" in page.text
            assert "Alpha" not in page.text


async def test_the_administration_is_for_administrators(filled: Shopkeeper) -> None:
    for path in ADMINS:
        page = await filled.client.get(path)
        assert page.status_code == 403, path
        assert "You may not do that" in page.text
    edit = await filled.post("/admin/stores/ALPHA/edit", {"name": "Mine"})
    assert edit.status_code == 403


async def test_pages_say_what_browsers_may_do(filled: Shopkeeper) -> None:
    for path in ("/store/ALPHA", "/nothing", "/login"):
        headers = (await filled.client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "HX-Request" in headers["vary"]
    html = (await filled.client.get("/store/ALPHA/marketplace")).text
    for forbidden in ("<style", "style=", "onclick", "hx-on", "javascript:"):
        assert forbidden not in html


async def test_browser_files_are_kept_for_ever_under_names_that_change(filled: Shopkeeper) -> None:
    for name in ("base.css", "orion.js", "htmx.js", "icons.svg", "inter-latin.woff2"):
        response = await filled.client.get(assets.static_url(name))
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in (await filled.client.get("/static/app/base.css")).headers.get("cache-control", "")


async def test_what_is_not_there_is_a_page_for_browsers_and_a_problem_for_programs(filled: Shopkeeper) -> None:
    page = await filled.client.get("/nothing/here")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    problem = await filled.client.get("/nothing/here", headers={"Accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    api = await filled.client.get("/api/v1/nothing")
    assert api.headers["content-type"] == "application/problem+json"
    about = await filled.client.get("/", headers={"Accept": "application/json"})
    assert about.json()["name"] == "Orion"
    for path in ("products", "orders", "connections", "sync/runs", "stock/imports"):
        assert (await filled.client.get(f"/store/ALPHA/{path}/{10**19}")).status_code == 404, path
    fragment = await filled.client.get("/store/ALPHA/products/99999", headers=HTMX)
    assert (fragment.status_code, fragment.text) == (404, "")
    assert "There is no such page" in fragment.headers["hx-trigger"]


async def test_our_own_mistake_shows_nothing_of_it(filled: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(catalog, "list_products", broken)
    page = await filled.client.get("/store/ALPHA/products")
    assert page.status_code == 500
    assert "Something went wrong on our side" in page.text
    assert "secret inside" not in page.text
    assert page.headers["content-security-policy"]


async def test_without_built_assets_it_says_so_instead_of_breaking(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "_MANIFEST", assets.STATIC / "nowhere" / "manifest.json")
    assets.static_url.cache_clear()
    log = structlog.testing.CapturingLogger()
    monkeypatch.setattr("orion.web.app.log", log)
    app = create_app(runtime)
    async with browser_like(app) as client:
        page = await client.get("/login")
    assert [(call.method_name, call.args) for call in log.calls] == [("error", ("web.assets_missing",))]
    assert page.status_code == 503
    assert "Run `python scripts/assets.py`" in page.text
    with pytest.raises(assets.AssetsMissing):
        assets.require_assets()
    assets.static_url.cache_clear()


async def test_products_show_effective_values_and_where_a_text_comes_from(filled: Shopkeeper) -> None:
    page = (await filled.client.get("/store/ALPHA/products?language=en")).text
    assert "2 products" in page
    assert "Thé &lt;vert&gt;" in page
    assert "This text stands in for a missing one: English" in page
    assert "€19.90" in page
    assert "€99.00" in page
    french = (await filled.client.get("/store/ALPHA/products?language=fr&search=vert", headers=HTMX)).text
    assert "1 product<" in french.replace("\n", "")
    assert "stands in" not in french
    assert "Pot" not in french
    sold_out = (await filled.client.get("/store/ALPHA/products?availability=out_of_stock", headers=HTMX)).text
    assert "Pot" in sold_out
    assert "Kusmi" not in sold_out
    of_brand = (await filled.client.get("/store/ALPHA/products?brand=Kusmi", headers=HTMX)).text
    assert "Kusmi" in of_brand
    assert "Pot" not in of_brand
    assert "No product matches" in (await filled.client.get("/store/ALPHA/products?search=nothing")).text


async def test_a_mistake_in_the_settings_keeps_what_was_typed(filled: Shopkeeper, runtime: Runtime) -> None:
    sent = {"name": "Neu", "feed_url_de": "letzshop.lu/de.csv", "default_language": "de", "default_currency": "EUR"}
    page = await filled.post("/store/ALPHA/settings", sent)
    assert page.status_code == 422
    assert 'value="letzshop.lu/de.csv"' in page.text
    assert 'value="Neu"' in page.text
    assert 'aria-describedby="feed_url_de-note"' in page.text
    german = await filled.post("/store/ALPHA/settings", sent, headers={"Accept-Language": "de"})
    assert "Geben Sie eine vollständige Webadresse ein" in german.text
    async with runtime.database.reading() as session:
        store = (await merchants.open_store(session, filled.user, "ALPHA")).store
    assert (store.name, store.feed_url_de) == ("Alpha", None)

    saved = await filled.post("/store/ALPHA/settings", sent | {"feed_url_de": "https://letzshop.lu/de.csv"})
    assert saved.headers["location"] == "/store/ALPHA/settings?saved=1"
    async with runtime.database.reading() as session:
        store = (await merchants.open_store(session, filled.user, "ALPHA")).store
    assert (store.name, store.feed_url_de, store.default_language) == ("Neu", "https://letzshop.lu/de.csv", "de")
    assert store.feed_url_fr == "https://example.com/fr.csv"


@pytest.mark.parametrize(
    ("headers", "cookie", "language"),
    [
        ({}, None, "en"),
        ({"Accept-Language": "lb-LU,fr;q=0.8,en;q=0.5"}, None, "fr"),
        ({"Accept-Language": "de-AT"}, None, "de"),
        ({"Accept-Language": "fr;q=0.2, de;q=0.9"}, None, "de"),
        ({"Accept-Language": "xx;q=oops"}, None, "en"),
        ({"Accept-Language": "fr"}, "de", "de"),
        ({"Accept-Language": "fr"}, "xx", "fr"),
    ],
)
async def test_the_language_is_the_chosen_one_or_the_browsers(
    app: FastAPI, headers: dict[str, str], cookie: str | None, language: str
) -> None:
    async with browser_like(app) as client:
        if cookie:
            client.cookies.set("lang", cookie)
        assert f'<html lang="{language}">' in (await client.get("/login", headers=headers)).text


async def test_a_language_is_chosen_and_kept(filled: Shopkeeper) -> None:
    response = await filled.post("/language", {"language": "de", "next": "/store/ALPHA/settings"})
    assert (response.status_code, response.headers["location"]) == (303, "/store/ALPHA/settings")
    assert "Einstellungen speichern" in (await filled.client.get("/store/ALPHA/settings")).text


def test_every_text_is_translated_and_the_files_are_in_line() -> None:
    texts = check_translations.extract()
    assert len(texts) > 300
    assert [line for language in ("fr", "de") for line in check_translations.problems(language, texts)] == []
