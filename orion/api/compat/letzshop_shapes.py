"""Where the marketplace API 2.1 takes or gives another shape than the canonical operation."""

from typing import Literal, Self

from fastapi import Request, Response
from pydantic import BaseModel, Field

from orion.api import auth
from orion.api.dependencies import CurrentUser, RuntimeDep, SessionDep
from orion.api.import_answers import ImportAnswer
from orion.api.public import imports
from orion.api.root import About


class LetzshopUser(BaseModel):
    """Who logged in."""

    id: int = Field(examples=[1])
    username: str = Field(examples=["newvendor"])
    email: str = Field(examples=["vendor@example.com"])
    role: Literal["admin", "user"]
    is_active: bool


class LetzshopLogin(BaseModel):
    """An access token and whose it is. For refresh tokens log in under `/api/v1`."""

    access_token: str = Field(description="send it as `Authorization: Bearer ...`")
    token_type: Literal["bearer"]
    expires_in: int = Field(description="life of the access token in seconds", examples=[1800])
    user: LetzshopUser

    @classmethod
    def of(cls, answer: auth.LoginResponse) -> Self:
        """The same log-in in this API's words."""
        return cls.model_validate(answer.model_dump())


async def show_about() -> About:
    """Show this API's name and version."""
    return About(name="Letzshop Marketplace API", version="2.1", docs="/v2.1/docs")


async def log_in(request: Request, runtime: RuntimeDep, session: SessionDep, body: auth.LoginRequest) -> LetzshopLogin:
    """Log in with a user name or an e-mail address. Takes no Idempotency-Key: the answer holds a token."""
    return LetzshopLogin.of(await auth.login(request, runtime, session, body))


async def start_csv_import(
    session: SessionDep, user: CurrentUser, body: imports.ProductImportRequest, response: Response
) -> ImportAnswer:
    """Start a CSV import into a shop. Watch it at the `Location` of the answer."""
    answer = await imports.start_product_import(session, user, body, response)
    response.headers["Location"] = f"/v2.1/import-status/{answer.id}"
    return answer
