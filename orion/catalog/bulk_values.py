"""What can be done to many products at once, and what each action does to one of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from orion.catalog.effective import Prices, effective_prices
from orion.catalog.overrides import OVERRIDES
from orion.catalog.overrides import PRICES as PRICE_FIELDS
from orion.catalog.values import MAX_COUNT, Reader, read_count
from orion.kernel import CURRENCIES, MAX_MINOR, FieldError, Invalid, Money, parse_availability, parse_price

Repriced = Callable[[Prices, Prices], Prices | None]
"""From a product's own prices and those it lists to its new own prices; None where that is not possible."""

LEAST_PERCENT, MOST_PERCENT = Decimal(-100), Decimal(1000)
_TAKES: dict[str, tuple[str, ...]] = {
    "publish": (),
    "unpublish": (),
    "feature": (),
    "unfeature": (),
    "set_price": ("price", "currency"),
    "change_price_percent": ("percent",),
    "set_availability": ("availability",),
    "set_quantities": ("min_quantity", "max_quantity"),
    "reset_overrides": ("fields",),
    "delete": (),
}
ACTIONS = tuple(_TAKES)
_FLAGS: dict[str, dict[str, Any]] = {
    "publish": {"is_active": True},
    "unpublish": {"is_active": False},
    "feature": {"is_featured": True},
    "unfeature": {"is_featured": False},
}


@dataclass(frozen=True, slots=True)
class Action:
    """An action whose values were checked: `columns` are set in every product, `reprice` gives each its prices."""

    name: str
    columns: Mapping[str, Any]
    reprice: Repriced | None


def read_action(name: str, values: Mapping[str, Any], default_currency: str) -> Action:
    """The action of that name, with its values as people give them.

    `price` and `percent` ("-10", up to four decimals) are text; `fields` are of `overrides.OVERRIDES`, all of them if
    not given. Raises Invalid (`bulk_action_invalid`, one error for each field).
    """
    reader = Reader()
    if name not in _TAKES:
        message = f"{name[:64]!r} is not one of {', '.join(ACTIONS)}"
        raise Invalid("bulk_action_invalid", message, errors=[FieldError("action", message)])
    given = {field: value for field, value in values.items() if value is not None}
    for field in set(given) - set(_TAKES[name]):
        takes = " and ".join(_TAKES[name]) or "nothing"
        reader.errors.append(FieldError(field, f"The action {name} takes {takes}: take this out"))
    columns, reprice = dict(_FLAGS.get(name, {})), None
    if name == "set_price":
        reprice = _set_price(reader, given, default_currency)
    elif name == "change_price_percent":
        reprice = _change_percent(reader, given)
    elif name == "set_availability":
        with reader.field("availability"):
            known = parse_availability(str(given.get("availability", "")))
            if known.problem:
                raise ValueError(f"{str(given.get('availability', ''))[:80]!r} {known.problem}")
            columns = {"availability": known.value}
    elif name == "set_quantities":
        columns = _quantities(reader, given)
    elif name == "reset_overrides":
        columns, reprice = _reset(reader, given.get("fields"))
    reader.finish("bulk_action_invalid")
    return Action(name, columns, reprice)


def _set_price(reader: Reader, given: Mapping[str, Any], default: str) -> Repriced:
    currency = reader.currency(given.get("currency")) or default
    price = parse_price(str(given.get("price", "")), currency)
    if price.minor is None or price.currency is None:
        reader.errors.append(FieldError("price", f"{given.get('price', '')!r} {price.problem}; write it like 29.99"))
    elif given.get("currency") and price.currency != currency and currency in CURRENCIES:
        reader.errors.append(FieldError("currency", f"The price is in {price.currency}: take one of the two out"))

    def reprice(own: Prices, base: Prices) -> Prices | None:  # noqa: ARG001 (every product gets the same)
        if own.sale_minor is not None and own.currency != price.currency:
            return None
        return Prices(price.minor, own.sale_minor, price.currency)

    return reprice


def _change_percent(reader: Reader, given: Mapping[str, Any]) -> Repriced:
    factor = Decimal(1)
    with reader.field("percent"):
        try:
            percent = Decimal(str(given.get("percent", "")).strip())
        except InvalidOperation:
            raise ValueError("Give a number such as -10 or 2.5") from None
        if not percent.is_finite() or not LEAST_PERCENT <= percent <= MOST_PERCENT:
            raise ValueError(f"Give a number from {LEAST_PERCENT} to {MOST_PERCENT}")
        if percent != round(percent, 4):
            raise ValueError("Give at most four decimals")
        factor += percent / 100

    def reprice(own: Prices, base: Prices) -> Prices | None:
        price, _ = effective_prices(own, base)
        if price is None or (own.sale_minor is not None and own.currency != price.currency):
            return None
        changed: Money = price.scaled(factor)
        return None if changed.minor >= MAX_MINOR else Prices(changed.minor, own.sale_minor, changed.currency)

    return reprice


def _quantities(reader: Reader, given: Mapping[str, Any]) -> dict[str, Any]:
    least, most = given.get("min_quantity", 1), given.get("max_quantity")
    with reader.field("min_quantity"):
        read_count(least, least=1)
    with reader.field("max_quantity"):
        if most is not None and read_count(most, least=1) < min(least, MAX_COUNT):
            raise ValueError(f"The most that one buys ({most}) is less than the least ({least})")
    return {"min_quantity": least, "max_quantity": most}


def _reset(reader: Reader, fields: Sequence[str] | None) -> tuple[dict[str, Any], Repriced | None]:
    wanted = OVERRIDES if fields is None else tuple(fields)
    for field in wanted:
        if field not in OVERRIDES:
            reader.errors.append(FieldError("fields", f"{field[:64]!r} is not one of {', '.join(OVERRIDES)}"))
    columns = {field: None for field in wanted if field not in PRICE_FIELDS}
    if "google_product_category" in columns:
        columns["category_id"] = None

    def reprice(own: Prices, base: Prices) -> Prices | None:  # noqa: ARG001 (what it lists does not matter)
        minor = None if "price" in wanted or "currency" in wanted else own.minor
        sale = None if "sale_price" in wanted or "currency" in wanted else own.sale_minor
        return Prices(minor, sale, None if minor is None and sale is None else own.currency)

    return columns, reprice if set(wanted) & set(PRICE_FIELDS) else None
