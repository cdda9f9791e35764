"""A store's audit log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from orion import merchants
from orion.api.audit_answers import AuditList, AuditQuery
from orion.api.dependencies import RuntimeDep, SessionDep, store_access
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.merchants import StoreAccess

router = APIRouter(
    prefix="/api/v1/store/audit-log",
    tags=["store settings"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.get("", summary="Read the store's audit log")
async def list_store_audit(
    session: SessionDep,
    runtime: RuntimeDep,
    access: Annotated[StoreAccess, Depends(store_access("manager", None))],
    query: Annotated[AuditQuery, Query()],
) -> AuditList:
    """Who did what in the store and with its members, newest first. Needs a manager."""
    scope = f"store:{access.store.id}"
    before = query.before(runtime.settings, scope)
    found = await merchants.store_audit_log(session, access, query.filters(), before=before, limit=query.limit)
    return query.list(runtime.settings, scope, found, addresses=False)
