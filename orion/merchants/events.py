"""What happened to stores and members, for whoever reacts (see `orion.main.wiring`)."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class StoreCreated:
    """A store was opened by user `actor_id`."""

    store_id: int
    merchant_id: int
    code: str
    name: str
    actor_id: int


@dataclass(frozen=True, slots=True)
class StoreUpdated:
    """Fields of a store changed: `changes` maps each to its value before and after."""

    store_id: int
    code: str
    changes: dict[str, tuple[Any, Any]]
    actor_id: int


@dataclass(frozen=True, slots=True)
class MemberChanged:
    """A user's place in a merchant changed; `before` and `after` are roles, None for no membership."""

    merchant_id: int
    user_id: int
    change: Literal["added", "changed", "removed"]
    before: str | None
    after: str | None
    actor_id: int
