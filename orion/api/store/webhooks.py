"""A store's webhooks, what was sent to them, and its events for reading."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from orion import webhooks
from orion.api.dependencies import RuntimeDep, SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Id, Parameters
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute, UnrepeatableRoute
from orion.api.webhook_answers import (
    DeliveryAnswer,
    DeliveryList,
    EventList,
    EventTypeAnswer,
    EventTypeList,
    NewWebhook,
    Queued,
    ReplayAnswer,
    ReplayRequest,
    WebhookAnswer,
    WebhookChange,
    WebhookList,
    WebhookWithSecret,
)
from orion.kernel import FieldError, Invalid
from orion.merchants import StoreAccess
from orion.plumbing.cursors import read_cursor, write_cursor

Manager = Annotated[StoreAccess, Depends(store_access("manager", "webhooks"))]

PREFIX = "/api/v1/store/webhooks"
_ABOUT = {"tags": ["store webhooks"], "responses": PROBLEM_RESPONSES}

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, **_ABOUT)  # type: ignore[arg-type]
unrepeatable = APIRouter(prefix=PREFIX, route_class=UnrepeatableRoute, **_ABOUT)  # type: ignore[arg-type]
events_router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, **_ABOUT)  # type: ignore[arg-type]


class DeliveryQuery(Parameters):
    """Which deliveries are wanted."""

    status: str | None = Field(None, description="pending, waiting, delivered, dead or cancelled")
    event_type: str | None = Field(None, description="exactly this type")
    cursor: str | None = Field(None, description="`next_cursor` of the stretch before")
    limit: int = Field(50, ge=1, le=200)


class EventQuery(Parameters):
    """Which events are wanted."""

    types: str | None = Field(None, description='types or "product.*", with commas between', examples=["product.*"])
    cursor: str | None = Field(None, description="`next_cursor` of the last answer; without it from the oldest on")
    limit: int = Field(100, ge=1, le=200)


@events_router.get("/webhook-event-types", summary="List the types of events", dependencies=NO_PARAMETERS)
async def list_webhook_event_types() -> EventTypeList:
    """Every type of event that webhooks are told and `GET /api/v1/store/events` gives, each with an example."""
    return EventTypeList(
        items=[
            EventTypeAnswer(type=name, description=kind.text, example=kind.example)
            for name, kind in webhooks.TYPES.items()
        ]
    )


@events_router.get("/store/events", summary="Read what happened in the store")
async def list_store_events(
    session: SessionDep, runtime: RuntimeDep, access: Manager, query: Annotated[EventQuery, Query()]
) -> EventList:
    """The same messages that webhooks are posted, of the last 30 days, oldest first and none left out.

    Keep `next_cursor` and ask again with it, now if `has_more`, else later. Needs a manager.
    """
    scope = f"events:{access.store.id}:{query.types or ''}"
    after = int(read_cursor(runtime.settings, scope, query.cursor)[0]) if query.cursor is not None else 0
    patterns = query.types.split(",") if query.types else []
    found = await webhooks.list_events(session, access, patterns=patterns, after=after, limit=query.limit)
    cursor = write_cursor(runtime.settings, scope, [found.position])
    return EventList(items=found.items, next_cursor=cursor, has_more=found.has_more)


@router.get("", summary="List the store's webhooks", dependencies=NO_PARAMETERS)
async def list_store_webhooks(session: SessionDep, access: Manager) -> WebhookList:
    """All endpoints of the store (at most 20), without their secrets. Needs a manager."""
    return WebhookList(items=[WebhookAnswer.of(found) for found in await webhooks.list_webhooks(session, access)])


@unrepeatable.post("", status_code=201, summary="Create a webhook", dependencies=NO_PARAMETERS)
async def create_store_webhook(
    session: SessionDep, runtime: RuntimeDep, access: Manager, body: NewWebhook
) -> WebhookWithSecret:
    """Have events of these types posted to an address from now on.

    The answer holds the signing secret, which is shown this once. Needs a manager.
    """
    with body_fields():
        webhook, secret = await webhooks.create_webhook(session, access, settings=runtime.settings, **body.model_dump())
    return WebhookWithSecret.of(webhook, secret=secret)


@router.get("/{webhook_id}", summary="Show a webhook", dependencies=NO_PARAMETERS)
async def show_store_webhook(session: SessionDep, access: Manager, webhook_id: Id) -> WebhookAnswer:
    """One endpoint, without its secret. Needs a manager."""
    return WebhookAnswer.of(await webhooks.get_webhook(session, access, webhook_id))


@router.patch("/{webhook_id}", summary="Change a webhook", dependencies=NO_PARAMETERS)
async def change_store_webhook(
    session: SessionDep, runtime: RuntimeDep, access: Manager, webhook_id: Id, body: WebhookChange
) -> WebhookAnswer:
    """Change some of an endpoint. `is_active` true lets a disabled one begin anew. Needs a manager."""
    changes = body.model_dump(exclude_unset=True)
    missing = [name for name in ("url", "event_types", "is_active") if name in changes and changes[name] is None]
    if missing:
        message = "This cannot be empty: send a value, or leave the field out"
        raise Invalid("webhook_invalid", message, errors=[FieldError(f"body.{name}", message) for name in missing])
    with body_fields():
        webhook = await webhooks.update_webhook(session, access, webhook_id, settings=runtime.settings, **changes)
    return WebhookAnswer.of(webhook)


@router.delete("/{webhook_id}", status_code=204, summary="Delete a webhook", dependencies=NO_PARAMETERS)
async def delete_store_webhook(session: SessionDep, access: Manager, webhook_id: Id) -> None:
    """Delete an endpoint with its delivery log; nothing is sent there any more. Needs a manager."""
    await webhooks.delete_webhook(session, access, webhook_id)


@unrepeatable.post("/{webhook_id}/rotate-secret", summary="Give a webhook a new secret", dependencies=NO_PARAMETERS)
async def rotate_store_webhook_secret(
    session: SessionDep, runtime: RuntimeDep, access: Manager, webhook_id: Id
) -> WebhookWithSecret:
    """Make a new secret, shown this once. For 24 hours every post carries a signature of each of the two."""
    webhook, secret = await webhooks.rotate_secret(session, access, webhook_id, settings=runtime.settings)
    return WebhookWithSecret.of(webhook, secret=secret)


@router.post("/{webhook_id}/test", status_code=202, summary="Send a test event", dependencies=NO_PARAMETERS)
async def test_store_webhook(session: SessionDep, access: Manager, webhook_id: Id) -> Queued:
    """Send a `webhook.test` now, whatever types the endpoint wants; the delivery log shows how it went."""
    return Queued(delivery_id=await webhooks.send_test(session, access, webhook_id))


@router.get("/{webhook_id}/deliveries", summary="List the deliveries of a webhook")
async def list_store_webhook_deliveries(
    session: SessionDep,
    runtime: RuntimeDep,
    access: Manager,
    webhook_id: Id,
    query: Annotated[DeliveryQuery, Query()],
) -> DeliveryList:
    """What was sent to an endpoint or will be, newest first, with what it answered. Needs a manager."""
    scope = f"deliveries:{access.store.id}:{webhook_id}:{query.status or ''}:{query.event_type or ''}"
    before = read_cursor(runtime.settings, scope, query.cursor)[0] if query.cursor is not None else None
    found = await webhooks.list_deliveries(
        session,
        access,
        webhook_id,
        status=query.status,
        event_type=query.event_type,
        before=before,
        limit=query.limit,
    )
    return DeliveryList(
        items=[DeliveryAnswer.of(view) for view in found.items],
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )


@router.post(
    "/deliveries/{delivery_id}/redeliver", status_code=202, summary="Deliver once more", dependencies=NO_PARAMETERS
)
async def redeliver_store_webhook(session: SessionDep, access: Manager, delivery_id: Id) -> Queued:
    """Send the event of a finished delivery again, with the same event id. Needs a manager."""
    return Queued(delivery_id=await webhooks.redeliver(session, access, delivery_id))


@router.post("/{webhook_id}/replay", status_code=202, summary="Replay events", dependencies=NO_PARAMETERS)
async def replay_store_webhook(
    session: SessionDep, access: Manager, webhook_id: Id, body: ReplayRequest
) -> ReplayAnswer:
    """Send the events since a moment, or after an event, again: in order, with the same ids, at most 1,000 a call."""
    if body.since is not None and body.since.tzinfo is None:
        message = "Say the zone too, as in 2026-11-20T00:00:00Z"
        raise Invalid("replay_from_needed", message, errors=[FieldError("body.since", message)])
    with body_fields():
        found = await webhooks.replay(session, access, webhook_id, since=body.since, after=body.after)
    return ReplayAnswer(count=found.count, continue_after=found.continue_after)
