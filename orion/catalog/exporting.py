"""All products of either layer with all their values in effect, read in steps of a few thousand.

No transaction stays open between steps, so whoever reads slowly holds nothing up. Each product that is there from the
beginning to the end comes exactly once, in the order of the catalogue.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.overrides import OVERRIDES
from orion.catalog.queries import in_effect
from orion.catalog.texts import with_texts
from orion.kernel import fallback_order, parse_language
from orion.merchants import Store
from orion.plumbing.db import Database
from orion.plumbing.db.extract import compile_text, is_listed, read_text

NUMBERS_AT_ONCE = 50_000
FIRST_STEP = 500
LARGEST_STEP = 5000
STEP_BYTES = 8_000_000
"""A step ends up at about so many bytes, however long descriptions are."""

OF_THE_LISTING = ("sku", "is_active", "is_featured", "display_order", "min_quantity", "max_quantity")
"""What only a store's products have."""

TEXT_COLUMNS = ("title", "language", "description", "description_language")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which products: `numbers` gives those of the marketplace products, in order. `store_id`: the store's listings.

    `languages` are tried in this order for texts.
    """

    numbers: sa.Select[Any]
    store_id: int | None
    languages: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that the products come in."""
        own = OF_THE_LISTING if self.store_id is not None else ()
        return (*_BEGINNING, *GOOGLE_ATTRIBUTES, *own, *TEXT_COLUMNS)


_BEGINNING = (
    "number",
    "marketplace",
    "marketplace_product_id",
    "store_name",
    "price_minor",
    "sale_price_minor",
    "currency",
)


def listings(store: Store, conditions: list[sa.ColumnElement[bool]], language: str | None = None) -> Selection:
    """The store's listings, joined to what they list, that meet the conditions; texts in `language` if possible."""
    number = Product.marketplace_product_id
    query = sa.select(number).where(Product.store_id == store.id).order_by(number)
    if conditions:
        query = query.join(MarketplaceProduct, MarketplaceProduct.id == number).where(*conditions)
    return Selection(query, store.id, _languages(language, store.default_language))


def marketplace_products(conditions: list[sa.ColumnElement[bool]], language: str | None = None) -> Selection:
    """The marketplace products, joined to the store of their feed, that meet the conditions."""
    query = sa.select(MarketplaceProduct.id).order_by(MarketplaceProduct.id)
    if conditions:
        query = query.outerjoin(Store, Store.id == MarketplaceProduct.source_store_id).where(*conditions)
    return Selection(query, None, _languages(language, None))


async def read_all(
    database: Database, selection: Selection, *, skip: int = 0, limit: int | None = None
) -> AsyncGenerator[pl.DataFrame]:
    """The products in frames of text columns; at least one frame comes, be it empty.

    Values stand as the database writes them: JSON arrays, moments, flags. `skip` and `limit` cut a stretch out.
    """
    statement = compile_text(_rows(selection, database.engine.dialect), database.engine.dialect)
    at_once, empty = FIRST_STEP, True
    async for numbers in _numbers(database, selection.numbers, skip, limit):
        start = 0
        while start < len(numbers):
            step = numbers[start : start + at_once]
            start += at_once
            async with database.reading() as session:
                frame, size = await read_text(await session.connection(), statement, selection.columns, step)
            yield frame
            empty = False
            each = max(1, size // len(step))
            at_once = max(1, min(LARGEST_STEP, 4 * at_once, STEP_BYTES // each))
    if empty:
        yield pl.DataFrame(schema=dict.fromkeys(selection.columns, pl.String))


async def _numbers(
    database: Database, query: sa.Select[Any], skip: int, limit: int | None
) -> AsyncIterator[Sequence[int]]:
    """The numbers that the query gives, in blocks that are small enough to be held."""
    (number,) = query.selected_columns
    step = query.offset(skip) if skip else query
    while limit is None or limit > 0:
        wanted = NUMBERS_AT_ONCE if limit is None else min(limit, NUMBERS_AT_ONCE)
        async with database.reading() as session:
            found = (await session.scalars(step.limit(wanted))).all()
        if found:
            yield found
        if len(found) < wanted:
            return
        step = query.where(number > found[-1])
        limit = None if limit is None else limit - wanted


def _rows(selection: Selection, dialect: sa.Dialect) -> sa.Select[Any]:
    """The products whose numbers are listed, with their columns in the order of `Selection.columns`."""
    own = selection.store_id is not None
    prices = _prices_in_effect() if own else _own_prices(MarketplaceProduct)
    both = OVERRIDES if own else ()
    google = (in_effect(name) if name in both else getattr(MarketplaceProduct, name) for name in GOOGLE_ATTRIBUTES)
    query = (
        sa.select(
            (Product.id if own else MarketplaceProduct.id).label("number"),
            MarketplaceProduct.marketplace,
            MarketplaceProduct.marketplace_product_id,
            Store.name.label("store_name"),
            *(price.label(name) for name, price in zip(_BEGINNING[-3:], prices, strict=True)),
            *(column.label(name) for name, column in zip(GOOGLE_ATTRIBUTES, google, strict=True)),
            *((getattr(Product, name) for name in OF_THE_LISTING) if own else ()),
        )
        .select_from(MarketplaceProduct)
        .outerjoin(Store, Store.id == MarketplaceProduct.source_store_id)
        .order_by(MarketplaceProduct.id)
    )
    if own:
        query = query.join(Product, Product.marketplace_product_id == MarketplaceProduct.id)
        query = query.where(Product.store_id == selection.store_id)
    return with_texts(query, selection.languages, own=own).where(is_listed(MarketplaceProduct.id, dialect))


def _own_prices(layer: Any) -> tuple[sa.ColumnElement[Any], ...]:
    """A layer's price, sale price and currency: nothing where an amount has no currency, nor the other way round."""
    amount = sa.func.coalesce(layer.price_minor, layer.sale_price_minor)
    return (
        sa.case((layer.currency.is_not(None), layer.price_minor)),
        sa.case((layer.currency.is_not(None), layer.sale_price_minor)),
        sa.case((amount.is_not(None), layer.currency)),
    )


def _prices_in_effect() -> tuple[sa.ColumnElement[Any], ...]:
    """`effective_prices` in the words of both databases: price, sale price and their currency."""
    own_price, own_sale, own_currency = _own_prices(Product)
    price, sale, currency = _own_prices(MarketplaceProduct)
    of_price = sa.case((own_price.is_not(None), own_currency), (price.is_not(None), currency))
    of_sale = sa.case((own_sale.is_not(None), own_currency), (sale.is_not(None), currency))
    undercut = sa.and_(own_sale.is_(None), own_price.is_not(None), sale >= own_price)
    fits = sa.or_(of_price.is_(None), sa.and_(of_price == of_sale, sa.not_(sa.func.coalesce(undercut, sa.false()))))
    return (
        sa.func.coalesce(own_price, price),
        sa.case((fits, sa.func.coalesce(own_sale, sale))),
        sa.func.coalesce(of_price, of_sale),
    )


def _languages(language: str | None, default: str | None) -> tuple[str, ...]:
    wanted = parse_language(language) if language is not None else None
    return tuple(fallback_order(wanted, default))
