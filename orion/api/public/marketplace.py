"""Marketplace products: the shared catalogue, for everyone who is logged in."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from orion import catalog, feeds
from orion.api.answers import json_answer
from orion.api.dependencies import CatalogReader, RuntimeDep, SessionDep
from orion.api.downloads import file_response
from orion.api.inputs import Parameters
from orion.api.offer_answers import OffersAnswer
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.product_filters import (
    CURSOR,
    ESTIMATE,
    SEARCHED,
    SORT,
    TOTAL,
    SharedFields,
    SharedSort,
    cursor_scope,
)
from orion.api.routing import TransactionalRoute
from orion.api.tables import CSV_RESPONSE, Format, wants_csv
from orion.catalog import GOOGLE_ATTRIBUTES, MarketplaceProductView, ProductTexts
from orion.kernel import MAX_SKIP, FieldError, Invalid
from orion.plumbing.cursors import read_cursor, write_cursor


class MarketplaceProductQuery(SharedFields):
    """Which marketplace products are wanted, in which order, and which page of them."""

    sort: SharedSort | None = Field(None, description=SORT)
    cursor: str | None = Field(None, max_length=2000, description=CURSOR)
    skip: int = Field(0, ge=0, le=MAX_SKIP, description="pages end with the 10,000th product")
    limit: int | None = Field(None, ge=1, le=200, description="100 if not given; as CSV: all")
    format: Format | None = None


class ProductChoice(Parameters):
    """Which of the products of one id is wanted, and in which language."""

    marketplace: str | None = Field(None, description="needed when several marketplaces have the id")
    language: str | None = Field(None, description="en, fr or de")


class MarketplaceProductAnswer(BaseModel):
    """A marketplace product. Prices are decimals; the Google product attributes that it has stand beside them."""

    model_config = ConfigDict(extra="allow")

    id: int
    marketplace: str = Field(examples=["Letzshop"])
    marketplace_product_id: str = Field(examples=["PROD001"])
    title: str | None = Field(examples=["Amazing widget"])
    language: str | None = Field(description="the language the title was found in", examples=["en"])
    description: str | None
    price: str | None = Field(examples=["29.99"])
    sale_price: str | None = Field(examples=[None])
    currency: str | None = Field(examples=["EUR"])
    availability: str | None = Field(examples=["in_stock"])
    condition: str | None = Field(examples=["new"])
    brand: str | None = Field(examples=["WidgetCorp"])
    gtin: str | None = Field(examples=["4006381333931"])
    mpn: str | None
    link: str | None
    image_link: str | None
    google_product_category: str | None
    store_code: str | None = Field(
        serialization_alias="shop_code",
        description="of the store whose feed describes the product",
        examples=["TECHSTORE"],
    )
    store_name: str | None = Field(serialization_alias="shop_name", examples=["Tech Store Luxembourg"])
    attributes: dict[str, Any] = Field(description="the feed's columns that are no Google attribute")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, product: MarketplaceProductView, **more: Any) -> Self:
        """The answer for one product."""
        named = {name: product.google[name] for name in cls.model_fields if name in product.google}
        others = {name: value for name, value in product.google.items() if value is not None}
        money = product.price or product.sale_price
        return cls(
            id=product.id,
            marketplace=product.marketplace,
            marketplace_product_id=product.marketplace_product_id,
            title=product.title,
            language=product.language,
            description=product.description,
            price=None if product.price is None else str(product.price),
            sale_price=None if product.sale_price is None else str(product.sale_price),
            currency=money.currency if money else None,
            store_code=product.store_code,
            store_name=product.store_name,
            attributes=product.attributes,
            created_at=product.created_at,
            updated_at=product.updated_at,
            **others | named,
            **more,
        )


class TranslationAnswer(BaseModel):
    """A product's texts in one language."""

    language: str
    title: str
    description: str | None

    @classmethod
    def of(cls, texts: ProductTexts) -> Self:
        """The answer for one language."""
        return cls(language=texts.language, title=texts.title, description=texts.description)


class CategoryName(BaseModel):
    """The category of a product."""

    id: int = Field(examples=[17])
    google_id: int | None = Field(examples=[4636])
    path: str = Field(examples=["Home & Garden > Lighting > Lamps"])


class VariantAnswer(BaseModel):
    """One product of a group that differs in a few respects only."""

    id: int
    marketplace_product_id: str = Field(examples=["LAMP-RED"])
    title: str | None = Field(examples=["Desk lamp"])
    values: dict[str, str | list[str] | None] = Field(description="its value on each axis", examples=[{"color": "red"}])


class MarketplaceProductDetails(MarketplaceProductAnswer):
    """A marketplace product with its texts in every language, its category and its variants, itself among them."""

    translations: list[TranslationAnswer]
    category: CategoryName | None
    variant_axes: list[str] = Field(description="in what the variants differ", examples=[["color"]])
    variants: list[VariantAnswer] = Field(description="none for a product that stands alone")


class MarketplaceProductShown(MarketplaceProductDetails):
    """A marketplace product with everything that belongs to it, and who sells it."""

    offers: OffersAnswer


