"""Who gets what answer from the operations on imports, products and settings."""

from typing import Any

import sqlalchemy as sa

from orion import merchants
from orion.feeds import ImportJob
from orion.identity import find_user
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime
from tests.api.access_rows import Row, admin_only, any_user, member
from tests.factories.catalog import make_marketplace_product
from tests.factories.feeds import make_import

MARKETPLACE = "/api/v1/marketplace"
STORE = "/api/v1/store"
ADMIN = "/api/v1/admin/marketplace-import-jobs"
SOURCE = {"source_url": "https://example.com/products.csv"}
FILE = {"file": ("products.csv", b"id,title\nA,Lamp\n", "text/csv")}


async def _demo(session: Any) -> StoreAccess:
    owner = await find_user(session, "owner")
    assert owner is not None
    return await merchants.open_store(session, owner, "DEMO")


async def room(runtime: Runtime) -> dict[str, Any]:
    """No import runs, so that one can be started; the number of DEMO."""
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(ImportJob).values(status="cancelled"))
        return {"store_id": (await _demo(session)).store.id}


async def an_import(runtime: Runtime) -> dict[str, Any]:
    """A completed import of DEMO's."""
    async with runtime.database.transaction() as session:
        return {"job_id": (await make_import(session, await _demo(session))).id}


async def a_pending_import(runtime: Runtime) -> dict[str, Any]:
    """A pending import of DEMO's, the only one."""
    await room(runtime)
    async with runtime.database.transaction() as session:
        return {"job_id": (await make_import(session, await _demo(session), status="pending", phase="waiting")).id}


async def a_marketplace_product(runtime: Runtime) -> dict[str, Any]:
    """A product of the shared catalogue."""
    async with runtime.database.transaction() as session:
        return {"product_id": (await make_marketplace_product(session)).marketplace_product_id}


_START = {"low": "viewer", "prepare": room}
_BY_ADMIN = {"prepare": room, "body": SOURCE | {"store_id": 0}}

IMPORT_ROWS: dict[tuple[str, str], Row] = {
    ("GET", f"{MARKETPLACE}/product"): any_user(),
    ("GET", f"{MARKETPLACE}/product/{{product_id:path}}"): any_user(prepare=a_marketplace_product),
    ("POST", f"{MARKETPLACE}/import-product"): member("staff", 202, body=SOURCE | {"shop_code": "DEMO"}, **_START),
    ("GET", f"{MARKETPLACE}/import-status/{{job_id}}"): member("viewer", prepare=an_import),
    ("GET", f"{MARKETPLACE}/import-jobs"): any_user(),
    ("POST", f"{STORE}/marketplace/import"): member("staff", 202, body=SOURCE, **_START),
    ("POST", f"{STORE}/marketplace/import-file"): member("staff", 202, body={}, files=FILE, **_START),
    ("GET", f"{STORE}/marketplace/imports"): member("viewer"),
    ("GET", f"{STORE}/marketplace/imports/{{job_id}}"): member("viewer", prepare=an_import),
    ("GET", f"{STORE}/marketplace/imports/{{job_id}}/errors"): member("viewer", prepare=an_import),
    ("POST", f"{STORE}/marketplace/imports/{{job_id}}/cancel"): member("staff", low="viewer", prepare=a_pending_import),
    ("GET", f"{STORE}/products"): member("viewer"),
    ("GET", f"{STORE}/settings"): member("viewer"),
    ("PUT", f"{STORE}/settings"): member("manager", low="staff", body={"name": "Of {caller}"}),
    ("POST", ADMIN): admin_only(202, **_BY_ADMIN),
    ("POST", f"{ADMIN}/"): admin_only(202, **_BY_ADMIN),
    ("GET", ADMIN): admin_only(),
    ("GET", f"{ADMIN}/"): admin_only(),
    ("GET", f"{ADMIN}/stats"): admin_only(),
    ("GET", f"{ADMIN}/{{job_id}}"): admin_only(prepare=an_import),
}
