"""A store's own audit log."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import AuditEntry, AuditFilter, AuditLine, read_audit_log
from orion.kernel import Stretch
from orion.merchants.access import StoreAccess


async def store_audit_log(
    session: AsyncSession,
    access: StoreAccess,
    wanted: AuditFilter,
    *,
    before: int | None = None,
    limit: int = 50,
) -> Stretch[AuditLine]:
    """What was done in the store or to its merchant's members, newest first, from below id `before` on.

    Raises Forbidden (`role_too_low`) below manager, and Invalid (`audit_filter_invalid`).
    """
    access.require("manager")
    store = access.store
    scopes = [
        AuditEntry.store_id == store.id,
        sa.and_(AuditEntry.merchant_id == store.merchant_id, AuditEntry.store_id.is_(None)),
    ]
    return await read_audit_log(session, scopes, wanted, before=before, limit=limit)
