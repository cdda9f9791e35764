"""The JSON API as one application."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from orion import __version__
from orion.api import auth, root, shop
from orion.api.admin import imports as admin_imports
from orion.api.middleware import RateLimits
from orion.api.openapi import describe
from orion.api.problems import install_problems
from orion.api.public import health, marketplace
from orion.api.public import imports as public_imports
from orion.api.store import imports as store_imports
from orion.api.store import products as store_products
from orion.api.store import settings as store_settings
from orion.api.store import uploads
from orion.plumbing.runtime import Runtime

BODY_LIMIT = 1_000_000
"""Bytes of a request's body; routes that take uploads name their own (`max_body_size=`)."""

ROUTERS: tuple[APIRouter, ...] = (
    root.router,
    health.router,
    auth.router,
    auth.unrepeatable,
    shop.router,
    marketplace.router,
    public_imports.router,
    store_imports.router,
    uploads.router,
    store_products.router,
    store_settings.router,
    admin_imports.router,
)
"""Every router of the API, in the order of the documentation."""


def build_api(
    runtime: Runtime, *, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None
) -> FastAPI:
    """The API with its documentation; `lifespan` is what runs beside it."""
    app = FastAPI(
        title="Orion",
        version=__version__,
        description="One catalogue, one stock and one order inbox for every marketplace a merchant sells on.",
        generate_unique_id_function=lambda route: route.name,
        middleware=[Middleware(RateLimits, runtime=runtime)],
        lifespan=lifespan,
    )
    app.state.runtime = runtime
    install_problems(app)
    for router in ROUTERS:
        app.include_router(router, max_body_size=BODY_LIMIT)
    describe(app)
    return app
