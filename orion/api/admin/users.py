"""Users, for administrators."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from orion import identity
from orion.api.auth import UserResponse
from orion.api.dependencies import AdminUser, SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Id, Paged
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.identity import User


class UserQuery(Paged):
    """Which users are wanted."""

    search: str | None = Field(None, max_length=200, description="part of the name or the e-mail address")
    role: Literal["admin", "user"] | None = None
    is_active: bool | None = None
    limit: int = Field(50, ge=1, le=200)


class UserStatusRequest(Body):
    """Whether the user may log in."""

    is_active: bool
    reason: str | None = Field(None, description="for the audit log, at most 1,000 characters")


class UserRoleRequest(Body):
    """What the user may do on the platform."""

    role: Literal["admin", "user"]


class AdminUserAnswer(UserResponse):
    """A user, as administrators see them."""

    updated_at: datetime

    @classmethod
    def about(cls, user: User) -> "AdminUserAnswer":
        """The answer for one user."""
        return cls.model_validate(user)


class UserDetailsAnswer(AdminUserAnswer):
    """A user, and how many log-ins of theirs are open."""

    open_portals: int = Field(description="log-ins to the portal", examples=[1])
    open_programs: int = Field(description="log-ins to the API", examples=[2])


class UserList(BaseModel):
    """One page of users, by name."""

    users: list[AdminUserAnswer]
    total: int
    page: int
    pages: int
    limit: int


class EndedAnswer(BaseModel):
    """How many log-ins were ended."""

    portals: int = Field(examples=[1])
    programs: int = Field(examples=[2])


router = APIRouter(
    prefix="/api/v1/admin/users", tags=["admin"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="List all users")
async def list_users(session: SessionDep, admin: AdminUser, query: Annotated[UserQuery, Query()]) -> UserList:
    """Every user of the platform, by name."""
    found = await identity.list_users(
        session,
        admin,
        search=query.search,
        role=query.role,
        is_active=query.is_active,
        page=query.page,
        limit=query.limit,
    )
    users = [AdminUserAnswer.about(user) for user in found.items]
    return UserList(users=users, total=found.total, page=found.page, pages=found.pages, limit=found.limit)


@router.get("/{user_id}", summary="Show a user", dependencies=NO_PARAMETERS)
async def show_user(session: SessionDep, admin: AdminUser, user_id: Id) -> UserDetailsAnswer:
    """One user, and how many of their log-ins are open."""
    user = await identity.get_user(session, admin, user_id)
    logged_in = await identity.open_log_ins(session, admin, user_id)
    plain = AdminUserAnswer.about(user).model_dump()
    return UserDetailsAnswer(open_portals=logged_in.portals, open_programs=logged_in.programs, **plain)


@router.put("/{user_id}/status", summary="Activate or deactivate a user", dependencies=NO_PARAMETERS)
async def set_user_status(
    session: SessionDep, admin: AdminUser, user_id: Id, body: UserStatusRequest | None = None
) -> AdminUserAnswer:
    """Keep a user out, or let them in again; without a body the other one of the two.

    Deactivating ends their log-ins and the API keys that they made. The last active administrator stays.
    """
    with body_fields():
        if body is None:
            is_active, reason = not (await identity.get_user(session, admin, user_id)).is_active, None
        else:
            is_active, reason = body.is_active, body.reason
        user = await identity.set_user_status(session, admin, user_id, is_active=is_active, reason=reason)
    return AdminUserAnswer.about(user)


@router.put("/{user_id}/role", summary="Change what a user may do", dependencies=NO_PARAMETERS)
async def set_user_role(session: SessionDep, admin: AdminUser, user_id: Id, body: UserRoleRequest) -> AdminUserAnswer:
    """Make a user an administrator, or an administrator a plain user. The last active administrator stays one."""
    return AdminUserAnswer.about(await identity.set_user_role(session, admin, user_id, body.role))


@router.delete("/{user_id}/sessions", summary="Log a user out everywhere", dependencies=NO_PARAMETERS)
async def end_user_sessions(session: SessionDep, admin: AdminUser, user_id: Id) -> EndedAnswer:
    """End every log-in of a user, to the portal and to the API."""
    ended = await identity.end_log_ins(session, admin, user_id)
    return EndedAnswer(portals=ended.portals, programs=ended.programs)


@router.post(
    "/{user_id}/password-link",
    status_code=202,
    summary="Mail a user the link to choose a password",
    dependencies=NO_PARAMETERS,
)
async def send_user_password_link(session: SessionDep, admin: AdminUser, user_id: Id) -> AdminUserAnswer:
    """The link is good for a day and for one use; it is in the mail alone."""
    await identity.send_password_link(session, admin, user_id)
    return AdminUserAnswer.about(await identity.get_user(session, admin, user_id))
