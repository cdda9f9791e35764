"""Which product of the store a line is: as a person said before, by SKU, by the marketplace's id, by GTIN."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import MarketplaceProduct, Product
from orion.kernel import CHANNEL_NAMES, gtin14, parse_gtin
from orion.orders.models import Order, OrderLine
from orion.plumbing.db.records import among


@dataclass(frozen=True, slots=True)
class Match:
    """The product, how it was found, and whether it is digital."""

    product_id: int
    matched_by: str
    is_digital: bool


async def match_lines(
    session: AsyncSession, store_id: int, channel: str, lines: Sequence[dict[str, Any]]
) -> list[Match | None]:
    """The product of each line (columns of OrderLine), None where it is not known for sure.

    In this order: what a person said of an earlier line of this channel with the same SKU or channel product id; the
    store's own SKU; the id on the channel's own marketplace (the channel's product id, or the SKU); the id in the feed
    of a product that has no SKU of its own, if that is only one; the GTIN, if it is valid and exactly one of the
    store's products has it, which is no multipack and no bundle. One statement each.
    """
    if not lines:
        return []
    skus = sorted({line["sku"] for line in lines if line["sku"]})
    ids = sorted({line["channel_product_id"] for line in lines if line["channel_product_id"]})
    gtins = {line["gtin"]: gtin14(line["gtin"]) for line in lines if line["gtin"] and parse_gtin(line["gtin"]).value}
    said = await _said(session, store_id, channel, skus, ids)
    by_sku = await _by_sku(session, store_id, skus)
    by_id, by_feed = await _by_marketplace_id(session, store_id, channel, {*skus, *ids})
    by_gtin = await _by_gtin(session, store_id, set(gtins.values()))
    found: list[Match | None] = []
    for line in lines:
        sku, product = line["sku"], line["channel_product_id"]
        found.append(
            said.get(("sku", sku))
            or said.get(("id", product))
            or by_sku.get(sku)
            or by_id.get(product)
            or by_id.get(sku)
            or by_feed.get(sku)
            or by_gtin.get(gtins.get(line["gtin"]))
        )
    return found


async def products_of(session: AsyncSession, store_id: int, product_ids: Iterable[int]) -> dict[int, bool]:
    """Whether each of the store's products is digital."""
    ids = sorted(set(product_ids))
    if not ids:
        return {}
    query = sa.select(Product.id, MarketplaceProduct.is_digital).join(MarketplaceProduct)
    rows = await session.execute(query.where(Product.store_id == store_id, among(session, Product.id, ids)))
    return {row.id: row.is_digital for row in rows}


async def _said(
    session: AsyncSession, store_id: int, channel: str, skus: Sequence[str], ids: Sequence[str]
) -> dict[tuple[str, str | None], Match]:
    """What people matched before; the latest word counts."""
    if not (skus or ids):
        return {}
    rows = await session.execute(
        sa.select(OrderLine.sku, OrderLine.channel_product_id, Product.id, MarketplaceProduct.is_digital)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Product, Product.id == OrderLine.product_id)
        .join(MarketplaceProduct, MarketplaceProduct.id == Product.marketplace_product_id)
        .where(
            OrderLine.store_id == store_id,
            OrderLine.matched_by == "person",
            Order.channel == channel,
            sa.or_(among(session, OrderLine.sku, skus), among(session, OrderLine.channel_product_id, ids)),
        )
        .order_by(OrderLine.id)
    )
    said: dict[tuple[str, str | None], Match] = {}
    for sku, id_, product_id, is_digital in rows:
        for key in (("sku", sku), ("id", id_)):
            if key[1]:
                said[key] = Match(product_id, "remembered", is_digital)
    return said


async def _by_sku(session: AsyncSession, store_id: int, skus: Sequence[str]) -> dict[str | None, Match]:
    if not skus:
        return {}
    query = sa.select(Product.sku, Product.id, MarketplaceProduct.is_digital).join(MarketplaceProduct)
    rows = await session.execute(query.where(Product.store_id == store_id, among(session, Product.sku, skus)))
    return {sku: Match(id_, "sku", is_digital) for sku, id_, is_digital in rows}


async def _by_marketplace_id(
    session: AsyncSession, store_id: int, channel: str, ids: Iterable[str]
) -> tuple[dict[str | None, Match], dict[str | None, Match]]:
    """By the id on the channel's own marketplace; and by the id in any feed, which is the SKU of who has set none."""
    wanted = sorted(ids)
    if not wanted:
        return {}, {}
    listed = MarketplaceProduct
    query = sa.select(
        listed.marketplace, listed.marketplace_product_id, Product.id, Product.sku, listed.is_digital
    ).join(Product, Product.marketplace_product_id == listed.id)
    query = query.where(among(session, listed.marketplace_product_id, wanted), Product.store_id == store_id)
    here: dict[str | None, Match] = {}
    anywhere: dict[str, list[Match]] = defaultdict(list)
    for marketplace, name, id_, sku, is_digital in await session.execute(query):
        if marketplace == CHANNEL_NAMES[channel]:
            here[name] = Match(id_, "marketplace_id", is_digital)
        if sku is None:
            anywhere[name].append(Match(id_, "sku", is_digital))
    return here, {name: match for name, (match, *others) in anywhere.items() if not others}


async def _by_gtin(session: AsyncSession, store_id: int, gtins: Iterable[str]) -> dict[str | None, Match]:
    wanted = sorted(gtins)
    if not wanted:
        return {}
    listed = MarketplaceProduct
    query = sa.select(listed.gtin14, Product.id, listed.is_digital, listed.multipack, listed.is_bundle).join(
        Product, Product.marketplace_product_id == listed.id
    )
    rows = await session.execute(query.where(among(session, listed.gtin14, wanted), Product.store_id == store_id))
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.gtin14].append(row)
    return {
        gtin: Match(row.id, "gtin", row.is_digital)
        for gtin, (row, *others) in found.items()
        if not others and (row.multipack or 1) <= 1 and not row.is_bundle
    }
