"""What a store says of a product itself: each value, whose it is, and what it would inherit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.categories import category_ids
from orion.catalog.effective import Prices, effective_prices, money
from orion.catalog.images import own_link
from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.values import LINK_LISTS, MAX_COUNT, Notice, Reader, read_count, read_list, read_text
from orion.kernel import FieldError
from orion.merchants import Store

PRICES = ("price", "sale_price", "currency")
OVERRIDES = (
    *PRICES,
    "availability",
    "condition",
    "brand",
    "image_link",
    "additional_image_link",
    "product_type",
    "google_product_category",
)
"""What a store may say otherwise than the marketplace product; titles and descriptions besides, by language."""

SETTINGS = ("sku", "is_active", "is_featured", "display_order", "min_quantity", "max_quantity")
"""What is the store's alone."""

FRESH: dict[str, Any] = {
    **dict.fromkeys(OVERRIDES),
    "sku": None,
    "is_featured": False,
    "display_order": 0,
    "min_quantity": 1,
    "max_quantity": None,
}
"""A listing on which nobody has set anything, published or not."""

MAX_SKU = 64
_IMAGES = ("image_link", "additional_image_link")


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of a product: its value in effect, whose that is, and what it would be without the store's own.

    `source` is "store" or "marketplace"; None where neither says anything. Prices are decimal strings.
    """

    value: Any
    source: Literal["store", "marketplace"] | None
    inherited: Any


def field_view(own: Any, inherited: Any) -> FieldView:
    """The view of a field where the store's `own` value, if it is not None, counts over the `inherited` one."""
    if own is not None:
        return FieldView(own, "store", inherited)
    return FieldView(inherited, None if inherited is None else "marketplace", inherited)


def field_views(product: Product, base: MarketplaceProduct) -> dict[str, FieldView]:
    """Every overridable field of a listing but its texts."""
    views = {name: field_view(getattr(product, name), getattr(base, name)) for name in OVERRIDES if name not in PRICES}
    own = own_prices(product)
    inherited = Prices(base.price_minor, base.sale_price_minor, base.currency)
    price, sale_price = effective_prices(own, inherited)
    in_effect = price or sale_price
    views["price"] = _money_view(price, own.price, inherited.price)
    views["sale_price"] = _money_view(sale_price, own.sale_price, inherited.sale_price)
    own_currency = own.currency if in_effect in (own.price, own.sale_price) and in_effect is not None else None
    base_currency = base.currency if base.price_minor is not None or base.sale_price_minor is not None else None
    views["currency"] = field_view(own_currency, base_currency)
    return {name: views[name] for name in OVERRIDES}


def own_prices(product: Product) -> Prices:
    """The store's own prices."""
    return Prices(product.price_minor, product.sale_price_minor, product.currency)


async def read_overrides(
    session: AsyncSession, store: Store, product: Product, base: MarketplaceProduct, changes: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Notice]]:
    """The columns that `changes` (of OVERRIDES and SETTINGS; None: inherit, or back to normal) give the listing.

    Raises Invalid (`product_invalid`, one error for each field) and TypeError for a field that a product does not have.
    """
    unknown = set(changes) - {*OVERRIDES, *SETTINGS}
    if unknown:
        raise TypeError(f"a product has no field {', '.join(sorted(unknown))} that can be set")
    reader = Reader()
    columns: dict[str, Any] = {}
    if any(name in changes for name in PRICES):
        columns |= _prices(reader, store, product, base, changes)
    for name in OVERRIDES:
        if name in changes and name not in PRICES:
            with reader.field(name):
                columns[name] = await _override(session, reader, product, name, changes[name])
    for name in SETTINGS:
        if name in changes:
            with reader.field(name):
                columns[name] = _setting(name, changes[name])
    _check_quantities(reader, product, columns)
    reader.finish("product_invalid")
    if "google_product_category" in columns:
        text = columns["google_product_category"]
        columns["category_id"] = (await category_ids(session, [text])).get(text)
    return columns, reader.notices


def shown_changes(product: Product, columns: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What `columns` would change of the listing, before and after, with prices as people write them."""
    changed = {
        name: value for name, value in columns.items() if getattr(product, name) != value and name != "category_id"
    }
    shown: dict[str, tuple[Any, Any]] = {}
    for name, value in changed.items():
        before = getattr(product, name)
        if name in ("price_minor", "sale_price_minor"):
            old, new = money(before, product.currency), money(value, columns.get("currency", product.currency))
            shown[name.removesuffix("_minor")] = (str(old) if old else None, str(new) if new else None)
        else:
            shown[name] = before, value
    return shown


def _prices(
    reader: Reader, store: Store, product: Product, base: MarketplaceProduct, changes: Mapping[str, Any]
) -> dict[str, Any]:
    before = own_prices(product)
    asked = {name: changes[name] for name in PRICES if name in changes}
    prices = reader.prices(asked, before, base.currency or store.default_currency)
    named = reader.currency(asked.get("currency"))
    if prices.currency is None and named and named != base.currency and not reader.errors:
        reader.errors.append(FieldError("currency", "Send the price in this currency with it"))
    price, sale_price = effective_prices(prices, Prices(base.price_minor, base.sale_price_minor, base.currency))
    if prices.sale_price and price:
        if prices.sale_price.currency != price.currency:
            message = f"The price is in {price.currency}: send a sale price in that currency, or a price too"
            reader.errors.append(FieldError("sale_price", message))
        elif prices.sale_price.minor >= price.minor:
            message = f"The sale price {prices.sale_price} is not lower than the price {price}."
            reader.notices.append(Notice("sale_price_not_lower", "sale_price", message))
    elif base.sale_price_minor is not None and prices.price and sale_price is None:
        message = "The marketplace product's sale price does not count any more: it is not below your own price."
        reader.notices.append(Notice("sale_price_ignored", "price", message))
    return {"price_minor": prices.minor, "sale_price_minor": prices.sale_minor, "currency": prices.currency}


async def _override(session: AsyncSession, reader: Reader, product: Product, name: str, value: Any) -> Any:
    if value is None or name not in _IMAGES:
        return reader.attribute(name, value)
    uploaded = await own_link(session, product)
    if name in LINK_LISTS:
        return read_list(value, uploaded)
    return uploaded(value)


def _setting(name: str, value: Any) -> Any:
    if name == "sku":
        return read_text(value, MAX_SKU)
    if name == "max_quantity":
        return None if value is None else read_count(value, least=1)
    if value is None:
        value = FRESH.get(name, True)
    if name == "min_quantity":
        return read_count(value, least=1)
    if name == "display_order":
        if not -MAX_COUNT <= value <= MAX_COUNT:
            raise ValueError(f"Give a whole number from {-MAX_COUNT:,} to {MAX_COUNT:,}")
        return value
    return bool(value)


def _check_quantities(reader: Reader, product: Product, columns: Mapping[str, Any]) -> None:
    least = columns.get("min_quantity", product.min_quantity) or 1
    most = columns.get("max_quantity", product.max_quantity)
    if most is not None and most < least:
        field = "max_quantity" if "max_quantity" in columns else "min_quantity"
        reader.errors.append(FieldError(field, f"The most that one buys ({most}) is less than the least ({least})"))


def _money_view(in_effect: Any, own: Any, inherited: Any) -> FieldView:
    source: Literal["store", "marketplace"] | None = None
    if in_effect is not None:
        source = "store" if own is not None else "marketplace"
    return FieldView(str(in_effect) if in_effect else None, source, str(inherited) if inherited else None)
