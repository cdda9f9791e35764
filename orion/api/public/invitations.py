"""What an invited person does with the link of the mail."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from orion import merchants
from orion.api.dependencies import CurrentUser, SessionDep
from orion.api.inputs import NO_PARAMETERS, Body
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute

Token = Annotated[str, Path(description="the last part of the link", max_length=200)]


class OfferAnswer(BaseModel):
    """What the invitation offers."""

    model_config = ConfigDict(from_attributes=True)

    store_code: str = Field(examples=["TECHSTORE"])
    store_name: str = Field(examples=["Tech Store Luxembourg"])
    inviter: str = Field(examples=["olga"])
    email: str = Field(examples=["hugo@example.com"])
    role: Literal["viewer", "staff", "manager", "owner"]
    expires_at: datetime
    is_known: bool = Field(description="a user has this address: log in to accept")


class JoinedAnswer(BaseModel):
    """The store that one is a member of now, and who one is there."""

    store_code: str = Field(examples=["TECHSTORE"])
    user_id: int = Field(examples=[7])
    username: str = Field(examples=["hugo"])


class JoinRequest(Body):
    """A new user; the e-mail address is that of the invitation."""

    username: str = Field(description="3 to 64 letters, digits, dots, hyphens, underscores", examples=["hugo"])
    password: str = Field(description="8 to 128 characters", examples=["securepassword123"])


router = APIRouter(
    prefix="/api/v1/invitations", tags=["auth"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("/{token}", summary="Show an invitation", dependencies=NO_PARAMETERS)
async def show_invitation(session: SessionDep, token: Token) -> OfferAnswer:
    """What the link of an invitation offers; whoever has it may look."""
    return OfferAnswer.model_validate(await merchants.read_invitation(session, token))


@router.post("/{token}/accept", summary="Accept an invitation", dependencies=NO_PARAMETERS)
async def accept_invitation(session: SessionDep, user: CurrentUser, token: Token) -> JoinedAnswer:
    """Become a member as who you are logged in. The link is the proof, whatever your own e-mail address is."""
    store = await merchants.accept_invitation(session, user, token)
    return JoinedAnswer(store_code=store.code, user_id=user.id, username=user.username)


@router.post("/{token}/register", status_code=201, summary="Accept as a new user", dependencies=NO_PARAMETERS)
async def register_with_invitation(session: SessionDep, token: Token, body: JoinRequest) -> JoinedAnswer:
    """Register with the address that was invited, and become a member. Then log in."""
    with body_fields():
        user, store = await merchants.accept_as_new_user(session, token, username=body.username, password=body.password)
    return JoinedAnswer(store_code=store.code, user_id=user.id, username=user.username)
