"""Values in effect as expressions of the database: what `effective` says of one product, said for lists of them."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orion.catalog.models import MarketplaceProduct as Listed
from orion.catalog.models import Product as Own


@dataclass(frozen=True, slots=True)
class Values:
    """Where to look for what a product is: the columns, or expressions, of one layer.

    `asked` is what a buyer pays, the sale price where there is one, in minor units of `currency`.
    """

    brand: Any
    availability: Any
    condition: Any
    category_id: Any
    google_product_category: Any
    asked: Any
    currency: Any


def in_effect(name: str) -> sa.ColumnElement[Any]:
    """The store's own value of a column that both layers have, or else the marketplace product's."""
    return sa.func.coalesce(getattr(Own, name), getattr(Listed, name))


def _asked() -> sa.ColumnElement[Any]:
    """`effective_prices` as an expression."""
    price = sa.func.coalesce(Own.price_minor, Listed.price_minor)
    own_sale_counts = sa.or_(price.is_(None), Own.currency == _price_currency())
    inherited_counts = sa.and_(
        sa.or_(price.is_(None), Listed.currency == _price_currency()),
        sa.or_(Own.price_minor.is_(None), Listed.sale_price_minor < Own.price_minor),
    )
    return sa.case(
        (sa.and_(Own.sale_price_minor.is_not(None), own_sale_counts), Own.sale_price_minor),
        (Own.sale_price_minor.is_not(None), price),
        (sa.and_(Listed.sale_price_minor.is_not(None), inherited_counts), Listed.sale_price_minor),
        else_=price,
    )


def _price_currency() -> sa.ColumnElement[Any]:
    return sa.case((Own.price_minor.is_not(None), Own.currency), else_=Listed.currency)


def _asked_currency() -> sa.ColumnElement[Any]:
    """The currency of the price; of the sale price where there is only that."""
    price = sa.func.coalesce(Own.price_minor, Listed.price_minor)
    only_own_sale = sa.and_(price.is_(None), Own.sale_price_minor.is_not(None))
    return sa.case((sa.or_(Own.price_minor.is_not(None), only_own_sale), Own.currency), else_=Listed.currency)


LISTED = Values(
    brand=Listed.brand,
    availability=Listed.availability,
    condition=Listed.condition,
    category_id=Listed.category_id,
    google_product_category=Listed.google_product_category,
    asked=sa.func.coalesce(Listed.sale_price_minor, Listed.price_minor),
    currency=Listed.currency,
)
"""The marketplace product's values: also those of a listing whose store has said nothing of them."""

IN_EFFECT = Values(
    brand=in_effect("brand"),
    availability=in_effect("availability"),
    condition=in_effect("condition"),
    category_id=sa.case((Own.google_product_category.is_not(None), Own.category_id), else_=Listed.category_id),
    google_product_category=in_effect("google_product_category"),
    asked=_asked(),
    currency=_asked_currency(),
)
"""The values of a store's product with whatever the store has set."""

OWN = {
    "brand": (Own.brand,),
    "availability": (Own.availability,),
    "condition": (Own.condition,),
    "category": (Own.google_product_category,),
    "price": (Own.price_minor, Own.sale_price_minor),
}
"""The columns in which a store says such a thing itself."""
