"""What the architecture of marketplace integrations documents, as far as it is here."""

import httpx

from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.contract.documents import MARKETPLACES
from tests.contract.walk import Walk
from tests.factories.stores import make_admin, make_store
from tests.sync.desk import open_desk


async def test_the_walk(client: httpx.AsyncClient, runtime: Runtime) -> None:
    walk = Walk(MARKETPLACES, client)
    desk = await open_desk(runtime, "letzshop")
    async with runtime.database.transaction() as session:
        user = (await make_admin(session)).user
        await make_store(session, "OTHER")
    admin = await bearer(runtime, user)
    row = "GET /health/marketplace-integrations"
    figures = {"status": "ok", "lag_seconds": float, "last_success_at": None, "error_rate": 0.0}
    found = await walk.call(
        row,
        by=admin,
        params={"store_id": desk.access.store.id},
        gives={"letzshop": {"order_import": figures, "api_status": "new"}},
    )
    assert set(found) == {"letzshop"}
    assert await walk.call(row, by=admin, params={"store_id": desk.access.store.id + 1}, gives={}) == {}
    await walk.call(row, status=401)
    await walk.call(row, by=await bearer(runtime, desk.access.user), status=403)
    walk.finish()
