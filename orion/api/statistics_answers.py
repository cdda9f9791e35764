"""Figures as the API says them: schemas that several routes share."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from orion.analytics import StockFigures

COMPUTED_AT = Field(description="nothing that happened before is missing; dear figures are kept for a short while")
"""For `computed_at: datetime = COMPUTED_AT` of every answer with figures."""


class StockStatistics(BaseModel):
    """What is counted."""

    items: int = Field(description="GTINs, and products without one", examples=[850])
    entries: int = Field(description="items at their locations", examples=[900])
    on_hand: int = Field(description="units", examples=[15230])
    reserved: int = Field(examples=[130])
    available: int = Field(description="units that nobody has reserved", examples=[15100])
    low_stock: int = Field(description="items with no more available than their threshold says", examples=[12])
    empty: int = Field(description="items of which nothing is available", examples=[3])

    @classmethod
    def of(cls, figures: StockFigures) -> Self:
        """The answer for some stock."""
        return cls(
            items=figures.items,
            entries=figures.entries,
            on_hand=figures.on_hand,
            reserved=figures.reserved,
            available=figures.available,
            low_stock=figures.low,
            empty=figures.empty,
        )


class ComputedAnswer(BaseModel):
    """An answer that says how old it is."""

    computed_at: datetime = COMPUTED_AT
