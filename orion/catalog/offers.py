"""Who else sells the same thing, on any marketplace, and which offer is the best.

The same thing has the same valid GTIN. Packs of several and bundles carry the GTIN of what is inside, and numbers that
companies give out themselves repeat: neither is taken for the same thing. See docs/adr/0023.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.effective import Prices, effective_prices
from orion.catalog.models import MarketplaceProduct, Product
from orion.identity import User
from orion.kernel import Money, global_gtin14
from orion.merchants import Member, Store

MOST_OFFERS = 200
"""Offers that are looked at: those of the products that the catalogue met first."""

_AVAILABLE = {"in_stock": 0, "backorder": 1, "preorder": 2, None: 3, "out_of_stock": 4}
_CONDITIONS = {"new": 0, None: 0, "refurbished": 1, "used": 2}
_SAID = {
    "in_stock": "is in stock",
    "backorder": "can be back-ordered",
    "preorder": "can be pre-ordered",
    None: "does not say whether it is in stock",
    "out_of_stock": "is not in stock",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """What decided between an offer and its neighbour: the best one's is the next, any other's the one before.

    `code` is availability, condition, price, currency, has_price, no_price, tie or only; `theirs` is what the neighbour
    has there (a code, or None where it says nothing), `difference` the one of the prices. `text` says it in English.
    """

    code: str
    text: str
    theirs: str | None = None
    difference: Money | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A store's published product, or a marketplace's own record that no store lists (`store_code` None).

    `rank` is 1 for the best; `reason` says why it stands there. `is_same_record`: it is an offer of the very
    marketplace product that was asked for.
    """

    marketplace: str
    marketplace_product_id: str
    store_code: str | None
    store_name: str | None
    price: Money | None
    sale_price: Money | None
    availability: str | None
    condition: str | None
    is_same_record: bool
    rank: int = 0
    reason: Reason | None = None

    @property
    def asked(self) -> Money | None:
        """What a buyer pays."""
        return self.sale_price or self.price


@dataclass(frozen=True, slots=True)
class Offers:
    """The offers of one thing, the best first. `gtin` is what they were matched by; None: the record alone."""

    items: tuple[Offer, ...]
    gtin: str | None


async def offers_of(session: AsyncSession, user: User, marketplace_product: int) -> Offers:
    """The offers of the thing that the marketplace product of that number is. Two statements.

    They are of stores that the public may see, and the user's own; administrators see those of every active store.
    Deactivated and unpublished offers are nobody's.
    """
    base = await session.get_one(MarketplaceProduct, marketplace_product)
    gtin = matched_by(base.gtin, base.multipack, base.is_bundle)
    query = (
        sa.select(MarketplaceProduct, Product, Store)
        .outerjoin(Product, sa.and_(Product.marketplace_product_id == MarketplaceProduct.id, Product.is_active))
        .outerjoin(Store, sa.and_(Store.id == Product.store_id, _visible(user)))
        .where(sa.or_(Store.id.is_not(None), MarketplaceProduct.source_store_id.is_(None) & Product.id.is_(None)))
        .order_by(MarketplaceProduct.id, Product.id)
        .limit(MOST_OFFERS)
    )
    query = query.where(MarketplaceProduct.id == base.id if gtin is None else MarketplaceProduct.gtin14 == gtin)
    found = [
        ((listed.id, own.id if own else 0), _offer(listed, own, store, base.id))
        for listed, own, store in await session.execute(query)
        if listed.id == base.id or matched_by(listed.gtin, listed.multipack, listed.is_bundle) == gtin
    ]
    return Offers(rank(found, base.currency), gtin)


def matched_by(gtin: str | None, multipack: int | None, is_bundle: bool | None) -> str | None:
    """The GTIN, in 14 digits, that others of the same thing have; None for what must not be matched."""
    if gtin is None or is_bundle or (multipack or 0) > 1:
        return None
    return global_gtin14(gtin)


