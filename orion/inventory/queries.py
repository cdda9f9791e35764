"""Reads of stock: items with their totals, levels by location, movements, reservations. All within one stockroom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation
from orion.identity import User
from orion.inventory.claims import ReservationView, views_query
from orion.inventory.inputs import location_code, parse_label
from orion.inventory.items import counted_by_gtin
from orion.inventory.models import InventoryItem, Level, Location, Movement, Reservation
from orion.inventory.rooms import Stockroom
from orion.inventory.titles import Title, titles_of
from orion.kernel import MAX_LIMIT, FieldError, Invalid, NotFound, Stretch, gtin14, parse_gtin
from orion.plumbing.db import fold

KINDS = ("set", "add", "remove", "transfer", "count", "import", "commit")
"""What a movement can be."""

STATES = ("held", "committed", "released", "expired")
"""What a reservation can be."""

MAX_SEARCH = 200


@dataclass(frozen=True, slots=True)
class LevelView:
    """What lies at a location, and how much of it is spoken for."""

    location_id: int
    location: str
    location_name: str
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        """What nobody has claimed."""
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item with its totals over all locations, and what it is called.

    `threshold` is the one that counts: the item's own `low_stock_threshold`, or the store's; None when neither is set.
    """

    id: int
    gtin: str | None
    product_id: int | None
    sku: str | None
    title: str | None
    products: int
    on_hand: int
    reserved: int
    low_stock_threshold: int | None
    threshold: int | None
    here: int | None = None
    """On hand at the location that was asked for."""

    @property
    def available(self) -> int:
        """What nobody has claimed."""
        return self.on_hand - self.reserved

    @property
    def is_low(self) -> bool:
        """Whether what is available is at the threshold or below."""
        return self.threshold is not None and self.available <= self.threshold


@dataclass(frozen=True, slots=True)
class Summary:
    """The stock of a GTIN by location, in order of location codes; `warning` when it is no valid GTIN."""

    item_id: int | None
    gtin: str
    title: str | None
    on_hand: int
    reserved: int
    levels: Sequence[LevelView]
    warning: str | None

    @property
    def available(self) -> int:
        """What nobody has claimed."""
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class Entry:
    """One level, with what it is a level of."""

    item_id: int
    gtin: str | None
    product_id: int | None
    title: str | None
    level: LevelView


@dataclass(frozen=True, slots=True)
class MovementView:
    """One change of a level. `actor` is a user's name, None where a program did it."""

    id: int
    at: datetime
    item_id: int
    gtin: str | None
    product_id: int | None
    location: str
    kind: str
    delta: int
    on_hand_after: int
    reason: str
    reference: str | None
    actor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementFilter:
    """Which movements are wanted: None is any. `since` counts in, `until` does not."""

    item_id: int | None = None
    location: str | None = None
    kind: str | None = None
    reference: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_items(
    session: AsyncSession,
    room: Stockroom,
    *,
    search: str | None = None,
    low: bool | None = None,
    location: str | None = None,
    after: int = 0,
    limit: int = 50,
) -> Stretch[ItemView]:
    """Items by number, those behind `after`: three statements however many there are.

    `search` finds GTINs by their beginning, and products by a part of a title or of the feed's id. `low` means that
    what is available is at the threshold or below. `location` leaves the items that lie there, and says how many do.
    Raises Invalid (`invalid_search`, `location_invalid`, `invalid_page`).
    """
    _check_limit(limit)
    query = _items(room).where(InventoryItem.id > after)
    if location is not None:
        query = query.add_columns(Level.on_hand).join(Level, Level.item_id == InventoryItem.id)
        at = sa.select(Location.id).where(Location.store_id == room.store_id, Location.code == location_code(location))
        query = query.where(Level.location_id == at.scalar_subquery(), Level.on_hand > 0)
    if search and search.strip():
        query = query.where(_search(room, search.strip()))
    if low is not None:
        threshold = sa.func.coalesce(InventoryItem.low_stock_threshold, room.low_stock_threshold)
        is_low = sa.func.coalesce(InventoryItem.on_hand - InventoryItem.reserved <= threshold, sa.false())
        query = query.where(is_low if low else ~is_low)
    rows = (await session.execute(query.order_by(InventoryItem.id).limit(limit + 1))).all()
    items = await _item_views(session, room, rows[:limit])
    return Stretch(items, (items[-1].id,) if len(rows) > limit else None)


