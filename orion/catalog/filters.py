"""Which products a list, its facets, an export or a bulk action means: one reading of filters for all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.attributes import AVAILABILITIES, CONDITIONS
from orion.catalog.categories import category_ids
from orion.catalog.models import (
    Category,
    MarketplaceProduct,
    MarketplaceProductTranslation,
    Product,
    ProductTranslation,
)
from orion.catalog.search import Search, begun_title, identified, look_up, read_search, worded
from orion.catalog.values_in_effect import IN_EFFECT, LISTED, OWN, Values
from orion.kernel import FieldError, Invalid, parse_language, parse_marketplace, parse_price
from orion.merchants import Store
from orion.plumbing.db import fold

Condition = sa.ColumnElement[bool]

_DIGITS = 19
"""A number of so many digits is no id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFilter:
    """What both layers can be asked for; None is "any". A store's products are asked by their values in effect.

    `search` looks for words in titles and brands, the last one may be a beginning, and for ids by their beginning (the
    feed's, the maker's, the GTIN). `brand` is exact. `category` is the number of a category, which stands for those
    below it too, or a path as feeds have it. The price range means the sale price where there is one, in `currency`
    (EUR, or the store's). `text_language` asks for products with a text in it. `language` filters nothing: it is the
    language that the texts are wanted in, and that `search` is understood in.
    """

    search: str | None = None
    marketplace: str | None = None
    brand: str | None = None
    category: str | None = None
    availability: str | None = None
    condition: str | None = None
    min_price: str | None = None
    max_price: str | None = None
    currency: str | None = None
    text_language: str | None = None
    is_digital: bool | None = None
    language: str | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for anything."""
        return any(getattr(self, each.name) not in (None, "") for each in fields(self) if each.name != "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketplaceFilter(ProductFilter):
    """Which marketplace products are wanted; `store` is the name or code of the store whose feed describes them.

    `listed_by` is the code of a store that has published them.
    """

    store: str | None = None
    listed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingFilter(ProductFilter):
    """Which of a store's products are wanted."""

    is_active: bool | None = None
    is_featured: bool | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Some of the products of a list, each in one branch only: conditions, and where their values stand."""

    conditions: tuple[Condition, ...]
    values: Values


@dataclass(frozen=True, slots=True)
class Reading:
    """A filter that was read: all its conditions at once, or branches, each of which indexes can answer.

    `store_id` None: the shared catalogue. A store's product of which the store has said nothing that is asked for has
    the marketplace product's values, so that the indexes on those find it; the few others are looked at by themselves.
    """

    store_id: int | None
    dialect: str
    search: Search | None
    fixed: tuple[Condition, ...] = ()
    valued: tuple[Callable[[Values], Condition], ...] = ()
    own: tuple[Any, ...] = ()
    needs_listed: bool = False

    @property
    def id(self) -> Any:
        """The marketplace product's id, in the table that the list begins with."""
        return MarketplaceProduct.id if self.store_id is None else Product.marketplace_product_id

    def everything(self) -> list[Condition]:
        """All conditions at once, for who reads all of it anyway; on products joined to what they list."""
        values = LISTED if self.store_id is None else IN_EFFECT
        found = [*self.fixed, *(condition(values) for condition in self.valued)]
        if self.search is not None:
            found.append(sa.or_(self.worded(), self.named()))
        return found

    def branches(
        self,
        own: Sequence[Condition] = (),
        found: Sequence[tuple[Condition, ...]] | None = None,
        *,
        first: bool = False,
    ) -> list[Branch]:
        """The parts of the list. `own`: which products have something of their own that the order goes by.

        `found` are the conditions of the search, for an order that takes it apart; each is a part. `first`: see
        `worded`.
        """
        own = [*(column.is_not(None) for column in self.own), *own]
        layers: list[tuple[tuple[Condition, ...], Values]] = [((), LISTED)]
        if self.store_id is not None and own:
            layers = [((sa.not_(sa.or_(*own)),), LISTED), ((sa.or_(*own),), IN_EFFECT)]
        if found is None:
            found = self.searched(first=first)
        return [
            Branch((*self.fixed, *layer, *(condition(values) for condition in self.valued), *search), values)
            for layer, values in layers
            for search in found
        ]

    def searched(self, *, first: bool = False) -> list[tuple[Condition, ...]]:
        """The parts in which a search finds things: what is named by an id, and what else has the words."""
        if self.search is None:
            return [()]
        if self.search.named == ():
            return [(self.worded(first=first),)]
        return [(self.named(),), (self.worded(first=first), sa.not_(self.named()))]

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for anything but the whole list."""
        scope = 0 if self.store_id is None else 1
        return self.search is not None or bool(self.valued) or len(self.fixed) > scope

    def scope(self) -> list[Condition]:
        """The condition of the whole list."""
        return [] if self.store_id is None else [Product.store_id == self.store_id]

    def listed(self, query: sa.Select[Any], needs_listed: bool = False) -> sa.Select[Any]:
        """The query with its tables: a store's products are joined to what they list where something asks for that."""
        if self.store_id is None:
            return query.select_from(MarketplaceProduct)
        if needs_listed or self.needs_listed:
            return query.select_from(Product).join(MarketplaceProduct)
        return query.select_from(Product)

    def worded(self, *, first: bool = False, begun: bool | None = None) -> Condition:
        """Whether the words are found: see `search.worded`; nothing when nothing is searched for."""
        if self.search is None:
            return sa.true()
        return worded(self.search, self.id, dialect=self.dialect, store_id=self.store_id, first=first, begun=begun)

    def begun_title(self) -> Condition:
        """Whether the joined title of the index begins with the words; nothing when nothing is searched for."""
        return sa.false() if self.search is None else begun_title(self.search)

    def named(self) -> Condition:
        """Whether an id is meant: see `search.identified`."""
        if self.search is None:
            return sa.false()
        return identified(self.search, self.id, dialect=self.dialect, store_id=self.store_id)


