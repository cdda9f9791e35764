"""Marketplace products, their texts, and the stores' listings of them."""

from orion.catalog.attributes import AVAILABILITIES, CONDITIONS, GOOGLE_ATTRIBUTES
from orion.catalog.effective import EffectiveProduct
from orion.catalog.intake import TakenIn, take_in
from orion.catalog.marketplace import (
    MarketplaceFilter,
    MarketplaceProductView,
    ProductTexts,
    get_marketplace_product,
    list_marketplace_products,
    marketplace_products_after,
    translations_of,
)
from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation
from orion.catalog.queries import get_product, list_products

__all__ = [
    "AVAILABILITIES",
    "CONDITIONS",
    "GOOGLE_ATTRIBUTES",
    "EffectiveProduct",
    "MarketplaceFilter",
    "MarketplaceProduct",
    "MarketplaceProductTranslation",
    "MarketplaceProductView",
    "Product",
    "ProductTexts",
    "ProductTranslation",
    "TakenIn",
    "get_marketplace_product",
    "get_product",
    "list_marketplace_products",
    "list_products",
    "marketplace_products_after",
    "take_in",
    "translations_of",
]
