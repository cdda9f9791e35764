"""The marketplace API 2.1 under `/v2.1`: its documented paths, its words, its answers."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from orion.api.compat import letzshop_products as products
from orion.api.compat import letzshop_shapes as shapes
from orion.api.compat import letzshop_shops as shops
from orion.api.compat import letzshop_statistics as statistics
from orion.api.compat import letzshop_stock as stock
from orion.api.compat.table import Adapter, Row, build_compat
from orion.api.inputs import NO_PARAMETERS
from orion.plumbing.runtime import Runtime

ROOT = "/v2.1"

CSV_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The products, a line for each"}
}

TAGS = [
    {"name": "public", "description": "What anybody may ask: what this is, registering and logging in."},
    {"name": "users", "description": "Who one is."},
    {"name": "shops", "description": "Opening shops and changing them; what they list, at their own prices."},
    {"name": "products", "description": "The catalogue that all shops share."},
    {"name": "stock", "description": "How much there is, by GTIN and location."},
    {"name": "csv", "description": "Products in from a feed, and out again as a file."},
    {"name": "statistics", "description": "Figures of the marketplace."},
    {"name": "admin", "description": "For administrators alone."},
]

ROWS: tuple[Row, ...] = (
    Row("GET", "/", Adapter(shapes.show_about, transactional=False), "public"),
    Row("GET", "/health", "GET /health", "public"),
    Row("POST", "/register", "POST /api/v1/auth/register", "public"),
    Row("POST", "/login", Adapter(shapes.log_in, repeatable=False), "public"),
    Row("GET", "/me", "GET /api/v1/auth/me", "users"),
    Row("POST", "/shops", "POST /api/v1/shop", "shops"),
    Row("GET", "/shops", "GET /api/v1/shop", "shops"),
    Row("GET", "/shops/{shop_code}", "GET /api/v1/shop/{shop_code}", "shops"),
    Row("PUT", "/shops/{shop_code}", "PUT /api/v1/shop/{shop_code}", "shops"),
    Row(
        "POST", "/shops/{shop_code}/products", Adapter(shops.add_shop_product, 201, dependencies=NO_PARAMETERS), "shops"
    ),
    Row("GET", "/shops/{shop_code}/products", Adapter(shops.list_shop_products), "shops"),
    Row("GET", "/products", Adapter(products.list_products), "products"),
    Row("POST", "/products", Adapter(products.create_product, 201, dependencies=NO_PARAMETERS), "products"),
    Row("GET", "/products/{product_id:path}", Adapter(products.show_product), "products"),
    Row("PUT", "/products/{product_id:path}", Adapter(products.change_product), "products"),
    Row("DELETE", "/products/{product_id:path}", "DELETE /api/v1/marketplace/product/{product_id:path}", "products"),
    Row("POST", "/stock", Adapter(stock.set_stock, dependencies=NO_PARAMETERS), "stock"),
    Row("GET", "/stock/{gtin}", Adapter(stock.show_stock), "stock"),
    Row("POST", "/import-csv", Adapter(shapes.start_csv_import, 202, dependencies=NO_PARAMETERS), "csv"),
    Row("GET", "/import-status/{job_id}", "GET /api/v1/marketplace/import-status/{job_id}", "csv"),
    Row("GET", "/export-csv", Adapter(products.export_products, responses=CSV_FILE, response_class=Response), "csv"),
    Row("GET", "/stats", Adapter(statistics.show_marketplace_figures, dependencies=NO_PARAMETERS), "statistics"),
    Row("GET", "/admin/users", "GET /api/v1/admin/users", "admin"),
    Row("PUT", "/admin/users/{user_id}/status", "PUT /api/v1/admin/users/{user_id}/status", "admin"),
    Row("GET", "/admin/shops", "GET /api/v1/admin/shops", "admin"),
    Row("PUT", "/admin/shops/{shop_id}/verify", "PUT /api/v1/admin/shops/{shop_id}/verify", "admin"),
    Row("PUT", "/admin/shops/{shop_id}/status", "PUT /api/v1/admin/shops/{shop_id}/status", "admin"),
    Row("GET", "/admin/import-jobs", "GET /api/v1/admin/marketplace-import-jobs", "admin"),
)
"""Every documented operation, in the order of the document."""


def build_letzshop(runtime: Runtime, canonical: Sequence[APIRouter], *, body_limit: int) -> FastAPI:
    """The application to mount at `/v2.1`; `canonical` are the routers whose operations it stands for."""
    return build_compat(
        runtime,
        title="Letzshop Marketplace API",
        version="2.1",
        description="The documented marketplace API of version 2.1, answered by Orion: the same users, shops, products "
        "and stock as under `/api/v1`, and the same errors, limits and idempotency keys. New programs better use that.",
        rows=ROWS,
        canonical=canonical,
        tags=TAGS,
        body_limit=body_limit,
    )
