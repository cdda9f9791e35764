"""Who gets what answer from the operations on webhooks, events and notifications."""

from typing import Any

from orion import merchants, notifications, webhooks
from orion.identity import find_user
from orion.merchants import StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from orion.webhooks import WebhookDelivery
from tests.api.access_rows import Row, any_user, member

STORE = "/api/v1/store/webhooks"
MINE = "/api/v1/notifications"
NEW = {"url": "https://example.com/orion", "event_types": ["*"]}
SINCE = {"since": "2026-01-01T00:00:00Z"}


async def _demo(session: Any) -> StoreAccess:
    owner = await find_user(session, "owner")
    assert owner is not None
    return await merchants.open_store(session, owner, "DEMO")


async def a_webhook(runtime: Runtime) -> dict[str, Any]:
    """A webhook of DEMO's, the only one."""
    async with runtime.database.transaction() as session:
        access = await _demo(session)
        for old in await webhooks.list_webhooks(session, access):
            await webhooks.delete_webhook(session, access, old.id)
        made, _ = await webhooks.create_webhook(session, access, settings=runtime.settings, **NEW)
        return {"webhook_id": made.id}


async def a_delivery(runtime: Runtime) -> dict[str, Any]:
    """A delivery to a webhook of DEMO's that has arrived."""
    made = await a_webhook(runtime)
    async with runtime.database.transaction() as session:
        delivery_id = await webhooks.send_test(session, await _demo(session), made["webhook_id"])
        delivery = await session.get_one(WebhookDelivery, delivery_id)
        delivery.status, delivery.finished_at = "delivered", utcnow()
        return made | {"delivery_id": delivery_id}


async def unread(runtime: Runtime) -> dict[str, Any]:
    """Everybody has something to read."""
    async with runtime.database.transaction() as session:
        names = ("owner", "manager", "staff", "viewer", "stranger", "admin")
        users = [user.id for name in names if (user := await find_user(session, name))]
        await notifications.notify(session, users, "stock_low", {"title": "Lamp"})
        return {}


_MANAGER = {"low": "staff", "prepare": a_webhook}
_ONE = f"{STORE}/{{webhook_id}}"
_NOBODYS = Row(anonymous=401, stranger=404, right=("viewer", 404), admin=404, path={"notification_id": 10**9})

WEBHOOK_ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/api/v1/webhook-event-types"): Row(anonymous=200, stranger=200, right=("viewer", 200), admin=200),
    ("GET", "/api/v1/store/events"): member("manager", low="staff"),
    ("GET", STORE): member("manager", low="staff"),
    ("POST", STORE): member("manager", 201, low="staff", body=NEW),
    ("GET", _ONE): member("manager", **_MANAGER),
    ("PATCH", _ONE): member("manager", body={"description": "Of {caller}"}, **_MANAGER),
    ("DELETE", _ONE): member("manager", 204, **_MANAGER),
    ("POST", f"{_ONE}/rotate-secret"): member("manager", **_MANAGER),
    ("POST", f"{_ONE}/test"): member("manager", 202, **_MANAGER),
    ("GET", f"{_ONE}/deliveries"): member("manager", low="staff", prepare=a_delivery),
    ("POST", f"{STORE}/deliveries/{{delivery_id}}/redeliver"): member("manager", 202, low="staff", prepare=a_delivery),
    ("POST", f"{_ONE}/replay"): member("manager", 202, body=SINCE, low="staff", prepare=a_delivery),
    ("GET", MINE): any_user(),
    ("GET", f"{MINE}/preferences"): any_user(),
    ("PUT", f"{MINE}/preferences"): any_user(body={"preferences": {"stock_low": {"in_app": True, "mail": True}}}),
    ("POST", f"{MINE}/read-all"): any_user(prepare=unread),
    ("POST", f"{MINE}/{{notification_id}}/read"): _NOBODYS,
}
