"""Pure values that every floor shares: errors, money, languages, marketplaces, pages. No input, no output."""

from orion.kernel.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    OrionError,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from orion.kernel.languages import LANGUAGES, fallback_order, parse_language
from orion.kernel.marketplaces import MARKETPLACES, parse_marketplace
from orion.kernel.money import CURRENCIES, MAX_MINOR, Money, currency_exponent
from orion.kernel.paging import MAX_LIMIT, MAX_PAGE, Page, page_offset, total_if_last

__all__ = [
    "CURRENCIES",
    "LANGUAGES",
    "MARKETPLACES",
    "MAX_LIMIT",
    "MAX_MINOR",
    "MAX_PAGE",
    "Conflict",
    "FieldError",
    "Forbidden",
    "Invalid",
    "Money",
    "NotFound",
    "OrionError",
    "Page",
    "RateLimited",
    "Unauthenticated",
    "Unavailable",
    "currency_exponent",
    "fallback_order",
    "page_offset",
    "parse_language",
    "parse_marketplace",
    "total_if_last",
]
