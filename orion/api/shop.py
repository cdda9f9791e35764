"""Stores, under their documented old name: shops."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from orion import merchants
from orion.api.dependencies import CurrentUser, SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Body, Paged
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.merchants import Store, StoreAccess


class ShopRequest(BaseModel):
    """A new shop."""

    shop_code: str = Field(description="2 to 32 of A-Z, 0-9, - and _; stored in upper case", examples=["TECHSTORE"])
    shop_name: str = Field(examples=["Tech Store Luxembourg"])
    description: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    website: str | None = None
    business_address: str | None = None


class ShopChange(Body):
    """What is to change; what is not sent stays, and null empties what may be empty."""

    shop_name: str | None = Field(None, examples=["Tech Store Luxembourg"])
    description: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    website: str | None = Field(None, examples=["https://techstore.example.com"])
    business_address: str | None = None


class ShopQuery(Paged):
    """Which shops are wanted."""

    search: str | None = Field(None, max_length=200, description="part of the code or the name")
    mine: bool | None = Field(None, description="true: only those you are a member of; false: only the others")
    is_verified: bool | None = None
    limit: int = Field(50, ge=1, le=200)


class ShopResponse(BaseModel):
    """A shop."""

    id: int
    shop_code: str
    shop_name: str
    description: str | None
    contact_email: str | None
    contact_phone: str | None
    website: str | None
    business_address: str | None
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
            website=store.website,
            business_address=store.business_address,
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
            website=body.website,
            business_address=body.business_address,
        )
    return ShopResponse.of(store)


@router.get("")
async def list_shops(session: SessionDep, user: CurrentUser, query: Annotated[ShopQuery, Query()]) -> ShopList:
    """List the shops that the caller may see: those that are verified and active, and their own also before that."""
    found = await merchants.visible_stores(
        session,
        user,
        search=query.search,
        mine=query.mine,
        is_verified=query.is_verified,
        page=query.page,
        limit=query.limit,
    )
    return ShopList(
        shops=[ShopResponse.of(store) for store in found.items],
        total=found.total,
        page=found.page,
        pages=found.pages,
        limit=found.limit,
    )


@router.get("/{shop_code}", dependencies=NO_PARAMETERS)
async def show_shop(session: SessionDep, user: CurrentUser, shop_code: str) -> ShopResponse:
    """Show one shop: any that is verified and active, the caller's own, and every shop to administrators."""
    return ShopResponse.of(await merchants.visible_store(session, user, shop_code))


@router.put("/{shop_code}", dependencies=NO_PARAMETERS)
async def change_shop(
    session: SessionDep,
    access: Annotated[StoreAccess, Depends(store_access("manager", "store"))],
    shop_code: str,  # noqa: ARG001 (the access is to this shop; here it stands for the description)
    body: ShopChange,
) -> ShopResponse:
    """Change some of a shop. Needs a manager; `PUT /api/v1/store/settings` has the other settings."""
    changes = body.model_dump(exclude_unset=True)
    if "shop_name" in changes:
        changes["name"] = changes.pop("shop_name")
    with body_fields(name="shop_name"):
        return ShopResponse.of(await merchants.update_store(session, access, **changes))
