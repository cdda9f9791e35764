"""One product of a store, as the API shows it with all that belongs to it."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from orion.api.offer_answers import OffersAnswer
from orion.api.public.marketplace import CategoryName, VariantAnswer, category_answer, variant_answers
from orion.api.public.marketplace_products import NoticeAnswer
from orion.api.store.products import ProductAnswer
from orion.catalog import FieldView, LowestPrice, Notice, PricePeriod, ProductDetails, ProductTranslationView, Tier


class FieldAnswer(BaseModel):
    """A field of a product: its value in effect, whose it is, and what it would be without the store's own."""

    value: str | list[str] | None = Field(examples=["27.90"])
    source: Literal["store", "marketplace"] | None = Field(description="null: nobody says anything", examples=["store"])
    inherited: str | list[str] | None = Field(examples=["29.90"])

    @classmethod
    def of(cls, view: FieldView) -> Self:
        """The answer for one field."""
        return cls(value=view.value, source=view.source, inherited=view.inherited)


class ProductTranslationAnswer(BaseModel):
    """A product's texts in one language, without any fallback to another one."""

    language: str = Field(examples=["fr"])
    title: FieldAnswer
    description: FieldAnswer

    @classmethod
    def of(cls, view: ProductTranslationView) -> Self:
        """The answer for one language."""
        title, description = FieldAnswer.of(view.title), FieldAnswer.of(view.description)
        return cls(language=view.language, title=title, description=description)


class TierAnswer(BaseModel):
    """From a quantity on, one piece costs this."""

    min_quantity: int = Field(examples=[10])
    price: str = Field(examples=["24.90"])
    currency: str = Field(examples=["EUR"])

    @classmethod
    def of(cls, tier: Tier) -> Self:
        """The answer for one tier."""
        return cls(min_quantity=tier.min_quantity, price=str(tier.price), currency=tier.price.currency)


class LowestPriceAnswer(BaseModel):
    """The lowest price that was asked in a number of days up to now."""

    price: str = Field(examples=["24.90"])
    currency: str = Field(examples=["EUR"])
    since: datetime = Field(description="when it was first asked in these days")
    before_reduction: str | None = Field(
        description="lowest of the 30 days before the present reduction began: what the law wants shown beside it; "
        "null where nothing is reduced",
        examples=["29.90"],
    )

    @classmethod
    def of(cls, lowest: LowestPrice) -> Self:
        """The answer for one product."""
        before = lowest.before_reduction
        return cls(
            price=str(lowest.amount),
            currency=lowest.amount.currency,
            since=lowest.start,
            before_reduction=None if before is None else str(before),
        )


class PricePeriodAnswer(BaseModel):
    """What a product cost for some time."""

    since: datetime
    until: datetime | None = Field(description="null: until now, and still")
    price: str | None = Field(examples=["29.90"])
    sale_price: str | None = Field(examples=["24.90"])
    currency: str | None = Field(examples=["EUR"])

    @classmethod
    def of(cls, period: PricePeriod) -> Self:
        """The answer for one period."""
        asked = period.asked
        return cls(
            since=period.start,
            until=period.end,
            price=None if period.price is None else str(period.price),
            sale_price=None if period.sale_price is None else str(period.sale_price),
            currency=asked.currency if asked else None,
        )


class ProductDetailsAnswer(ProductAnswer):
    """A product of the store with everything that belongs to it."""

    marketplace_product: int = Field(description="the number of the marketplace product it lists", examples=[1801])
    fields: dict[str, FieldAnswer] = Field(
        description="every field that the store may say otherwise: title and description in the language asked for"
    )
    translations: list[ProductTranslationAnswer]
    category: CategoryName | None
    images: list[str] = Field(
        description="those in effect, the first one first", examples=[["https://example.com/a.jpg"]]
    )
    variant_axes: list[str] = Field(description="in what the variants differ", examples=[["color"]])
    variants: list[VariantAnswer] = Field(description="products of the store, itself among them; none if it is alone")
    price_tiers: list[TierAnswer]
    lowest_price_30_days: LowestPriceAnswer | None

    @classmethod
    def with_details(cls, details: ProductDetails, **more: Any) -> Self:
        """The answer for one product and its details."""
        lowest = details.lowest_price
        return cls(
            **ProductAnswer.of(details.product).model_dump(),
            marketplace_product=details.marketplace_product_number,
            fields={name: FieldAnswer.of(view) for name, view in details.fields.items()},
            translations=[ProductTranslationAnswer.of(view) for view in details.translations],
            category=category_answer(details.category),
            images=details.images,
            variant_axes=list(details.variants.axes),
            variants=variant_answers(details.variants),
            price_tiers=[TierAnswer.of(tier) for tier in details.price_tiers],
            lowest_price_30_days=None if lowest is None else LowestPriceAnswer.of(lowest),
            **more,
        )


class ShownProductAnswer(ProductDetailsAnswer):
    """A product of the store with everything that belongs to it, and who else sells it."""

    offers: OffersAnswer


class WrittenProductAnswer(ProductDetailsAnswer):
    """The product as it is now, and what was not done quite as it was asked for."""

    warnings: list[NoticeAnswer]

    @classmethod
    def written(cls, details: ProductDetails, notices: tuple[Notice, ...]) -> Self:
        """The answer to a write."""
        return cls.with_details(details, warnings=[NoticeAnswer.of(notice) for notice in notices])
