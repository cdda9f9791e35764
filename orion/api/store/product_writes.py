"""Listing, overriding, publishing and deleting a store's products."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from orion import catalog
from orion.api.dependencies import SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Body, Id
from orion.api.offer_answers import OffersAnswer
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.public.marketplace_products import DeletedAnswer, TextsRequest
from orion.api.routing import TransactionalRoute
from orion.api.store.product_answers import ProductDetailsAnswer, ShownProductAnswer, WrittenProductAnswer
from orion.api.store.products import TextLanguage, Viewer
from orion.catalog import OVERRIDES, SETTINGS
from orion.merchants import StoreAccess

Staff = Annotated[StoreAccess, Depends(store_access("staff", "products"))]


class ProductFields(Body):
    """What a store says of its product; null: the marketplace product's value counts (or, of a setting, the usual)."""

    price: str | None = Field(None, description="a decimal, with its currency or without", examples=["27.90"])
    sale_price: str | None = Field(None, description="in the currency of the price", examples=["19.90"])
    currency: str | None = Field(None, description="of the prices sent; ISO 4217", examples=["EUR"])
    availability: str | None = Field(None, description="in the words of feeds", examples=["in_stock"])
    condition: str | None = Field(None, description="new, refurbished or used", examples=["new"])
    brand: str | None = Field(None, examples=["Lumo"])
    image_link: str | None = Field(None, examples=["https://example.com/lamp.jpg"])
    additional_image_link: list[str] | None = Field(None, examples=[["https://example.com/lamp-2.jpg"]])
    product_type: list[str] | None = Field(None, examples=[["Lamps > Desk"]])
    google_product_category: str | None = Field(
        None, description="Google's id, or the full path in en, fr or de", examples=["4636"]
    )
    translations: dict[str, TextsRequest] = Field(
        {}, description="the store's texts by language", examples=[{"fr": {"title": "Lampe de bureau"}}]
    )
    sku: str | None = Field(None, description="the store's own number for it, unique in the store", examples=["L-17"])
    is_active: bool | None = Field(None, description="buyers see it")
    is_featured: bool | None = None
    display_order: int | None = Field(None, description="lower ones come first", examples=[10])
    min_quantity: int | None = Field(None, description="the least that one buys, 1 if null", examples=[1])
    max_quantity: int | None = Field(None, description="the most that one buys; null: any number", examples=[10])

    def changes(self) -> dict[str, Any]:
        """The overrides and settings that were sent."""
        sent = self.model_dump(exclude_unset=True)
        return {name: sent[name] for name in (*OVERRIDES, *SETTINGS) if name in sent}

    def texts(self) -> dict[str, dict[str, str | None]]:
        """The texts that were sent."""
        return {code: texts.model_dump(exclude_unset=True) for code, texts in self.translations.items()}


class NewProduct(ProductFields):
    """Which marketplace product is listed, and what the store says of it from the start."""

    marketplace_product: int | None = Field(
        None, ge=1, le=2**63 - 1, description="its number (`id` in the shared catalogue)", examples=[1801]
    )
    marketplace: str | None = Field(None, examples=["Letzshop"])
    marketplace_product_id: str | None = Field(
        None, description="its id on the marketplace, instead of the number", examples=["PROD001"]
    )


router = APIRouter(
    prefix="/api/v1/store/products",
    tags=["store products"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.get("/{product_id}", summary="Show a product of the store")
async def show_store_product(
    session: SessionDep, access: Viewer, product_id: Id, wanted: Annotated[TextLanguage, Query()]
) -> ShownProductAnswer:
    """One product of the store: its values in effect, whose each is and what it would inherit, texts, variants, prices.

    `fields` has every field that the store may say otherwise: `value`, `source` and `inherited`.
    """
    details = await catalog.get_product_details(session, access, product_id, wanted.language)
    offers = OffersAnswer.of(await catalog.offers_of(session, access.user, details.marketplace_product_number))
    return ShownProductAnswer.with_details(details, offers=offers)


@router.post("", status_code=201, summary="List a marketplace product in the store", dependencies=NO_PARAMETERS)
async def create_store_product(session: SessionDep, access: Staff, body: NewProduct) -> WrittenProductAnswer:
    """List a product of the shared catalogue, by its number or by its id on a marketplace.

    409 `product_exists` when the store lists it already, `marketplace_needed` when several marketplaces have the id.
    """
    with body_fields():
        written = await catalog.create_product(
            session,
            access,
            id=body.marketplace_product,
            marketplace=body.marketplace,
            marketplace_product_id=body.marketplace_product_id,
            changes=body.changes(),
            texts=body.texts(),
        )
    details = await catalog.get_product_details(session, access, written.id)
    return WrittenProductAnswer.written(details, written.notices)


@router.patch("/{product_id}", summary="Change a product of the store", dependencies=NO_PARAMETERS)
async def change_store_product(
    session: SessionDep, access: Staff, product_id: Id, body: ProductFields
) -> WrittenProductAnswer:
    """Change what is sent: null inherits the marketplace product's value again, what is not sent stays."""
    return await _update(session, access, product_id, body, whole=False)


@router.put("/{product_id}", summary="Replace what the store says of a product", dependencies=NO_PARAMETERS)
async def replace_store_product(
    session: SessionDep, access: Staff, product_id: Id, body: ProductFields
) -> WrittenProductAnswer:
    """As PATCH, but overrides that are not sent inherit, and settings that are not sent are as on a fresh listing.

    Only whether it is published (`is_active`), and texts in languages that are not sent, stay as they are.
    """
    return await _update(session, access, product_id, body, whole=True)


@router.delete("/{product_id}", summary="Take a product off the store's list", dependencies=NO_PARAMETERS)
async def delete_store_product(session: SessionDep, access: Staff, product_id: Id) -> DeletedAnswer:
    """Delete the listing with all that the store said of it. The marketplace product stays.

    One that stock or orders refer to is unpublished instead: the answer says `deleted: false`.
    """
    gone = await catalog.delete_product(session, access, product_id)
    return DeletedAnswer(deleted=gone.deleted, unpublished=gone.unpublished, reason=gone.reason)


@router.post("/{product_id}/publish", summary="Publish a product", dependencies=NO_PARAMETERS)
async def publish_store_product(session: SessionDep, access: Staff, product_id: Id) -> ProductDetailsAnswer:
    """Let buyers see the product. Doing it twice is fine."""
    await catalog.publish_product(session, access, product_id, active=True)
    return ProductDetailsAnswer.with_details(await catalog.get_product_details(session, access, product_id))


@router.post("/{product_id}/unpublish", summary="Unpublish a product", dependencies=NO_PARAMETERS)
async def unpublish_store_product(session: SessionDep, access: Staff, product_id: Id) -> ProductDetailsAnswer:
    """Hide the product from buyers; it stays in the store's list. Doing it twice is fine."""
    await catalog.publish_product(session, access, product_id, active=False)
    return ProductDetailsAnswer.with_details(await catalog.get_product_details(session, access, product_id))


async def _update(
    session: SessionDep, access: StoreAccess, product_id: int, body: ProductFields, *, whole: bool
) -> WrittenProductAnswer:
    with body_fields():
        written = await catalog.update_product(
            session, access, product_id, body.changes(), texts=body.texts(), whole=whole
        )
    details = await catalog.get_product_details(session, access, product_id)
    return WrittenProductAnswer.written(details, written.notices)