async def read_filter(session: AsyncSession, wanted: ProductFilter, store: Store | None = None) -> Reading:
    """What a filter means for the products of `store`, or (None) for the shared catalogue.

    One statement where a category is named, none otherwise. Raises Invalid for a value that nothing can have:
    `unknown_marketplace`, `unknown_availability`, `unknown_condition`, `unknown_language`, `unknown_category`,
    `invalid_search`, `invalid_price`.
    """
    default = store.default_language if store else "en"
    spoken = parse_language(wanted.language) if wanted.language is not None else default
    if wanted == type(wanted)(language=wanted.language):
        return whole(store.id if store else None, session.get_bind().dialect.name)
    on_listed = _on_listed(wanted)
    valued = {
        name: _equals(name, read(text))
        for name, read in (("brand", str), ("availability", known_availability), ("condition", known_condition))
        if (text := getattr(wanted, name)) is not None
    }
    if wanted.category is not None:
        valued["category"] = await _in_category(session, wanted.category)
    if wanted.min_price is not None or wanted.max_price is not None or wanted.currency is not None:
        valued["price"] = _in_range(wanted, store.default_currency if store else "EUR")
    dialect = session.get_bind().dialect.name
    return Reading(
        store_id=store.id if store else None,
        dialect=dialect,
        search=read_search(wanted.search, spoken, dialect),
        fixed=(*_on_listing(wanted, store), *on_listed),
        valued=tuple(valued.values()),
        own=tuple(column for name in valued for column in OWN[name]),
        needs_listed=bool(on_listed or valued),
    )


def _on_listing(wanted: ProductFilter, store: Store | None) -> list[Condition]:
    """The conditions that need no marketplace product."""
    found: list[Condition] = [] if store is None else [Product.store_id == store.id]
    if isinstance(wanted, ListingFilter):
        chosen = ((Product.is_active, wanted.is_active), (Product.is_featured, wanted.is_featured))
        found += [column == value for column, value in chosen if value is not None]
    if wanted.text_language is not None:
        found.append(_has_text(parse_language(wanted.text_language, "text_language"), store))
    return found


def _on_listed(wanted: ProductFilter) -> list[Condition]:
    """The conditions on what a store cannot say otherwise."""
    found: list[Condition] = []
    if isinstance(wanted, MarketplaceFilter) and wanted.store is not None:
        named = sa.or_(Store.code == wanted.store.upper(), fold.equals(Store.name, wanted.store))
        found.append(MarketplaceProduct.source_store_id.in_(sa.select(Store.id).where(named)))
    if isinstance(wanted, MarketplaceFilter) and wanted.listed_by is not None:
        named = sa.select(Store.id).where(Store.code == wanted.listed_by.strip().upper()).scalar_subquery()
        theirs = sa.select(Product.marketplace_product_id).where(Product.store_id == named, Product.is_active)
        found.append(MarketplaceProduct.id.in_(theirs))
    if wanted.marketplace is not None:
        found.append(MarketplaceProduct.marketplace == parse_marketplace(wanted.marketplace))
    if wanted.is_digital is not None:
        found.append(MarketplaceProduct.is_digital == wanted.is_digital)
    return found


