"""What a product is in effect: a store's listing over the marketplace product it lists, in the reader's language.

Texts: languages are tried in the order requested, store's default, English, any other. Within one language the store's
own text comes before the marketplace product's, so a reader gets a text they can read before one the store has
polished in another language. Title and description are found each by itself.

Money: an amount keeps the currency it was written in, and a sale price in another currency than the price does not
count. Where a store overrides the price alone, the marketplace product's sale price counts only while it is lower.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from orion.kernel import Money


class EffectiveProduct(NamedTuple):
    """A store's product as its readers see it, and what the store itself has set. A tuple: lists make many at once.

    `id` is the product's, `marketplace_product_id` the marketplace's name for what it lists. `language` and
    `description_language` say in which language the texts were found (None: there is none). `own_*` are the store's
    overrides, None where the marketplace product's value counts. Prices are minor units of the currency beside them,
    which is None where there are none.
    """

    id: int
    store_id: int
    marketplace: str
    marketplace_product_id: str
    title: str | None
    language: str | None
    description: str | None
    description_language: str | None
    price_minor: int | None
    sale_price_minor: int | None
    currency: str | None
    availability: str | None
    condition: str | None
    own_price_minor: int | None
    own_sale_price_minor: int | None
    own_currency: str | None
    own_availability: str | None
    own_condition: str | None
    brand: str | None
    gtin: str | None
    mpn: str | None
    product_type: tuple[str, ...]
    google_product_category: str | None
    sku: str | None
    link: str | None
    image_link: str | None
    additional_image_link: tuple[str, ...]
    is_active: bool
    is_featured: bool
    display_order: int
    min_quantity: int
    max_quantity: int | None
    created_at: datetime
    updated_at: datetime

    @property
    def price(self) -> Money | None:
        """The price in effect."""
        return money(self.price_minor, self.currency)

    @property
    def sale_price(self) -> Money | None:
        """The sale price in effect."""
        return money(self.sale_price_minor, self.currency)

    @property
    def own_price(self) -> Money | None:
        """The store's own price."""
        return money(self.own_price_minor, self.own_currency)

    @property
    def own_sale_price(self) -> Money | None:
        """The store's own sale price."""
        return money(self.own_sale_price_minor, self.own_currency)


@dataclass(frozen=True, slots=True)
class Prices:
    """A price and a sale price as one layer holds them: minor units of one currency."""

    minor: int | None = None
    sale_minor: int | None = None
    currency: str | None = None

    @property
    def price(self) -> Money | None:
        """The price as an amount."""
        return money(self.minor, self.currency)

    @property
    def sale_price(self) -> Money | None:
        """The sale price as an amount."""
        return money(self.sale_minor, self.currency)


def effective_prices(own: Prices, base: Prices) -> tuple[Money | None, Money | None]:
    """The price and the sale price in effect where a store has its `own` over those of the marketplace product."""
    price = own.price or base.price
    return price, effective_sale_price(price, own.price, own.sale_price, base.sale_price)


def in_one_currency(price: Money | None, sale_price: Money | None) -> tuple[int | None, int | None, str | None]:
    """Both in minor units, and their currency; None where there is neither."""
    either = price or sale_price
    return (
        price.minor if price else None,
        sale_price.minor if sale_price else None,
        either.currency if either else None,
    )


def money(minor: int | None, currency: str | None) -> Money | None:
    """The amount, or None: an amount without a currency is no price."""
    return None if minor is None or currency is None else Money(minor, currency)


def effective_sale_price(
    price: Money | None, own_price: Money | None, own: Money | None, inherited: Money | None
) -> Money | None:
    """The store's `own` sale price or else the `inherited` one, if it suits the effective `price`."""
    sale_price = own or inherited
    if sale_price is None or price is None:
        return sale_price
    if sale_price.currency != price.currency:
        return None
    undercut = own is None and own_price is not None and sale_price.minor >= own_price.minor
    return None if undercut else sale_price
