"""Who gets what answer from every operation of the API. A new route needs a row here; `test_access` walks them all.

The world of a row: store DEMO with a member of each role, named after it; OTHER, the store of `stranger`; `admin`.
Paths and the X-Store-Code header name DEMO, so `stranger` must be refused wherever a store is entered. "{caller}" in a
body stands for the name of who calls, so that several can succeed one after the other.
"""

from typing import Any

from orion import identity
from orion.plumbing.runtime import Runtime
from tests.api.access_catalogue import CATALOGUE_ROWS
from tests.api.access_channels import CHANNEL_ROWS
from tests.api.access_feeds import FEED_ROWS
from tests.api.access_imports import IMPORT_ROWS
from tests.api.access_inventory import INVENTORY_ROWS
from tests.api.access_orders import ORDER_ROWS
from tests.api.access_people import PEOPLE_ROWS
from tests.api.access_rows import Row, any_user, public
from tests.api.access_statistics import STATISTICS_ROWS
from tests.api.access_sync import SYNC_ROWS
from tests.api.access_webhooks import WEBHOOK_ROWS
from tests.factories.people import PASSWORD


async def a_refresh_token(runtime: Runtime) -> dict[str, Any]:
    """A refresh token of `stranger`'s."""
    async with runtime.database.transaction() as session:
        user = await identity.find_user(session, "stranger")
        assert user is not None
        return {"refresh_token": (await identity.issue_tokens(session, user, runtime.settings)).refresh_token}


NEW_PASSWORD = {"current_password": PASSWORD, "new_password": "another long password"}
NEW_USER = {"username": "new-{caller}", "email": "new-{caller}@example.com", "password": PASSWORD}
TOKEN = {"refresh_token": ""}

ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/"): public(),
    ("GET", "/health"): public(),
    ("GET", "/metrics"): public(),
    ("POST", "/api/v1/auth/register"): public(201, body=NEW_USER),
    ("POST", "/api/v1/auth/login"): public(body={"username": "stranger", "password": PASSWORD}),
    ("POST", "/api/v1/auth/refresh"): public(prepare=a_refresh_token, body=TOKEN),
    ("POST", "/api/v1/auth/logout"): public(204, prepare=a_refresh_token, body=TOKEN),
    ("GET", "/api/v1/auth/me"): any_user(),
    ("PUT", "/api/v1/auth/password"): any_user(204, body=NEW_PASSWORD),
    ("POST", "/api/v1/shop"): any_user(201, body={"shop_code": "NEW-{caller}", "shop_name": "New"}),
    ("GET", "/api/v1/shop"): any_user(),
    ("GET", "/api/v1/shop/{shop_code}"): Row(
        anonymous=401, stranger=404, right=("viewer", 200), admin=200, path={"shop_code": "DEMO"}
    ),
    **IMPORT_ROWS,
    **CATALOGUE_ROWS,
    **CHANNEL_ROWS,
    **FEED_ROWS,
    **INVENTORY_ROWS,
    **WEBHOOK_ROWS,
    **SYNC_ROWS,
    **ORDER_ROWS,
    **PEOPLE_ROWS,
    **STATISTICS_ROWS,
}
