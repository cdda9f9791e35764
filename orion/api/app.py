"""The JSON API as one application."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from orion import __version__
from orion.api import auth, notifications, root, shop
from orion.api.admin import audit as admin_audit
from orion.api.admin import imports as admin_imports
from orion.api.admin import integrations as admin_integrations
from orion.api.admin import orders as admin_orders
from orion.api.admin import statistics as admin_statistics
from orion.api.admin import stores as admin_stores
from orion.api.admin import users as admin_users
from orion.api.compat import build_letzshop
from orion.api.hooks import amazon as amazon_hooks
from orion.api.hooks import ebay as ebay_hooks
from orion.api.middleware import RateLimits
from orion.api.openapi import describe
from orion.api.problems import install_problems
from orion.api.public import categories, facets, files, health, marketplace, marketplace_products
from orion.api.public import feeds as public_feeds
from orion.api.public import imports as public_imports
from orion.api.public import inventory as public_inventory
from orion.api.public import invitations as public_invitations
from orion.api.public import statistics as public_statistics
from orion.api.shortcuts import Shortcuts
from orion.api.store import api_keys as store_api_keys
from orion.api.store import audit as store_audit
from orion.api.store import (
    bulk,
    changes,
    exports,
    mappings,
    order_lines,
    order_work,
    product_facets,
    product_images,
    product_parts,
    product_writes,
    schedules,
    stock,
    stock_imports,
    uploads,
)
from orion.api.store import connections as store_connections
from orion.api.store import imports as store_imports
from orion.api.store import locations as stock_locations
from orion.api.store import members as store_members
from orion.api.store import movements as stock_movements
from orion.api.store import orders as store_orders
from orion.api.store import products as store_products
from orion.api.store import reservations as stock_reservations
from orion.api.store import settings as store_settings
from orion.api.store import statistics as store_statistics
from orion.api.store import sync as store_sync
from orion.api.store import webhooks as store_webhooks
from orion.plumbing.runtime import Runtime

BODY_LIMIT = 1_000_000
"""Bytes of a request's body; routes that take uploads name their own (`max_body_size=`)."""

ROUTERS: tuple[APIRouter, ...] = (
    root.router,
    health.router,
    health.integrations,
    auth.router,
    auth.unrepeatable,
    shop.router,
    facets.router,
    marketplace.router,
    marketplace_products.router,
    categories.router,
    public_imports.router,
    public_inventory.router,
    store_imports.router,
    uploads.router,
    changes.router,
    mappings.router,
    mappings.unrepeatable,
    schedules.router,
    exports.downloads,
    product_facets.router,
    store_products.router,
    bulk.router,
    product_writes.router,
    product_parts.router,
    product_images.router,
    exports.router,
    exports.unrepeatable,
    public_feeds.router,
    files.router,
    stock.router,
    stock_locations.router,
    stock_movements.router,
    stock_reservations.router,
    stock_imports.router,
    stock_imports.upload_router,
    store_settings.router,
    store_members.router,
    public_invitations.router,
    store_api_keys.router,
    store_api_keys.unrepeatable,
    store_audit.router,
    store_connections.channels_router,
    store_connections.router,
    store_connections.unrepeatable,
    order_lines.router,
    store_orders.router,
    order_work.router,
    order_lines.lines_router,
    store_sync.router,
    store_webhooks.router,
    store_webhooks.unrepeatable,
    store_webhooks.events_router,
    public_statistics.router,
    store_statistics.router,
    notifications.router,
    amazon_hooks.router,
    ebay_hooks.router,
    admin_imports.router,
    admin_users.router,
    admin_stores.router,
    admin_audit.router,
    admin_statistics.router,
    admin_orders.router,
    admin_integrations.router,
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
        docs_url=None,  # the pages that show it are the portals'
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        middleware=[Middleware(RateLimits, runtime=runtime)],
        lifespan=lifespan,
    )
    app.state.runtime = runtime
    install_problems(app)
    for router in ROUTERS:
        app.include_router(router, max_body_size=BODY_LIMIT)
    describe(app)
    app.mount("/v2.1", build_letzshop(runtime, ROUTERS, body_limit=BODY_LIMIT))
    app.router.routes.insert(0, Shortcuts(app))
    return app
