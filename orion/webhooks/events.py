"""What webhooks tell the packages above them (see `orion.main.wiring`)."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class WebhookChanged:
    """Somebody did something to an endpoint; `facts` hold no secret. `store_id` is None for the platform's."""

    webhook_id: int
    store_id: int | None
    change: Literal["created", "updated", "deleted", "secret_rotated", "tested", "redelivered", "replayed"]
    facts: dict[str, Any]
    actor_id: int


@dataclass(frozen=True, slots=True)
class WebhookDisabled:
    """An endpoint was disabled by itself (410), or because nothing has arrived there for days."""

    webhook_id: int
    store_id: int | None
    host: str
    reason: str
