"""A store's settings: business data, languages, currency, feed addresses."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from orion import merchants
from orion.api.dependencies import SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Body
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.merchants import Store, StoreAccess

Viewer = Annotated[StoreAccess, Depends(store_access("viewer", "store"))]
Manager = Annotated[StoreAccess, Depends(store_access("manager", "store"))]

_FEED = "letzshop_csv_url_"
_SAME = (
    *("name", "description", "domain", "website", "contact_email", "contact_phone", "business_address", "tax_number"),
    *("default_language", "default_currency", "low_stock_threshold"),
)
_FIELDS = {
    **{name: name for name in _SAME},
    **{f"{_FEED}{language}": f"feed_url_{language}" for language in ("fr", "en", "de")},
}
"""What the API calls each field, and what a store does."""


class SettingsRequest(Body):
    """Settings to change; what is not sent stays as it is, and null empties what may be empty."""

    name: str | None = Field(None, examples=["Tech Store Luxembourg"])
    description: str | None = Field(None, description="at most 10,000 characters")
    domain: str | None = Field(None, description="the bare host name", examples=["shop.example.com"])
    website: str | None = Field(None, examples=["https://techstore.example.com"])
    contact_email: str | None = Field(None, examples=["hello@example.com"])
    contact_phone: str | None = Field(None, examples=["+352 1234"])
    business_address: str | None = Field(None, examples=["1, rue du Fort, L-1234 Luxembourg"])
    tax_number: str | None = Field(None, examples=["LU12345678"])
    default_language: str | None = Field(None, description="en, fr or de", examples=["fr"])
    default_currency: str | None = Field(None, description="ISO 4217", examples=["EUR"])
    letzshop_csv_url_fr: str | None = Field(None, examples=["https://example.com/fr.csv"])
    letzshop_csv_url_en: str | None = None
    letzshop_csv_url_de: str | None = None
    low_stock_threshold: int | None = Field(
        None, description="what is available at which an item is low, unless it has its own; null: none", examples=[5]
    )


class SettingsAnswer(BaseModel):
    """A store's settings."""

    store_code: str = Field(examples=["TECHSTORE"])
    name: str = Field(examples=["Tech Store Luxembourg"])
    description: str | None
    domain: str | None = Field(examples=["shop.example.com"])
    website: str | None = Field(examples=["https://techstore.example.com"])
    contact_email: str | None = Field(examples=["hello@example.com"])
    contact_phone: str | None = Field(examples=["+352 1234"])
    business_address: str | None
    tax_number: str | None = Field(examples=["LU12345678"])
    is_verified: bool = Field(description="an administrator let the public see it")
    default_language: str = Field(examples=["fr"])
    default_currency: str = Field(examples=["EUR"])
    letzshop_csv_url_fr: str | None = Field(examples=["https://example.com/fr.csv"])
    letzshop_csv_url_en: str | None = Field(examples=[None])
    letzshop_csv_url_de: str | None = Field(examples=[None])
    low_stock_threshold: int | None = Field(
        description="what is available at which an item is low, unless it has its own", examples=[5]
    )

    @classmethod
    def of(cls, store: Store) -> Self:
        """The answer for a store."""
        facts = {"store_code": store.code, "is_verified": store.is_verified}
        return cls(**facts, **{ours: getattr(store, field) for ours, field in _FIELDS.items()})


router = APIRouter(
    prefix="/api/v1/store/settings",
    tags=["store settings"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.get("", summary="Show the store's settings", dependencies=NO_PARAMETERS)
async def show_store_settings(access: Viewer) -> SettingsAnswer:
    """Business data, default language and currency, and the address of the product feed in each language."""
    return SettingsAnswer.of(access.store)


@router.put("", summary="Change the store's settings", dependencies=NO_PARAMETERS)
async def change_store_settings(session: SessionDep, access: Manager, body: SettingsRequest) -> SettingsAnswer:
    """Change some settings; those that are not sent stay as they are. Needs a manager."""
    changes = {_FIELDS[name]: value for name, value in body.model_dump(exclude_unset=True).items()}
    with body_fields(**{field: ours for ours, field in _FIELDS.items()}):
        store = await merchants.update_store(session, access, **changes)
    return SettingsAnswer.of(store)
