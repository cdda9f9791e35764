"""What a row of the table of answers says, and the usual kinds of rows."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orion.plumbing.runtime import Runtime

Prepare = Callable[[Runtime], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Row:
    """The status for each caller; `low` and `right` are (role in DEMO, status), `low` None where every role will do."""

    anonymous: int
    stranger: int
    right: tuple[str, int]
    admin: int
    low: tuple[str, int] | None = None
    path: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    files: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: {"X-Store-Code": "DEMO"})
    prepare: Prepare | None = None
    """Runs before each call; the values it gives fill the path and are added to the body, where their names are."""
    changes: bool | None = None
    """Whether a success changes the database; by default every write does and no GET."""


def public(status: int = 200, **more: Any) -> Row:
    """Everybody may."""
    return Row(anonymous=status, stranger=status, right=("viewer", status), admin=status, **more)


def any_user(status: int = 200, **more: Any) -> Row:
    """Everybody who is logged in may."""
    return Row(anonymous=401, stranger=status, right=("viewer", status), admin=status, **more)


def member(role: str, status: int = 200, *, low: str | None = None, **more: Any) -> Row:
    """Members of the store from `role` on may, and administrators; `low` is a role that may not."""
    refused = (low, 403) if low else None
    return Row(anonymous=401, stranger=404, right=(role, status), admin=status, low=refused, **more)


def admin_only(status: int = 200, **more: Any) -> Row:
    """Administrators alone may."""
    return Row(anonymous=401, stranger=403, right=("owner", 403), admin=status, **more)
