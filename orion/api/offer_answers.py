"""The offers of one thing, as the API shows them for both layers."""

from typing import Self

from pydantic import BaseModel, Field

from orion.catalog import Offer, Offers


class OfferAnswer(BaseModel):
    """A store's offer of the thing; or a marketplace's own, which no store of Orion lists."""

    rank: int = Field(description="1 is the best offer", examples=[1])
    reasons: list[str] = Field(
        description="why it stands there: what decided against its neighbour",
        examples=[["It costs 26.90 EUR, 3.00 less than the next offer."]],
    )
    marketplace: str = Field(examples=["Letzshop"])
    marketplace_product_id: str = Field(examples=["PROD001"])
    shop_code: str | None = Field(examples=["TECHSTORE"])
    shop_name: str | None = Field(examples=["Tech Store Luxembourg"])
    price: str | None = Field(examples=["29.90"])
    sale_price: str | None = Field(examples=["26.90"])
    currency: str | None = Field(examples=["EUR"])
    availability: str | None = Field(examples=["in_stock"])
    condition: str | None = Field(examples=["new"])
    is_same_record: bool = Field(description="an offer of this very marketplace product", examples=[True])

    @classmethod
    def of(cls, offer: Offer) -> Self:
        """The answer for one offer."""
        asked = offer.asked
        return cls(
            rank=offer.rank,
            reasons=[offer.reason.text] if offer.reason else [],
            marketplace=offer.marketplace,
            marketplace_product_id=offer.marketplace_product_id,
            shop_code=offer.store_code,
            shop_name=offer.store_name,
            price=None if offer.price is None else str(offer.price),
            sale_price=None if offer.sale_price is None else str(offer.sale_price),
            currency=asked.currency if asked else None,
            availability=offer.availability,
            condition=offer.condition,
            is_same_record=offer.is_same_record,
        )


class OffersAnswer(BaseModel):
    """Who sells the same thing, the best offer first; stores that the public may not see are left out."""

    matched_by_gtin: str | None = Field(
        description="the GTIN, in 14 digits, that all of them have; null where it is missing, not valid or not unique "
        "in the world, and for packs of several and bundles: then only offers of this very record are listed",
        examples=["04006381333931"],
    )
    items: list[OfferAnswer]

    @classmethod
    def of(cls, offers: Offers) -> Self:
        """The answer for one thing."""
        return cls(matched_by_gtin=offers.gtin, items=[OfferAnswer.of(offer) for offer in offers.items])
