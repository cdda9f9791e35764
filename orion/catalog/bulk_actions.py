"""Doing one thing to many products of a store: at once, or by a job in steps that can be watched and killed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.bulk_values import Action, read_action
from orion.catalog.effective import Prices, effective_prices
from orion.catalog.events import ProductsChanged
from orion.catalog.filters import ListingFilter, read_filter
from orion.catalog.models import BulkRun, MarketplaceProduct, Product
from orion.catalog.removing import remove_listings
from orion.kernel import FieldError, Invalid, Money
from orion.merchants import Store, StoreAccess
from orion.plumbing.db import bulk, utcnow
from orion.plumbing.events import publish
from orion.plumbing.jobs import enqueue

AT_ONCE = 10_000
"""So many products are changed while the caller waits; more are a job's work."""

SAMPLE = 10


@dataclass(frozen=True, slots=True)
class SampleProduct:
    """One of the products that would be changed, with its price in effect now and then."""

    id: int
    marketplace_product_id: str
    price: Money | None
    price_then: Money | None


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """How many products are meant; and a sample (a dry run), or how many were done and left out, or the run.

    `skipped` were left out because the action cannot be done to them (no price to change, referred to by stock).
    """

    matched: int
    done: int = 0
    skipped: int = 0
    sample: tuple[SampleProduct, ...] = ()
    run: BulkRun | None = None


async def act_on_products(
    session: AsyncSession,
    access: StoreAccess,
    *,
    action: str,
    values: Mapping[str, Any],
    ids: Sequence[int] | None = None,
    filter: Mapping[str, Any] | None = None,  # noqa: A002 (the word of the API; the built-in is not needed here)
    dry_run: bool = False,
) -> BulkAnswer:
    """Do `action` to the store's products with these `ids`, or to all that `filter` finds as `list_products` would.

    `values` belong to the action (see `bulk_values`). Up to AT_ONCE products are changed here, in a few statements
    however many they are; for more a run is made, which a job does in steps: see `bulk_runs`. Ids that are not the
    store's are not found. Raises Forbidden (`role_too_low`) below staff and Invalid (`bulk_action_invalid`, or what
    `list_products` says of the filter). Publishes ProductsChanged.
    """
    access.require("staff")
    wanted = read_action(action, values, access.store.default_currency)
    if (ids is None) == (filter is None):
        message = "Say which products: either ids, or a filter ({} means all)"
        raise Invalid("bulk_action_invalid", message, errors=[FieldError("filter", message)])
    if ids is not None and len(ids) > AT_ONCE:
        message = f"Name at most {AT_ONCE:,} ids; these are {len(ids):,}"
        raise Invalid("bulk_action_invalid", message, errors=[FieldError("ids", message)])
    found = await matching(session, access.store, filter or {})
    if ids is not None:
        found = found.where(Product.id.in_(ids))
    if dry_run:
        matched = await session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0
        first = (await session.scalars(found.order_by(Product.id).limit(SAMPLE))).all()
        return BulkAnswer(matched, sample=await _sample(session, wanted, first))
    here = (await session.scalars(found.order_by(Product.id).limit(AT_ONCE + 1).with_for_update(of=Product))).all()
    if len(here) > AT_ONCE:
        return await _start(session, access, wanted, values, filter or {}, found)
    done, skipped = await apply(session, access.store.id, wanted, here)
    if done:
        await publish(session, ProductsChanged(access.store.id, action, done, access.user.id))
    return BulkAnswer(len(here), done, skipped)


async def matching(session: AsyncSession, store: Store, filter_: Mapping[str, Any]) -> sa.Select[Any]:
    """The ids of the store's products that a filter finds; words are taken as they are typed, never mended."""
    reading = await read_filter(session, ListingFilter(**filter_), store)
    return sa.select(Product.id).join(MarketplaceProduct).where(*reading.everything())


