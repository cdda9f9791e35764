"""Who belongs to a store's merchant, and as what; and who is invited. For people: no API key opens this."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from orion import merchants
from orion.api.dependencies import SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Body, Id, Paged
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.merchants import StoreAccess

RoleName = Literal["viewer", "staff", "manager", "owner"]
Anybody = Annotated[StoreAccess, Depends(store_access("viewer", None))]
Manager = Annotated[StoreAccess, Depends(store_access("manager", None))]
Owner = Annotated[StoreAccess, Depends(store_access("owner", None))]


class PeopleQuery(Paged):
    """Which page is wanted."""

    limit: int = Field(50, ge=1, le=200)


class MemberAnswer(BaseModel):
    """A member."""

    model_config = ConfigDict(from_attributes=True)

    user_id: int = Field(examples=[7])
    username: str = Field(examples=["hugo"])
    email: str = Field(examples=["hugo@example.com"])
    role: RoleName
    is_active: bool = Field(description="false: an administrator deactivated this user")
    since: datetime
    last_login_at: datetime | None


class MemberList(BaseModel):
    """One page of members, by name."""

    items: list[MemberAnswer]
    total: int
    page: int
    pages: int
    limit: int


class RoleRequest(Body):
    """Another role."""

    role: str = Field(description="viewer, staff, manager or owner", examples=["staff"])


class InvitationRequest(Body):
    """Whom to invite, and as what."""

    email: str = Field(examples=["hugo@example.com"])
    role: str = Field("staff", description="viewer, staff, manager or owner", examples=["staff"])


class InvitationAnswer(BaseModel):
    """An invitation. Its link is in the mail alone."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[12])
    email: str = Field(examples=["hugo@example.com"])
    role: RoleName
    status: Literal["open", "expired", "accepted", "revoked"]
    store_code: str = Field(description="the store it was sent from", examples=["TECHSTORE"])
    invited_by: str | None = Field(examples=["olga"])
    accepted_by: str | None = Field(examples=[None])
    created_at: datetime
    expires_at: datetime


class InvitationList(BaseModel):
    """One page of invitations, newest first."""

    items: list[InvitationAnswer]
    total: int
    page: int
    pages: int
    limit: int


router = APIRouter(
    prefix="/api/v1/store", tags=["store members"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("/members", summary="List the members")
async def list_members(session: SessionDep, access: Manager, query: Annotated[PeopleQuery, Query()]) -> MemberList:
    """The members of the store's merchant, who are the same for all its stores. Needs a manager."""
    found = await merchants.list_members(session, access, page=query.page, limit=query.limit)
    items = [MemberAnswer.model_validate(member) for member in found.items]
    return MemberList(items=items, total=found.total, page=found.page, pages=found.pages, limit=found.limit)


@router.patch("/members/{user_id}", summary="Change a member's role", dependencies=NO_PARAMETERS)
async def change_member(session: SessionDep, access: Manager, user_id: Id, body: RoleRequest) -> MemberAnswer:
    """Managers change staff and viewers, owners everybody. The last owner stays one."""
    with body_fields():
        await merchants.change_member(session, access, user_id, role=body.role)
    return MemberAnswer.model_validate(await merchants.get_member(session, access, user_id))


@router.delete("/members/{user_id}", status_code=204, summary="Remove a member", dependencies=NO_PARAMETERS)
async def remove_member(session: SessionDep, access: Anybody, user_id: Id) -> None:
    """End a membership and the API keys that the member made. Everybody may leave; the last owner stays."""
    await merchants.remove_member(session, access, user_id)


@router.post("/members/{user_id}/transfer-ownership", summary="Hand the ownership over", dependencies=NO_PARAMETERS)
async def transfer_ownership(session: SessionDep, access: Owner, user_id: Id) -> MemberAnswer:
    """Make another member an owner and yourself a manager, in one step. Needs an owner."""
    await merchants.transfer_ownership(session, access, user_id)
    return MemberAnswer.model_validate(await merchants.get_member(session, access, user_id))


@router.get("/invitations", summary="List the invitations")
async def list_invitations(
    session: SessionDep, access: Manager, query: Annotated[PeopleQuery, Query()]
) -> InvitationList:
    """The invitations of the store's merchant, newest first, also those that have ended. Needs a manager."""
    found = await merchants.list_invitations(session, access, page=query.page, limit=query.limit)
    items = [InvitationAnswer.model_validate(invitation) for invitation in found.items]
    return InvitationList(items=items, total=found.total, page=found.page, pages=found.pages, limit=found.limit)


@router.post("/invitations", status_code=201, summary="Invite somebody", dependencies=NO_PARAMETERS)
async def invite_member(session: SessionDep, access: Manager, body: InvitationRequest) -> InvitationAnswer:
    """Mail somebody the link to become a member, good for a week. Managers invite staff and viewers, owners anybody."""
    with body_fields():
        invitation = await merchants.invite_member(session, access, email=body.email, role=body.role)
    return InvitationAnswer.model_validate(invitation)


@router.post("/invitations/{invitation_id}/resend", summary="Send an invitation again", dependencies=NO_PARAMETERS)
async def resend_invitation(session: SessionDep, access: Manager, invitation_id: Id) -> InvitationAnswer:
    """Mail a new link, good for another week; the old one is void."""
    return InvitationAnswer.model_validate(await merchants.resend_invitation(session, access, invitation_id))


@router.delete(
    "/invitations/{invitation_id}", status_code=204, summary="Revoke an invitation", dependencies=NO_PARAMETERS
)
async def revoke_invitation(session: SessionDep, access: Manager, invitation_id: Id) -> None:
    """Take an invitation back: its link opens nothing any more."""
    await merchants.revoke_invitation(session, access, invitation_id)
