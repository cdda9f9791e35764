"""What is sent: the message and the headers that prove it is ours.

Standard Webhooks 1.0 (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md),
signed by its reference library: `v1,` and the base64 of HMAC-SHA256 over "id.timestamp.body".
"""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from standardwebhooks.webhooks import Webhook as Signer

from orion.webhooks.models import WebhookEvent

VERSION = 1
"""Of the message: it grows only when a field changes its meaning or goes; new fields come without."""


def new_secret() -> str:
    """A signing secret: "whsec_" and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def message_of(event: WebhookEvent, store_code: str | None) -> dict[str, Any]:
    """The event as it is posted and as it is pulled."""
    return {
        "id": event.uid,
        "type": event.type,
        "timestamp": event.occurred_at.isoformat().replace("+00:00", "Z"),
        "version": VERSION,
        "store": store_code,
        "entity": event.entity,
        "sequence": event.id,
        "data": event.data,
    }


def body_of(event: WebhookEvent, store_code: str | None) -> bytes:
    """The bytes that are posted and signed."""
    return orjson.dumps(message_of(event, store_code))


def sign(uid: str, body: bytes, keys: Sequence[str], now: datetime) -> dict[str, str]:
    """The headers of one post of the body; one signature for each of the secrets `keys`, the newest first."""
    text = body.decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": uid,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Signer(key).sign(uid, now, text) for key in keys),
    }
