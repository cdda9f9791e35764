"""Writing a store's products: listing, overriding, publishing, deleting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.events import ProductChanged
from orion.catalog.images import KeptImage, claim_image, images_of, release_unused_images, with_images
from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.overrides import FRESH, own_prices, read_overrides, shown_changes
from orion.catalog.price_history import note_prices
from orion.catalog.translations import write_own_texts
from orion.catalog.values import Notice
from orion.kernel import Conflict, FieldError, Invalid, NotFound, parse_marketplace
from orion.merchants import StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish

Change = Literal["created", "updated", "published", "unpublished", "deleted"]

_FRESH_COLUMNS: dict[str, Any] = {
    name: value for name, value in FRESH.items() if name not in ("price", "sale_price")
} | {"price_minor": None, "sale_price_minor": None, "category_id": None}


@dataclass(frozen=True, slots=True)
class WrittenProduct:
    """The store's product that was written, and what was not done quite as it was asked for."""

    id: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class DeletedProduct:
    """Whether the listing is gone; if not, it was unpublished, and `reason` says why."""

    deleted: bool
    unpublished: bool
    reason: str | None


async def create_product(
    session: AsyncSession,
    access: StoreAccess,
    *,
    id: int | None = None,  # noqa: A002 (of the marketplace product; the built-in is not needed here)
    marketplace: str | None = None,
    marketplace_product_id: str | None = None,
    changes: Mapping[str, Any],
    texts: Mapping[str, Mapping[str, str | None]] | None = None,
) -> WrittenProduct:
    """List a marketplace product, by its number or by its id on a marketplace, with the store's own `changes`.

    `changes` are OVERRIDES and SETTINGS by name (see `overrides`), `texts` the store's titles and descriptions by
    language. Raises Forbidden (`role_too_low`) below staff, NotFound (`marketplace_product_not_found`), Conflict
    (`marketplace_needed`, `product_exists`, `sku_taken`) and Invalid (`product_invalid`). Publishes ProductChanged.
    """
    access.require("staff")
    base = await _to_list(session, id, marketplace, marketplace_product_id)
    product = Product(store_id=access.store.id, marketplace_product_id=base.id, is_active=True, **_FRESH_COLUMNS)
    columns, notices = await read_overrides(session, access.store, product, base, changes)
    shown = shown_changes(product, columns)
    for name, value in columns.items():
        setattr(product, name, value)
    await _refuse_listed(session, access, base)
    try:
        async with session.begin_nested():
            session.add(product)
    except IntegrityError:  # listed, or its number taken, between the look and the leap
        await _refuse_listed(session, access, base)
        await _refuse_sku(session, access, product.sku, None)
        raise
    if texts:
        shown |= await write_own_texts(session, product, texts)
    await _publish(session, access, product.id, "created", shown)
    return WrittenProduct(product.id, tuple(notices))


async def update_product(
    session: AsyncSession,
    access: StoreAccess,
    product_id: int,
    changes: Mapping[str, Any],
    *,
    texts: Mapping[str, Mapping[str, str | None]] | None = None,
    whole: bool = False,
) -> WrittenProduct:
    """Change what the store says of its product: what is not named stays, None inherits (or is normal again).

    With `whole` what is not named inherits too, and settings are as on a fresh listing, but for `is_active` and
    texts, which stay. Raises Forbidden (`role_too_low`) below staff, NotFound (`product_not_found`), Conflict
    (`sku_taken`) and Invalid (`product_invalid`). Publishes ProductChanged when anything differs.
    """
    access.require("staff")
    product, base = await lock_product(session, access, product_id)
    wanted = {**FRESH, **changes} if whole else changes
    columns, notices = await read_overrides(session, access.store, product, base, wanted)
    await _write(session, access, product, columns, texts)
    return WrittenProduct(product.id, tuple(notices))


async def publish_product(session: AsyncSession, access: StoreAccess, product_id: int, *, active: bool) -> None:
    """Show the product to buyers, or hide it. Doing it twice is fine.

    Raises Forbidden (`role_too_low`) below staff and NotFound (`product_not_found`). Publishes ProductChanged.
    """
    access.require("staff")
    product, _ = await lock_product(session, access, product_id)
    await _write(session, access, product, {"is_active": active}, None)


async def delete_product(session: AsyncSession, access: StoreAccess, product_id: int) -> DeletedProduct:
    """Take a product off the store's list, with all that the store said of it; the marketplace product stays.

    What is counted in stock or sold refers to it by a foreign key that refuses (RESTRICT): such a product is
    unpublished instead, and the answer says so. A feed that describes it lists it anew. Raises Forbidden
    (`role_too_low`) below staff and NotFound (`product_not_found`). Publishes ProductChanged.
    """
    access.require("staff")
    product, _ = await lock_product(session, access, product_id)
    try:
        async with session.begin_nested():
            await session.execute(sa.delete(Product).where(Product.id == product.id))
    except IntegrityError:
        await session.refresh(product)
        await _write(session, access, product, {"is_active": False}, None)
        return DeletedProduct(False, True, "Stock or orders refer to this product: it was unpublished instead.")
    session.expunge(product)
    await _publish(session, access, product_id, "deleted", {})
    return DeletedProduct(True, False, None)


async def add_image(session: AsyncSession, access: StoreAccess, product_id: int, image: KeptImage) -> list[str]:
    """Put an uploaded picture behind the product's own ones; returns those.

    Raises Forbidden (`role_too_low`) below staff, NotFound (`product_not_found`) and Invalid (`too_many_images`).
    Publishes ProductChanged.
    """
    access.require("staff")
    product, _ = await lock_product(session, access, product_id)
    link = await claim_image(session, product, image)
    await _write(session, access, product, with_images([*images_of(product), link]), None)
    return images_of(product)


