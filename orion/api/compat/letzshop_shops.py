"""What a shop lists, at its own prices, in the words of the marketplace API 2.1."""

from typing import Annotated, Any, Self

from fastapi import Query, Request
from pydantic import BaseModel, Field

from orion import catalog, merchants
from orion.api.compat.letzshop_products import Amount, known_availability
from orion.api.dependencies import CatalogReader, SessionDep
from orion.api.inputs import Body, Parameters
from orion.api.problems import body_fields
from orion.api.product_filters import ESTIMATE, TOTAL
from orion.api.public.marketplace_products import NoticeAnswer
from orion.api.routing import key_access
from orion.api.store.product_writes import Staff
from orion.catalog import EffectiveProduct, ListingFilter
from orion.identity import User
from orion.kernel import MAX_SKIP, Money, NotFound
from orion.merchants import Store, StoreAccess

_OVERRIDES = {
    "shop_price": "price",
    "shop_sale_price": "sale_price",
    "shop_currency": "currency",
    "shop_availability": "availability",
    "shop_condition": "condition",
    "shop_product_id": "sku",
}
"""What this API calls the fields of a listing that are called otherwise now."""

_SETTINGS = ("is_featured", "is_active", "min_quantity", "max_quantity")


class ShopProductRequest(Body):
    """Which product the shop sells, and on what terms; what is null or not sent is the product's own value."""

    product_id: str = Field(examples=["LAPTOP123"])
    marketplace: str | None = Field(None, description="needed when several marketplaces have the id")
    shop_product_id: str | None = Field(None, description="the shop's own number for it", examples=["L-17"])
    shop_price: Amount | None = Field(None, examples=[999.99])
    shop_sale_price: Amount | None = None
    shop_currency: str | None = Field(None, examples=["EUR"])
    shop_availability: str | None = Field(None, description="in the words of feeds", examples=["in stock"])
    shop_condition: str | None = Field(None, examples=["new"])
    is_featured: bool | None = Field(None, examples=[True])
    is_active: bool | None = Field(None, description="buyers see it")
    min_quantity: int | None = Field(None, examples=[1])
    max_quantity: int | None = Field(None, examples=[5])

    def changes(self) -> dict[str, Any]:
        """The overrides and settings that were sent."""
        sent = self.model_dump(exclude_unset=True)
        changes = {field: sent[name] for name, field in _OVERRIDES.items() if name in sent}
        return changes | {name: sent[name] for name in _SETTINGS if name in sent}


class ShopProductFilter(Parameters):
    """Which of the shop's products are wanted."""

    page: int = Field(1, ge=1, le=MAX_SKIP, description="from 1; pages end with the 10,000th product")
    limit: int = Field(50, ge=1, le=200)
    search: str | None = Field(None, max_length=200, examples=["laptop"])
    availability: str | None = Field(None, description="in the words of feeds", examples=["in stock"])
    brand: str | None = Field(None, description="exactly this brand", examples=["Apple"])
    language: str | None = Field(None, description="the language wanted for texts: en, fr or de")

    def wanted(self) -> ListingFilter:
        """The filter of the catalogue."""
        return ListingFilter(
            search=self.search,
            availability=known_availability(self.availability),
            brand=self.brand,
            language=self.language,
        )