async def _start(
    session: AsyncSession,
    access: StoreAccess,
    action: Action,
    values: Mapping[str, Any],
    filter_: Mapping[str, Any],
    found: sa.Select[Any],
) -> BulkAnswer:
    which = found.subquery()
    matched, last_id = (await session.execute(sa.select(sa.func.count(), sa.func.max(which.c.id)))).one()
    run = BulkRun(
        store_id=access.store.id,
        user_id=access.user.id,
        action=action.name,
        values={name: value for name, value in values.items() if value is not None},
        filter={name: value for name, value in filter_.items() if value is not None},
        total=matched,
        last_id=last_id,
    )
    session.add(run)
    await session.flush()
    await enqueue(session, "run_bulk_action", run.id, id=f"bulk-{run.id}")
    return BulkAnswer(matched, run=run)


async def apply(session: AsyncSession, store_id: int, action: Action, ids: Sequence[int]) -> tuple[int, int]:
    """Do the action to these products of the store, which are locked; how many it was done to, and not."""
    if action.name == "delete":
        kept = await remove_listings(await session.connection(), ids)
        return len(ids) - len(kept), len(kept)
    priced = ids if action.reprice is None else await _reprice(session, action, ids)
    done = ids if action.name == "reset_overrides" else priced
    if action.columns and done:
        await session.execute(
            sa.update(Product)
            .where(Product.store_id == store_id, Product.id.in_(done))
            .values(**action.columns, updated_at=utcnow())
            .execution_options(synchronize_session=False)
        )
    return len(done), len(ids) - len(done)


async def _reprice(session: AsyncSession, action: Action, ids: Sequence[int]) -> Sequence[int]:
    """Give the products their new own prices, keeping the old ones; the ids of those that have a new price now."""
    now = bulk.stored_now()
    new: list[tuple[Any, ...]] = []
    old: list[tuple[Any, ...]] = []
    priced: list[int] = []
    for id_, listed, own, base in await _prices(session, ids):
        prices = action.reprice(own, base) if action.reprice else None
        if prices is None:
            continue
        priced.append(id_)
        if prices != own:
            old.append((listed, id_, own.minor, own.sale_minor, own.currency, now))
            new.append((id_, prices.minor, prices.sale_minor, prices.currency, now))
    money = {"price_minor": pl.Int64, "sale_price_minor": pl.Int64, "currency": pl.String}
    if new:
        connection = await session.connection()
        changes = {"marketplace_product_id": pl.Int64, "product_id": pl.Int64, **money, "until": pl.String}
        await bulk.insert_rows(connection, "price_changes", pl.DataFrame(old, schema=changes, orient="row"))
        updates = pl.DataFrame(new, schema={"id": pl.Int64, **money, "updated_at": pl.String}, orient="row")
        await bulk.update_rows(connection, "products", "id", updates)
    return priced


async def _prices(session: AsyncSession, ids: Sequence[int]) -> list[tuple[int, int, Prices, Prices]]:
    """Id, what it lists, own prices and those it lists, of each product."""
    columns = [
        getattr(table, name)
        for table in (Product, MarketplaceProduct)
        for name in ("price_minor", "sale_price_minor", "currency")
    ]
    rows = await session.execute(
        sa.select(Product.id, Product.marketplace_product_id, *columns)
        .join(MarketplaceProduct)
        .where(Product.id.in_(ids))
        .order_by(Product.id)
    )
    return [(row[0], row[1], Prices(*row[2:5]), Prices(*row[5:8])) for row in rows]


async def _sample(session: AsyncSession, action: Action, ids: Sequence[int]) -> tuple[SampleProduct, ...]:
    rows = await session.execute(
        sa.select(MarketplaceProduct.id, MarketplaceProduct.marketplace_product_id)
        .join(Product)
        .where(Product.id.in_(ids))
    )
    names = {row[0]: row[1] for row in rows}
    sample = []
    for id_, listed, own, base in await _prices(session, ids):
        then = action.reprice(own, base) if action.reprice else own
        price, _ = effective_prices(own, base)
        sample.append(SampleProduct(id_, names[listed], price, effective_prices(then or own, base)[0]))
    return tuple(sample)
