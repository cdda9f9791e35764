"""What a list could be narrowed down by, and how many products that would leave.

Up to 10,000 matching products are counted one by one. Of more a sample is counted, taken from everywhere in the
catalogue; each product of it stands for as many as there are about where it was found. Such counts are about right.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.categories import category_names
from orion.catalog.counting import COUNTED, count_of, counted, literal
from orion.catalog.filters import (
    ListingFilter,
    MarketplaceFilter,
    ProductFilter,
    Reading,
    look_up_words,
    read_filter,
    with_search,
)
from orion.catalog.lists import plan_anew
from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation
from orion.catalog.search import mend
from orion.kernel import Money, currency_exponent
from orion.merchants import StoreAccess

FACETS = {
    "marketplace": ("marketplace",),
    "brand": ("brand",),
    "category": ("category",),
    "availability": ("availability",),
    "condition": ("condition",),
    "text_language": ("text_language",),
    "is_digital": ("is_digital",),
    "price": ("min_price", "max_price", "currency"),
}
"""Each facet, and the filters that it stands for."""

MOST = 50
"""Values of one facet, the most frequent first."""

BANDS = (0, 10, 25, 50, 100, 250, 500, 1000)
"""Where bands of prices begin, in units of a currency."""

_WINDOWS = 10
_SPREAD = 3
"""So many times the part of a window that should hold its sample is looked at: products do not stand evenly."""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that can be filtered by and how many products have it; `label` is how people know it.

    A band of prices has its bounds (`low` is in it, `high` too; None: no bound) instead of a value.
    """

    value: str
    label: str | None
    count: int
    low: Money | None = None
    high: Money | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """The values of each facet. A facet disregards the filter that is set on itself: it shows what else there is.

    `total` is exact, or None and `total_estimate` says about how many there are, as in lists. `is_estimate` says
    which facets were counted in a sample.
    """

    values: dict[str, list[FacetValue]]
    total: int | None
    total_estimate: int | None
    is_estimate: frozenset[str]
    searched: str | None


async def listing_facets(session: AsyncSession, access: StoreAccess, wanted: ListingFilter) -> Facets:
    """The facets of the store's products that the filter means. Raises Invalid as `list_products` does."""
    return await _facets(session, wanted, access)


async def marketplace_facets(session: AsyncSession, wanted: MarketplaceFilter) -> Facets:
    """The facets of the marketplace products that the filter means. Raises Invalid as the list does."""
    return await _facets(session, wanted, None)


async def _facets(session: AsyncSession, wanted: ProductFilter, access: StoreAccess | None) -> Facets:
    """One or two statements for all facets without a filter of their own, and as many for each that has one."""
    store = access.store if access else None
    reading = await look_up_words(session, await read_filter(session, wanted, store))
    await plan_anew(session)
    text = await session.scalar(count_of(reading))
    searched = None
    if reading.search is not None and counted(text) == (0, None):
        mended = await mend(session, reading.search)
        if mended is not None:
            reading, searched = await look_up_words(session, with_search(reading, mended)), " ".join(mended.words)
            text = await session.scalar(count_of(reading))
    total, estimate = counted(text)
    held = [name for name, fields in FACETS.items() if any(getattr(wanted, field) is not None for field in fields)]
    values, sampled = await _count(session, reading, [name for name in FACETS if name not in held], text)
    estimated = set(values) if sampled else set()
    for name in held:
        others = await read_filter(session, replace(wanted, **dict.fromkeys(FACETS[name])), store)
        if reading.search is not None:
            others = with_search(others, reading.search)
        more, sampled = await _count(session, others, [name], await session.scalar(count_of(others)))
        values |= more
        estimated |= set(more) if sampled else set()
    shown = {name: _shown(name, values[name]) for name in FACETS}
    ids = [int(each.value) for each in shown["category"]]
    names = await category_names(session, ids, wanted.language, store.default_language if store else None)
    shown["category"] = [
        replace(each, label=names[int(each.value)].path) for each in shown["category"] if int(each.value) in names
    ]
    return Facets(shown, total, estimate, frozenset(estimated), searched)


async def _count(
    session: AsyncSession, reading: Reading, names: Sequence[str], length: str | None
) -> tuple[dict[str, Counter[tuple[str, str | None]]], bool]:
    """How many of the list have each value, by facet; and whether that was found from a sample."""
    total, estimate = counted(length)
    hits = _hits(reading, None if total is not None else length, estimate).cte("hits")
    query = sa.union_all(*(_grouped(name, hits, reading) for name in (*names, "")))
    rows = (await session.execute(query)).all()
    size = next(count for facet, _, _, count in rows if not facet)
    scale = (estimate or 0) / size if total is None and size else 1
    found: dict[str, Counter[tuple[str, str | None]]] = {name: Counter() for name in names}
    for facet, value, currency, count in rows:
        if facet and value is not None:
            found[facet][value, currency] = max(1, round(count * scale))
    return found, total is None


