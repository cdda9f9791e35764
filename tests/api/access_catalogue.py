"""Who gets what answer from the operations that write the catalogue, and those on categories and pictures."""

from typing import Any

from orion import catalog, merchants
from orion.catalog.models import BulkRun
from orion.identity import find_user
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime
from tests.api.access_rows import Row, any_user, member, public
from tests.factories.catalog import load_taxonomy, make_image, make_marketplace_product, make_product

MARKETPLACE = "/api/v1/marketplace/product"
PRODUCTS = "/api/v1/store/products"
ONE = f"{PRODUCTS}/{{product_id}}"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
TITLE = {"title": "Of {caller}"}


async def _demo(session: Any) -> StoreAccess:
    owner = await find_user(session, "owner")
    assert owner is not None
    return await merchants.open_store(session, owner, "DEMO")


async def a_product(runtime: Runtime) -> dict[str, Any]:
    """An unpublished product of DEMO's."""
    async with runtime.database.transaction() as session:
        access = await _demo(session)
        product = await make_product(session, access.store, is_active=False)
        await session.flush()
        await catalog.update_product(session, access, product.id, {}, texts={"fr": {"title": "Lampe"}})
        return {"product_id": product.id}


async def a_published_product(runtime: Runtime) -> dict[str, Any]:
    """A published product of DEMO's with a picture."""
    async with runtime.database.transaction() as session:
        access = await _demo(session)
        product = await make_product(session, access.store)
        await make_image(session, access, product.id, runtime.settings)
        return {"product_id": product.id, "ids": [product.id]}


async def something_to_list(runtime: Runtime) -> dict[str, Any]:
    """A product of the shared catalogue that no store lists."""
    async with runtime.database.transaction() as session:
        return {"marketplace_product": (await make_marketplace_product(session)).id}


async def of_demos_feed(runtime: Runtime) -> dict[str, Any]:
    """A product that DEMO's feed describes."""
    async with runtime.database.transaction() as session:
        store = (await _demo(session)).store
        return {
            "product_id": (await make_marketplace_product(session, source_store_id=store.id)).marketplace_product_id
        }


async def a_run(runtime: Runtime) -> dict[str, Any]:
    """A bulk run of DEMO's."""
    async with runtime.database.transaction() as session:
        access = await _demo(session)
        run = BulkRun(
            store_id=access.store.id, user_id=access.user.id, action="publish", values={}, filter={}, total=1, last_id=1
        )
        session.add(run)
        await session.flush()
        return {"run_id": run.id}


async def a_category(runtime: Runtime) -> dict[str, Any]:
    """A category."""
    async with runtime.database.transaction() as session:
        await load_taxonomy(session)
        return {"category_id": (await catalog.list_categories(session))[0].id}


async def a_picture(runtime: Runtime) -> dict[str, Any]:
    """An uploaded picture of a product of DEMO's."""
    async with runtime.database.transaction() as session:
        access = await _demo(session)
        product = await make_product(session, access.store)
        return {"key": (await make_image(session, access, product.id, runtime.settings))[0].rpartition("/")[2]}


_OWN = {"low": "viewer", "prepare": a_product}
_SHARED = Row(anonymous=401, stranger=403, right=("staff", 200), admin=200, low=("viewer", 403), prepare=of_demos_feed)

CATALOGUE_ROWS: dict[tuple[str, str], Row] = {
    ("POST", MARKETPLACE): Row(
        anonymous=401,
        stranger=404,
        right=("staff", 201),
        admin=201,
        low=("viewer", 403),
        body={"marketplace_product_id": "NEW-{caller}", "title": "New", "shop_name": "DEMO"},
    ),
    ("PUT", f"{MARKETPLACE}/{{product_id:path}}"): Row(**{**vars(_SHARED), "body": TITLE}),
    ("DELETE", f"{MARKETPLACE}/{{product_id:path}}"): _SHARED,
    ("GET", "/api/v1/categories"): any_user(prepare=a_category),
    ("GET", "/api/v1/categories/{category_id}"): any_user(prepare=a_category),
    ("GET", "/api/v1/marketplace/facets"): any_user(),
    ("GET", f"{PRODUCTS}/facets"): member("viewer"),
    ("GET", ONE): member("viewer", prepare=a_product),
    ("POST", PRODUCTS): member("staff", 201, low="viewer", prepare=something_to_list, body={"marketplace_product": 0}),
    ("PATCH", ONE): member("staff", body={"brand": "Of {caller}"}, **_OWN),
    ("PUT", ONE): member("staff", body={"brand": "Of {caller}"}, **_OWN),
    ("DELETE", ONE): member("staff", **_OWN),
    ("POST", f"{ONE}/publish"): member("staff", **_OWN),
    ("POST", f"{ONE}/unpublish"): member("staff", low="viewer", prepare=a_published_product),
    ("GET", f"{ONE}/translations"): member("viewer", prepare=a_product),
    ("GET", f"{ONE}/translations/{{language}}"): member("viewer", prepare=a_product, path={"language": "fr"}),
    ("PUT", f"{ONE}/translations/{{language}}"): member("staff", body=TITLE, path={"language": "fr"}, **_OWN),
    ("DELETE", f"{ONE}/translations/{{language}}"): member("staff", path={"language": "fr"}, **_OWN),
    ("GET", f"{ONE}/price-tiers"): member("viewer", prepare=a_product),
    ("PUT", f"{ONE}/price-tiers"): member("staff", body={"tiers": [{"min_quantity": 10, "price": "20.00"}]}, **_OWN),
    ("GET", f"{ONE}/price-history"): member("viewer", prepare=a_product),
    ("POST", f"{ONE}/images"): member("staff", 201, body={}, files={"file": ("lamp.png", PNG, "image/png")}, **_OWN),
    ("PUT", f"{ONE}/images"): member("staff", body={"images": ["https://example.com/lamp.jpg"]}, **_OWN),
    ("DELETE", f"{ONE}/images"): member("staff", low="viewer", prepare=a_published_product),
    ("POST", f"{PRODUCTS}/bulk"): member(
        "staff", low="viewer", prepare=a_published_product, body={"action": "feature", "ids": []}
    ),
    ("GET", "/api/v1/store/bulk/{run_id}"): member("viewer", prepare=a_run),
    ("POST", "/api/v1/store/bulk/{run_id}/cancel"): member("staff", low="viewer", prepare=a_run),
    ("GET", "/files/products/{key}"): public(prepare=a_picture),
}
