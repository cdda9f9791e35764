"""All products of either layer with all their values in effect, read in steps of a few thousand.

No transaction stays open between steps, so whoever reads slowly holds nothing up. Each product that is there from the
beginning to the end comes exactly once, in the order of the catalogue.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.catalog.filters import ListingFilter, MarketplaceFilter, Reading, read_filter, with_search
from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.overrides import OVERRIDES
from orion.catalog.search import mend
from orion.catalog.texts import with_texts
from orion.catalog.values_in_effect import in_effect
from orion.kernel import fallback_order, parse_language
from orion.merchants import Store
from orion.plumbing.db import Database, hold_transaction
from orion.plumbing.db.extract import FIRST, LAST, Delimited, compile_text, is_listed, read_bytes

NUMBERS_AT_ONCE = 50_000
FIRST_STEP = 500
LARGEST_STEP = 10_000
STEP_BYTES = 12_000_000
"""A step ends up at about so many bytes, however long descriptions are."""

AT_ONCE = 2
"""So many steps are read at the same time: the turns between us and the database cost one alone its pace."""

OF_THE_LISTING = ("sku", "is_active", "is_featured", "display_order", "min_quantity", "max_quantity")
"""What only a store's products have."""

TEXT_COLUMNS = ("title", "language", "description", "description_language")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which products: `numbers` gives those of the marketplace products, in order. `store_id`: the store's listings.

    `languages` are tried in this order for texts; `is_narrow`: some products of the layer are left out.
    """

    numbers: sa.Select[Any]
    store_id: int | None
    languages: tuple[str, ...]
    is_narrow: bool = False

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


async def select_listings(session: AsyncSession, store: Store, wanted: ListingFilter) -> Selection:
    """The store's products that the filter means, texts in its language if possible. Raises as `read_filter` does."""
    return await _selection(session, await read_filter(session, wanted, store), wanted, store.default_language)


async def select_marketplace_products(session: AsyncSession, wanted: MarketplaceFilter) -> Selection:
    """The marketplace products that the filter means, in the same way."""
    return await _selection(session, await read_filter(session, wanted), wanted, None)


async def state_of(session: AsyncSession, selection: Selection) -> list[str]:
    """Figures that are others when any product of the selection is: how many there are, and when each was changed."""
    numbers = selection.numbers.order_by(None).subquery()
    query = sa.select(sa.func.count(), _moments(session, MarketplaceProduct.updated_at)).select_from(
        numbers.join(MarketplaceProduct, MarketplaceProduct.id == numbers.c[0])
    )
    if selection.store_id is not None:
        listed = sa.and_(
            Product.marketplace_product_id == MarketplaceProduct.id, Product.store_id == selection.store_id
        )
        query = query.add_columns(_moments(session, Product.updated_at)).join(Product, listed)
    return [str(figure) for figure in (await session.execute(query)).one()]


def _moments(session: AsyncSession, column: Any) -> sa.ColumnElement[Any]:
    """The sum of moments in microseconds: unlike the latest one it shows changes whatever the order of commits."""
    if session.get_bind().dialect.name == "sqlite":
        text = sa.type_coerce(column, sa.Text)
        seconds = sa.cast(sa.func.strftime("%s", text), sa.Integer)
        return sa.func.sum(seconds * 1_000_000 + sa.cast(sa.func.substr(text, 21, 6), sa.Integer))
    return sa.func.sum(sa.func.extract("epoch", column) * 1_000_000)


async def _selection(
    session: AsyncSession, reading: Reading, wanted: ListingFilter | MarketplaceFilter, default: str | None
) -> Selection:
    query = _numbers_of(reading)
    if reading.search is not None and await session.scalar(query.order_by(None).limit(1)) is None:
        mended = await mend(session, reading.search)  # as the list does it
        query = _numbers_of(with_search(reading, mended)) if mended else query
    language = parse_language(wanted.language) if wanted.language is not None else None
    return Selection(query, reading.store_id, tuple(fallback_order(language, default)), reading.is_narrow)