def rank(offers: Sequence[tuple[Any, Offer]], currency: str | None) -> tuple[Offer, ...]:
    """The offers, each with its number, in order, the same whatever order they come in.

    What can be had sooner comes first, then new before refurbished before used, then the lower price (the sale price
    where there is one). Prices in `currency` are compared; others stand behind them, and offers without a price last.
    What is equal so far keeps the order of its numbers.
    """
    money = currency or min((offer.asked.currency for _, offer in offers if offer.asked), default="")
    ordered = sorted(offers, key=lambda pair: (*_place(pair[1], money), pair[0]))
    ranked: list[Offer] = []
    for number, (_, offer) in enumerate(ordered, start=1):
        other = ordered[1][1] if number == 1 and len(ordered) > 1 else ordered[number - 2][1] if number > 1 else None
        ranked.append(replace(offer, rank=number, reason=_reason(offer, other, money, is_best=number == 1)))
    return tuple(ranked)


def _place(offer: Offer, currency: str) -> tuple[int, int, int, str, int]:
    asked = offer.asked
    kind = 2 if asked is None else int(asked.currency != currency)
    return (
        _AVAILABLE.get(offer.availability, 3),
        _CONDITIONS.get(offer.condition, 2),
        kind,
        asked.currency if asked else "",
        asked.minor if asked else 0,
    )


def _reason(offer: Offer, other: Offer | None, currency: str, *, is_best: bool) -> Reason:
    if other is None:
        return Reason("only", "It is the only offer.")
    mine, theirs = _place(offer, currency), _place(other, currency)
    decided = next((n for n, (one, two) in enumerate(zip(mine, theirs, strict=True)) if one != two), None)
    better = "the next offer" if is_best else "the offer before"
    if decided is None:
        text = f"Equal to {better} in all that counts: the product that was known first stands first."
        return Reason("tie", text)
    if decided == 0:
        text = f"It {_SAID[offer.availability]}; {better} {_SAID[other.availability]}."
        return Reason("availability", text, other.availability)
    if decided == 1:
        text = f"It is {offer.condition or 'new'}; {better} is {other.condition or 'new'}."
        return Reason("condition", text, other.condition or "new")
    if offer.asked is None:
        return Reason("no_price", "It has no price.")
    if other.asked is None:
        return Reason("has_price", f"It has a price; {better} has none.")
    if offer.asked.currency != other.asked.currency:
        text = f"Its price is in {offer.asked.currency}, that of {better} in {other.asked.currency}."
        return Reason("currency", text, other.asked.currency)
    more = "less" if is_best else "more"
    difference = Money(abs(offer.asked.minor - other.asked.minor), offer.asked.currency)
    text = f"It costs {offer.asked} {offer.asked.currency}, {difference} {more} than {better}."
    return Reason("price", text, difference=difference)


def _visible(user: User) -> sa.ColumnElement[bool]:
    if user.role == "admin":
        return sa.and_(Store.is_active)
    mine = sa.select(Member.merchant_id).where(Member.user_id == user.id)
    return sa.and_(Store.is_active, sa.or_(Store.is_verified, Store.merchant_id.in_(mine)))


def _offer(listed: MarketplaceProduct, own: Product | None, store: Store | None, base_id: int) -> Offer:
    inherited = Prices(listed.price_minor, listed.sale_price_minor, listed.currency)
    mine = Prices(own.price_minor, own.sale_price_minor, own.currency) if own else Prices()
    price, sale_price = effective_prices(mine, inherited)
    return Offer(
        marketplace=listed.marketplace,
        marketplace_product_id=listed.marketplace_product_id,
        store_code=store.code if store else None,
        store_name=store.name if store else None,
        price=price,
        sale_price=sale_price,
        availability=(own.availability if own else None) or listed.availability,
        condition=(own.condition if own else None) or listed.condition,
        is_same_record=listed.id == base_id,
    )
