"""Which item is meant: by GTIN, by product, by the store's own number for a product, or by the item's id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import MarketplaceProduct, Product
from orion.inventory.inputs import Label, parse_label
from orion.inventory.models import InventoryItem
from orion.inventory.rooms import Stockroom
from orion.kernel import Conflict, FieldError, Invalid, NotFound, OrionError, parse_gtin

MAX_ID = 2**63 - 1

_TABLE: Any = InventoryItem.__table__


@dataclass(frozen=True, slots=True)
class Item:
    """What is counted, of one store or of the platform: a GTIN, or one product without any."""

    id: int
    store_id: int | None
    gtin: str | None
    product_id: int | None

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"GTIN {self.gtin}" if self.gtin else f"product {self.product_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemKey:
    """One way to say which item: exactly one of these. `sku` is what the store's feed calls the product."""

    gtin: str | None = None
    product_id: int | None = None
    sku: str | None = None
    item_id: int | None = None

    def __post_init__(self) -> None:
        if sum(value is not None for value in (self.gtin, self.product_id, self.sku, self.item_id)) != 1:
            message = "Say which item is meant by exactly one of gtin, product_id and item_id"
            raise Invalid("item_unclear", message, errors=[FieldError("gtin", message)])


@dataclass(frozen=True, slots=True)
class _Product:
    """A product of the store and the GTIN that it is counted under, if it is."""

    id: int
    sku: str
    label: Label | None


async def find_item(session: AsyncSession, room: Stockroom, key: ItemKey, *, create: bool = False) -> Item | None:
    """The item, or None while nothing was ever counted of it; with `create`, a new item then.

    Raises Invalid (`gtin_invalid`), NotFound (`product_not_found`, `item_not_found`) and Conflict (`sku_ambiguous`).
    """
    found = (await find_items(session, room, [key], create=create))[0]
    if isinstance(found, OrionError):
        raise found
    return found


async def item_of(session: AsyncSession, room: Stockroom, product_id: int) -> Item | None:
    """The item that a product of the store sells from, None while nothing was ever counted of it.

    Products with the same GTIN share an item, unless a product is a multipack or a bundle, or its GTIN is not valid:
    it has one of its own. Raises NotFound (`product_not_found`).
    """
    return await find_item(session, room, ItemKey(product_id=product_id))


async def get_item(session: AsyncSession, room: Stockroom, item_id: int) -> Item:
    """The item with that id. Raises NotFound (`item_not_found`), also when it is another store's."""
    return await _sure(session, room, ItemKey(item_id=item_id), create=False)


async def make_item(session: AsyncSession, room: Stockroom, key: ItemKey) -> Item:
    """The item, made if nothing was ever counted of it. Raises what `find_item` does."""
    return await _sure(session, room, key, create=True)


async def find_items(
    session: AsyncSession, room: Stockroom, keys: Sequence[ItemKey], *, create: bool = False
) -> list[Item | OrionError | None]:
    """What each key means: an item, None while there is none, or what is wrong with the key.

    Few statements however many keys there are. With `create`, items that are missing are made, in a fixed order.
    """
    products = await _products(session, room, keys)
    meant = [_meaning(room, key, products) for key in keys]
    found = await _existing(session, room, meant)
    if create and (missing := {m for m in meant if isinstance(m, _Meaning) and m.is_missing(found)}):
        await _adopt(session, missing, found)
        await _insert(session, room, missing)
        found = await _existing(session, room, meant)
    return [m if isinstance(m, OrionError) else (m.of(found) or m.otherwise(room)) for m in meant]


async def _sure(session: AsyncSession, room: Stockroom, key: ItemKey, *, create: bool) -> Item:
    item = await find_item(session, room, key, create=create)
    if item is None:  # an unknown id raises, and everything else was made
        raise LookupError(f"no item for {key}")
    return item


def counted_by_gtin() -> sa.ColumnElement[bool]:
    """Whether a marketplace product is counted under its GTIN: not when it holds several of the thing."""
    return sa.and_(
        MarketplaceProduct.gtin14.is_not(None),
        sa.func.coalesce(MarketplaceProduct.multipack, 1) <= 1,
        MarketplaceProduct.is_bundle.is_not(True),
    )


@dataclass(frozen=True, slots=True)
class _Meaning:
    item_id: int | None = None
    label: Label | None = None
    product_id: int | None = None

    def of(self, found: Mapping[Any, Item]) -> Item | None:
        if self.item_id is not None:
            return found.get(("id", self.item_id))
        by_label = found.get(("gtin14", self.label.gtin14)) if self.label else None
        return by_label or found.get(("product", self.product_id))

    def is_missing(self, found: Mapping[Any, Item]) -> bool:
        """Whether the item is to be made, or to be given the GTIN that its product has now."""
        item = self.of(found)
        return self.item_id is None and (item is None or (self.label is not None and item.gtin is None))

    def otherwise(self, room: Stockroom) -> OrionError | None:
        if self.item_id is None:
            return None
        message = f"{room.name} has no stock item {self.item_id}"
        return NotFound("item_not_found", message, errors=[FieldError("item_id", message)])


