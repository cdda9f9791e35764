"""Writing marketplace products: the shared records, which administrators and the store whose feed they are change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orion import merchants
from orion.catalog.categories import category_ids
from orion.catalog.effective import Prices, money
from orion.catalog.events import MarketplaceProductChanged, ProductChanged
from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation, Product
from orion.catalog.price_history import note_prices
from orion.catalog.values import MAX_INDEXED, MAX_TEXT, MAX_TITLE, Notice, Reader, read_text
from orion.identity import User
from orion.kernel import Conflict, FieldError, Forbidden, Invalid, NotFound, parse_language, parse_marketplace
from orion.merchants import Member, Store, StoreAccess
from orion.plumbing.db import fold, utcnow
from orion.plumbing.events import publish

DEFAULT_CURRENCY = "EUR"
PRICES = ("price", "sale_price", "currency")
Texts = Mapping[str, Mapping[str, str | None] | None]
"""By language: `title` and `description`, each untouched where it is not named; None takes the language away."""


@dataclass(frozen=True, slots=True)
class Written:
    """The product that was written, and what was not done quite as it was asked for."""

    id: int
    marketplace: str
    marketplace_product_id: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Deleted:
    """Whether the product is gone; if not, it was unpublished in every store, and `reason` says why."""

    deleted: bool
    unpublished: bool
    reason: str | None


async def create_marketplace_product(
    session: AsyncSession,
    user: User,
    *,
    marketplace_product_id: str,
    marketplace: str = "Letzshop",
    store: str | None = None,
    language: str | None = None,
    texts: Texts,
    values: Mapping[str, Any],
) -> Written:
    """Create a marketplace product, and list it in the store it belongs to.

    `store` is the name or code of a store in which the caller is at least staff; without it a member's only store is
    meant, and an administrator's product belongs to no store. `values` are "price", "sale_price" and "currency" as
    text, and Google attributes by name; `texts` are by language, "" for `language` (else the store's default).
    Raises Invalid (`marketplace_product_invalid`, one error for each field), NotFound (`store_not_found`), Invalid
    (`store_ambiguous`), Forbidden (`role_too_low`) and Conflict (`marketplace_product_exists`). Publishes
    MarketplaceProductChanged, and ProductChanged where it is listed.
    """
    access = await _owner(session, user, store)
    reader = Reader()
    with reader.field("marketplace"):
        marketplace = parse_marketplace(marketplace)
    with reader.field("marketplace_product_id"):
        marketplace_product_id = read_text(marketplace_product_id, MAX_INDEXED) or ""
        if not marketplace_product_id:
            raise ValueError("Give the product an id of its own")
    default = access.store.default_currency if access else DEFAULT_CURRENCY
    prices = reader.prices({name: values[name] for name in PRICES if name in values}, Prices(), default)
    google = reader.google({name: value for name, value in values.items() if name not in PRICES})
    fallback = access.store.default_language if access else "en"
    wanted = _texts(reader, texts, language, fallback)
    if not any(text and text.get("title") for text in wanted.values()) and not reader.errors:
        reader.errors.append(FieldError("title", "Give the product a title"))
    reader.finish("marketplace_product_invalid")
    categories = await category_ids(session, [google.get("google_product_category")])
    product = MarketplaceProduct(
        marketplace=marketplace,
        marketplace_product_id=marketplace_product_id,
        source_store_id=access.store.id if access else None,
        price_minor=prices.minor,
        sale_price_minor=prices.sale_minor,
        currency=prices.currency,
        category_id=next(iter(categories.values()), None),
        **google,
    )
    await _refuse_taken(session, marketplace, marketplace_product_id)
    try:
        async with session.begin_nested():
            session.add(product)
    except IntegrityError:  # somebody took the id between the look and the leap
        await _refuse_taken(session, marketplace, marketplace_product_id)
        raise
    await _write_texts(session, product, wanted)
    changes = {name: (None, value) for name, value in google.items() if value is not None}
    await _publish(session, product, user, "created", changes)
    if access:
        listing = Product(store_id=access.store.id, marketplace_product_id=product.id)
        session.add(listing)
        await session.flush()
        await publish(session, ProductChanged(access.store.id, listing.id, "created", {}, user.id))
    return Written(product.id, marketplace, marketplace_product_id, tuple(reader.notices))


async def update_marketplace_product(
    session: AsyncSession,
    user: User,
    marketplace_product_id: str,
    marketplace: str | None = None,
    *,
    language: str | None = None,
    texts: Texts,
    values: Mapping[str, Any],
) -> Written:
    """Change a marketplace product: fields that are not named stay as they are, None empties one.

    Only administrators, and staff of the store whose feed describes it, may; see `create_marketplace_product` for
    `values` and `texts`. The last title cannot be taken away. What a feed says later of the product wins again.
    Raises NotFound (`marketplace_product_not_found`), Conflict (`marketplace_needed`), Forbidden
    (`not_your_product`) and Invalid (`marketplace_product_invalid`). Publishes MarketplaceProductChanged if anything
    differs.
    """
    product, store = await _changeable(session, user, marketplace_product_id, marketplace)
    reader = Reader()
    before = Prices(product.price_minor, product.sale_price_minor, product.currency)
    default = store.default_currency if store else DEFAULT_CURRENCY
    prices = reader.prices({name: values[name] for name in PRICES if name in values}, before, default)
    google = reader.google({name: value for name, value in values.items() if name not in PRICES})
    wanted = _texts(reader, texts, language, store.default_language if store else "en")
    reader.finish("marketplace_product_invalid")
    columns = google | {
        "price_minor": prices.minor,
        "sale_price_minor": prices.sale_minor,
        "currency": prices.currency,
    }
    if "google_product_category" in google:
        text = google["google_product_category"]
        columns["category_id"] = (await category_ids(session, [text])).get(text)
    changes = {
        name: (getattr(product, name), value) for name, value in columns.items() if getattr(product, name) != value
    }
    now = utcnow()
    if prices != before:
        note_prices(session, product, now)
    for name, (_, value) in changes.items():
        setattr(product, name, value)
    changes = _shown(changes, before, prices) | await _write_texts(session, product, wanted)
    if changes:
        product.updated_at = now
        await session.flush()
        await _publish(session, product, user, "updated", changes)
    return Written(product.id, product.marketplace, product.marketplace_product_id, tuple(reader.notices))


async def delete_marketplace_product(
    session: AsyncSession, user: User, marketplace_product_id: str, marketplace: str | None = None
) -> Deleted:
    """Delete a marketplace product and every store's listing of it; may the same as may change it.

    What is counted in stock or sold refers to a listing by a foreign key that refuses (RESTRICT). Such a product is
    unpublished in every store instead, and the answer says so. Raises as `update_marketplace_product`; publishes
    MarketplaceProductChanged and, for each listing, ProductChanged.
    """
    product, _ = await _changeable(session, user, marketplace_product_id, marketplace)
    rows = await session.execute(
        sa.select(Product.id, Product.store_id, Product.is_active).where(Product.marketplace_product_id == product.id)
    )
    listings = rows.all()
    try:
        async with session.begin_nested():
            await session.execute(sa.delete(MarketplaceProduct).where(MarketplaceProduct.id == product.id))
    except IntegrityError:
        active = [listing.id for listing in listings if listing.is_active]
        await session.execute(sa.update(Product).where(Product.id.in_(active)).values(is_active=False))
        for listing in listings:
            if listing.is_active:
                event = ProductChanged(
                    listing.store_id, listing.id, "unpublished", {"is_active": (True, False)}, user.id
                )
                await publish(session, event)
        return Deleted(False, True, "Stock or orders refer to this product: it was unpublished in every store instead.")
    session.expunge(product)
    await _publish(session, product, user, "deleted", {})
    for listing in listings:
        await publish(session, ProductChanged(listing.store_id, listing.id, "deleted", {}, user.id))
    return Deleted(True, False, None)


async def _owner(session: AsyncSession, user: User, named: str | None) -> StoreAccess | None:
    """Access to the store that a new product will belong to; None for an administrator's without one."""
    if named is None or not named.strip():
        return None if user.role == "admin" else await merchants.store_access_default(session, user, role="staff")
    query = sa.select(Store.code).where(
        sa.or_(Store.code == named.strip().upper(), fold.equals(Store.name, named.strip()))
    )
    if user.role != "admin":
        query = query.join(Member, Member.merchant_id == Store.merchant_id).where(
            Member.user_id == user.id, Store.is_active
        )
    codes = list(await session.scalars(query.order_by(Store.code).limit(50)))
    if len(codes) > 1 and named.upper() not in codes:
        message = f"Several stores are called {named!r}: give the code of one ({', '.join(codes)})"
        raise Invalid("store_ambiguous", message, errors=[FieldError("store", message)])
    code = named if not codes or named.upper() in codes else codes[0]
    return await merchants.open_store(session, user, code, role="staff")


async def _changeable(
    session: AsyncSession, user: User, marketplace_product_id: str, marketplace: str | None
) -> tuple[MarketplaceProduct, Store | None]:
    """The product, locked, and the store whose it is. Raises what the callers say."""
    query = sa.select(MarketplaceProduct).where(MarketplaceProduct.marketplace_product_id == marketplace_product_id)
    if marketplace is not None:
        query = query.where(MarketplaceProduct.marketplace == parse_marketplace(marketplace))
    products = (
        await session.scalars(
            query.order_by(MarketplaceProduct.id).with_for_update().execution_options(populate_existing=True)
        )
    ).all()
    if not products:
        raise NotFound("marketplace_product_not_found", f"There is no marketplace product {marketplace_product_id!r}.")
    if len(products) > 1:
        names = ", ".join(product.marketplace for product in products)
        raise Conflict("marketplace_needed", f"Several marketplaces have this product: say which one ({names}).")
    product = products[0]
    store = await session.get(Store, product.source_store_id) if product.source_store_id is not None else None
    if user.role == "admin":
        return product, store
    role = None
    if store is not None and store.is_active:
        role = await session.scalar(
            sa.select(Member.role).where(Member.merchant_id == store.merchant_id, Member.user_id == user.id)
        )
    if role not in ("staff", "manager", "owner"):
        raise Forbidden(
            "not_your_product",
            "Only administrators and staff of the store whose feed describes this product may change it. "
            "In your own store you can give it your own price, texts and pictures instead.",
        )
    return product, store


def _texts(reader: Reader, texts: Texts, language: str | None, default: str) -> dict[str, dict[str, str | None] | None]:
    """The texts by known language; "" is `language`, or else the `default`."""
    read: dict[str, dict[str, str | None] | None] = {}
    with reader.field("language"):
        spoken = parse_language(language) if language else default
        for code, given in texts.items():
            where = f"translations.{code}." if code else ""
            with reader.field(where.rstrip(".") or "language"):
                known = parse_language(code) if code else spoken
                if given is None:
                    read[known] = None
                    continue
                held = read.setdefault(known, {})
                for name, longest in (("title", MAX_TITLE), ("description", MAX_TEXT)):
                    if name in given:
                        with reader.field(where + name):
                            text = read_text(given[name], longest)
                            if name == "title" and text is None:
                                raise ValueError("Give a title")
                            if held is not None:
                                held[name] = text
    return read


async def _write_texts(
    session: AsyncSession, product: MarketplaceProduct, wanted: Mapping[str, Mapping[str, str | None] | None]
) -> dict[str, tuple[Any, Any]]:
    """Write the texts, and say what changed. Raises Invalid when no title would be left, or one is missing."""
    table = MarketplaceProductTranslation
    rows = await session.scalars(sa.select(table).where(table.marketplace_product_id == product.id))
    held = {row.language: row for row in rows}
    changes: dict[str, tuple[Any, Any]] = {}
    for language, texts in wanted.items():
        row = held.get(language)
        if texts is None:
            if row:
                changes |= {f"title.{language}": (row.title, None)}
                await session.delete(row)
                del held[language]
        elif row:
            for name, text in texts.items():
                if getattr(row, name) != text:
                    changes[f"{name}.{language}"] = (getattr(row, name), text)
                    setattr(row, name, text)
        elif texts:
            if not texts.get("title"):
                message = f"Give a title in {language} too: there is none yet"
                raise Invalid("marketplace_product_invalid", message, errors=[FieldError("title", message)])
            held[language] = row = table(marketplace_product_id=product.id, language=language, **texts)
            session.add(row)
            changes |= {f"{name}.{language}": (None, text) for name, text in texts.items()}
    if not held:
        message = "A product keeps at least one title: give another language's first"
        raise Invalid("marketplace_product_invalid", message, errors=[FieldError("translations", message)])
    await session.flush()
    return changes


def _shown(changes: dict[str, tuple[Any, Any]], before: Prices, after: Prices) -> dict[str, tuple[Any, Any]]:
    """The changes with prices as people write them."""
    shown = {name: pair for name, pair in changes.items() if name not in ("price_minor", "sale_price_minor")}
    for name, old, new in (
        ("price", before.minor, after.minor),
        ("sale_price", before.sale_minor, after.sale_minor),
    ):
        if (old, before.currency) != (new, after.currency) and (old is not None or new is not None):
            shown[name] = _amount(old, before.currency), _amount(new, after.currency)
    return shown


def _amount(minor: int | None, currency: str | None) -> str | None:
    found = money(minor, currency)
    return str(found) if found else None


async def _refuse_taken(session: AsyncSession, marketplace: str, marketplace_product_id: str) -> None:
    taken = await session.scalar(
        sa.select(MarketplaceProduct.id).where(
            MarketplaceProduct.marketplace == marketplace,
            MarketplaceProduct.marketplace_product_id == marketplace_product_id,
        )
    )
    if taken is not None:
        message = (
            f"{marketplace} has a product {marketplace_product_id!r} already: change that one, or list it in your store"
        )
        raise Conflict("marketplace_product_exists", message, errors=[FieldError("marketplace_product_id", message)])


async def _publish(
    session: AsyncSession, product: MarketplaceProduct, user: User, change: Any, changes: dict[str, tuple[Any, Any]]
) -> None:
    await publish(
        session,
        MarketplaceProductChanged(
            product.id,
            product.marketplace,
            product.marketplace_product_id,
            product.source_store_id,
            change,
            changes,
            user.id,
        ),
    )
