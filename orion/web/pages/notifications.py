"""What a visitor is told: the inbox, and how they want to be told."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import notifications
from orion.web import parse
from orion.web.i18n import gettext
from orion.web.notices import put_in_words
from orion.web.render import redirect, render
from orion.web.visit import acting, posted, reading

router = APIRouter(prefix="/notifications")

PER_PAGE = 25


@router.get("")
async def inbox(request: Request) -> Response:
    """What the visitor was told, the newest first."""
    unread = parse.choice(request, "unread", ("1",))
    async with reading(request) as visit:
        found = await notifications.list_notifications(
            visit.session,
            visit.user,
            unread=bool(unread),
            before=parse.position(request, "before"),
            limit=PER_PAGE,
        )
        return render(
            request,
            "account/notifications.html",
            user=visit.user,
            nav="notifications",
            lines=[(item, put_in_words(item.kind, item.params)) for item in found.items],
            after=found.after,
            first="before" not in request.query_params,
            only_unread=bool(unread),
        )


@router.post("/read")
async def read_all(request: Request) -> Response:
    """Mark everything as read."""
    await posted(request)
    async with acting(request) as visit:
        await notifications.mark_all_read(visit.session, visit.user)
    return redirect("/notifications")


@router.post("/{notification_id:int}/read")
async def read(request: Request, notification_id: int) -> Response:
    """Mark one as read, and go to what it is about, or back to the list."""
    form = await posted(request)
    async with acting(request) as visit:
        found = await notifications.mark_read(visit.session, visit.user, notification_id)
    path = put_in_words(found.kind, found.params).path
    return redirect(path if path and parse.field(form, "open") else "/notifications")


@router.get("/settings")
async def settings(request: Request) -> Response:
    """For each kind of thing: in the portal, by mail."""
    async with reading(request) as visit:
        return render(
            request,
            "account/notification_settings.html",
            user=visit.user,
            nav="notification_settings",
            preferences=await notifications.list_preferences(visit.session, visit.user),
            saved=gettext("Your settings were saved.") if "saved" in request.query_params else "",
        )


@router.post("/settings")
async def save(request: Request) -> Response:
    """Keep what is ticked for every kind."""
    form = await posted(request)
    wanted = {kind: (f"app.{kind}" in form, f"mail.{kind}" in form) for kind in notifications.KINDS}
    async with acting(request) as visit:
        await notifications.set_preferences(visit.session, visit.user, wanted)
    return redirect("/notifications/settings?saved=1")
