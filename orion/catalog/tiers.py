"""Prices by quantity: what one piece costs when many are bought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.effective import Prices, effective_prices
from orion.catalog.events import ProductChanged
from orion.catalog.listings import lock_product
from orion.catalog.models import MarketplaceProduct, PriceTier, Product
from orion.catalog.overrides import own_prices
from orion.catalog.values import MAX_COUNT, Notice, Reader
from orion.kernel import Conflict, FieldError, Invalid, Money, NotFound, parse_price
from orion.merchants import StoreAccess
from orion.plumbing.events import publish

MAX_TIERS = 50


@dataclass(frozen=True, slots=True)
class Tier:
    """From `min_quantity` pieces on, each costs `price`."""

    min_quantity: int
    price: Money


@dataclass(frozen=True, slots=True)
class Quote:
    """What `quantity` pieces cost now: each, and all; `tier` is the price tier that decided, if one did."""

    quantity: int
    unit: Money
    total: Money
    tier: Tier | None


async def list_price_tiers(session: AsyncSession, access: StoreAccess, product_id: int) -> list[Tier]:
    """The price tiers of a store's product, by quantity. Raises NotFound (`product_not_found`)."""
    known = sa.select(Product.id).where(Product.store_id == access.store.id, Product.id == product_id)
    if await session.scalar(known) is None:
        raise NotFound("product_not_found", f"The store {access.store.code} has no product {product_id}.")
    return await tiers_of(session, product_id)


async def set_price_tiers(
    session: AsyncSession, access: StoreAccess, product_id: int, tiers: Sequence[Mapping[str, Any]]
) -> tuple[list[Tier], list[Notice]]:
    """Replace the product's price tiers by these ("min_quantity" and "price" as text), and say what is odd in them.

    Quantities rise and are above 1; the currency is that of the product's price. A tier that costs no less than the
    one before does no harm: see `price_for`. Raises Forbidden (`role_too_low`) below staff, NotFound
    (`product_not_found`) and Invalid (`price_tiers_invalid`). Publishes ProductChanged when anything differs.
    """
    access.require("staff")
    product, base = await lock_product(session, access, product_id)
    price, sale_price = effective_prices(
        own_prices(product), Prices(base.price_minor, base.sale_price_minor, base.currency)
    )
    asked = price or sale_price
    currency = asked.currency if asked else access.store.default_currency
    wanted, notices = _read(tiers, asked, currency)
    before = await tiers_of(session, product_id)
    if wanted == before:
        return wanted, notices
    await session.execute(sa.delete(PriceTier).where(PriceTier.product_id == product_id))
    session.add_all(
        PriceTier(
            product_id=product_id,
            min_quantity=tier.min_quantity,
            price_minor=tier.price.minor,
            currency=tier.price.currency,
        )
        for tier in wanted
    )
    await session.flush()
    changes = {"price_tiers": (_shown(before), _shown(wanted))}
    await publish(session, ProductChanged(access.store.id, product_id, "updated", changes, access.user.id))
    return wanted, notices


async def price_for(session: AsyncSession, product_id: int, quantity: int) -> Quote:
    """What `quantity` pieces of a published product cost now, exactly: for whoever sells it, in any store.

    The unit price is the lower of the price in effect (the sale price where there is one) and that of the highest
    tier that the quantity reaches. Tiers in another currency than the price do not count. Raises NotFound
    (`product_not_found`, also when it is not published), Invalid (`quantity_invalid`, naming what may be bought) and
    Conflict (`product_without_price`).
    """
    row = (
        await session.execute(
            sa.select(Product, MarketplaceProduct).join(MarketplaceProduct).where(Product.id == product_id)
        )
    ).one_or_none()
    if row is None or not row[0].is_active:
        raise NotFound("product_not_found", f"There is no product {product_id} for sale.")
    product, base = row
    most = product.max_quantity if product.max_quantity is not None else MAX_COUNT
    if not product.min_quantity <= quantity <= most:
        limit = f" to {product.max_quantity}" if product.max_quantity is not None else " on"
        message = f"Buy from {product.min_quantity}{limit} of this product, not {quantity}"
        raise Invalid("quantity_invalid", message, errors=[FieldError("quantity", message)])
    amounts = effective_prices(own_prices(product), Prices(base.price_minor, base.sale_price_minor, base.currency))
    asked = min((amount for amount in amounts if amount), key=lambda amount: amount.minor, default=None)
    if asked is None:
        raise Conflict("product_without_price", f"The product {product_id} has no price: it cannot be sold.")
    reached = [
        tier
        for tier in await tiers_of(session, product_id)
        if tier.min_quantity <= quantity and tier.price.currency == asked.currency
    ]
    tier = reached[-1] if reached and reached[-1].price.minor < asked.minor else None
    unit = tier.price if tier else asked
    return Quote(quantity, unit, Money(unit.minor * quantity, unit.currency), tier)


async def tiers_of(session: AsyncSession, product_id: int) -> list[Tier]:
    """The tiers of a product, by quantity."""
    rows = await session.execute(
        sa.select(PriceTier.min_quantity, PriceTier.price_minor, PriceTier.currency)
        .where(PriceTier.product_id == product_id)
        .order_by(PriceTier.min_quantity)
    )
    return [Tier(quantity, Money(minor, currency)) for quantity, minor, currency in rows]


def _read(tiers: Sequence[Mapping[str, Any]], asked: Money | None, currency: str) -> tuple[list[Tier], list[Notice]]:
    reader = Reader()
    read: list[Tier] = []
    last_quantity, last_minor = 1, asked.minor if asked else None
    if len(tiers) > MAX_TIERS:
        reader.errors.append(FieldError("tiers", f"Give at most {MAX_TIERS} tiers; these are {len(tiers)}"))
    for index, tier in enumerate(tiers):
        where = f"tiers.{index}"
        quantity = tier["min_quantity"]
        if not last_quantity < quantity <= MAX_COUNT:
            message = f"Give a quantity above {last_quantity}: they rise from tier to tier, and one piece is no tier"
            reader.errors.append(FieldError(f"{where}.min_quantity", message))
        price = parse_price(tier["price"], currency)
        if price.minor is None or price.currency != currency:
            problem = price.problem or f"is not in {currency}, the currency of the product's price"
            reader.errors.append(FieldError(f"{where}.price", f"{tier['price'][:80]!r} {problem}"))
            continue
        if last_minor is not None and price.minor >= last_minor:
            message = f"From {quantity} pieces on, one costs no less than before: this tier will never be used."
            reader.notices.append(Notice("tier_not_lower", f"{where}.price", message))
        last_quantity, last_minor = max(last_quantity, quantity), price.minor
        read.append(Tier(quantity, Money(price.minor, currency)))
    reader.finish("price_tiers_invalid")
    return read, reader.notices


def _shown(tiers: Sequence[Tier]) -> list[dict[str, Any]]:
    return [{"min_quantity": tier.min_quantity, "price": str(tier.price)} for tier in tiers]
