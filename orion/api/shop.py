"""Stores, under their documented old name: shops."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from orion import merchants
from orion.api.dependencies import CurrentUser, SessionDep
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.merchants import Store


class ShopRequest(BaseModel):
    """A new shop."""

    shop_code: str = Field(description="2 to 32 of A-Z, 0-9, - and _; stored in upper case", examples=["TECHSTORE"])
    shop_name: str = Field(examples=["Tech Store Luxembourg"])
    description: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None


class ShopResponse(BaseModel):
    """A shop."""

    id: int
    shop_code: str
    shop_name: str
    description: str | None
    contact_email: str | None
    contact_phone: str | None
    default_language: str
    default_currency: str
    is_active: bool
    is_verified: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, store: Store) -> Self:
        """The answer for a store."""
        return cls(
            id=store.id,
            shop_code=store.code,
            shop_name=store.name,
            description=store.description,
            contact_email=store.contact_email,
            contact_phone=store.contact_phone,
            default_language=store.default_language,
            default_currency=store.default_currency,
            is_active=store.is_active,
            is_verified=store.is_verified,
            created_at=store.created_at,
            updated_at=store.updated_at,
        )


class ShopList(BaseModel):
    """One page of shops, by code."""

    shops: list[ShopResponse]
    total: int
    page: int
    pages: int
    limit: int


router = APIRouter(prefix="/api/v1/shop", tags=["shop"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)


@router.post("", status_code=201)
async def create_shop(session: SessionDep, user: CurrentUser, body: ShopRequest) -> ShopResponse:
    """Create a shop. The caller owns it."""
    with body_fields(code="shop_code", name="shop_name"):
        store = await merchants.create_store(
            session,
            user,
            code=body.shop_code,
            name=body.shop_name,
            description=body.description,
            contact_email=body.contact_email,
            contact_phone=body.contact_phone,
        )
    return ShopResponse.of(store)


@router.get("")
async def list_shops(
    session: SessionDep,
    user: CurrentUser,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ShopList:
    """List the shops that the caller is a member of."""
    found = await merchants.stores_of(session, user, page=page, limit=limit)
    return ShopList(
        shops=[ShopResponse.of(store) for store in found.items],
        total=found.total,
        page=found.page,
        pages=found.pages,
        limit=found.limit,
    )


@router.get("/{shop_code}")
async def show_shop(session: SessionDep, user: CurrentUser, shop_code: str) -> ShopResponse:
    """Show one shop that the caller is a member of; administrators see every shop."""
    access = await merchants.open_store(session, user, shop_code)
    return ShopResponse.of(access.store)
