"""A store's products as they are in effect."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from orion import catalog
from orion.api.answers import json_answer
from orion.api.dependencies import store_access
from orion.api.inputs import Parameters, query_parameters, query_reader
from orion.api.problems import PROBLEM_RESPONSES, query_fields
from orion.api.product_filters import (
    CURSOR,
    ESTIMATE,
    SEARCHED,
    SORT,
    TOTAL,
    ListingFields,
    ListingSort,
    cursor_scope,
)
from orion.api.routing import TransactionalRoute, runtime_of
from orion.catalog import EffectiveProduct
from orion.kernel import MAX_SKIP, FieldError, Invalid, amount_text
from orion.merchants import StoreAccess
from orion.plumbing.cursors import read_cursor, write_cursor

Viewer = Annotated[StoreAccess, Depends(store_access("viewer", "products"))]


class ProductQuery(ListingFields):
    """Which products are wanted, in which order, and which page of them."""

    sort: ListingSort | None = Field(None, description=SORT)
    cursor: str | None = Field(None, max_length=2000, description=CURSOR)
    page: int = Field(1, ge=1, le=MAX_SKIP, description="from 1; pages end with the 10,000th product")
    limit: int = Field(50, ge=1, le=200)


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
        return cls(**as_json(product))


class ProductPage(BaseModel):
    """One page of products."""

    items: list[ProductAnswer]
    total: int | None = Field(description=TOTAL, examples=[1])
    total_estimate: int | None = Field(description=ESTIMATE, examples=[None])
    searched: str | None = Field(description=SEARCHED, examples=[None])
    page: int
    limit: int
    next_cursor: str | None = Field(description="null at the end of the list", examples=[None])


router = APIRouter(
    prefix="/api/v1/store/products",
    tags=["store products"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.get(
    "",
    summary="List the store's products",
    response_model=ProductPage,
    openapi_extra=query_parameters(ProductQuery),
)
async def list_store_products(
    request: Request, access: Viewer, query: Annotated[ProductQuery, Depends(query_reader(ProductQuery))]
) -> Response:
    """The store's products: prices, availability and texts as buyers would see them; filters mean these values too.

    Go on with `next_cursor`: no product is shown twice or left out, whatever is written meanwhile. `page` counts from
    the beginning each time, up to 10,000 products. A word that nothing is called is mended: see `searched`.
    """
    session, settings = request.state.session, runtime_of(request).settings
    wanted = query.wanted()
    scope = cursor_scope(f"products:{access.store.id}", wanted, query.sort)
    after = read_cursor(settings, scope, query.cursor) if query.cursor is not None else None
    if after is not None and query.page > 1:
        raise Invalid("invalid_page", "Send page or cursor", errors=[FieldError("page", "Send page or cursor")])
    with query_fields(skip="page"):
        found = await catalog.list_products(
            session,
            access,
            wanted,
            sort=query.sort,
            after=after,
            skip=(query.page - 1) * query.limit,
            limit=query.limit,
        )
    return json_answer(
        {
            "items": [as_json(product) for product in found.items],
            "total": found.total,
            "total_estimate": found.total_estimate,
            "searched": found.searched,
            "page": found.page,
            "limit": found.limit,
            "next_cursor": write_cursor(settings, scope, found.after) if found.after else None,
        }
    )


def as_json(product: EffectiveProduct) -> dict[str, Any]:
    """`ProductAnswer` without its validation, which a long list has no time for."""
    shown = product._asdict()
    take, currency = shown.pop, product.currency
    shown["price"] = _amount(take("price_minor"), currency)
    shown["sale_price"] = _amount(take("sale_price_minor"), currency)
    own_currency = take("own_currency")
    shown["overrides"] = {
        "price": _amount(take("own_price_minor"), own_currency),
        "sale_price": _amount(take("own_sale_price_minor"), own_currency),
        "currency": own_currency,
        "availability": take("own_availability"),
        "condition": take("own_condition"),
    }
    return shown


def _amount(minor: int | None, currency: str | None) -> str | None:
    return None if minor is None or currency is None else amount_text(minor, currency)
