"""The catalogue that all shops share, in the words of the marketplace API 2.1."""

from typing import Annotated, Any, Self

from fastapi import Query, Request, Response
from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, PrivateAttr

from orion import catalog, merchants
from orion.api.compat.letzshop_stock import stock_of
from orion.api.dependencies import CatalogReader, CurrentUser, RuntimeDep, SessionDep
from orion.api.inputs import Parameters
from orion.api.problems import body_fields
from orion.api.product_filters import ESTIMATE, TOTAL, cursor_scope
from orion.api.public import marketplace
from orion.api.public.marketplace import MarketplaceProductAnswer, ProductChoice, TranslationAnswer
from orion.api.public.marketplace_products import MarketplaceProductFields, NoticeAnswer, WhichMarketplace
from orion.api.stock_answers import SummaryAnswer
from orion.catalog import MarketplaceFilter, MarketplaceProductView, PublicListing, Written
from orion.identity import User
from orion.kernel import MAX_SKIP, FieldError, Invalid, parse_availability
from orion.plumbing.cursors import read_cursor, write_cursor


def _amount(value: Any) -> Any:
    """A number of JSON as the decimal that was sent: its shortest form is just that."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Amount = Annotated[
    str,
    BeforeValidator(_amount, json_schema_input_type=str | float),
    Field(description="a decimal; a JSON number is taken too", examples=["999.99"]),
]


def known_availability(text: str | None) -> str | None:
    """The availability that a word of feeds means, or the text as it is: what is unknown is refused further down."""
    value = None if text is None else parse_availability(text).value
    return text if value is None else str(value)


class ProductFilter(Parameters):
    """Which products are wanted."""

    shop_code: str | None = Field(None, description="only what this shop sells", examples=["TECHSTORE"])
    search: str | None = Field(
        None, max_length=200, description="words of titles and brands, or the beginning of an id", examples=["laptop"]
    )
    availability: str | None = Field(None, description="in the words of feeds", examples=["in stock"])
    brand: str | None = Field(None, description="exactly this brand", examples=["Apple"])
    category: str | None = Field(
        None, description="a path as feeds have it; what is below it counts too", examples=["Electronics"]
    )
    marketplace: str | None = Field(None, examples=["Letzshop"])
    language: str | None = Field(None, description="the language wanted for texts: en, fr or de")

    async def wanted(self, session: SessionDep, user: User) -> MarketplaceFilter:
        """The filter of the catalogue. Raises NotFound (`store_not_found`) for a shop that the user may not see."""
        store = None if self.shop_code is None else await merchants.visible_store(session, user, self.shop_code)
        return MarketplaceFilter(
            listed_by=store.code if store else None,
            search=self.search,
            availability=known_availability(self.availability),
            brand=self.brand,
            category=self.category,
            marketplace=self.marketplace,
            language=self.language,
        )


class ProductPage(ProductFilter):
    """Which stretch of which products is wanted."""

    cursor: str | None = Field(None, max_length=2000, description="`next_cursor` of the stretch before; no skip then")
    skip: int = Field(0, ge=0, le=MAX_SKIP, description="stretches end with the 10,000th product")
    limit: int = Field(100, ge=1, le=200)


class _Exported(marketplace.MarketplaceProductQuery):
    """The query of the canonical list, with a filter that its own parameters cannot say."""

    _wanted: MarketplaceFilter = PrivateAttr(default_factory=MarketplaceFilter)

    def meaning(self, wanted: MarketplaceFilter) -> Self:
        """Make this the query for `wanted`."""
        self._wanted = wanted
        return self

    def wanted(self) -> MarketplaceFilter:
        """The filter of the catalogue."""
        return self._wanted


class LetzshopProduct(MarketplaceProductAnswer):
    """A product of the catalogue."""

    marketplace_product_id: str = Field(serialization_alias="product_id", examples=["LAPTOP123"])


class LetzshopProducts(BaseModel):
    """A stretch of the catalogue."""

    products: list[LetzshopProduct]
    total: int | None = Field(description=TOTAL)
    total_estimate: int | None = Field(description=ESTIMATE)
    skip: int
    limit: int
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


class ShopListing(BaseModel):
    """A shop that sells a product: prices and availability as its buyers see them."""

    shop_code: str = Field(examples=["TECHSTORE"])
    shop_name: str = Field(examples=["Tech Store Luxembourg"])
    shop_price: str | None = Field(examples=["999.99"])
    shop_sale_price: str | None = Field(examples=[None])
    shop_currency: str | None = Field(examples=["EUR"])
    shop_availability: str | None = Field(examples=["in_stock"])
    shop_condition: str | None = Field(examples=["new"])
    is_featured: bool
    min_quantity: int = Field(examples=[1])
    max_quantity: int | None = Field(examples=[5])

    @classmethod
    def of(cls, listing: PublicListing) -> Self:
        """The answer for one shop."""
        money = listing.price or listing.sale_price
        return cls(
            shop_code=listing.store_code,
            shop_name=listing.store_name,
            shop_price=None if listing.price is None else str(listing.price),
            shop_sale_price=None if listing.sale_price is None else str(listing.sale_price),
            shop_currency=money.currency if money else None,
            shop_availability=listing.availability,
            shop_condition=listing.condition,
            is_featured=listing.is_featured,
            min_quantity=listing.min_quantity,
            max_quantity=listing.max_quantity,
        )


class LetzshopProductDetails(LetzshopProduct):
    """A product with its texts, the shops that sell it, and what the caller has of it."""

    translations: list[TranslationAnswer]
    shop_listings: list[ShopListing] = Field(
        description="shops that everybody may see, and the caller's own, by code; at most 100"
    )
    stock_info: SummaryAnswer | None = Field(
        description="by location, in the caller's shop; null for a product without a GTIN that was ever counted there, "
        "and for a caller with several shops who names none in X-Store-Code"
    )


class LetzshopProductFields(MarketplaceProductFields):
    """What can be said of a product: the attributes of Google's product data specification besides."""

    price: Amount | None = None
    sale_price: Amount | None = None


