"""What belongs to a store's product: texts by language, price tiers, price history."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from orion import catalog
from orion.api.dependencies import SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Id, Parameters
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.public.marketplace_products import NoticeAnswer, TextsRequest
from orion.api.routing import TransactionalRoute
from orion.api.store.product_answers import (
    LowestPriceAnswer,
    PricePeriodAnswer,
    ProductTranslationAnswer,
    TierAnswer,
)
from orion.api.store.product_writes import Staff
from orion.api.store.products import Viewer

Language = Annotated[str, Path(description="en, fr or de", examples=["fr"])]
NO_TEXTS = {"title": None, "description": None}


class TranslationList(BaseModel):
    """A product's texts in every language that either layer has some in."""

    items: list[ProductTranslationAnswer]


class TierRequest(Body):
    """From a quantity on, one piece costs this."""

    min_quantity: int = Field(description="above 1, and above that of the tier before", examples=[10])
    price: str = Field(description="in the currency of the product's price", examples=["24.90"])


class TiersRequest(Body):
    """All tiers of a product, by rising quantity; an empty list takes them away."""

    tiers: list[TierRequest]


class TierList(BaseModel):
    """The tiers of a product, by quantity."""

    items: list[TierAnswer]


class WrittenTiers(TierList):
    """The tiers as they are now, and what is odd in them."""

    warnings: list[NoticeAnswer]


class HistoryWindow(Parameters):
    """How much of the past is wanted."""

    days: int = Field(30, ge=1, le=400, description="up to now")


class PriceHistory(BaseModel):
    """What a product cost, the newest period first, and the lowest that was asked."""

    items: list[PricePeriodAnswer]
    lowest: LowestPriceAnswer | None


router = APIRouter(
    prefix="/api/v1/store/products/{product_id}",
    tags=["store products"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.get("/translations", summary="List a product's texts", dependencies=NO_PARAMETERS)
async def list_product_translations(session: SessionDep, access: Viewer, product_id: Id) -> TranslationList:
    """Title and description in each language, with whose they are."""
    found = await catalog.list_translations(session, access, product_id)
    return TranslationList(items=[ProductTranslationAnswer.of(view) for view in found])


@router.get("/translations/{language}", summary="Show a product's texts in a language", dependencies=NO_PARAMETERS)
async def show_product_translation(
    session: SessionDep, access: Viewer, product_id: Id, language: Language
) -> ProductTranslationAnswer:
    """Title and description in one language, without any fallback to another one."""
    return ProductTranslationAnswer.of(await catalog.get_translation(session, access, product_id, language))


@router.put("/translations/{language}", summary="Change a product's texts in a language", dependencies=NO_PARAMETERS)
async def change_product_translation(
    session: SessionDep, access: Staff, product_id: Id, language: Language, body: TextsRequest
) -> ProductTranslationAnswer:
    """Set the store's own texts; null inherits the marketplace product's, what is not sent stays."""
    texts = {language: body.model_dump(exclude_unset=True)}
    await catalog.update_product(session, access, product_id, {}, texts=texts)
    return ProductTranslationAnswer.of(await catalog.get_translation(session, access, product_id, language))


@router.delete("/translations/{language}", summary="Drop a product's own texts", dependencies=NO_PARAMETERS)
async def delete_product_translation(
    session: SessionDep, access: Staff, product_id: Id, language: Language
) -> ProductTranslationAnswer:
    """Take the store's own texts in one language away: those of the marketplace product count again."""
    await catalog.update_product(session, access, product_id, {}, texts={language: NO_TEXTS})
    return ProductTranslationAnswer.of(await catalog.get_translation(session, access, product_id, language))


@router.get("/price-tiers", summary="List a product's price tiers", dependencies=NO_PARAMETERS)
async def list_product_price_tiers(session: SessionDep, access: Viewer, product_id: Id) -> TierList:
    """What one piece costs when many are bought."""
    found = await catalog.list_price_tiers(session, access, product_id)
    return TierList(items=[TierAnswer.of(tier) for tier in found])


@router.put("/price-tiers", summary="Replace a product's price tiers", dependencies=NO_PARAMETERS)
async def replace_product_price_tiers(
    session: SessionDep, access: Staff, product_id: Id, body: TiersRequest
) -> WrittenTiers:
    """Replace all tiers. A buyer pays the lowest of the tier reached, the sale price and the price."""
    with body_fields():
        tiers = [tier.model_dump() for tier in body.tiers]
        found, notices = await catalog.set_price_tiers(session, access, product_id, tiers)
    return WrittenTiers(
        items=[TierAnswer.of(tier) for tier in found], warnings=[NoticeAnswer.of(notice) for notice in notices]
    )


@router.get("/price-history", summary="Show what a product cost")
async def show_product_price_history(
    session: SessionDep, access: Viewer, product_id: Id, window: Annotated[HistoryWindow, Query()]
) -> PriceHistory:
    """Every price in effect in the last days, and the lowest of them; of the store's own and inherited prices alike."""
    periods = await catalog.price_history(session, access, product_id, window.days)
    lowest = await catalog.lowest_price(session, access, product_id, window.days)
    return PriceHistory(
        items=[PricePeriodAnswer.of(period) for period in periods],
        lowest=None if lowest is None else LowestPriceAnswer.of(lowest),
    )
