"""A real server and a real Chromium for the tests that need eyes and hands."""

import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from orion.main.app import create_app
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE = 90_000
"""Milliseconds to wait for what must come: a busy machine is no mistake."""
expect.set_options(timeout=PATIENCE)
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EXPECTED = ("status of 422",)
"""What the console says of answers that pages are made for."""


def app_on(settings: Settings) -> Callable[[], FastAPI]:
    """Makes the application on the database of the settings; call it in the thread that serves it."""

    def make_app() -> FastAPI:
        database = Database(settings.effective_database_url, handlers=HANDLERS)

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            yield
            await database.dispose()

        return create_app(Runtime(settings, database), lifespan=lifespan)

    return make_app


@contextmanager
def served(make_app: Callable[[], FastAPI]) -> Iterator[str]:
    """The address of an application that runs in a thread of its own."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app, factory=True, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 200
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(60)
    listener.close()


class Watched:
    """A page in a fresh browser context, and everything about it that must not happen."""

    def __init__(self, browser: Browser, base_url: str, cookie: str | None, **options: Any) -> None:
        self.base_url = base_url
        self.scripts: bool = options["java_script_enabled"]
        self.context = browser.new_context(base_url=base_url, **options)
        if cookie:
            self.context.add_cookies([{"name": "orion_staff", "value": cookie, "url": base_url}])
        self.problems: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("console", self._console)
        self.page.on("request", self._request)

    def check(self) -> None:
        """Fail on errors of scripts, on the console, on requests to elsewhere and on a page that scrolls sideways."""
        assert self.problems == [], self.problems
        if not self.scripts:
            return
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways"

    def check_accessibility(self) -> None:
        """Fail on anything that axe finds."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text() + ";0")
        found = self.page.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
        offences = [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]
        assert offences == [], offences

    def look(self) -> None:
        """Light, dark and narrow: nothing that axe finds, nothing that scrolls sideways."""
        for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light")):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type] # one of two words
            self.check_accessibility()
            self.check()
        self.page.set_viewport_size({"width": 1280, "height": 900})

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in EXPECTED):
            self.problems.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base_url, f"blob:{self.base_url}", "data:")):
            self.problems.append(f"request to elsewhere: {request.url}")
