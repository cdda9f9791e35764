"""The audit log: who did what to which object."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity.models import AuditEntry


async def record_audit(
    session: AsyncSession,
    *,
    actor_id: int | None,
    action: str,
    subject: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Append one entry in the caller's transaction.

    `action` is what was done ("store.updated"), `subject` what it was done to ("store:DEMO"), `details` whatever JSON
    explains it. Secrets never belong in it.
    """
    session.add(AuditEntry(actor_id=actor_id, action=action, subject=subject[:255], details=details or {}))
    await session.flush()
