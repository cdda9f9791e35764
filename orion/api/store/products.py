"""A store's products as they are in effect."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from orion import catalog
from orion.api.dependencies import SessionDep, store_access
from orion.api.inputs import Paged, Parameters
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.catalog import EffectiveProduct
from orion.kernel import Money
from orion.merchants import StoreAccess

Viewer = Annotated[StoreAccess, Depends(store_access("viewer", "products"))]


class ProductFilter(Paged):
    """Which products are wanted."""

    limit: int = Field(50, ge=1, le=200)
    search: str | None = Field(None, max_length=200, description="part of a title, id, GTIN or brand, in any case")
    availability: str | None = Field(
        None, description="the effective one: in_stock, out_of_stock, preorder or backorder"
    )
    brand: str | None = Field(None, description="exactly this brand")
    marketplace: str | None = None
    is_active: bool | None = None
    language: str | None = Field(None, description="the language wanted for texts: en, fr or de")


class TextLanguage(Parameters):
    """The language that texts are wanted in."""

    language: str | None = Field(None, description="en, fr or de; without it the store's default")


class OverridesAnswer(BaseModel):
    """What the store itself has set; null: the marketplace product's value counts."""

    price: str | None = Field(examples=["27.90"])
    sale_price: str | None = Field(examples=[None])
    currency: str | None = Field(description="of the two prices above", examples=["EUR"])
    availability: str | None = Field(examples=[None])
    condition: str | None = Field(examples=[None])


class ProductAnswer(BaseModel):
    """A product of the store, with the store's overrides and the language fallback applied. Prices are decimals."""

    id: int = Field(examples=[42])
    store_id: int = Field(examples=[5])
    marketplace: str = Field(examples=["Letzshop"])
    marketplace_product_id: str = Field(examples=["SKU-17"])
    title: str | None = Field(examples=["Desk lamp"])
    language: str | None = Field(description="the language the title was found in", examples=["en"])
    description: str | None
    description_language: str | None = Field(examples=["en"])
    price: str | None = Field(examples=["27.90"])
    sale_price: str | None = Field(examples=["19.90"])
    currency: str | None = Field(examples=["EUR"])
    availability: str | None = Field(examples=["in_stock"])
    condition: str | None = Field(examples=["new"])
    brand: str | None = Field(examples=["Lumo"])
    gtin: str | None = Field(examples=["4006381333931"])
    mpn: str | None
    product_type: list[str]
    google_product_category: str | None
    sku: str | None = Field(description="the store's own number for it", examples=["L-17"])
    link: str | None
    image_link: str | None
    additional_image_link: list[str]
    is_active: bool
    is_featured: bool
    display_order: int
    min_quantity: int
    max_quantity: int | None
    overrides: OverridesAnswer
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, product: EffectiveProduct) -> Self:
        """The answer for one product."""
        own_money = product.own_price or product.own_sale_price
        return cls(
            price=_amount(product.price),
            sale_price=_amount(product.sale_price),
            product_type=list(product.product_type),
            additional_image_link=list(product.additional_image_link),
            overrides=OverridesAnswer(
                price=_amount(product.own_price),
                sale_price=_amount(product.own_sale_price),
                currency=own_money.currency if own_money else None,
                availability=product.own_availability,
                condition=product.own_condition,
            ),
            **{name: getattr(product, name) for name in cls.model_fields if name not in _MADE},
        )


class ProductPage(BaseModel):
    """One page of products."""

    items: list[ProductAnswer]
    total: int
    page: int
    limit: int


_MADE = ("price", "sale_price", "product_type", "additional_image_link", "overrides")

router = APIRouter(
    prefix="/api/v1/store/products",
    tags=["store products"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.get("", summary="List the store's products")
async def list_store_products(
    session: SessionDep, access: Viewer, wanted: Annotated[ProductFilter, Query()]
) -> ProductPage:
    """One page of the store's products: prices, availability and texts as buyers would see them."""
    found = await catalog.list_products(session, access, **wanted.model_dump())
    items = [ProductAnswer.of(product) for product in found.items]
    return ProductPage(items=items, total=found.total, page=found.page, limit=found.limit)


def _amount(money: Money | None) -> str | None:
    return None if money is None else str(money)