def _meaning(room: Stockroom, key: ItemKey, products: Mapping[Any, list[_Product]]) -> _Meaning | OrionError:
    if key.item_id is not None:
        return _Meaning(item_id=key.item_id)
    if key.gtin is not None:
        try:
            return _Meaning(label=parse_label(key.gtin))
        except Invalid as error:
            return error
    field = "product_id" if key.sku is None else "sku"
    wanted = key.product_id if key.sku is None else key.sku
    called = products.get((field, wanted), [])
    if not called:
        message = f"{room.name} has no product {wanted!r}"
        return NotFound("product_not_found", message, errors=[FieldError(field, message)])
    if len({product.label.gtin14 if product.label else product.id for product in called}) > 1:
        message = f"Several products of {room.name} are called {wanted!r} and are counted apart: give the GTIN"
        return Conflict("sku_ambiguous", message, errors=[FieldError(field, message)])
    return _Meaning(label=called[0].label, product_id=called[0].id)


async def _products(session: AsyncSession, room: Stockroom, keys: Sequence[ItemKey]) -> dict[Any, list[_Product]]:
    ids = sorted({key.product_id for key in keys if key.product_id is not None and 0 < key.product_id <= MAX_ID})
    skus = sorted({key.sku for key in keys if key.sku is not None})
    found: dict[Any, list[_Product]] = {}
    if room.store_id is None or not (ids or skus):
        return found
    columns = sa.select(
        Product.id, MarketplaceProduct.marketplace_product_id,
        sa.case((counted_by_gtin(), MarketplaceProduct.gtin)),
    ).join(MarketplaceProduct).where(Product.store_id == room.store_id)  # fmt: skip
    for field, condition in (
        ("product_id", Product.id.in_(ids) if ids else None),
        ("sku", MarketplaceProduct.marketplace_product_id.in_(skus) if skus else None),
    ):
        if condition is None:
            continue
        for id_, sku, gtin in await session.execute(columns.where(condition).order_by(Product.id)):
            label = parse_label(gtin) if gtin and parse_gtin(gtin).value else None
            key = (field, id_ if field == "product_id" else sku)
            found.setdefault(key, []).append(_Product(id_, sku, label))
    return found


async def _existing(session: AsyncSession, room: Stockroom, meant: Sequence[_Meaning | OrionError]) -> dict[Any, Item]:
    known = [m for m in meant if isinstance(m, _Meaning)]
    ids = sorted({m.item_id for m in known if m.item_id is not None and 0 < m.item_id <= MAX_ID})
    labels = sorted({m.label.gtin14 for m in known if m.label})
    products = sorted({m.product_id for m in known if m.product_id is not None})
    conditions = [
        column.in_(values)
        for column, values in (
            (InventoryItem.id, ids),
            (InventoryItem.gtin14, labels),
            (InventoryItem.product_id, products),
        )
        if values
    ]
    if not conditions:
        return {}
    table = InventoryItem
    rows = await session.execute(
        sa.select(table.id, table.store_id, table.gtin, table.product_id, table.gtin14).where(
            table.store_id == room.store_id, sa.or_(*conditions)
        )
    )
    found: dict[Any, Item] = {}
    for id_, store_id, gtin, product_id, gtin14 in rows:
        item = Item(id_, store_id, gtin, product_id)
        found[("id", id_)] = item
        found[("gtin14", gtin14) if gtin14 else ("product", product_id)] = item
    return found


async def _adopt(session: AsyncSession, missing: set[_Meaning], found: Mapping[Any, Item]) -> None:
    """A product that has been counted by itself, and has a GTIN now, takes its stock along to the GTIN."""
    for meaning in missing:
        own = found.get(("product", meaning.product_id)) if meaning.label else None
        if own is None or meaning.label is None:
            continue
        try:
            async with session.begin_nested():
                await session.execute(
                    sa.update(_TABLE)
                    .where(InventoryItem.id == own.id, InventoryItem.product_id == own.product_id)
                    .values(gtin=meaning.label.gtin, gtin14=meaning.label.gtin14, product_id=None)
                )
        except IntegrityError:  # somebody counts the GTIN since a moment ago; the product's own stock stays beside it
            continue


async def _insert(session: AsyncSession, room: Stockroom, missing: set[_Meaning]) -> None:
    rows = {
        (m.label.gtin14 if m.label else "", 0 if m.label else m.product_id or 0): {
            "store_id": room.store_id,
            "gtin": m.label.gtin if m.label else None,
            "gtin14": m.label.gtin14 if m.label else None,
            "product_id": None if m.label else m.product_id,
        }
        for m in missing
    }
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # in key order: two that make the same items wait for each other, and never in a circle
    await session.execute(
        insert(_TABLE).on_conflict_do_nothing(),
        [rows[key] for key in sorted(rows)],
    )
