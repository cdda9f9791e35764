"""Facets, as the API shows them for both layers."""

from collections.abc import Awaitable, Callable
from typing import Self

from pydantic import BaseModel, Field

from orion.api.product_filters import ESTIMATE, SEARCHED
from orion.catalog import Facets, FacetValue
from orion.kernel import Money
from orion.plumbing.runtime import Runtime


class FacetValueAnswer(BaseModel):
    """A value to filter by, and how many products of the list have it."""

    value: str = Field(description="for the filter of the same name", examples=["Lumo"])
    label: str | None = Field(description="of a category: its path", examples=[None])
    count: int = Field(examples=[17])

    @classmethod
    def of(cls, value: FacetValue) -> Self:
        """The answer for one value."""
        return cls(value=value.value, label=value.label, count=value.count)


class PriceBandAnswer(BaseModel):
    """A range of prices in one currency, and how many products of the list are in it."""

    min_price: str = Field(examples=["25.00"])
    max_price: str | None = Field(description="null: no upper bound", examples=["49.99"])
    currency: str = Field(examples=["EUR"])
    count: int = Field(examples=[8])


class FacetsAnswer(BaseModel):
    """What the list could be narrowed down by: the 50 most frequent values of each facet."""

    total: int | None = Field(description="how many products the list has; null beyond 10,000", examples=[42])
    total_estimate: int | None = Field(description=ESTIMATE, examples=[None])
    searched: str | None = Field(description=SEARCHED, examples=[None])
    estimated: list[str] = Field(
        description="facets that stand for more than 10,000 products: their counts come from a sample", examples=[[]]
    )
    marketplace: list[FacetValueAnswer]
    brand: list[FacetValueAnswer]
    category: list[FacetValueAnswer]
    availability: list[FacetValueAnswer]
    condition: list[FacetValueAnswer]
    text_language: list[FacetValueAnswer]
    is_digital: list[FacetValueAnswer]
    price: list[PriceBandAnswer]

    @classmethod
    def of(cls, facets: Facets) -> Self:
        """The answer for one list."""
        plain = {name: values for name, values in facets.values.items() if name != "price"}
        return cls(
            total=facets.total,
            total_estimate=facets.total_estimate,
            searched=facets.searched,
            estimated=sorted(facets.is_estimate),
            price=[_band(value) for value in facets.values["price"]],
            **{name: [FacetValueAnswer.of(value) for value in values] for name, values in plain.items()},
        )


async def kept_facets(runtime: Runtime, key: str, work_out: Callable[[], Awaitable[Facets]]) -> FacetsAnswer:
    """The facets of a list; those that take long to count are kept for a while."""
    return FacetsAnswer.of((await runtime.kept.get(f"facets:{key}", work_out)).value)


def _band(value: FacetValue) -> PriceBandAnswer:
    low: Money | None = value.low
    assert low is not None  # noqa: S101 (a band begins somewhere)
    high = None if value.high is None else str(value.high)
    return PriceBandAnswer(min_price=str(low), max_price=high, currency=low.currency, count=value.count)
