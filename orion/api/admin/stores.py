"""Stores, for administrators, under their documented old name: shops."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from orion import merchants
from orion.api.dependencies import AdminUser, SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Id, Paged
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.shop import ShopResponse
from orion.merchants import StoreDetails


class StoreQuery(Paged):
    """Which stores are wanted."""

    search: str | None = Field(None, max_length=200, description="part of the code or the name")
    is_verified: bool | None = None
    is_active: bool | None = None
    owner: str | None = Field(None, max_length=200, description="user name of an owner", examples=["olga"])
    limit: int = Field(50, ge=1, le=200)


class VerifyRequest(Body):
    """Whether the public may see the store."""

    is_verified: bool
    reason: str | None = Field(None, description="told to the owners, at most 1,000 characters")


class StoreStatusRequest(Body):
    """Whether anybody may work in the store."""

    is_active: bool
    reason: str | None = Field(None, description="told to the owners, at most 1,000 characters")


class StoreDetailsAnswer(ShopResponse):
    """A store, who is behind it, and who judged it last."""

    merchant_id: int = Field(examples=[3])
    merchant: str = Field(examples=["Tech Store"])
    owners: list[str] = Field(description="user names", examples=[["olga"]])
    members: int = Field(examples=[4])
    tax_number: str | None
    verified_at: datetime | None
    verified_by: str | None = Field(examples=["ada"])
    verified_reason: str | None
    status_at: datetime | None
    status_by: str | None = Field(examples=["ada"])
    status_reason: str | None

    @classmethod
    def about(cls, details: StoreDetails) -> "StoreDetailsAnswer":
        """The answer for one store."""
        store = details.store
        names = ("merchant_id", "tax_number", "verified_at", "verified_reason", "status_at", "status_reason")
        return cls(
            **ShopResponse.of(store).model_dump(),
            **{name: getattr(store, name) for name in names},
            merchant=details.merchant,
            owners=details.owners,
            members=details.members,
            verified_by=details.verified_by,
            status_by=details.status_by,
        )


class StoreList(BaseModel):
    """One page of stores, by code."""

    shops: list[ShopResponse]
    total: int
    page: int
    pages: int
    limit: int


router = APIRouter(
    prefix="/api/v1/admin/shops", tags=["admin"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="List all shops")
async def list_all_stores(session: SessionDep, admin: AdminUser, query: Annotated[StoreQuery, Query()]) -> StoreList:
    """Every shop of the platform, by code, also those that are not verified or not active."""
    found = await merchants.all_stores(
        session,
        admin,
        search=query.search,
        is_verified=query.is_verified,
        is_active=query.is_active,
        owner=query.owner,
        page=query.page,
        limit=query.limit,
    )
    stores = [ShopResponse.of(store) for store in found.items]
    return StoreList(shops=stores, total=found.total, page=found.page, pages=found.pages, limit=found.limit)


@router.get("/{shop_id}", summary="Show a shop", dependencies=NO_PARAMETERS)
async def show_any_store(session: SessionDep, admin: AdminUser, shop_id: Id) -> StoreDetailsAnswer:
    """One shop, who is behind it, and who verified or deactivated it last."""
    return StoreDetailsAnswer.about(await merchants.store_details(session, admin, shop_id))


@router.put("/{shop_id}/verify", summary="Verify or unverify a shop", dependencies=NO_PARAMETERS)
async def verify_store(
    session: SessionDep, admin: AdminUser, shop_id: Id, body: VerifyRequest | None = None
) -> StoreDetailsAnswer:
    """Show a shop to the public, or take that back; without a body the other one of the two. The owners are told."""
    with body_fields():
        if body is None:
            before = (await merchants.store_details(session, admin, shop_id)).store
            verified, reason = not before.is_verified, None
        else:
            verified, reason = body.is_verified, body.reason
        await merchants.verify_store(session, admin, shop_id, verified=verified, reason=reason)
    return StoreDetailsAnswer.about(await merchants.store_details(session, admin, shop_id))


@router.put("/{shop_id}/status", summary="Activate or deactivate a shop", dependencies=NO_PARAMETERS)
async def set_store_status(
    session: SessionDep, admin: AdminUser, shop_id: Id, body: StoreStatusRequest | None = None
) -> StoreDetailsAnswer:
    """Close a shop for everybody but administrators, or open it again; without a body the other one of the two.

    While it is closed its API keys open nothing, its schedules rest and its imports are cancelled. The owners are told.
    """
    with body_fields():
        if body is None:
            before = (await merchants.store_details(session, admin, shop_id)).store
            is_active, reason = not before.is_active, None
        else:
            is_active, reason = body.is_active, body.reason
        await merchants.set_store_status(session, admin, shop_id, is_active=is_active, reason=reason)
    return StoreDetailsAnswer.about(await merchants.store_details(session, admin, shop_id))
