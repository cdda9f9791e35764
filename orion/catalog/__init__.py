"""Marketplace products, their texts, and the stores' listings of them."""

import orion.catalog.jobs  # noqa: F401 (declares the job)
from orion.catalog.attributes import AVAILABILITIES, CONDITIONS, GOOGLE_ATTRIBUTES
from orion.catalog.bulk_actions import (
    AT_ONCE,
    BulkAnswer,
    SampleProduct,
    act_on_products,
)
from orion.catalog.bulk_runs import bulk_runs_under_way, cancel_bulk_run, get_bulk_run
from orion.catalog.bulk_values import ACTIONS
from orion.catalog.canonical import (
    Deleted,
    Written,
    create_marketplace_product,
    delete_marketplace_product,
    update_marketplace_product,
)
from orion.catalog.categories import (
    CategoryName,
    CategoryView,
    category_ids,
    get_category,
    list_categories,
    load_categories,
    map_categories,
)
from orion.catalog.category_search import search_categories
from orion.catalog.details import (
    ProductDetails,
    category_of,
    get_product_details,
    marketplace_variants_of,
)
from orion.catalog.differences import OWN, main_values, shown_amount
from orion.catalog.effective import EffectiveProduct
from orion.catalog.events import BulkRunCancelled, MarketplaceProductChanged, ProductChanged, ProductsChanged
from orion.catalog.exporting import Selection, read_all, select_listings, select_marketplace_products, state_of
from orion.catalog.facets import Facets, FacetValue, listing_facets, marketplace_facets
from orion.catalog.filters import ListingFilter, MarketplaceFilter, ProductFilter
from orion.catalog.images import MAX_IMAGE_BYTES, KeptImage, forget_images, image_type, keep_image, read_image
from orion.catalog.intake import TakenIn, take_in
from orion.catalog.listed_by import PublicListing, public_listings
from orion.catalog.listings import (
    DeletedProduct,
    WrittenProduct,
    add_image,
    create_product,
    delete_product,
    listings_of,
    publish_product,
    set_images,
    update_product,
)
from orion.catalog.marketplace import (
    MarketplaceProductView,
    ProductTexts,
    get_marketplace_product,
    list_marketplace_products,
    translations_of,
)
from orion.catalog.models import (
    BulkRun,
    MarketplaceProduct,
    MarketplaceProductTranslation,
    Product,
    ProductTranslation,
)
from orion.catalog.offers import Offer, Offers, offers_of
from orion.catalog.orders import LISTING_SORTS, SHARED_SORTS
from orion.catalog.overrides import OVERRIDES, SETTINGS, FieldView
from orion.catalog.price_history import (
    LowestPrice,
    PricePeriod,
    lowest_price,
    price_history,
    purge_price_changes,
    record_price_changes,
)
from orion.catalog.putting_back import NotedChange, PutBack, put_back
from orion.catalog.queries import get_product, list_products, list_published
from orion.catalog.tiers import Quote, Tier, list_price_tiers, price_for, set_price_tiers
from orion.catalog.translations import ProductTranslationView, get_translation, list_translations
from orion.catalog.values import Notice
from orion.catalog.variants import VARIANT_AXES, Variant, Variants
from orion.catalog.withdraw import restore_listings, withdraw_listings

__all__ = [
    "ACTIONS",
    "AT_ONCE",
    "AVAILABILITIES",
    "CONDITIONS",
    "GOOGLE_ATTRIBUTES",
    "LISTING_SORTS",
    "MAX_IMAGE_BYTES",
    "OVERRIDES",
    "OWN",
    "SETTINGS",
    "SHARED_SORTS",
    "VARIANT_AXES",
    "BulkAnswer",
    "BulkRun",
    "BulkRunCancelled",
    "CategoryName",
    "CategoryView",
    "Deleted",
    "DeletedProduct",
    "EffectiveProduct",
    "FacetValue",
    "Facets",
    "FieldView",
    "KeptImage",
    "ListingFilter",
    "LowestPrice",
    "MarketplaceFilter",
    "MarketplaceProduct",
    "MarketplaceProductChanged",
    "MarketplaceProductTranslation",
    "MarketplaceProductView",
    "NotedChange",
    "Notice",
    "Offer",
    "Offers",
    "PricePeriod",
    "Product",
    "ProductChanged",
    "ProductDetails",
    "ProductFilter",
    "ProductTexts",
    "ProductTranslation",
    "ProductTranslationView",
    "ProductsChanged",
    "PublicListing",
    "PutBack",
    "Quote",
    "SampleProduct",
    "Selection",
    "TakenIn",
    "Tier",
    "Variant",
    "Variants",
    "Written",
    "WrittenProduct",
    "act_on_products",
    "add_image",
    "bulk_runs_under_way",
    "cancel_bulk_run",
    "category_ids",
    "category_of",
    "create_marketplace_product",
    "create_product",
    "delete_marketplace_product",
    "delete_product",
    "forget_images",
    "get_bulk_run",
    "get_category",
    "get_marketplace_product",
    "get_product",
    "get_product_details",
    "get_translation",
    "image_type",
    "keep_image",
    "list_categories",
    "list_marketplace_products",
    "list_price_tiers",
    "list_products",
    "list_published",
    "list_translations",
    "listing_facets",
    "listings_of",
    "load_categories",
    "lowest_price",
    "main_values",
    "map_categories",
    "marketplace_facets",
    "marketplace_variants_of",
    "offers_of",
    "price_for",
    "price_history",
    "public_listings",
    "publish_product",
    "purge_price_changes",
    "put_back",
    "read_all",
    "read_image",
    "record_price_changes",
    "restore_listings",
    "search_categories",
    "select_listings",
    "select_marketplace_products",
    "set_images",
    "set_price_tiers",
    "shown_amount",
    "state_of",
    "take_in",
    "translations_of",
    "update_marketplace_product",
    "update_product",
    "withdraw_listings",
]
