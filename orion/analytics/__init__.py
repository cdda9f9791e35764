"""Figures over everything below: reads, never writes."""

from orion.analytics.platform import (
    CatalogueFigures,
    MarketplaceFigures,
    PlatformFigures,
    catalogue_figures,
    marketplace_figures,
    platform_figures,
)
from orion.analytics.stock import StockFigures, stock_figures
from orion.analytics.store import ImportFigures, ProductFigures, StoreFigures, store_figures

__all__ = [
    "CatalogueFigures",
    "ImportFigures",
    "MarketplaceFigures",
    "PlatformFigures",
    "ProductFigures",
    "StockFigures",
    "StoreFigures",
    "catalogue_figures",
    "marketplace_figures",
    "platform_figures",
    "stock_figures",
    "store_figures",
]