class MarketplaceProductList(BaseModel):
    """A stretch of the catalogue."""

    items: list[MarketplaceProductAnswer]
    total: int | None = Field(description=TOTAL, examples=[1])
    total_estimate: int | None = Field(description=ESTIMATE, examples=[None])
    searched: str | None = Field(description=SEARCHED, examples=[None])
    skip: int
    limit: int
    next_cursor: str | None = Field(description="null at the end of the list", examples=[None])


_ALWAYS = tuple(name for name in MarketplaceProductAnswer.model_fields if name in GOOGLE_ATTRIBUTES)

router = APIRouter(
    prefix="/api/v1/marketplace/product",
    tags=["marketplace"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.get("", summary="List marketplace products", response_model=MarketplaceProductList, responses=CSV_RESPONSE)
async def list_marketplace_products(
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    user: CatalogReader,  # noqa: ARG001 (logged in is all it takes)
    query: Annotated[MarketplaceProductQuery, Query()],
) -> Response:
    """Marketplace products, in the order in which the catalogue met them unless `sort` says otherwise.

    Go on with `next_cursor`: no product is shown twice or left out, whatever is written meanwhile. A word that nothing
    is called is mended: see `searched`. As CSV (`Accept: text/csv` or `?format=csv`) all that match come, oldest
    first, or `limit` of them after `skip`.
    """
    limit, wanted, sort = query.limit or 100, query.wanted(), query.sort
    if wants_csv(request, query.format):
        if query.cursor is not None:
            message = "A file has no pages: send no cursor"
            raise Invalid("invalid_page", message, errors=[FieldError("cursor", message)])
        selection = await catalog.select_marketplace_products(session, wanted)
        pieces = feeds.export(runtime, selection, "csv", title="Orion", skip=query.skip, limit=query.limit)
        return await file_response(pieces, "csv", None)
    scope = cursor_scope("marketplace", wanted, sort)
    after = read_cursor(runtime.settings, scope, query.cursor) if query.cursor is not None else None
    if after is not None and query.skip:
        raise Invalid("invalid_page", "Send skip or cursor", errors=[FieldError("skip", "Send skip or cursor")])
    found = await catalog.list_marketplace_products(
        session, wanted, sort=sort, after=after, skip=query.skip, limit=limit
    )
    return json_answer(
        {
            "items": [as_json(product) for product in found.items],
            "total": found.total,
            "total_estimate": found.total_estimate,
            "searched": found.searched,
            "skip": found.skip,
            "limit": found.limit,
            "next_cursor": write_cursor(runtime.settings, scope, found.after) if found.after else None,
        }
    )


def as_json(product: MarketplaceProductView) -> dict[str, Any]:
    """`MarketplaceProductAnswer` without its validation, which a long list has no time for."""
    money = product.price or product.sale_price
    google = product.google
    shown: dict[str, Any] = {
        "id": product.id,
        "marketplace": product.marketplace,
        "marketplace_product_id": product.marketplace_product_id,
        "title": product.title,
        "language": product.language,
        "description": product.description,
        "price": None if product.price is None else str(product.price),
        "sale_price": None if product.sale_price is None else str(product.sale_price),
        "currency": money.currency if money else None,
        **{name: google[name] for name in _ALWAYS},
        "shop_code": product.store_code,
        "shop_name": product.store_name,
        "attributes": product.attributes,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }
    shown |= {name: value for name, value in google.items() if value is not None}
    return shown


@router.get("/{product_id:path}", summary="Show a marketplace product")
async def show_marketplace_product(
    session: SessionDep,
    user: CatalogReader,
    product_id: str,
    choice: Annotated[ProductChoice, Query()],
) -> MarketplaceProductShown:
    """One product by the id that its marketplace has for it, with its texts in every language and its offers.

    Offers are of everything with the same GTIN, on any marketplace and in any store, the best one first.

    409 `marketplace_needed` when several marketplaces have the id: name one with `marketplace`.
    """
    product = await catalog.get_marketplace_product(session, product_id, choice.marketplace, choice.language)
    offers = OffersAnswer.of(await catalog.offers_of(session, user, product.id))
    return MarketplaceProductShown.of(product, **await details_of(session, product, choice.language), offers=offers)


async def details_of(session: SessionDep, product: MarketplaceProductView, language: str | None) -> dict[str, Any]:
    """What the answer for a single product has besides the product."""
    category = await catalog.category_of(session, product, language)
    variants = await catalog.marketplace_variants_of(session, product, language)
    return {
        "translations": [TranslationAnswer.of(texts) for texts in await catalog.translations_of(session, product)],
        "category": category_answer(category),
        "variant_axes": list(variants.axes),
        "variants": variant_answers(variants),
    }


def category_answer(category: catalog.CategoryName | None) -> CategoryName | None:
    """The answer for a product's category."""
    return CategoryName(id=category.id, google_id=category.google_id, path=category.path) if category else None


def variant_answers(variants: catalog.Variants) -> list[VariantAnswer]:
    """The answers for the products of a group."""
    return [
        VariantAnswer(
            id=item.id, marketplace_product_id=item.marketplace_product_id, title=item.title, values=item.values
        )
        for item in variants.items
    ]
