"""The composition root of a web process: API, portals and what surrounds both, as one ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from orion.api import build_api
from orion.api.middleware import CORS_SENT, CORS_SHOWN, Hosts, LastNet, SecurityHeaders
from orion.plumbing.observability import RequestLog, RequestMetrics
from orion.plumbing.runtime import Runtime
from orion.web import Portals

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(runtime: Runtime, *, lifespan: Lifespan | None = None) -> FastAPI:
    """The application that a server runs; `lifespan` is what runs beside it (an embedded worker).

    Raises ValueError when the settings are not fit for their environment (no SECRET_KEY in production).
    """
    settings = runtime.settings
    settings.signing_key()  # refuse to start rather than to answer

    @asynccontextmanager
    async def around(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan(app) if lifespan else nullcontext():
            yield
        await runtime.http.close()
        await runtime.limits.close()

    app = build_api(runtime, lifespan=around)
    app.state.request_metrics = RequestMetrics()
    # From the inside out: each one wraps those before it.
    app.add_middleware(Portals, runtime=runtime)
    app.add_middleware(LastNet)
    if settings.cors_allowed_origins:
        # No credentials: the portals' cookies are for our own pages, callers from elsewhere send tokens.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_allowed_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=CORS_SENT,
            expose_headers=CORS_SHOWN,
        )
    app.add_middleware(Hosts, allowed=settings.allowed_hosts)
    app.add_middleware(SecurityHeaders, https=settings.environment == "production")
    app.add_middleware(RequestLog, metrics=app.state.request_metrics)
    return app
