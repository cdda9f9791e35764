"""The portals as one ASGI application, to be mounted at the root behind the JSON API."""

import structlog
from fastapi import Depends, FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from orion.kernel import OrionError
from orion.plumbing.runtime import Runtime
from orion.web import errors
from orion.web.assets import STATIC, AssetsMissing, require_assets
from orion.web.middleware import PageMiddleware
from orion.web.pages import ROUTERS
from orion.web.pages.documentation import ADDRESSES
from orion.web.visit import LoginNeeded, ours_only

OURS = {
    "account",
    "admin",
    "consent",
    "invitations",
    "language",
    "login",
    "logout",
    "notifications",
    "password",
    "static",
    "store",
    "stores",
}
THEIRS = {"api", "feeds", "files", "health", "metrics", "openapi.json", "v2.1"}
"""The first parts of addresses that are pages whoever asks, and those that never are."""

log = structlog.get_logger(__name__)


def build_web(runtime: Runtime) -> ASGIApp:
    """All pages and browser files; without built browser files the log says so, and each page instead of breaking."""
    try:
        require_assets()
    except AssetsMissing as missing:
        log.error("web.assets_missing", detail=str(missing))
    app = FastAPI(
        openapi_url=None,
        max_body_size=2 * runtime.settings.feed_max_bytes,  # beyond it not even a page explains: see visit.posted
        dependencies=[Depends(ours_only)],
        middleware=[Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)],
        exception_handlers={
            AssetsMissing: errors.assets_missing,
            LoginNeeded: errors.login_needed,
            OrionError: errors.orion_error,
            HTTPException: errors.http_error,
            500: errors.server_error,
        },
    )
    app.state.runtime = runtime
    app.mount("/static", StaticFiles(directory=STATIC))
    for router in ROUTERS:
        app.include_router(router)
    return PageMiddleware(app)


class Portals:
    """Serves pages beside the application it wraps: by address, and to browsers whatever else they look for."""

    def __init__(self, app: ASGIApp, *, runtime: Runtime) -> None:
        self.app = app
        self.web = build_web(runtime)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and self._is_for_pages(scope):
            await self.web(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_for_pages(self, scope: Scope) -> bool:
        if scope["path"] in ADDRESSES:
            return True
        first = scope["path"].split("/", 2)[1]
        if first in OURS or first in THEIRS:
            return first in OURS
        accepted = HTTPConnection(scope).headers.get("accept", "")
        return scope["method"] in ("GET", "HEAD") and "text/html" in accepted
