"""The audit log: who did what to which object, when and from where."""

from contextvars import ContextVar
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.models import AuditEntry

_api_key: ContextVar[str | None] = ContextVar("api_key", default=None)


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
    explains it, at best each field's value `before` and `after`. Secrets never belong in it. `store_id` puts the entry
    in that store's own log, `merchant_id` in the log of each of the merchant's stores; without both it is for
    administrators alone. The request and the API key it was done with are noted by themselves.
    """
    request = structlog.contextvars.get_contextvars()
    session.add(
        AuditEntry(
            actor_id=actor_id,
            action=action,
            subject=subject[:255],
            details=details or {},
            store_id=store_id,
            merchant_id=merchant_id,
            api_key=_api_key.get(),
            request_id=request.get("request_id"),
            address=request.get("client"),
        )
    )
    await session.flush()