async def show_item(session: AsyncSession, room: Stockroom, item_id: int) -> tuple[ItemView, list[LevelView]]:
    """An item with its levels. Raises NotFound (`item_not_found`), also when it is another store's."""
    rows = (await session.execute(_items(room).where(InventoryItem.id == item_id))).all()
    if not rows:
        message = f"{room.name} has no stock item {item_id}"
        raise NotFound("item_not_found", message, errors=[FieldError("item_id", message)])
    (view,) = await _item_views(session, room, rows)
    return view, await _levels(session, item_id)


async def summary(session: AsyncSession, room: Stockroom, gtin: str) -> Summary:
    """The stock of a GTIN over all locations: zeros when the store sells the product and has counted none.

    Raises Invalid (`gtin_invalid`) and NotFound (`stock_not_found`).
    """
    label = parse_label(gtin)
    row = (await session.execute(_items(room).where(InventoryItem.gtin14 == label.gtin14))).one_or_none()
    if row is None:
        title = (await titles_of(session, room, [(0, label.gtin, None)])).get(0) if label.warning is None else None
        if title is None:
            raise NotFound("stock_not_found", f"{room.name} has never counted {label.gtin}, nor has a product with it")
        return Summary(None, label.gtin, title.title, 0, 0, (), None)
    (view,) = await _item_views(session, room, [row])
    levels = await _levels(session, view.id)
    return Summary(view.id, view.gtin or label.gtin, view.title, view.on_hand, view.reserved, levels, label.warning)


async def list_entries(
    session: AsyncSession,
    room: Stockroom,
    *,
    gtin: str | None = None,
    location: str | None = None,
    after: tuple[int, int] = (0, 0),
    limit: int = 50,
) -> Stretch[Entry]:
    """Levels by item and location, those behind the (item id, location id) `after`.

    Raises Invalid (`gtin_invalid`, `location_invalid`, `invalid_page`).
    """
    _check_limit(limit)
    item_id, location_id = after
    query = (
        sa.select(
            InventoryItem.id, InventoryItem.gtin, InventoryItem.product_id,
            Location.id, Location.code, Location.name, Level.on_hand, Level.reserved,
        )
        .join(Level, Level.item_id == InventoryItem.id)
        .join(Location, Location.id == Level.location_id)
        .where(
            InventoryItem.store_id == room.store_id,
            sa.or_(InventoryItem.id > item_id, sa.and_(InventoryItem.id == item_id, Location.id > location_id)),
        )
        .order_by(InventoryItem.id, Location.id)
    )  # fmt: skip
    if item_id:
        query = query.where(InventoryItem.id >= item_id)
    if gtin is not None:
        query = query.where(InventoryItem.gtin14 == parse_label(gtin).gtin14)
    if location is not None:
        query = query.where(Location.code == location_code(location))
    rows = (await session.execute(query.limit(limit + 1))).all()
    shown = rows[:limit]
    titles = await titles_of(session, room, list({(row[0], row[1], row[2]) for row in shown}))
    entries = [Entry(row[0], row[1], row[2], _title(titles, row[0]), LevelView(*row[3:])) for row in shown]
    return Stretch(entries, (shown[-1][0], shown[-1][3]) if len(rows) > limit else None)


async def list_movements(
    session: AsyncSession, room: Stockroom, wanted: MovementFilter, *, before: int | None = None, limit: int = 50
) -> Stretch[MovementView]:
    """Movements, the newest first, those older than number `before`. Raises Invalid (`unknown_kind`)."""
    _check_limit(limit, most=1000)
    columns: Any = (
        Movement.id,
        Movement.at,
        Movement.item_id,
        InventoryItem.gtin,
        InventoryItem.product_id,
        Location.code,
        Movement.kind,
        Movement.delta,
        Movement.on_hand_after,
        Movement.reason,
        Movement.reference,
        User.username,
    )
    query = (
        sa.select(*columns)
        .join(InventoryItem, InventoryItem.id == Movement.item_id)
        .join(Location, Location.id == Movement.location_id)
        .outerjoin(User, User.id == Movement.actor_id)
        .where(Movement.store_id == room.store_id)
    )  # fmt: skip
    if wanted.item_id is not None:
        query = query.where(Movement.item_id == wanted.item_id)
    if wanted.location is not None:
        query = query.where(Location.code == location_code(wanted.location))
    if wanted.kind is not None:
        query = query.where(Movement.kind == _known(wanted.kind, KINDS, "kind"))
    if wanted.reference is not None:
        query = query.where(Movement.reference == wanted.reference)
    if wanted.since is not None:
        query = query.where(Movement.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Movement.at < wanted.until)
    if before is not None:
        query = query.where(Movement.id < before)
    rows = (await session.execute(query.order_by(Movement.id.desc()).limit(limit + 1))).all()
    movements = [MovementView(*row) for row in rows[:limit]]
    return Stretch(movements, (movements[-1].id,) if len(rows) > limit else None)