class ShopProduct(BaseModel):
    """A product of the shop as its buyers see it, and with `shop_` before it what the shop itself has set."""

    id: int = Field(description="of the shop's listing", examples=[42])
    product_id: str = Field(examples=["LAPTOP123"])
    marketplace: str = Field(examples=["Letzshop"])
    title: str | None = Field(examples=["Laptop"])
    language: str | None = Field(description="the language the title was found in", examples=["en"])
    description: str | None
    price: str | None = Field(examples=["999.99"])
    sale_price: str | None = Field(examples=[None])
    currency: str | None = Field(examples=["EUR"])
    availability: str | None = Field(examples=["in_stock"])
    condition: str | None = Field(examples=["new"])
    brand: str | None = Field(examples=["Apple"])
    gtin: str | None = Field(examples=["4006381333931"])
    link: str | None
    image_link: str | None
    shop_product_id: str | None = Field(examples=["L-17"])
    shop_price: str | None = Field(examples=["999.99"])
    shop_sale_price: str | None = Field(examples=[None])
    shop_currency: str | None = Field(examples=["EUR"])
    shop_availability: str | None = Field(examples=["in_stock"])
    shop_condition: str | None = Field(examples=[None])
    is_featured: bool
    is_active: bool
    min_quantity: int
    max_quantity: int | None

    @classmethod
    def of(cls, product: EffectiveProduct, **more: Any) -> Self:
        """The answer for one product."""
        own = product.own_price or product.own_sale_price
        made = {
            "product_id": product.marketplace_product_id,
            "price": _text(product.price),
            "sale_price": _text(product.sale_price),
            "shop_product_id": product.sku,
            "shop_price": _text(product.own_price),
            "shop_sale_price": _text(product.own_sale_price),
            "shop_currency": own.currency if own else None,
            "shop_availability": product.own_availability,
            "shop_condition": product.own_condition,
            **more,
        }
        return cls(**made, **{name: getattr(product, name) for name in cls.model_fields if name not in made})


class AddedShopProduct(ShopProduct):
    """The product as the shop lists it now, and what was not done quite as it was asked for."""

    warnings: list[NoticeAnswer]


class ShopProducts(BaseModel):
    """One page of a shop's products."""

    products: list[ShopProduct]
    total: int | None = Field(description=TOTAL)
    total_estimate: int | None = Field(description=ESTIMATE)
    page: int
    limit: int


async def add_shop_product(
    session: SessionDep,
    access: Staff,
    shop_code: str,  # noqa: ARG001 (the access is to this shop; here it stands for the description)
    body: ShopProductRequest,
) -> AddedShopProduct:
    """Add a product of the catalogue to a shop, at the shop's own price if one is sent."""
    with body_fields(marketplace_product_id="product_id", **{field: name for name, field in _OVERRIDES.items()}):
        written = await catalog.create_product(
            session,
            access,
            marketplace=body.marketplace,
            marketplace_product_id=body.product_id,
            changes=body.changes(),
        )
    product = await catalog.get_product(session, access, written.id)
    return AddedShopProduct.of(product, warnings=[NoticeAnswer.of(notice) for notice in written.notices])


async def list_shop_products(
    request: Request,
    session: SessionDep,
    user: CatalogReader,
    shop_code: str,
    wanted: Annotated[ShopProductFilter, Query()],
) -> ShopProducts:
    """List the products of a shop. Its members see all of them, others those that buyers see of a verified shop."""
    store = await merchants.visible_store(session, user, shop_code)
    access = await _access(request, session, user, store)
    skip, limit = (wanted.page - 1) * wanted.limit, wanted.limit
    if access is None:
        found = await catalog.list_published(session, store, wanted.wanted(), skip=skip, limit=limit)
    else:
        found = await catalog.list_products(session, access, wanted.wanted(), skip=skip, limit=limit)
    return ShopProducts(
        products=[ShopProduct.of(product) for product in found.items],
        total=found.total,
        total_estimate=found.total_estimate,
        page=wanted.page,
        limit=wanted.limit,
    )


async def _access(request: Request, session: SessionDep, user: User, store: Store) -> StoreAccess | None:
    """What the caller may see besides what everybody may; None: nothing. An API key opens its own shop alone."""
    key = await key_access(request, session)
    if key is not None:
        may = key.store.id == store.id and key.key is not None and "products:read" in key.key.scopes
        return key if may else None
    try:
        return await merchants.open_store(session, user, store.code)
    except NotFound:
        return None


def _text(money: Money | None) -> str | None:
    return None if money is None else str(money)
