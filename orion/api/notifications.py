"""What the caller is told, and how they want to be."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from orion import notifications
from orion.api.dependencies import CurrentUser, RuntimeDep, SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Id, Parameters
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.notifications import Notification
from orion.plumbing.cursors import read_cursor, write_cursor


class NotificationQuery(Parameters):
    """Which notifications are wanted."""

    unread: bool = Field(False, description="only those that were not read")
    cursor: str | None = Field(None, description="`next_cursor` of the stretch before")
    limit: int = Field(50, ge=1, le=200)


class NotificationAnswer(BaseModel):
    """Something you are told: its kind and facts for programs, `title` and `text` in English for people."""

    id: int = Field(examples=[7])
    kind: str = Field(examples=["stock_low"])
    params: dict[str, Any] = Field(examples=[{"title": "Desk lamp", "available": 3, "threshold": 5, "store": "Tech"}])
    title: str = Field(examples=["Low stock: Desk lamp"])
    text: str
    store_id: int | None = Field(examples=[5])
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, found: Notification) -> Self:
        """The answer for one notification."""
        title, text = notifications.describe(found.kind, found.params)
        names = ("id", "kind", "params", "store_id", "created_at", "read_at")
        return cls(title=title, text=text, **{name: getattr(found, name) for name in names})


class NotificationList(BaseModel):
    """Notifications, newest first; `unread` counts all of yours, up to 100."""

    items: list[NotificationAnswer]
    next_cursor: str | None
    unread: int = Field(examples=[2])


class MarkedAnswer(BaseModel):
    """How many became read."""

    marked: int = Field(examples=[2])


class Ways(Body):
    """How to be told of a kind of thing."""

    in_app: bool
    mail: bool


class PreferencesAnswer(BaseModel):
    """For each kind how you are told."""

    preferences: dict[str, Ways] = Field(examples=[{"stock_low": {"in_app": True, "mail": False}}])


class PreferencesRequest(Body):
    """How you want to be told of some kinds; the others stay."""

    preferences: dict[str, Ways] = Field(examples=[{"stock_low": {"in_app": True, "mail": True}}])


router = APIRouter(
    prefix="/api/v1/notifications",
    tags=["notifications"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.get("", summary="List your notifications")
async def list_my_notifications(
    session: SessionDep, runtime: RuntimeDep, user: CurrentUser, query: Annotated[NotificationQuery, Query()]
) -> NotificationList:
    """What you were told, newest first."""
    scope = f"notifications:{user.id}:{query.unread}"
    before = read_cursor(runtime.settings, scope, query.cursor)[0] if query.cursor is not None else None
    found = await notifications.list_notifications(session, user, unread=query.unread, before=before, limit=query.limit)
    return NotificationList(
        items=[NotificationAnswer.of(item) for item in found.items],
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
        unread=await notifications.unread_count(session, user),
    )


@router.get("/preferences", summary="Show how you are told", dependencies=NO_PARAMETERS)
async def show_notification_preferences(session: SessionDep, user: CurrentUser) -> PreferencesAnswer:
    """For each kind whether you are told in the portal and by mail."""
    return await _preferences(session, user)


@router.put("/preferences", summary="Choose how you are told", dependencies=NO_PARAMETERS)
async def change_notification_preferences(
    session: SessionDep, user: CurrentUser, body: PreferencesRequest
) -> PreferencesAnswer:
    """Choose for some kinds; those that are not sent stay as they are."""
    with body_fields():
        wanted = {kind: (ways.in_app, ways.mail) for kind, ways in body.preferences.items()}
        await notifications.set_preferences(session, user, wanted)
    return await _preferences(session, user)


@router.post("/read-all", summary="Mark all as read", dependencies=NO_PARAMETERS)
async def read_all_notifications(session: SessionDep, user: CurrentUser) -> MarkedAnswer:
    """Mark everything that you have been told up to now as read."""
    return MarkedAnswer(marked=await notifications.mark_all_read(session, user))


@router.post("/{notification_id}/read", summary="Mark one as read", dependencies=NO_PARAMETERS)
async def read_notification(session: SessionDep, user: CurrentUser, notification_id: Id) -> NotificationAnswer:
    """Mark one of your notifications as read; the first time counts."""
    return NotificationAnswer.of(await notifications.mark_read(session, user, notification_id))


async def _preferences(session: SessionDep, user: CurrentUser) -> PreferencesAnswer:
    found = await notifications.list_preferences(session, user)
    return PreferencesAnswer(preferences={item.kind: Ways(in_app=item.in_app, mail=item.mail) for item in found})
