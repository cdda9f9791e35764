"""Where administrators land: what waits for them, and what happened last."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import analytics, identity, merchants
from orion.identity import AuditFilter
from orion.web.render import render
from orion.web.visit import reading, runtime_of

router = APIRouter()

STORES_SHOWN = 10
ENTRIES_SHOWN = 10


@router.get("/admin")
async def admin_home(request: Request) -> Response:
    """The platform in figures, stores that wait to be verified, and the newest entries of the audit log."""
    async with reading(request) as visit:
        admin = identity.as_admin(visit.user)
        return render(
            request,
            "admin/home.html",
            user=visit.user,
            nav="home",
            waiting=await merchants.all_stores(
                visit.session, admin, is_verified=False, is_active=True, limit=STORES_SHOWN
            ),
            stores=(await merchants.all_stores(visit.session, admin, limit=1)).total,
            closed=(await merchants.all_stores(visit.session, admin, is_active=False, limit=1)).total,
            users=(await identity.list_users(visit.session, admin, limit=1)).total,
            blocked=(await identity.list_users(visit.session, admin, is_active=False, limit=1)).total,
            figures=await analytics.platform_figures(visit.session, runtime_of(request).kept, admin),
            entries=await identity.audit_log(visit.session, admin, AuditFilter(), limit=ENTRIES_SHOWN),
        )
