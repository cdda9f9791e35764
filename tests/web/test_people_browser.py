"""People in a real Chromium: an owner lets a colleague in, who may do what the role says; an administrator verifies."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.main.app import create_app
from orion.main.wiring import HANDLERS
from orion.notifications import OutgoingMail
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.factories.people import PASSWORD, a_store, a_user, an_admin
from tests.web.browser import ARGUMENTS, PATIENCE, Watched, served

pytestmark = pytest.mark.browser


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    shutil.copy(sqlite_template, tmp_path / "orion.db")
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=f"sqlite:///{tmp_path / 'orion.db'}",
        var_dir=tmp_path / "var",
        secret_key="x" * 40,
        log_level="ERROR",
    )


@pytest.fixture
def base_url(settings: Settings) -> Iterator[str]:
    def make_app() -> FastAPI:
        database = Database(settings.effective_database_url, handlers=HANDLERS)

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            yield
            await database.dispose()

        return create_app(Runtime(settings, database), lifespan=lifespan)

    with served(make_app) as url:
        yield url


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS, timeout=PATIENCE)
        yield browser
        browser.close()


def elsewhere(settings: Settings, act: object) -> object:
    """Run `act(session)` in another thread: Playwright has a loop of its own in this one."""

    async def run() -> object:
        database = Database(settings.effective_database_url, handlers=HANDLERS)
        async with database.transaction() as session:
            result = await act(session)  # type: ignore[operator]
        await database.dispose()
        return result

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()


def test_an_owner_lets_a_colleague_in_and_an_administrator_verifies(
    settings: Settings, base_url: str, browser: Browser
) -> None:
    async def fill(session: AsyncSession) -> dict[str, str]:
        olga, ada = await a_user(session, "olga"), await an_admin(session, "ada")
        await a_store(session, olga, "ALPHA", name="Alpha")
        return {user.username: await identity.open_web_session(session, user, settings) for user in (olga, ada)}

    async def invitation(session: AsyncSession) -> str:
        text = (await session.scalars(sa.select(OutgoingMail.text))).one()
        return re.findall(r"/invitations/\S+", text)[0]

    cookies = elsewhere(settings, fill)
    assert isinstance(cookies, dict)
    people = {
        who: Watched(
            browser, base_url, cookies.get(who), viewport={"width": 1440, "height": 900}, java_script_enabled=True
        )
        for who in ("olga", "petra", "ada")
    }
    olga, petra, ada = (watched.page for watched in people.values())

    olga.goto("/store/ALPHA/members")
    look(people["olga"])
    olga.get_by_label("E-mail address").fill("petra")
    olga.get_by_role("button", name="Send the invitation").click()
    expect(olga.get_by_label("E-mail address")).to_have_attribute("aria-invalid", "true")
    olga.get_by_label("E-mail address").fill("petra@example.com")
    olga.get_by_label("Role", exact=True).select_option("viewer")
    olga.get_by_role("button", name="Send the invitation").click()
    expect(olga.get_by_text("The invitation is on its way.")).to_be_visible()
    expect(olga.get_by_role("row", name="petra@example.com").get_by_text("Open")).to_be_visible()

    link = elsewhere(settings, invitation)
    assert isinstance(link, str)
    petra.goto(link)
    look(people["petra"])
    petra.get_by_label("User name").fill("petra")
    petra.get_by_label("Password").fill(PASSWORD)
    petra.get_by_role("button", name="Register and accept").click()
    expect(petra.get_by_role("heading", level=1, name="Alpha")).to_be_visible()
    menu = petra.get_by_role("navigation", name="Main menu")
    expect(menu.get_by_role("link", name="Settings")).to_be_visible()
    expect(menu.get_by_role("link", name="Members")).to_have_count(0)
    refused(people["petra"], "/store/ALPHA/members")
    refused(people["petra"], "/admin/users")
    petra.goto("/store/ALPHA/settings")
    expect(petra.get_by_text("You may read these settings.")).to_be_visible()
    expect(petra.get_by_role("button", name="Save settings")).to_have_count(0)

    olga.goto("/store/ALPHA/members")
    olga.get_by_label("Role of petra").select_option("manager")  # sends itself
    expect(olga.get_by_text("The role is changed.")).to_be_visible()
    petra.goto("/store/ALPHA/api-keys")
    petra.get_by_label("Name").fill("Warehouse")
    petra.get_by_label("Stock: read").check()
    petra.get_by_role("button", name="Create the key").click()
    look(people["petra"])
    token = petra.get_by_label("API key", exact=True).input_value()
    assert token.startswith("orion_")
    petra.get_by_role("button", name="Rotate the key Warehouse?").click()
    petra.get_by_role("dialog").get_by_role("button", name="Rotate", exact=True).click()
    expect(petra.get_by_text("The key before it works until")).to_be_visible()
    assert petra.get_by_label("API key", exact=True).input_value() != token
    petra.goto("/store/ALPHA/audit?action=member")
    look(people["petra"])
    expect(petra.locator("#entries tbody tr")).to_have_count(2)

    ada.goto("/admin")
    look(people["ada"])
    ada.get_by_role("link", name="Look at it").click()
    ada.get_by_role("button", name="Verify Alpha?").click()
    ada.get_by_label("Reason").first.fill("papers seen")
    look(people["ada"])
    ada.get_by_role("dialog").get_by_role("button", name="Verify").click()
    expect(ada.get_by_text("Saved. The owners are told.")).to_be_visible()
    expect(ada.get_by_text("papers seen").first).to_be_visible()
    ada.goto("/admin/users?search=petra")
    look(people["ada"])
    ada.get_by_role("link", name="petra", exact=True).click()
    ada.get_by_role("button", name="Deactivate petra?").click()
    ada.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(ada.get_by_text("The status is changed.")).to_be_visible()
    petra.reload()
    expect(petra.get_by_role("heading", name="Log in")).to_be_visible()
    petra.get_by_role("link", name="Forgotten your password?").click()
    petra.get_by_label("User name or e-mail address").fill("petra")
    petra.get_by_role("button", name="Mail me a link").click()
    expect(petra.get_by_text("If there is such a user")).to_be_visible()
    for watched in people.values():
        watched.check()
        watched.context.close()


def look(watched: Watched) -> None:
    """Axe at both widths and in both lights."""
    for width in (1440, 390):
        watched.page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            watched.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            watched.check_accessibility()
        watched.check()
    watched.page.set_viewport_size({"width": 1440, "height": 900})


def refused(watched: Watched, path: str) -> None:
    """The page is not for them, and says so."""
    answer = watched.page.goto(path)
    assert answer is not None
    assert answer.status == 403
    expect(watched.page.get_by_role("heading", name="You may not do that")).to_be_visible()
    assert [problem for problem in watched.problems if "403 (Forbidden)" in problem] == watched.problems
    watched.problems.clear()
