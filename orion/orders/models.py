"""The unified order of one store from one channel: its lines, its history, its notes, and the payload it came as."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from orion.plumbing.db import Base, BigId, utcnow

FLAGS = (
    "unknown_status",
    "total_differs",
    "price_missing",
    "currency_unknown",
    "unmatched_lines",
    "stock_short",
    "changed_after_shipping",
    "cancel_requested",
    "cancelled_while_picked",
    "status_conflict",
    "unfulfillable",
    "channel_problem",
)
"""What a person should look at, and why."""

MATCHED_BY = ("sku", "marketplace_id", "gtin", "person", "remembered")
STOCK_STATES = ("none", "reserved", "short", "deducted", "released")


def _partial(name: str, *columns: str, where: str) -> sa.Index:
    return sa.Index(name, *columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


class Order(Base):
    """An order. Amounts are minor units of `currency`; None where the channel did not say.

    `raw_status` is the channel's word, `status` ours; an unknown word leaves `status` as it was and raises a flag.
    `total_difference_minor` is total minus what lines, shipping, tax and discount add up to: 0, or flagged.
    `remote_updated_at` is the channel's stamp of the version we hold, `fingerprint` the SHA-256 of all that it says:
    the same version read again writes nothing. `cleared` are flags that a person has looked at: they come back when
    what they are about gets different. Of a buyer who was forgotten (`forgotten_at`) nothing is kept. In an unknown
    currency (XXX) there are no amounts but those in the payload. `requires_shipping`: by us, some of it as goods.
    """

    __tablename__ = "orders"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "channel_order_id"),
        sa.Index("ix_orders_store_id_id", "store_id", "id"),
        sa.Index("ix_orders_store_id_status", "store_id", "status", "ordered_at", "id"),
        sa.Index("ix_orders_store_id_ordered_at", "store_id", "ordered_at", "id"),
        _partial("ix_orders_attention", "store_id", "ordered_at", "id", where="needs_attention"),
        _partial("ix_orders_awaiting", "store_id", "ordered_at", "id", where="awaits_acknowledgement"),
        sa.Index("ix_orders_ordered_at", "ordered_at", "id"),
        _partial("ix_orders_buyer", "channel", "customer_reference", where="customer_reference IS NOT NULL"),
        sa.CheckConstraint(
            "status IN ('pending', 'confirmed', 'processing', 'ready_for_shipment', 'shipped', 'delivered', "
            "'fulfilled', 'cancelled', 'refunded', 'partially_refunded')",
            name="status",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="RESTRICT"))
    connection_id: Mapped[int | None] = mapped_column(sa.ForeignKey("connections.id", ondelete="RESTRICT"))
    channel: Mapped[str] = mapped_column(sa.String(16))
    channel_order_id: Mapped[str] = mapped_column(sa.String(255))
    number: Mapped[str] = mapped_column(sa.String(255))
    url: Mapped[str | None] = mapped_column(sa.Text)

    customer_name: Mapped[str | None] = mapped_column(sa.Text)
    customer_email: Mapped[str | None] = mapped_column(sa.String(254))
    customer_phone: Mapped[str | None] = mapped_column(sa.String(64))
    customer_reference: Mapped[str | None] = mapped_column(sa.String(255))
    shipping_address: Mapped[dict[str, Any] | None]
    billing_address: Mapped[dict[str, Any] | None]

    currency: Mapped[str] = mapped_column(sa.String(3))
    subtotal_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    shipping_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    tax_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    discount_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    total_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    refunded_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    prices_include_tax: Mapped[bool] = mapped_column(default=True)
    total_difference_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)

    status: Mapped[str] = mapped_column(sa.String(24), default="pending")
    raw_status: Mapped[str] = mapped_column(sa.String(128))
    flags: Mapped[list[str]]
    cleared: Mapped[list[str]]
    needs_attention: Mapped[bool] = mapped_column(default=False)
    awaits_acknowledgement: Mapped[bool] = mapped_column(default=False)
    requires_shipping: Mapped[bool] = mapped_column(default=True)
    is_fully_digital: Mapped[bool] = mapped_column(default=False)

    ordered_at: Mapped[datetime]
    remote_updated_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]
    last_synced_at: Mapped[datetime] = mapped_column(default=utcnow)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    search_text: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)

    @hybrid_property
    def sent_by_channel(self) -> bool:
        """Whether the channel sends the goods, from a stock of its own."""
        return not self.requires_shipping and not self.is_fully_digital

    @sent_by_channel.inplace.expression
    @classmethod
    def _sent_by_channel(cls) -> sa.ColumnElement[bool]:
        return sa.and_(~cls.requires_shipping, ~cls.is_fully_digital)


class OrderLine(Base):
    """One line. `product_id` is the store's product it was matched with (`matched_by`), None while nobody knows.

    `matched_by`: sku, marketplace_id, gtin, person, or remembered (as a person matched an earlier line).
    `stock_state`: none (nothing to hold: digital, unmatched, not counted), reserved, short (not enough was there),
    deducted (the goods have left), released (given back). `reserved_quantity` is what is held for it now, and
    `shipped_before` what had left before we were connected, or from the channel's own stock: none of it is ours.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "channel_line_id"),
        sa.Index("ix_order_lines_product_id", "product_id"),
        _partial("ix_order_lines_unmatched", "store_id", "id", where="product_id IS NULL"),
        _partial("ix_order_lines_short", "store_id", "id", where="stock_state = 'short'"),
        _partial("ix_order_lines_person", "store_id", "id", where="matched_by = 'person'"),
        sa.CheckConstraint("quantity >= 0", name="quantity"),
        sa.CheckConstraint(
            "matched_by IN ('sku', 'marketplace_id', 'gtin', 'person', 'remembered')", name="matched_by"
        ),
        sa.CheckConstraint("stock_state IN ('none', 'reserved', 'short', 'deducted', 'released')", name="stock_state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"))
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="RESTRICT"))
    position: Mapped[int]
    channel_line_id: Mapped[str] = mapped_column(sa.String(255))
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("products.id", ondelete="RESTRICT"))
    matched_by: Mapped[str | None] = mapped_column(sa.String(16))
    title: Mapped[str] = mapped_column(sa.Text)
    sku: Mapped[str | None] = mapped_column(sa.String(255))
    gtin: Mapped[str | None] = mapped_column(sa.String(14))
    channel_product_id: Mapped[str | None] = mapped_column(sa.String(255))
    image_url: Mapped[str | None] = mapped_column(sa.Text)
    quantity: Mapped[int]
    unit_price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    subtotal_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    tax_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    discount_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    total_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    refunded_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    is_digital: Mapped[bool] = mapped_column(default=False)
    shipped_quantity: Mapped[int] = mapped_column(default=0)
    shipped_before: Mapped[int] = mapped_column(default=0)
    cancelled_quantity: Mapped[int] = mapped_column(default=0)
    stock_state: Mapped[str] = mapped_column(sa.String(16), default="none")
    reserved_quantity: Mapped[int] = mapped_column(default=0)
    raw_status: Mapped[str | None] = mapped_column(sa.String(128))

    @property
    def open_quantity(self) -> int:
        """How many units are neither sent nor cancelled."""
        return max(0, self.quantity - self.shipped_quantity - self.cancelled_quantity)


class OrderHistory(Base):
    """What happened to an order, when, by whom and why; never altered. `to_status` is None for other happenings.

    `actor` is "system", "channel:letzshop" or "user"; `kind`: created, status, flagged, cleared, matched, unmatched,
    changed, acknowledged, forgotten.
    """

    __tablename__ = "order_history"
    __table_args__ = (sa.Index("ix_order_history_order_id_id", "order_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    kind: Mapped[str] = mapped_column(sa.String(16))
    from_status: Mapped[str | None] = mapped_column(sa.String(24))
    to_status: Mapped[str | None] = mapped_column(sa.String(24))
    actor: Mapped[str] = mapped_column(sa.String(32))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str | None] = mapped_column(sa.Text)
    details: Mapped[dict[str, Any] | None]


class OrderNote(Base):
    """What a member wrote on an order, for colleagues."""

    __tablename__ = "order_notes"
    __table_args__ = (sa.Index("ix_order_notes_order_id_id", "order_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class OrderPayload(Base):
    """The order as the channel last told it, word for word."""

    __tablename__ = "order_payloads"

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    payload: Mapped[dict[str, Any]]
    read_at: Mapped[datetime] = mapped_column(default=utcnow)