async def list_reservations(
    session: AsyncSession,
    room: Stockroom,
    *,
    state: str | None = None,
    reference: str | None = None,
    item_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Stretch[ReservationView]:
    """Reservations, the newest first, those older than number `before`. Raises Invalid (`unknown_state`)."""
    _check_limit(limit)
    query = views_query(room)
    if state is not None:
        query = query.where(Reservation.state == _known(state, STATES, "state"))
    if reference is not None:
        query = query.where(Reservation.reference == reference)
    if item_id is not None:
        query = query.where(Reservation.item_id == item_id)
    if before is not None:
        query = query.where(Reservation.id < before)
    rows = (await session.execute(query.order_by(Reservation.id.desc()).limit(limit + 1))).all()
    views = [ReservationView(*row) for row in rows[:limit]]
    return Stretch(views, (views[-1].id,) if len(rows) > limit else None)


def _items(room: Stockroom) -> sa.Select[Any]:
    item: Any = InventoryItem
    return sa.select(
        item.id, item.gtin, item.product_id, item.on_hand, item.reserved, item.low_stock_threshold
    ).where(item.store_id == room.store_id)  # fmt: skip


async def _item_views(session: AsyncSession, room: Stockroom, rows: Sequence[Any]) -> list[ItemView]:
    titles = await titles_of(session, room, [(row[0], row[1], row[2]) for row in rows])
    views = []
    for id_, gtin, product_id, on_hand, reserved, own, *here in rows:
        found = titles.get(id_)
        threshold = own if own is not None else room.low_stock_threshold
        views.append(
            ItemView(
                id_, gtin, product_id, found.sku if found else None, found.title if found else None,
                found.products if found else 0, on_hand, reserved, own, threshold, *here,
            )
        )  # fmt: skip
    return views


async def _levels(session: AsyncSession, item_id: int) -> list[LevelView]:
    rows = await session.execute(
        sa.select(Location.id, Location.code, Location.name, Level.on_hand, Level.reserved)
        .join(Level, Level.location_id == Location.id)
        .where(Level.item_id == item_id)
        .order_by(Location.code)
    )
    return [LevelView(*row) for row in rows]


def _search(room: Stockroom, text: str) -> sa.ColumnElement[bool]:
    if "\0" in text or len(text) > MAX_SEARCH:
        message = f"search takes up to {MAX_SEARCH} printable characters"
        raise Invalid("invalid_search", message, errors=[FieldError("search", message)])
    own, shared, listed = ProductTranslation, MarketplaceProductTranslation, MarketplaceProduct
    conditions: list[sa.ColumnElement[bool]] = []
    digits = text.replace(" ", "")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 14:
        conditions.append(InventoryItem.gtin.startswith(digits, autoescape=True))
        value = parse_gtin(digits).value
        conditions.append(InventoryItem.gtin14 == gtin14(value or digits))
    called = sa.or_(
        fold.contains(listed.marketplace_product_id, text),
        sa.exists().where(shared.marketplace_product_id == listed.id, fold.contains(shared.title, text)),
        sa.exists().where(own.product_id == Product.id, fold.contains(own.title, text)),
    )
    products = sa.select(Product.id, sa.case((counted_by_gtin(), listed.gtin14)).label("gtin14")).join(listed)
    found = products.where(Product.store_id == room.store_id, called).cte("found")
    conditions.append(InventoryItem.gtin14.in_(sa.select(found.c.gtin14).where(found.c.gtin14.is_not(None))))
    conditions.append(InventoryItem.product_id.in_(sa.select(found.c.id)))
    return sa.or_(*conditions)


def _title(titles: dict[int, Title], item_id: int) -> str | None:
    found = titles.get(item_id)
    return found.title if found else None


def _known(text: str, values: Sequence[str], field: str) -> str:
    value = text.strip().lower()
    if value not in values:
        message = f"{text[:64]!r} is not one of {', '.join(values)}"
        raise Invalid(f"unknown_{field}", message, errors=[FieldError(field, message)])
    return value


def _check_limit(limit: int, most: int = MAX_LIMIT) -> None:
    if not 1 <= limit <= most:
        message = f"limit must be from 1 to {most}"
        raise Invalid("invalid_page", message, errors=[FieldError("limit", message)])
