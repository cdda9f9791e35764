"""What happened to stores and members, for whoever reacts (see `orion.main.wiring`)."""

from dataclasses import dataclass
from datetime import datetime
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
class StoreJudged:
    """An administrator set a store's `is_verified` (`what` is "verified") or `is_active` ("active")."""

    store_id: int
    merchant_id: int
    code: str
    what: Literal["verified", "active"]
    before: bool
    after: bool
    reason: str | None
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


@dataclass(frozen=True, slots=True)
class MemberInvited:
    """Somebody was invited, or once more. `token` opens the invitation: it is for the mail, and never stored."""

    invitation_id: int
    store_id: int
    merchant_id: int
    store_name: str
    email: str
    role: str
    token: str
    expires_at: datetime
    again: bool
    actor_id: int


@dataclass(frozen=True, slots=True)
class InvitationEnded:
    """An invitation was revoked, or accepted by the user who is the actor."""

    invitation_id: int
    store_id: int
    merchant_id: int
    how: Literal["revoked", "accepted"]
    email: str
    role: str
    actor_id: int


@dataclass(frozen=True, slots=True)
class ApiKeyChanged:
    """A store's API key was created, rotated or revoked; `facts` are its name, prefix, scopes and role."""

    key_id: int
    store_id: int
    merchant_id: int
    change: Literal["created", "rotated", "revoked"]
    facts: dict[str, Any]
    actor_id: int
