"""Writing marketplace products: for administrators, and the store whose feed describes them."""

from typing import TYPE_CHECKING, Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, create_model

from orion import catalog
from orion.api.dependencies import CurrentUser, SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Moment, Parameters
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.public.marketplace import MarketplaceProductDetails, details_of
from orion.api.routing import TransactionalRoute
from orion.catalog import GOOGLE_ATTRIBUTES, Notice, Written

_TYPES: dict[str, Any] = {"text": str, "list": list[str], "flag": bool, "number": int, "moment": Moment}
_EXAMPLES: dict[str, Any] = {
    "brand": "BrandName",
    "gtin": "4006381333931",
    "availability": "in inventory",
    "condition": "new",
    "image_link": "https://example.com/lamp.jpg",
    "google_product_category": "Home & Garden > Lighting > Lamps",
}

if TYPE_CHECKING:
    GoogleFields = Body
else:
    GoogleFields = create_model(
        "GoogleFields",
        __base__=Body,
        **{
            name: (_TYPES[kind] | None, Field(None, examples=[_EXAMPLES[name]] if name in _EXAMPLES else None))
            for name, kind in GOOGLE_ATTRIBUTES.items()
        },
    )


class TextsRequest(Body):
    """Texts in one language; what is not sent stays as it is."""

    title: str | None = Field(None, examples=["Amazing MarketplaceProduct"])
    description: str | None = None


class MarketplaceProductFields(GoogleFields):
    """What can be said of a marketplace product: the attributes of Google's product data specification besides."""

    title: str | None = Field(None, description="in `language`", examples=["Amazing MarketplaceProduct"])
    description: str | None = Field(None, examples=["An amazing product description"])
    language: str | None = Field(
        None, description="of title and description: en, fr or de; the store's default if not given", examples=["en"]
    )
    translations: dict[str, TextsRequest | None] = Field(
        {}, description="texts by language; null takes a language away", examples=[{"fr": {"title": "Lampe"}}]
    )
    price: str | None = Field(None, description="a decimal, with its currency or without", examples=["29.99"])
    sale_price: str | None = Field(None, description="in the price's currency", examples=["19.99"])
    currency: str | None = Field(None, description="ISO 4217", examples=["EUR"])

    def parts(self) -> dict[str, Any]:
        """The arguments of the catalogue's verbs."""
        sent = self.model_dump(exclude_unset=True)
        own = {name: sent[name] for name in ("title", "description") if name in sent}
        texts: dict[str, Any] = {"": own} if own else {}
        named = (*GOOGLE_ATTRIBUTES, "price", "sale_price", "currency")
        return {
            "language": self.language,
            "texts": texts | (sent.get("translations") or {}),
            "values": {name: sent[name] for name in named if name in sent},
        }


class NewMarketplaceProduct(MarketplaceProductFields):
    """A new marketplace product."""

    marketplace_product_id: str = Field(description="its id on the marketplace", examples=["PROD001"])
    marketplace: str = Field("Letzshop", description="Letzshop, Amazon, eBay or CodesWholesale", examples=["Letzshop"])
    shop_name: str | None = Field(
        None,
        description="name or code of the store it belongs to; a member's only store if not given, none for an "
        "administrator",
        examples=["MyShop"],
    )


class WhichMarketplace(Parameters):
    """Which of the products of one id is meant."""

    marketplace: str | None = Field(None, description="needed when several marketplaces have the id")


class NoticeAnswer(BaseModel):
    """Something that was not done quite as it was asked for."""

    code: str = Field(description="stable, for programs", examples=["invalid_gtin"])
    field: str = Field(examples=["gtin"])
    message: str

    @classmethod
    def of(cls, notice: Notice) -> Self:
        """The answer for one notice."""
        return cls(code=notice.code, field=notice.field, message=notice.message)


class WrittenMarketplaceProduct(MarketplaceProductDetails):
    """The product as it is now, and what was left out of the request."""

    warnings: list[NoticeAnswer]


class DeletedAnswer(BaseModel):
    """Whether it is gone; if not, nobody can buy it any more."""

    deleted: bool = Field(examples=[True])
    unpublished: bool = Field(description="it was hidden, because something refers to it", examples=[False])
    reason: str | None = Field(examples=[None])


router = APIRouter(
    prefix="/api/v1/marketplace/product",
    tags=["marketplace"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.post("", status_code=201, summary="Create a marketplace product", dependencies=NO_PARAMETERS)
async def create_marketplace_product(
    session: SessionDep, user: CurrentUser, body: NewMarketplaceProduct
) -> WrittenMarketplaceProduct:
    """Create a product of the shared catalogue. One that belongs to a store is listed in it at once.

    A GTIN with a wrong check digit is left out, as in a feed, and `warnings` says so. 409
    `marketplace_product_exists` when the marketplace has the id already.
    """
    with body_fields(store="shop_name"):
        written = await catalog.create_marketplace_product(
            session,
            user,
            marketplace_product_id=body.marketplace_product_id,
            marketplace=body.marketplace,
            store=body.shop_name,
            **body.parts(),
        )
    return await _written(session, written, body.language)


@router.put("/{product_id:path}", summary="Change a marketplace product")
async def change_marketplace_product(
    session: SessionDep,
    user: CurrentUser,
    product_id: str,
    choice: Annotated[WhichMarketplace, Query()],
    body: MarketplaceProductFields,
) -> WrittenMarketplaceProduct:
    """Change what is sent; null empties a field, what is not sent stays. `translations` sets texts by language.

    Only administrators, and staff of the store whose feed describes it, may: 403 `not_your_product` for others. What
    a feed says of the product later wins again.
    """
    with body_fields():
        written = await catalog.update_marketplace_product(
            session, user, product_id, choice.marketplace, **body.parts()
        )
    return await _written(session, written, body.language)


@router.delete("/{product_id:path}", summary="Delete a marketplace product")
async def delete_marketplace_product(
    session: SessionDep, user: CurrentUser, product_id: str, choice: Annotated[WhichMarketplace, Query()]
) -> DeletedAnswer:
    """Delete a product and every store's listing of it; the same may who may change it.

    One that stock or orders refer to is unpublished in every store instead: the answer says `deleted: false`.
    """
    gone = await catalog.delete_marketplace_product(session, user, product_id, choice.marketplace)
    return DeletedAnswer(deleted=gone.deleted, unpublished=gone.unpublished, reason=gone.reason)


async def _written(session: SessionDep, written: Written, language: str | None) -> WrittenMarketplaceProduct:
    product = await catalog.get_marketplace_product(
        session, written.marketplace_product_id, written.marketplace, language
    )
    warnings = [NoticeAnswer.of(notice) for notice in written.notices]
    return WrittenMarketplaceProduct.of(product, **await details_of(session, product, language), warnings=warnings)
