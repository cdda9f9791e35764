"""The API's documentation comes from our own origin, and is drawn."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from orion.plumbing.runtime import Runtime
from orion.web import assets
from tests.application import application
from tests.web.browser import ARGUMENTS, PATIENCE, Watched, served

ADDRESSES = ("/docs", "/redoc", "/v2.1/docs", "/v2.1/redoc")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_everything_the_page_asks_for_is_ours_and_there(client: httpx.AsyncClient, address: str) -> None:
    page = await client.get(address, headers={"Accept": "*/*"})
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in re.sub(r'"http://www.w3.org[^"]*"', "", page.text)
    assert re.findall(r"<script(?![^>]* src=)", page.text) == []
    wanted = re.findall(r'(?:src|href|data-openapi)="([^"]+)"', page.text)
    assert f"{address.rpartition('/')[0]}/openapi.json" in wanted
    for url in wanted:
        assert (await client.get(url, headers={"Accept": "*/*"}, follow_redirects=True)).status_code == 200, url


async def test_without_the_browser_files_the_page_says_how_to_get_them(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assets.static_url.cache_clear()
    monkeypatch.setattr(assets, "_MANIFEST", tmp_path / "manifest.json")
    answer = await client.get("/docs")
    assert (answer.status_code, "python scripts/assets.py" in answer.text) == (503, True)
    assets.static_url.cache_clear()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_viewers_draw_both_apis_without_an_error(chromium: str, runtime: Runtime, scheme: str) -> None:
    with served(lambda: application(runtime)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS, timeout=PATIENCE)
        for address in ADDRESSES:
            watched = Watched(browser, url, None, java_script_enabled=True, color_scheme=scheme)
            watched.page.goto(address)
            expect(watched.page.locator("#swagger, #redoc")).to_contain_text("/register")
            watched.check()
            watched.context.close()
        browser.close()