async def set_images(session: AsyncSession, access: StoreAccess, product_id: int, links: Sequence[str]) -> list[str]:
    """Give the product these pictures, the first one first: addresses, or links of files uploaded for it.

    Files that are not among them are deleted; no pictures at all: those of the marketplace product show. Raises
    Forbidden (`role_too_low`) below staff, NotFound (`product_not_found`) and Invalid (`product_invalid`).
    Publishes ProductChanged when anything differs.
    """
    access.require("staff")
    product, base = await lock_product(session, access, product_id)
    columns, _ = await read_overrides(session, access.store, product, base, with_images(links))
    await _write(session, access, product, columns, None)
    return images_of(product)


async def listings_of(session: AsyncSession, access: StoreAccess, numbers: Sequence[int]) -> dict[int, int]:
    """The store's products, by the number of the marketplace product that each lists, for those of `numbers`."""
    rows = await session.execute(
        sa.select(Product.marketplace_product_id, Product.id).where(
            Product.store_id == access.store.id, Product.marketplace_product_id.in_(numbers)
        )
    )
    return {row[0]: row[1] for row in rows}


async def lock_product(
    session: AsyncSession, access: StoreAccess, product_id: int
) -> tuple[Product, MarketplaceProduct]:
    """The store's product, locked until the transaction ends, and what it lists. Raises NotFound."""
    row = (
        await session.execute(
            sa.select(Product, MarketplaceProduct)
            .join(MarketplaceProduct)
            .where(Product.store_id == access.store.id, Product.id == product_id)
            .with_for_update(of=Product)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("product_not_found", f"The store {access.store.code} has no product {product_id}.")
    return row[0], row[1]


async def _write(
    session: AsyncSession,
    access: StoreAccess,
    product: Product,
    columns: Mapping[str, Any],
    texts: Mapping[str, Mapping[str, str | None]] | None,
) -> None:
    """Set the columns and texts, keep the prices they replace, and tell what changed."""
    changes = shown_changes(product, columns)
    if "sku" in changes:
        await _refuse_sku(session, access, columns["sku"], product.id)
    now = utcnow()
    if any(name in columns and columns[name] != value for name, value in _money_columns(product).items()):
        note_prices(session, product, now)
    if texts:
        changes |= await write_own_texts(session, product, texts)
    if not changes:
        return
    for name, value in columns.items():
        setattr(product, name, value)
    product.updated_at = now
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError:
        await _refuse_sku(session, access, columns.get("sku"), product.id)
        raise
    if "image_link" in changes or "additional_image_link" in changes:
        await release_unused_images(session, product)
    change: Change = "updated"
    if set(changes) == {"is_active"}:
        change = "published" if product.is_active else "unpublished"
    await _publish(session, access, product.id, change, changes)


def _money_columns(product: Product) -> dict[str, Any]:
    prices = own_prices(product)
    return {"price_minor": prices.minor, "sale_price_minor": prices.sale_minor, "currency": prices.currency}


async def _to_list(
    session: AsyncSession, number: int | None, marketplace: str | None, marketplace_product_id: str | None
) -> MarketplaceProduct:
    if number is None and marketplace_product_id is None:
        message = "Say which marketplace product to list: its number, or its marketplace and its id there"
        raise Invalid("product_invalid", message, errors=[FieldError("marketplace_product_id", message)])
    query = sa.select(MarketplaceProduct)
    if number is not None:
        query = query.where(MarketplaceProduct.id == number)
    if marketplace_product_id is not None:
        query = query.where(MarketplaceProduct.marketplace_product_id == marketplace_product_id)
    if marketplace is not None:
        query = query.where(MarketplaceProduct.marketplace == parse_marketplace(marketplace))
    found = (await session.scalars(query.limit(2))).all()
    if not found:
        shown = marketplace_product_id if marketplace_product_id is not None else number
        raise NotFound("marketplace_product_not_found", f"There is no marketplace product {shown!r}.")
    if len(found) > 1:
        message = "Several marketplaces have a product with this id: say which marketplace"
        raise Conflict("marketplace_needed", message, errors=[FieldError("marketplace", message)])
    return found[0]


async def _refuse_listed(session: AsyncSession, access: StoreAccess, base: MarketplaceProduct) -> None:
    listed = await session.scalar(
        sa.select(Product.id).where(Product.store_id == access.store.id, Product.marketplace_product_id == base.id)
    )
    if listed is not None:
        raise Conflict("product_exists", f"The store lists this product already, as {listed}: change that one")


async def _refuse_sku(session: AsyncSession, access: StoreAccess, sku: str | None, product_id: int | None) -> None:
    if sku is None:
        return
    with session.no_autoflush:
        holder = await session.scalar(
            sa.select(Product.id).where(
                Product.store_id == access.store.id, Product.sku == sku, Product.id.is_distinct_from(product_id)
            )
        )
    if holder is not None:
        message = f"The store's product {holder} has the SKU {sku!r}: choose another"
        raise Conflict("sku_taken", message, errors=[FieldError("sku", message)])


async def _publish(
    session: AsyncSession, access: StoreAccess, product_id: int, change: Change, changes: dict[str, tuple[Any, Any]]
) -> None:
    await publish(session, ProductChanged(access.store.id, product_id, change, changes, access.user.id))
