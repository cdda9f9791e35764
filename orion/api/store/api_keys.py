"""A store's API keys: what programs of others prove themselves with. People manage them; no key opens this."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from orion import merchants
from orion.api.dependencies import RuntimeDep, SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Body, Id, MaybeNaive, Paged
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute, UnrepeatableRoute
from orion.kernel import FieldError, Invalid
from orion.merchants import SCOPES, ApiKey, NewKey, StoreAccess
from orion.plumbing.db import utcnow

Manager = Annotated[StoreAccess, Depends(store_access("manager", None))]
_UNREPEATABLE = "Takes no Idempotency-Key: the answer holds the key, and that is never stored."


class KeyQuery(Paged):
    """Which page is wanted."""

    limit: int = Field(50, ge=1, le=200)


class NewKeyRequest(Body):
    """A key to be."""

    name: str = Field(description="who uses it, 1 to 100 characters", examples=["Warehouse"])
    scopes: list[str] = Field(description=", ".join(SCOPES), examples=[["inventory:read", "inventory:write"]])
    role: str = Field("staff", description="no higher than your own", examples=["staff"])
    expires_at: MaybeNaive | None = Field(None, description="null: never", examples=["2027-01-01T00:00:00Z"])


class RotateRequest(Body):
    """For how long the old secret goes on working."""

    overlap_hours: int = Field(24, ge=0, le=168, description="0 ends it at once", examples=[24])


class KeyAnswer(BaseModel):
    """A key. Its secret cannot be shown again."""

    id: int = Field(examples=[4])
    name: str = Field(examples=["Warehouse"])
    prefix: str = Field(description="the part of the key that may be shown", examples=["3f0c9d0e7a11"])
    scopes: list[str] = Field(examples=[["inventory:read", "inventory:write"]])
    role: str = Field(examples=["staff"])
    status: str = Field(description="active, expired or revoked", examples=["active"])
    created_by: str = Field(description="acts in their name, and never further than they may", examples=["olga"])
    created_at: datetime
    last_used_at: datetime | None = Field(description="to the hour")
    expires_at: datetime | None
    revoked_at: datetime | None
    previous_until: datetime | None = Field(description="until then the secret before the last rotation works too")

    @classmethod
    def of(cls, key: ApiKey, created_by: str, **more: Any) -> Self:
        """The answer for one key."""
        names = [name for name in KeyAnswer.model_fields if name not in ("created_by", "status")]
        facts = {name: getattr(key, name) for name in names}
        return cls(created_by=created_by, status=key_status(key), **facts, **more)


class KeyWithToken(KeyAnswer):
    """A key with what programs send, which is shown this once."""

    token: str = Field(description="send it as `Authorization: Bearer ...`", examples=["orion_3f0c9d0e7a11_9b1c..."])

    @classmethod
    def fresh(cls, made: NewKey, created_by: str) -> Self:
        """The answer for a key that was just made or rotated."""
        return cls.of(made.key, created_by, token=made.token)


class KeyList(BaseModel):
    """One page of keys, newest first."""

    items: list[KeyAnswer]
    total: int
    page: int
    pages: int
    limit: int


def key_status(key: ApiKey) -> str:
    """Whether the key opens the store: active, expired or revoked."""
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= utcnow() else "active"


PREFIX = "/api/v1/store/api-keys"
_ABOUT = {"tags": ["store API keys"], "responses": PROBLEM_RESPONSES}

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, **_ABOUT)  # type: ignore[arg-type]
unrepeatable = APIRouter(prefix=PREFIX, route_class=UnrepeatableRoute, **_ABOUT)  # type: ignore[arg-type]


@router.get("", summary="List the store's API keys")
async def list_api_keys(session: SessionDep, access: Manager, query: Annotated[KeyQuery, Query()]) -> KeyList:
    """All keys of the store, also those that have ended, without their secrets. Needs a manager."""
    found = await merchants.list_api_keys(session, access, page=query.page, limit=query.limit)
    items = [KeyAnswer.of(key, username) for key, username in found.items]
    return KeyList(items=items, total=found.total, page=found.page, pages=found.pages, limit=found.limit)


@unrepeatable.post(
    "",
    status_code=201,
    summary="Create an API key",
    description="A key for programs of the store. It acts in your name, within its role and scopes, and the answer "
    f"shows it this once. Needs a manager. {_UNREPEATABLE}",
    dependencies=NO_PARAMETERS,
)
async def create_api_key(
    session: SessionDep, runtime: RuntimeDep, access: Manager, body: NewKeyRequest
) -> KeyWithToken:
    """Create an API key."""
    if body.expires_at is not None and body.expires_at.tzinfo is None:
        message = "Say the zone too, as in 2027-01-01T00:00:00Z"
        raise Invalid("api_key_unsuitable", message, errors=[FieldError("body.expires_at", message)])
    with body_fields():
        made = await merchants.create_api_key(session, access, runtime.settings, **body.model_dump())
    return KeyWithToken.fresh(made, access.user.username)


@router.get("/{key_id}", summary="Show an API key", dependencies=NO_PARAMETERS)
async def show_api_key(session: SessionDep, access: Manager, key_id: Id) -> KeyAnswer:
    """One key, without its secret. Needs a manager."""
    return KeyAnswer.of(*await merchants.get_api_key(session, access, key_id))


@unrepeatable.post(
    "/{key_id}/rotate",
    summary="Give an API key a new secret",
    description="The answer shows the new key this once. The old secret goes on working for `overlap_hours`, so that "
    f"programs can change over without a gap. The key is yours from now on. Needs a manager. {_UNREPEATABLE}",
    dependencies=NO_PARAMETERS,
)
async def rotate_api_key(
    session: SessionDep, runtime: RuntimeDep, access: Manager, key_id: Id, body: RotateRequest | None = None
) -> KeyWithToken:
    """Give an API key a new secret."""
    overlap = timedelta(hours=(body or RotateRequest()).overlap_hours)
    made = await merchants.rotate_api_key(session, access, key_id, runtime.settings, overlap=overlap)
    return KeyWithToken.fresh(made, access.user.username)


@router.delete("/{key_id}", status_code=204, summary="Revoke an API key", dependencies=NO_PARAMETERS)
async def revoke_api_key(session: SessionDep, access: Manager, key_id: Id) -> None:
    """End a key at once, for good. Needs a manager."""
    await merchants.revoke_api_key(session, access, key_id)
