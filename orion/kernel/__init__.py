"""Pure values that every floor shares: errors, money, languages, GTINs, marketplaces, pages. No input, no output."""

from orion.kernel.choices import Value, parse_availability, parse_condition
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
from orion.kernel.gtins import Gtin, global_gtin14, gtin14, parse_gtin
from orion.kernel.languages import LANGUAGES, fallback_order, parse_language
from orion.kernel.marketplaces import MARKETPLACES, parse_marketplace
from orion.kernel.money import CURRENCIES, MAX_MINOR, Money, amount_text, currency_exponent
from orion.kernel.orders import CHANNEL_NAMES, CHANNELS, ORDER_STATUSES, Channel, OrderStatus, parse_channel
from orion.kernel.paging import MAX_LIMIT, MAX_PAGE, MAX_SKIP, Found, Page, Stretch, page_offset, total_if_last
from orion.kernel.prices import Price, parse_price
from orion.kernel.words import plain_letters, words_in

__all__ = [
    "CHANNELS",
    "CHANNEL_NAMES",
    "CURRENCIES",
    "LANGUAGES",
    "MARKETPLACES",
    "MAX_LIMIT",
    "MAX_MINOR",
    "MAX_PAGE",
    "MAX_SKIP",
    "ORDER_STATUSES",
    "Channel",
    "Conflict",
    "FieldError",
    "Forbidden",
    "Found",
    "Gtin",
    "Invalid",
    "Money",
    "NotFound",
    "OrderStatus",
    "OrionError",
    "Page",
    "Price",
    "RateLimited",
    "Stretch",
    "Unauthenticated",
    "Unavailable",
    "Value",
    "amount_text",
    "currency_exponent",
    "fallback_order",
    "global_gtin14",
    "gtin14",
    "page_offset",
    "parse_availability",
    "parse_channel",
    "parse_condition",
    "parse_gtin",
    "parse_language",
    "parse_marketplace",
    "parse_price",
    "plain_letters",
    "total_if_last",
    "words_in",
]
