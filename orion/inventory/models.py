"""What is counted, where it lies, what is claimed of it, and every change of it. No `store_id`: the platform's own."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.plumbing.db import Base, BigId, utcnow

MAX_QUANTITY = 2**31 - 1
"""The most that may lie of an item at a location."""


def _only(rows: str) -> dict[str, Any]:
    """For an index of some rows alone."""
    return {"sqlite_where": sa.text(rows), "postgresql_where": sa.text(rows)}


def _store_id() -> Mapped[int | None]:
    return mapped_column(sa.ForeignKey("stores.id", ondelete="RESTRICT"))


class InventoryItem(Base):
    """What is counted: a GTIN (products that share it sell from one stock), or one product that has none.

    `gtin` is as first typed, `gtin14` the same in 14 digits. `on_hand` and `reserved` are the sums of the levels;
    whoever changes a level changes them first, and so holds the row that makes changes of the item come one by one.
    """

    __tablename__ = "inventory_items"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "gtin14"),
        sa.Index("uq_inventory_items_platform_gtin14", "gtin14", unique=True, **_only("store_id IS NULL")),
        sa.Index("ix_inventory_items_store_id_id", "store_id", "id"),
        sa.CheckConstraint(
            "(gtin14 IS NULL) = (gtin IS NULL) AND (gtin14 IS NULL) <> (product_id IS NULL)", name="kind"
        ),
        sa.CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="quantities"),
        sa.CheckConstraint("low_stock_threshold >= 0", name="threshold"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int | None] = _store_id()
    gtin: Mapped[str | None] = mapped_column(sa.String(14))
    gtin14: Mapped[str | None] = mapped_column(sa.String(14))
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("products.id", ondelete="RESTRICT"), unique=True)
    on_hand: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    reserved: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    low_stock_threshold: Mapped[int | None] = mapped_column(sa.Integer)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Location(Base):
    """A place where goods lie. `code` is upper case and unique in its store."""

    __tablename__ = "locations"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "code"),
        sa.Index("uq_locations_platform_code", "code", unique=True, **_only("store_id IS NULL")),
        sa.CheckConstraint("code = upper(code)", name="code_upper"),
        sa.CheckConstraint("is_active OR NOT is_default", name="default_active"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int | None] = _store_id()
    code: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(100))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Level(Base):
    """How many of an item lie at a location, and how many of those are spoken for."""

    __tablename__ = "levels"
    __table_args__ = (
        sa.Index("ix_levels_location_id_item_id", "location_id", "item_id"),
        sa.CheckConstraint("reserved >= 0 AND reserved <= on_hand AND on_hand <= 2147483647", name="quantities"),
    )

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("inventory_items.id", ondelete="RESTRICT"), primary_key=True)
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("locations.id", ondelete="RESTRICT"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(sa.Integer, default=0)
    reserved: Mapped[int] = mapped_column(sa.Integer, default=0)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)


class Movement(Base):
    """One change of a level, never altered: the deltas of an item at a location add up to what is on hand there."""

    __tablename__ = "movements"
    __table_args__ = (
        sa.Index("ix_movements_store_id_id", "store_id", "id"),
        sa.Index("ix_movements_store_id_item_id_id", "store_id", "item_id", "id"),
        sa.Index("ix_movements_item_id_location_id", "item_id", "location_id"),
        sa.CheckConstraint("on_hand_after >= 0", name="on_hand_after"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int | None] = _store_id()
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("inventory_items.id", ondelete="RESTRICT"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("locations.id", ondelete="RESTRICT"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    delta: Mapped[int] = mapped_column(sa.Integer)
    on_hand_after: Mapped[int] = mapped_column(sa.Integer)
    reason: Mapped[str] = mapped_column(sa.String(255), default="")
    reference: Mapped[str | None] = mapped_column(sa.String(128))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=utcnow)


class Reservation(Base):
    """A claim on `quantity` of an item at a location; `committed` of it has left, `released` of it is free again.

    It is `held` while something of it is open; then `committed` when any of it left, else `released`, or `expired` when
    nobody came for it in time.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        sa.UniqueConstraint("reference", "item_id", "location_id"),
        sa.Index("ix_reservations_store_id_id", "store_id", "id"),
        sa.Index("ix_reservations_store_id_reference", "store_id", "reference"),
        sa.Index("ix_reservations_expires_at", "expires_at", **_only("state = 'held'")),
        sa.Index("ix_reservations_item_id", "item_id", **_only("state = 'held'")),
        sa.CheckConstraint("state IN ('held', 'committed', 'released', 'expired')", name="state"),
        sa.CheckConstraint(
            "quantity > 0 AND committed >= 0 AND released >= 0 AND committed + released <= quantity", name="quantities"
        ),
        sa.CheckConstraint("(state = 'held') = (committed + released < quantity)", name="held"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int | None] = _store_id()
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("inventory_items.id", ondelete="RESTRICT"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("locations.id", ondelete="RESTRICT"), index=True)
    reference: Mapped[str] = mapped_column(sa.String(128))
    quantity: Mapped[int] = mapped_column(sa.Integer)
    committed: Mapped[int] = mapped_column(sa.Integer, default=0)
    released: Mapped[int] = mapped_column(sa.Integer, default=0)
    state: Mapped[str] = mapped_column(sa.String(16), default="held")
    expires_at: Mapped[datetime | None]
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)
