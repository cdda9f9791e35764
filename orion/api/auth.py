"""Registering, logging in and out, and who one is."""

from datetime import datetime
from typing import Literal, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from orion import identity
from orion.api.dependencies import CurrentUser, RuntimeDep, SessionDep
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute, UnrepeatableRoute, bearer_token
from orion.identity import TokenPair

_UNREPEATABLE = "Takes no Idempotency-Key: the answer holds tokens, and those are never stored."


class RegisterRequest(BaseModel):
    """A new user."""

    username: str = Field(description="3 to 64 letters, digits, dots, hyphens, underscores", examples=["testuser"])
    email: str = Field(examples=["user@example.com"])
    password: str = Field(description="8 to 128 characters", examples=["securepassword123"])


class LoginRequest(BaseModel):
    """Who one is and what proves it."""

    username: str = Field(description="user name or e-mail address", examples=["testuser"])
    password: str = Field(examples=["securepassword123"])


class RefreshRequest(BaseModel):
    """The refresh token of the last log-in or refresh."""

    refresh_token: str


class PasswordRequest(BaseModel):
    """The present password and the one to take its place."""

    current_password: str
    new_password: str = Field(description="8 to 128 characters")


class PasswordLinkRequest(BaseModel):
    """Who wants a new password."""

    login: str = Field(description="user name or e-mail address", max_length=254, examples=["testuser"])


class PasswordResetRequest(BaseModel):
    """The token of a mailed link, and the password to be."""

    token: str = Field(description="the last part of the link", max_length=200)
    password: str = Field(description="8 to 128 characters")


class UserResponse(BaseModel):
    """A user, as they see themselves."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    username: str
    email: str
    role: Literal["admin", "user"]
    is_active: bool
    language: str | None
    created_at: datetime
    last_login_at: datetime | None


class TokenResponse(BaseModel):
    """Fresh tokens."""

    access_token: str = Field(description="send it as `Authorization: Bearer ...`")
    refresh_token: str = Field(description="good for one refresh; each refresh gives a new one")
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (the name of a scheme, no secret)
    expires_in: int = Field(description="life of the access token in seconds", examples=[1800])

    @classmethod
    def of(cls, pair: TokenPair) -> Self:
        """The answer for a pair of tokens."""
        return cls(access_token=pair.access_token, refresh_token=pair.refresh_token, expires_in=pair.expires_in)


class LoginResponse(TokenResponse):
    """Fresh tokens, and whose they are."""

    user: UserResponse


router = APIRouter(prefix="/api/v1/auth", tags=["auth"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)
unrepeatable = APIRouter(
    prefix="/api/v1/auth", tags=["auth"], route_class=UnrepeatableRoute, responses=PROBLEM_RESPONSES
)


@router.post("/register", status_code=201)
async def register(session: SessionDep, body: RegisterRequest) -> UserResponse:
    """Register a new user."""
    with body_fields():
        user = await identity.register(session, username=body.username, email=body.email, password=body.password)
    return UserResponse.model_validate(user)


@unrepeatable.post("/login", description=f"Log in with a user name or an e-mail address. {_UNREPEATABLE}")
async def login(request: Request, runtime: RuntimeDep, session: SessionDep, body: LoginRequest) -> LoginResponse:
    """Log in with a user name or an e-mail address."""
    address = request.client.host if request.client else None
    user = await identity.authenticate(session, body.username, body.password, address=address, runtime=runtime)
    pair = await identity.issue_tokens(session, user, runtime.settings)
    return LoginResponse(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires_in=pair.expires_in,
        user=UserResponse.model_validate(user),
    )


@unrepeatable.post(
    "/refresh",
    description="Trade a refresh token for new tokens. A token that comes a second time ends the whole log-in, since "
    f"somebody copied it. {_UNREPEATABLE}",
)
async def refresh(runtime: RuntimeDep, session: SessionDep, body: RefreshRequest) -> TokenResponse:
    """Trade a refresh token for new tokens."""
    return TokenResponse.of(await identity.rotate_tokens(session, body.refresh_token, runtime.settings))


@unrepeatable.post("/logout", status_code=204, description="End the log-in that the refresh token comes from.")
async def logout(session: SessionDep, body: RefreshRequest) -> Response:
    """End the log-in that the refresh token comes from."""
    await identity.revoke_tokens(session, body.refresh_token)
    return Response(status_code=204)


@router.get("/me")
async def me(user: CurrentUser) -> UserResponse:
    """Show the logged-in user."""
    return UserResponse.model_validate(user)


@router.put("/password", status_code=204)
async def password(
    request: Request, runtime: RuntimeDep, session: SessionDep, user: CurrentUser, body: PasswordRequest
) -> Response:
    """Change the password. Every other log-in of the user ends; this one goes on."""
    claims = identity.read_access_token(bearer_token(request.headers["Authorization"]), runtime.settings)
    with body_fields():
        await identity.change_password(
            session, user, body.current_password, body.new_password, keep_family=claims.family
        )
    return Response(status_code=204)


@router.post("/password-link", status_code=202, response_class=Response)
async def ask_for_password_link(
    request: Request, runtime: RuntimeDep, session: SessionDep, body: PasswordLinkRequest
) -> Response:
    """Have a link to choose a new password mailed, good for an hour. The answer is the same for unknown users."""
    address = request.client.host if request.client else None
    await identity.ask_for_password_link(session, body.login, address=address, runtime=runtime)
    return Response(status_code=202)


@router.post("/password-reset", status_code=204)
async def reset_password(session: SessionDep, body: PasswordResetRequest) -> Response:
    """Choose a new password with a mailed link. Every log-in of the user ends."""
    with body_fields():
        await identity.use_password_link(session, body.token, body.password)
    return Response(status_code=204)
