"""What prices were: kept when they change, so that a price that stays costs nothing.

A row of `price_changes` holds what was in effect until its moment, of one layer: the marketplace product's, or a
store's own prices for its listing (null: it inherited then). Whoever is about to change a price notes it here first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from orion.catalog.effective import Prices, effective_prices
from orion.catalog.models import MarketplaceProduct, PriceChange, Product
from orion.kernel import FieldError, Invalid, Money, NotFound
from orion.merchants import StoreAccess
from orion.plumbing.db import bulk, utcnow

LAW_DAYS = 30
"""Directive 98/6/EC, Article 6a ("Omnibus"): a reduction is told from the lowest price of the 30 days before it."""

KEPT_DAYS = 400
_MONEY = ("price_minor", "sale_price_minor", "currency")
_PRESENT = sa.select(
    Product.marketplace_product_id,
    Product.created_at,
    *(getattr(Product, name) for name in _MONEY),
    *(getattr(MarketplaceProduct, name) for name in _MONEY),
).join(MarketplaceProduct)


@dataclass(frozen=True, slots=True)
class PricePeriod:
    """What a product cost from `start` to before `end` (None: until now, and still)."""

    start: datetime
    end: datetime | None
    price: Money | None
    sale_price: Money | None

    @property
    def asked(self) -> Money | None:
        """What a buyer paid: the lower of the two."""
        amounts = [amount for amount in (self.price, self.sale_price) if amount is not None]
        return min(amounts, key=lambda amount: amount.minor, default=None)


@dataclass(frozen=True, slots=True)
class LowestPrice:
    """The lowest amount that was asked in the last `days`, in the currency of today, and since when it was asked.

    `before_reduction` is the lowest of the `days` before the present reduction began, which is what the law wants
    shown beside it; None where nothing is reduced, or where there was no price before.
    """

    amount: Money
    start: datetime
    days: int
    before_reduction: Money | None


async def lowest_price(
    session: AsyncSession, access: StoreAccess, product_id: int, days: int = LAW_DAYS
) -> LowestPrice | None:
    """The lowest price of a store's product in the last `days` (1 to 400) up to now; None where it has no price.

    Both layers count as they were at each moment: the store's own price where it had one, else the marketplace
    product's. The time before the store listed the product does not count; whether it was published is not kept.
    Raises NotFound (`product_not_found`).
    """
    _check_days(days)
    now = utcnow()
    periods = await _periods(session, access, product_id, now - timedelta(days=KEPT_DAYS), now)
    return lowest(periods, now - timedelta(days=days), days)


async def price_history(
    session: AsyncSession, access: StoreAccess, product_id: int, days: int = LAW_DAYS
) -> list[PricePeriod]:
    """What a store's product cost in the last `days` (1 to 400), the newest period first.

    Raises NotFound (`product_not_found`) and Invalid (`invalid_days`).
    """
    _check_days(days)
    now = utcnow()
    periods = await _periods(session, access, product_id, now - timedelta(days=days), now)
    return periods[::-1]


def note_prices(session: AsyncSession, of: MarketplaceProduct | Product, now: datetime) -> None:
    """Keep the prices that a record has, which are about to change. A price that was never there is no price."""
    own = isinstance(of, Product)
    if not own and of.price_minor is None and of.sale_price_minor is None:
        return
    session.add(
        PriceChange(
            marketplace_product_id=of.marketplace_product_id if own else of.id,
            product_id=of.id if own else None,
            price_minor=of.price_minor,
            sale_price_minor=of.sale_price_minor,
            currency=of.currency,
            until=now,
        )
    )


async def record_price_changes(
    connection: AsyncConnection, frame: pl.DataFrame, *, store_id: int | None = None
) -> None:
    """Keep the prices that the frame is about to change, of thousands of products in one read and one write.

    `frame` has `id` (of marketplace products) and the price columns that will be written (`price_minor`,
    `sale_price_minor`, `currency`). With `store_id` it is that store's own prices for them that will be.
    Call it before the update, in its transaction.
    """
    columns = [name for name in _MONEY if name in frame.columns]
    if not columns or frame.is_empty():
        return
    table: Any = MarketplaceProduct if store_id is None else Product
    key = MarketplaceProduct.id if store_id is None else Product.marketplace_product_id
    query = sa.select(
        key.label("marketplace_product_id"),
        (sa.null() if store_id is None else Product.id).label("product_id"),
        *(getattr(table, name) for name in _MONEY),
    ).where(key.in_(frame["id"].to_list()))
    if store_id is not None:
        query = query.where(Product.store_id == store_id)
    rows = (await connection.execute(query)).all()
    new = dict(zip(frame["id"], frame.select(columns).rows(), strict=True))
    at = [_MONEY.index(name) for name in columns]
    changed = [
        (*row, now)
        for now in [bulk.stored_now()]
        for row in rows
        if (store_id is not None or row[2] is not None or row[3] is not None)
        and new[row[0]] != tuple(row[2 + index] for index in at)
    ]
    if changed:
        schema = dict.fromkeys(("marketplace_product_id", "product_id", *_MONEY), pl.Int64) | {
            "currency": pl.String,
            "until": pl.String,
        }
        await bulk.insert_rows(connection, "price_changes", pl.DataFrame(changed, schema=schema, orient="row"))


async def purge_price_changes(session: AsyncSession, now: datetime) -> None:
    """Forget what prices were until more than 400 days ago."""
    await session.execute(sa.delete(PriceChange).where(PriceChange.until < now - timedelta(days=KEPT_DAYS)))


def timeline(
    own: Sequence[tuple[datetime, Prices]],
    base: Sequence[tuple[datetime, Prices]],
    present: tuple[Prices, Prices],
    start: datetime,
    end: datetime,
) -> list[PricePeriod]:
    """What was in effect from `start` to `end`, oldest first, from (until, prices) of both layers in that order.

    `present` is what they are at the end: the store's own and the base. Neighbours that cost the same are one.
    """
    moments = sorted({start, *(until for until, _ in (*own, *base) if start < until <= end)})
    periods: list[PricePeriod] = []
    for moment in moments:
        price, sale_price = effective_prices(_at(own, present[0], moment), _at(base, present[1], moment))
        if periods and (periods[-1].price, periods[-1].sale_price) == (price, sale_price):
            continue
        if periods:
            last = periods[-1]
            periods[-1] = PricePeriod(last.start, moment, last.price, last.sale_price)
        periods.append(PricePeriod(moment, None, price, sale_price))
    return periods


def lowest(periods: Sequence[PricePeriod], since: datetime, days: int) -> LowestPrice | None:
    """The lowest price in `periods` (oldest first) from `since` on; see `LowestPrice`."""
    asked = periods[-1].asked if periods else None
    if asked is None:
        return None
    currency = asked.currency
    lowest_minor, start = min(
        (amount.minor, max(period.start, since))
        for period in periods
        if (period.end is None or period.end > since)
        and (amount := period.asked) is not None
        and amount.currency == currency
    )
    return LowestPrice(Money(lowest_minor, currency), start, days, _before_reduction(periods, days, currency))


def _before_reduction(periods: Sequence[PricePeriod], days: int, currency: str) -> Money | None:
    reduced = len(periods)
    while reduced and periods[reduced - 1].sale_price is not None:
        reduced -= 1
    if reduced == len(periods) or not reduced:
        return None
    began = periods[reduced].start
    amounts = [
        amount.minor
        for period in periods[:reduced]
        if (period.end is None or period.end > began - timedelta(days=days))
        and (amount := period.asked) is not None
        and amount.currency == currency
    ]
    return Money(min(amounts), currency) if amounts else None


def _at(changes: Sequence[tuple[datetime, Prices]], present: Prices, moment: datetime) -> Prices:
    return next((prices for until, prices in changes if until > moment), present)


async def _periods(
    session: AsyncSession, access: StoreAccess, product_id: int, start: datetime, now: datetime
) -> list[PricePeriod]:
    """The product's periods, and never more than two statements for them."""
    asked = Product.store_id == access.store.id, Product.id == product_id
    row = (await session.execute(_PRESENT.where(*asked))).one_or_none()
    if row is None:
        raise NotFound("product_not_found", f"The store {access.store.code} has no product {product_id}.")
    start = max(start, row[1])
    changes = await session.execute(
        sa.select(
            PriceChange.product_id,
            PriceChange.until,
            PriceChange.price_minor,
            PriceChange.sale_price_minor,
            PriceChange.currency,
        )
        .where(
            PriceChange.marketplace_product_id == row[0],
            sa.or_(PriceChange.product_id.is_(None), PriceChange.product_id == product_id),
            PriceChange.until > start,
        )
        .order_by(PriceChange.until, PriceChange.id)
    )
    layers: dict[bool, list[tuple[datetime, Prices]]] = {True: [], False: []}
    for owner, until, minor, sale_minor, currency in changes:
        layers[owner is not None].append((until, Prices(minor, sale_minor, currency)))
    return timeline(layers[True], layers[False], (Prices(*row[2:5]), Prices(*row[5:8])), start, now)


def _check_days(days: int) -> None:
    if not 1 <= days <= KEPT_DAYS:
        message = f"Ask for 1 to {KEPT_DAYS} days: older prices are not kept"
        raise Invalid("invalid_days", message, errors=[FieldError("days", message)])
