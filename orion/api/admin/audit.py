"""The audit log of the whole platform, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from orion import identity
from orion.api.audit_answers import AuditList, AuditQuery
from orion.api.dependencies import AdminUser, RuntimeDep, SessionDep
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute


class PlatformAuditQuery(AuditQuery):
    """Which entries are wanted, of one store or of all."""

    store_id: int | None = Field(None, ge=1, le=2**63 - 1, description="only this store's", examples=[5])


router = APIRouter(
    prefix="/api/v1/admin/audit-log",
    tags=["admin"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.get("", summary="Read the audit log")
async def list_audit(
    session: SessionDep, runtime: RuntimeDep, admin: AdminUser, query: Annotated[PlatformAuditQuery, Query()]
) -> AuditList:
    """Who did what on the whole platform, newest first."""
    before = query.before(runtime.settings, "platform")
    found = await identity.audit_log(
        session, admin, query.filters(), store_id=query.store_id, before=before, limit=query.limit
    )
    return query.list(runtime.settings, "platform", found, addresses=True)
