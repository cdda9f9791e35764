"""What happened to connections, for whoever reacts (see `orion.main.wiring`)."""

from dataclasses import dataclass
from typing import Any, Literal

Change = Literal["created", "updated", "credentials_replaced", "consent_asked", "paused", "resumed", "deleted"]


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A person made, changed or ended a connection. `details` hold no secrets; new credentials say only that."""

    store_id: int
    connection_id: int
    channel: str
    change: Change
    details: dict[str, Any]
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class ConnectionHealthChanged:
    """A connection has begun to work, to expire, or has stopped working; `code` and English `reason` say why."""

    store_id: int
    connection_id: int
    channel: str
    name: str
    before: str
    after: str
    code: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ConnectionExpiring:
    """A connection's credentials end on a day (ISO 8601), `days` from now: a person has to renew them before."""

    store_id: int
    connection_id: int
    channel: str
    name: str
    ends_on: str
    days: int
