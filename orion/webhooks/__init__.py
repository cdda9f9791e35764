"""Telling other programs what happens: signed, in order, again and again until it has arrived; or for them to read."""

import orion.webhooks.deliver  # noqa: F401 (declares the job)
from orion.webhooks.deliveries import (
    DeliveryView,
    Replayed,
    get_delivery,
    list_deliveries,
    redeliver,
    replay,
    send_test,
)
from orion.webhooks.emit import emit, emit_many
from orion.webhooks.endpoints import (
    Owner,
    create_webhook,
    delete_webhook,
    get_webhook,
    list_webhooks,
    rotate_secret,
    update_webhook,
)
from orion.webhooks.events import WebhookChanged, WebhookDisabled
from orion.webhooks.models import DELIVERY_STATUSES, Webhook, WebhookDelivery, WebhookEvent
from orion.webhooks.pull import Pulled, list_events, purge_events
from orion.webhooks.types import TYPES, EventType

__all__ = [
    "DELIVERY_STATUSES",
    "TYPES",
    "DeliveryView",
    "EventType",
    "Owner",
    "Pulled",
    "Replayed",
    "Webhook",
    "WebhookChanged",
    "WebhookDelivery",
    "WebhookDisabled",
    "WebhookEvent",
    "create_webhook",
    "delete_webhook",
    "emit",
    "emit_many",
    "get_delivery",
    "get_webhook",
    "list_deliveries",
    "list_events",
    "list_webhooks",
    "purge_events",
    "redeliver",
    "replay",
    "rotate_secret",
    "send_test",
    "update_webhook",
]
