"""Figures in the words of the marketplace API 2.1."""

from pydantic import Field

from orion.api.dependencies import CurrentUser, RuntimeDep, SessionDep
from orion.api.public.statistics import show_statistics
from orion.api.statistics_answers import ComputedAnswer


class LetzshopStatistics(ComputedAnswer):
    """The catalogue that all shops share, and the stock of the shops that the caller is a member of."""

    total_products: int = Field(examples=[12480])
    unique_brands: int = Field(examples=[310])
    unique_categories: int = Field(examples=[145])
    total_shops: int = Field(description="shops whose feeds describe products", examples=[17])
    total_stock_entries: int = Field(description="counted items at their locations", examples=[900])
    total_stock_quantity: int = Field(description="units that lie there", examples=[15230])


async def show_marketplace_figures(session: SessionDep, runtime: RuntimeDep, user: CurrentUser) -> LetzshopStatistics:
    """Show the marketplace's statistics. The stock is that of the caller's shops, an administrator's that of all."""
    answer = await show_statistics(session, runtime, user)
    return LetzshopStatistics(
        total_products=answer.total_products,
        unique_brands=answer.unique_brands,
        unique_categories=answer.unique_categories,
        total_shops=answer.unique_stores,
        total_stock_entries=answer.total_inventory_entries,
        total_stock_quantity=answer.total_inventory_quantity,
        computed_at=answer.computed_at,
    )
