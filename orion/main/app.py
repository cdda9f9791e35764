"""The composition root of a web process: API, portals and what surrounds both, as one ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from orion.api import build_api
from orion.api.middleware import LastNet, SecurityHeaders
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
        await runtime.limits.close()

    app = build_api(runtime, lifespan=around)
    app.state.request_metrics = RequestMetrics()
    # From the inside out: each one wraps those before it.
    app.add_middleware(Portals, runtime=runtime)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.allowed_hosts, www_redirect=False)
    app.add_middleware(LastNet)
    app.add_middleware(SecurityHeaders, https=settings.environment == "production")
    app.add_middleware(RequestLog, metrics=app.state.request_metrics)
    return app