def _hits(reading: Reading, length: str | None, estimate: int | None = None) -> sa.Select[Any]:
    """The products to count with the values of the facets: all of them, or the first ones of each part of the list.

    Each has a `weight`: the ids that its part stands for, over those that were read there. `estimate` is about how long
    the list is: the longer, the less of each part is looked at.
    """
    windows: list[tuple[int, int] | None] = [None]
    most = COUNTED
    if length is not None:
        lowest, highest = map(int, length.split(":")[2:4])
        step = max(1, -(-(highest + 1 - lowest) // _WINDOWS))
        looked_at = min(step, 1 + step * _SPREAD * COUNTED // max(1, estimate or 0))
        windows = [(lowest + n * step, lowest + n * step + looked_at) for n in range(_WINDOWS)]
        most = COUNTED // _WINDOWS
    parts: list[sa.Select[Any]] = []
    own = () if reading.store_id is None else _own()
    for window in windows:
        for branch in reading.branches(own):
            values = branch.values
            low, high = window or (0, 0)
            columns = [
                *(literal(number).label(name) for name, number in (("part", len(parts)), ("low", low), ("high", high))),
                reading.id.label("id"),
                (sa.null() if reading.store_id is None else Product.id).label("own_id"),
                MarketplaceProduct.marketplace.label("marketplace"),
                values.brand.label("brand"),
                sa.cast(values.category_id, sa.Text).label("category"),
                values.availability.label("availability"),
                values.condition.label("condition"),
                sa.case((MarketplaceProduct.is_digital, "true"), else_="false").label("is_digital"),
                sa.cast(values.asked, sa.Text).label("price"),
                values.currency.label("currency"),
            ]
            part = reading.listed(sa.select(*columns), needs_listed=True).where(*branch.conditions)
            if window is not None:  # said of both tables: the planner infers it of neither from the other
                part = part.where(*(sa.and_(id_ >= low, id_ < high) for id_ in {reading.id, MarketplaceProduct.id}))
                part = part.order_by(reading.id)
            parts.append(part.limit(most))
    found = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
    if length is None:
        return sa.select(found)
    size, reached = (said.over(partition_by=found.c.part) for said in (sa.func.count(), sa.func.max(found.c.id)))
    read = sa.case((size < most, found.c.high), else_=reached + 1) - found.c.low
    weight = sa.cast(step, sa.Double) / read
    return sa.select(found, weight.label("weight"))


def _own() -> tuple[sa.ColumnElement[bool], ...]:
    columns = (Product.brand, Product.google_product_category, Product.availability, Product.condition)
    return tuple(column.is_not(None) for column in (*columns, Product.price_minor, Product.sale_price_minor))


def _grouped(name: str, hits: Any, reading: Reading) -> sa.Select[*tuple[Any, ...]]:
    """How many products have each value of a facet, as the hits tell; of the facet "", how many there are."""
    count, facet = _products(hits), sa.literal(name, sa.Text).label("facet")
    none = sa.cast(sa.null(), sa.Text).label("currency")
    if not name:
        return sa.select(facet, sa.cast(sa.null(), sa.Text).label("value"), none, count).select_from(hits)
    if name == "text_language":
        shared, own = MarketplaceProductTranslation, ProductTranslation
        which = [hits.c[column] for column in ("id", "weight") if column in hits.c]
        spoken = sa.select(*which, shared.language).join_from(hits, shared, shared.marketplace_product_id == hits.c.id)
        if reading.store_id is not None:
            said = sa.select(*which, own.language).join_from(hits, own, own.product_id == hits.c.own_id)
            texts: Any = sa.union(spoken, said).subquery()
        else:
            texts = spoken.subquery()
        return sa.select(facet, sa.cast(texts.c.language, sa.Text), none, _products(texts)).group_by(texts.c.language)
    value = hits.c[name]
    query = sa.select(facet, sa.cast(value, sa.Text).label("value"), none, count)
    if name == "price":
        query = sa.select(facet, value.label("value"), sa.cast(hits.c.currency, sa.Text).label("currency"), count)
        return query.where(hits.c.currency.is_not(None)).group_by(value, hits.c.currency)
    return query.group_by(value)


def _products(hits: Any) -> sa.ColumnElement[Any]:
    """For how many products the hits of a group stand."""
    return (sa.func.sum(hits.c.weight) if "weight" in hits.c else sa.func.count()).label("products")


def _shown(name: str, counts: Counter[tuple[str, str | None]]) -> list[FacetValue]:
    if name == "price":
        return _bands(counts)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0][0]))
    return [FacetValue(value, None, count) for (value, _), count in ordered[:MOST]]


def _bands(counts: Counter[tuple[str, str | None]]) -> list[FacetValue]:
    """The prices of each currency in bands, the most frequent currency first."""
    currencies: Counter[str] = Counter()
    bands: Counter[tuple[str, int]] = Counter()
    for (minor, currency), count in counts.items():
        unit = 10 ** currency_exponent(currency or "")
        bands[currency or "", max(n for n, start in enumerate(BANDS) if start * unit <= int(minor))] += count
        currencies[currency or ""] += count
    shown = []
    for currency, _ in sorted(currencies.items(), key=lambda item: (-item[1], item[0])):
        unit = 10 ** currency_exponent(currency)
        for number, start in enumerate(BANDS):
            if count := bands[currency, number]:
                last = number + 1 == len(BANDS)
                low, high = (
                    Money(start * unit, currency),
                    None if last else Money(BANDS[number + 1] * unit - 1, currency),
                )
                shown.append(FacetValue(f"{low}-{high or ''}", None, count, low, high))
    return shown