@dataclass(slots=True)
class _Pace:
    """How many products a step takes: few at first, then as many as a step's size allows."""

    at_once: int

    def note(self, size: int, products: int) -> None:
        """A step of so many products came to `size` bytes."""
        each = max(1, size // max(1, products))
        self.at_once = max(1, min(LARGEST_STEP, 4 * self.at_once, STEP_BYTES // each))


async def read_all(
    database: Database,
    selection: Selection,
    write: Callable[[sa.Select[Any]], sa.Select[Any]],
    form: Delimited,
    *,
    skip: int = 0,
    limit: int | None = None,
) -> AsyncGenerator[bytes]:
    """The products as lines of a file, many at a time; no products, no lines.

    `write` is given the query of the values, which has the columns of the selection, and makes the query of the cells.
    `skip` and `limit` cut a stretch out.
    """
    dialect = database.engine.dialect
    statement = compile_text(write(_step_of(selection, dialect)), dialect)
    pace = _Pace(FIRST_STEP)

    async def read(numbers: Sequence[int]) -> bytes:
        async with database.reading() as session:
            await hold_transaction(session)
            lines, products = await read_bytes(await session.connection(), statement, form, numbers)
        pace.note(len(lines), products)
        return lines

    steps = _named if selection.is_narrow else _spans
    reading: deque[asyncio.Task[bytes]] = deque()
    try:
        async for numbers in steps(database, selection.numbers, pace, skip, limit):
            reading.append(asyncio.create_task(read(numbers)))
            if len(reading) == AT_ONCE:
                await reading[0]
                yield reading.popleft().result()
        while reading:
            await reading[0]
            yield reading.popleft().result()
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


async def _spans(
    database: Database, query: sa.Select[Any], pace: _Pace, skip: int, limit: int | None
) -> AsyncIterator[Sequence[int]]:
    """The lowest and the highest number of each step, between which every product is wanted."""
    (number,) = query.selected_columns
    step = query.offset(skip) if skip else query
    while limit is None or limit > 0:
        wanted = pace.at_once if limit is None else min(limit, pace.at_once)
        found = step.limit(wanted).subquery()
        ends = sa.select(sa.func.min(found.c[0]), sa.func.max(found.c[0]), sa.func.count())
        async with database.reading() as session:
            first, last, count = (await session.execute(ends)).one()
        if count:
            yield first, last
        if count < wanted:
            return
        step = query.where(number > last)
        limit = None if limit is None else limit - wanted


async def _named(
    database: Database, query: sa.Select[Any], pace: _Pace, skip: int, limit: int | None
) -> AsyncIterator[Sequence[int]]:
    """The numbers of each step; the filter is asked for many steps at once, for it may be dear."""
    (number,) = query.selected_columns
    block = query.offset(skip) if skip else query
    while limit is None or limit > 0:
        wanted = NUMBERS_AT_ONCE if limit is None else min(limit, NUMBERS_AT_ONCE)
        async with database.reading() as session:
            found = (await session.scalars(block.limit(wanted))).all()
        start = 0
        while start < len(found):
            step = found[start : start + pace.at_once]
            start += len(step)
            yield step
        if len(found) < wanted:
            return
        block = query.where(number > found[-1])
        limit = None if limit is None else limit - wanted


def _numbers_of(reading: Reading) -> sa.Select[Any]:
    return reading.listed(sa.select(reading.id)).where(*reading.everything()).order_by(reading.id)


def _step_of(selection: Selection, dialect: sa.Dialect) -> sa.Select[Any]:
    """The values of some products. Every table is told where they lie: the planner does not infer it."""
    query = values_of(selection, within=(FIRST, LAST)).order_by(MarketplaceProduct.id)
    query = query.where(MarketplaceProduct.id.between(FIRST, LAST))
    if selection.store_id is not None:
        query = query.where(Product.marketplace_product_id.between(FIRST, LAST))
    return query.where(is_listed(MarketplaceProduct.id, dialect)) if selection.is_narrow else query


def values_of(selection: Selection, *, within: tuple[Any, Any] | None = None) -> sa.Select[Any]:
    """All products of the layer, whatever the filter, with their columns in the order of `Selection.columns`."""
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
    )
    if own:
        query = query.join(Product, Product.marketplace_product_id == MarketplaceProduct.id)
        query = query.where(Product.store_id == selection.store_id)
    return with_texts(query, selection.languages, own=own, within=within)


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