@lru_cache(maxsize=1000)
def whole(store_id: int | None, dialect: str) -> Reading:
    """All products of a store, or of the shared catalogue."""
    fixed = () if store_id is None else (Product.store_id == store_id,)
    return Reading(store_id, dialect, None, fixed)


async def look_up_words(session: AsyncSession, reading: Reading) -> Reading:
    """The same filter with its search looked up (`search.look_up`): one statement where something is searched for."""
    if reading.search is None:
        return reading
    return with_search(reading, await look_up(session, reading.search, reading.store_id))


def with_search(reading: Reading, search: Search) -> Reading:
    """The same filter with another search."""
    return replace(reading, search=search)


def known_availability(text: str) -> str:
    """The availability for what a person typed. Raises Invalid (`unknown_availability`)."""
    return _known("availability", text, AVAILABILITIES)


def known_condition(text: str) -> str:
    """The condition for what a person typed. Raises Invalid (`unknown_condition`)."""
    return _known("condition", text, CONDITIONS)


def _known(field_: str, text: str, choices: Sequence[str]) -> str:
    value = text.strip().lower()
    if value not in choices:
        message = f"{text!r} is not one of {', '.join(choices)}"
        raise Invalid(f"unknown_{field_}", message, errors=[FieldError(field_, message)])
    return value


def _equals(name: str, value: str) -> Callable[[Values], Condition]:
    def condition(values: Values) -> Condition:
        found: Condition = getattr(values, name) == value
        return found

    return condition


def _has_text(language: str, store: Store | None) -> Condition:
    id_ = MarketplaceProduct.id if store is None else Product.marketplace_product_id
    shared, own = MarketplaceProductTranslation, ProductTranslation
    found = sa.exists().where(shared.marketplace_product_id == id_, shared.language == language)
    if store is None:
        return found
    return sa.or_(found, sa.exists().where(own.product_id == Product.id, own.language == language))


async def _in_category(session: AsyncSession, text: str) -> Callable[[Values], Condition]:
    """A number is ours, and stands for a category and all below it; a text that no taxonomy knows means itself."""
    text = text.strip()
    category_id = int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None
    if category_id is None:
        category_id = (await category_ids(session, [text])).get(text)
    row = None
    if category_id is not None:
        query = sa.select(Category.number, Category.last_number).where(Category.id == category_id)
        row = (await session.execute(query)).one_or_none()
    if row is None and text.isdigit():
        message = f"There is no category {text}"
        raise Invalid("unknown_category", message, errors=[FieldError("category", message)])
    if row is None:
        return _equals("google_product_category", text)
    below = sa.select(Category.id).where(Category.number.between(row.number, row.last_number))

    def condition(values: Values) -> Condition:
        if row.number == row.last_number:
            return sa.and_(values.category_id == category_id)
        return sa.and_(values.category_id.in_(below))

    return condition


def _in_range(wanted: ProductFilter, default_currency: str) -> Callable[[Values], Condition]:
    currency = (wanted.currency or default_currency).strip().upper()
    bounds: dict[str, int | None] = {}
    errors = []
    for name, text in (("min_price", wanted.min_price), ("max_price", wanted.max_price)):
        price = parse_price(text, currency) if text is not None else None
        if price is not None and (price.problem or price.currency != currency):
            errors.append(FieldError(name, f"{text!r} {price.problem or f'is not in {currency}'}"))
        bounds[name] = price.minor if price else None
    if parse_price("1", currency).problem:
        errors = [FieldError("currency", f"{wanted.currency!r} is not a currency of ISO 4217")]
    low, high = bounds["min_price"], bounds["max_price"]
    if not errors and low is not None and high is not None and low > high:
        errors.append(FieldError("max_price", "The highest price is below the lowest"))
    if errors:
        raise Invalid("invalid_price", "; ".join(error.message for error in errors), errors=errors)

    def condition(values: Values) -> Condition:
        within = [values.currency == currency]
        if low is not None:
            within.append(values.asked >= low)
        if high is not None:
            within.append(values.asked <= high)
        return sa.and_(*within, values.asked.is_not(None))

    return condition