class NewLetzshopProduct(LetzshopProductFields):
    """A new product of the catalogue."""

    product_id: str = Field(examples=["LAPTOP123"])
    marketplace: str = Field("Letzshop", description="Letzshop, Amazon, eBay or CodesWholesale", examples=["Letzshop"])
    shop_code: str | None = Field(
        None,
        validation_alias=AliasChoices("shop_code", "shop_name"),
        description="code or name of the shop it belongs to; a member's only shop if not given, none for an "
        "administrator",
        examples=["TECHSTORE"],
    )


class WrittenLetzshopProduct(LetzshopProduct):
    """The product as it is now, and what was left out of the request."""

    translations: list[TranslationAnswer]
    warnings: list[NoticeAnswer]


async def list_products(
    session: SessionDep, runtime: RuntimeDep, user: CatalogReader, query: Annotated[ProductPage, Query()]
) -> LetzshopProducts:
    """List products of the catalogue, of one shop if asked."""
    wanted = await query.wanted(session, user)
    scope = cursor_scope("v2.1", wanted, None)
    after = read_cursor(runtime.settings, scope, query.cursor) if query.cursor is not None else None
    if after is not None and query.skip:
        raise Invalid("invalid_page", "Send skip or cursor", errors=[FieldError("skip", "Send skip or cursor")])
    found = await catalog.list_marketplace_products(session, wanted, after=after, skip=query.skip, limit=query.limit)
    return LetzshopProducts(
        products=[LetzshopProduct.of(product) for product in found.items],
        total=found.total,
        total_estimate=found.total_estimate,
        skip=found.skip,
        limit=found.limit,
        next_cursor=write_cursor(runtime.settings, scope, found.after) if found.after else None,
    )


async def export_products(
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    user: CatalogReader,
    query: Annotated[ProductFilter, Query()],
) -> Response:
    """Export products as CSV, of one shop if asked: a stream of all that match."""
    chosen = _Exported(format="csv").meaning(await query.wanted(session, user))
    return await marketplace.list_marketplace_products(request, runtime, session, user, chosen)


async def show_product(
    request: Request,
    session: SessionDep,
    user: CatalogReader,
    product_id: str,
    choice: Annotated[ProductChoice, Query()],
) -> LetzshopProductDetails:
    """Show a product with its stock and the shops that list it. Its stock is what the caller's shop has of it."""
    product = await catalog.get_marketplace_product(session, product_id, choice.marketplace, choice.language)
    listings = await catalog.public_listings(session, user, product.id)
    return LetzshopProductDetails.of(
        product,
        translations=await _translations(session, product),
        shop_listings=[ShopListing.of(listing) for listing in listings],
        stock_info=await stock_of(request, session, product.google["gtin"]),
    )


async def create_product(session: SessionDep, user: CurrentUser, body: NewLetzshopProduct) -> WrittenLetzshopProduct:
    """Create a product of the catalogue. One that belongs to a shop is listed in it at once."""
    with body_fields(marketplace_product_id="product_id", store="shop_code"):
        written = await catalog.create_marketplace_product(
            session,
            user,
            marketplace_product_id=body.product_id,
            marketplace=body.marketplace,
            store=body.shop_code,
            **body.parts(),
        )
    return await _written(session, written, body.language)


async def change_product(
    session: SessionDep,
    user: CurrentUser,
    product_id: str,
    choice: Annotated[WhichMarketplace, Query()],
    body: LetzshopProductFields,
) -> WrittenLetzshopProduct:
    """Change a product of the catalogue: what is sent; null empties a field, what is not sent stays.

    Only administrators, and staff of the shop whose feed describes it, may.
    """
    with body_fields():
        written = await catalog.update_marketplace_product(
            session, user, product_id, choice.marketplace, **body.parts()
        )
    return await _written(session, written, body.language)


async def _written(session: SessionDep, written: Written, language: str | None) -> WrittenLetzshopProduct:
    product = await catalog.get_marketplace_product(
        session, written.marketplace_product_id, written.marketplace, language
    )
    warnings = [NoticeAnswer.of(notice) for notice in written.notices]
    return WrittenLetzshopProduct.of(product, translations=await _translations(session, product), warnings=warnings)


async def _translations(session: SessionDep, product: MarketplaceProductView) -> list[TranslationAnswer]:
    return [TranslationAnswer.of(texts) for texts in await catalog.translations_of(session, product)]
