"""The portals as one ASGI application, to be mounted at the root behind the JSON API."""

import structlog
from fastapi import Depends, FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from orion.kernel import OrionError
from orion.plumbing.runtime import Runtime
from orion.web import errors
from orion.web.assets import STATIC, AssetsMissing, require_assets
from orion.web.middleware import PageMiddleware
from orion.web.pages import ROUTERS
from orion.web.visit import LoginNeeded, refuse_other_sites

log = structlog.get_logger(__name__)


def build_web(runtime: Runtime) -> ASGIApp:
    """All pages and browser files. Says in the log, and on every page, when the browser files were not built."""
    try:
        require_assets()
    except AssetsMissing as missing:
        log.error("web.assets_missing", detail=str(missing))
    app = FastAPI(
        openapi_url=None,
        dependencies=[Depends(refuse_other_sites)],
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
