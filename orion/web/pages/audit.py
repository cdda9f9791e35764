"""The audit log: a store's own, and the platform's."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import identity, merchants
from orion.identity import AuditFilter
from orion.kernel import NotFound
from orion.web import parse
from orion.web.render import is_htmx, render
from orion.web.visit import reading

router = APIRouter()

ENTRIES_PER_PAGE = 50


@router.get("/store/{code}/audit")
async def store_audit(request: Request, code: str) -> Response:
    """What was done in the store, newest first."""
    filters, wanted = _wanted(request)
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        found = await merchants.store_audit_log(
            visit.session, access, wanted, before=_before(request), limit=ENTRIES_PER_PAGE
        )
        return render(
            request,
            "audit/_entries.html" if is_htmx(request) else "store/audit.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="audit",
            path=f"/store/{access.store.code}/audit",
            found=found,
            filters=filters,
            platform=False,
        )


@router.get("/admin/audit")
async def admin_audit(request: Request) -> Response:
    """What was done on the platform, newest first."""
    filters, wanted = _wanted(request)
    filters["store"] = parse.text(request, "store") or ""
    async with reading(request) as visit:
        admin = identity.as_admin(visit.user)
        store_id = None
        if filters["store"]:
            try:
                store_id = (await merchants.open_store(visit.session, visit.user, filters["store"])).store.id
            except NotFound:
                store_id = 0  # no entry is of a store that is not there
        found = await identity.audit_log(
            visit.session, admin, wanted, store_id=store_id, before=_before(request), limit=ENTRIES_PER_PAGE
        )
        return render(
            request,
            "audit/_entries.html" if is_htmx(request) else "admin/audit.html",
            user=visit.user,
            nav="audit",
            path="/admin/audit",
            found=found,
            filters=filters,
            platform=True,
        )


def _wanted(request: Request) -> tuple[dict[str, str], AuditFilter]:
    """The filters of the address, as they were typed and as they are understood; a word finds all that begins so."""
    filters = {name: parse.text(request, name) or "" for name in ("actor", "action", "subject", "since", "until")}
    until = _day(filters["until"])
    wanted = AuditFilter(
        actor=filters["actor"] or None,
        action=f"{filters['action']}*" if filters["action"] else None,
        subject=f"{filters['subject']}*" if filters["subject"] else None,
        since=_day(filters["since"]),
        until=until + timedelta(days=1) if until else None,
    )
    return filters, wanted


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _before(request: Request) -> int | None:
    text = request.query_params.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
