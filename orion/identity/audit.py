"""The audit log: who did what to which object, when and from where."""

import re
from contextvars import ContextVar
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.models import AuditEntry

_api_key: ContextVar[str | None] = ContextVar("api_key", default=None)

HIDDEN = "\N{BULLET}" * 3
"""What stands in the log for a secret."""

_SECRET = re.compile(r"password|secret|token|credential|authorization|cookie", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://)([^/?#\s@]*@)?([^?#\s]*)(\?[^#\s]+)?", re.IGNORECASE)


def acting_with_key(name: str | None) -> None:
    """From here on, in this request, what its user does is done by a program with the API key called `name`."""
    _api_key.set(name)


async def record_audit(
    session: AsyncSession,
    *,
    actor_id: int | None,
    action: str,
    subject: str,
    details: dict[str, Any] | None = None,
    store_id: int | None = None,
    merchant_id: int | None = None,
) -> None:
    """Append one entry in the caller's transaction.

    `action` is what was done ("store.updated"), `subject` what it was done to ("store:DEMO"), `details` whatever JSON
    explains it, at best each field's value `before` and `after`; what looks like a secret in it is hidden (`redact`).
    `store_id`, which may also stand in the details, puts the entry in that store's own log; without it, `merchant_id`
    puts it in the log of each of the merchant's stores; without both it is for administrators alone. The request and
    the API key it was done with are noted by themselves.
    """
    request = structlog.contextvars.get_contextvars()
    if store_id is None and details and isinstance(details.get("store_id"), int):
        store_id = details["store_id"]
    session.add(
        AuditEntry(
            actor_id=actor_id,
            action=action,
            subject=subject[:255],
            details=redact(details or {}),
            store_id=store_id,
            merchant_id=merchant_id,
            api_key=_api_key.get(),
            request_id=request.get("request_id"),
            address=request.get("client"),
        )
    )
    await session.flush()


def redact(value: Any, name: str = "") -> Any:
    """JSON without secrets: values whose field is called like one, and the query and log-in of web addresses.

    A field called `...link` is for the public: its query stays.
    """
    if isinstance(value, dict):
        return {
            field: HIDDEN
            if isinstance(held, str) and held and _SECRET.search(field)
            else redact(held, name if field in ("before", "after") else field)
            for field, held in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item, name) for item in value]
    if isinstance(value, str) and "://" in value:
        return _ADDRESS.sub(lambda found: f"{found[1]}{found[3]}{_query(found[4], name)}", value)
    return value


def _query(query: str | None, name: str) -> str:
    if not query:
        return ""
    return query if name.endswith("link") else f"?{HIDDEN}"
