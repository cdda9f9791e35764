"""Figures of the shared catalogue, and of the stock of the caller's stores."""

from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from orion import analytics
from orion.analytics import MarketplaceFigures
from orion.api.dependencies import CatalogReader, CurrentUser, RuntimeDep, SessionDep
from orion.api.inputs import NO_PARAMETERS
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.api.statistics_answers import ComputedAnswer


class StatisticsAnswer(ComputedAnswer):
    """The catalogue that all stores share, and the stock of the stores that the caller is a member of."""

    total_products: int = Field(description="marketplace products", examples=[12480])
    unique_brands: int = Field(examples=[310])
    unique_categories: int = Field(description="different values of google_product_category", examples=[145])
    unique_marketplaces: int = Field(examples=[3])
    unique_stores: int = Field(description="stores whose feeds describe products", examples=[17])
    total_inventory_entries: int = Field(
        description="counted items at their locations; an administrator's are those of all stores", examples=[900]
    )
    total_inventory_quantity: int = Field(description="units that lie there", examples=[15230])
    available_inventory_quantity: int = Field(description="those that nobody has reserved", examples=[15100])
    low_stock_items: int = Field(description="with no more available than their threshold says", examples=[12])


class MarketplaceStatistics(BaseModel):
    """One marketplace's part of the catalogue."""

    marketplace: str = Field(examples=["Letzshop"])
    total_products: int = Field(examples=[10400])
    unique_stores: int = Field(description="stores whose feeds describe them", examples=[15])
    unique_brands: int = Field(examples=[290])

    @classmethod
    def of(cls, figures: MarketplaceFigures) -> Self:
        """The answer for one marketplace."""
        return cls(
            marketplace=figures.marketplace,
            total_products=figures.products,
            unique_stores=figures.stores,
            unique_brands=figures.brands,
        )


class MarketplaceStatisticsList(ComputedAnswer):
    """Every marketplace that has products, by name."""

    items: list[MarketplaceStatistics]


router = APIRouter(
    prefix="/api/v1/stats", tags=["statistics"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="Show general statistics", dependencies=NO_PARAMETERS)
async def show_statistics(session: SessionDep, runtime: RuntimeDep, user: CurrentUser) -> StatisticsAnswer:
    """Figures of the shared catalogue, and of the stock of the caller's stores."""
    catalogue = await analytics.catalogue_figures(session, runtime.kept)
    stock = await analytics.stock_figures(session, runtime.kept, user)
    return StatisticsAnswer(
        total_products=catalogue.value.products,
        unique_brands=catalogue.value.brands,
        unique_categories=catalogue.value.categories,
        unique_marketplaces=catalogue.value.marketplaces,
        unique_stores=catalogue.value.stores,
        total_inventory_entries=stock.value.entries,
        total_inventory_quantity=stock.value.on_hand,
        available_inventory_quantity=stock.value.available,
        low_stock_items=stock.value.low,
        computed_at=min(catalogue.as_of, stock.as_of),
    )


@router.get("/marketplace-stats", summary="Show statistics per marketplace", dependencies=NO_PARAMETERS)
async def show_marketplace_statistics(
    session: SessionDep,
    runtime: RuntimeDep,
    user: CatalogReader,  # noqa: ARG001 (logged in is all it takes)
) -> MarketplaceStatisticsList:
    """How many products, stores and brands each marketplace has."""
    found = await analytics.marketplace_figures(session, runtime.kept)
    items = [MarketplaceStatistics.of(figures) for figures in found.value]
    return MarketplaceStatisticsList(items=items, computed_at=found.as_of)
