"""Who is refused by the marketplace API 2.1: its own handlers check callers as the canonical ones do."""

import httpx

from orion.inventory import Movement
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.conftest import count
from tests.contract.documents import LETZSHOP
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.stores import enter_as, make_store, make_user

PUBLIC = {"GET /", "GET /health", "POST /register", "POST /login"}
AT = {"shop_code": "DEMO", "product_id": "P", "gtin": "4006381333931", "job_id": 1, "user_id": 1, "shop_id": 1}
STOCK = {"gtin": AT["gtin"], "location": "MAIN", "quantity": 5, "shop_code": "DEMO"}


async def test_nothing_but_what_is_public_answers_without_a_token(client: httpx.AsyncClient) -> None:
    for row in LETZSHOP:
        method, path = row.split(" ")
        if row not in PUBLIC:
            answer = await client.request(method, f"/v2.1{path.format(**AT)}", json={})
            assert (row, answer.status_code, answer.json()["code"]) == (row, 401, "authentication_required")


async def test_strangers_find_no_shop_and_viewers_change_nothing(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        viewer = (await enter_as(session, access, "viewer")).user
        stranger = await make_user(session)
        hidden = await make_marketplace_product(session, "HIDDEN")
        await make_product(session, access.store, hidden, is_active=False)
        await make_product(session, access.store, await make_marketplace_product(session, "P"))
        await make_marketplace_product(session, "FREE")
    calls = (
        ("POST", "/shops/DEMO/products", {"product_id": "FREE"}),
        ("POST", "/stock", STOCK),
        ("PUT", "/shops/DEMO", {"description": "x"}),
    )
    for user, status in ((stranger, 404), (viewer, 403)):
        headers = await bearer(runtime, user)
        for method, path, body in calls:
            answer = await client.request(method, f"/v2.1{path}", json=body, headers=headers)
            assert answer.status_code == status, (path, answer.text)
    assert await count(runtime.database, Movement) == 0
    theirs = await bearer(runtime, stranger)
    for path in (
        "/shops/DEMO/products",
        "/products?shop_code=DEMO",
        "/export-csv?shop_code=DEMO",
        "/stock/1?shop_code=DEMO",
    ):
        assert (await client.get(f"/v2.1{path}", headers=theirs)).status_code == 404, path
    async with runtime.database.transaction() as session:
        access.store.is_verified = True
        session.add(access.store)
    for headers, expected in ((theirs, ["P"]), (await bearer(runtime, viewer), ["HIDDEN", "P"])):
        answer = await client.get("/v2.1/shops/DEMO/products", headers=headers)
        assert [each["product_id"] for each in answer.json()["products"]] == expected
