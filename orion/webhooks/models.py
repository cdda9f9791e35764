"""Endpoints that want to be told, events that happened, and the deliveries of these to those."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.plumbing.db import Base, BigId, utcnow
from orion.plumbing.sealing import sealed_column

DELIVERY_STATUSES = ("pending", "waiting", "delivered", "dead", "cancelled")
OPEN = ("pending", "waiting")
_OPEN_SQL = sa.text("status IN ('pending', 'waiting')")


class Webhook(Base):
    """An address that is posted what happens in a store, or (no `store_id`) on the whole platform.

    `secret` and `previous_secret` are sealed; the previous one signs beside it until `previous_until`.
    """

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(sa.Text)
    description: Mapped[str | None] = mapped_column(sa.String(255))
    secret: Mapped[str] = mapped_column(sa.Text)
    previous_secret: Mapped[str | None] = mapped_column(sa.Text)
    previous_until: Mapped[datetime | None]
    event_types: Mapped[list[str]]
    is_active: Mapped[bool] = mapped_column(default=True)
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(sa.Text)
    failing_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


sealed_column("webhooks", "secret")
sealed_column("webhooks", "previous_secret")


class WebhookEvent(Base):
    """Something that happened to `entity` ("product:17"), as it is told: its id grows in the order of happening."""

    __tablename__ = "webhook_events"
    __table_args__ = (sa.Index(None, "store_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(40), unique=True)
    store_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(sa.String(64))
    entity: Mapped[str] = mapped_column(sa.String(128))
    data: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)


class WebhookDelivery(Base):
    """One event on its way to one endpoint. Open ones of the same entity go in the order of their ids.

    pending: a job will send it; waiting: for an earlier one of its entity; delivered; dead: given up; cancelled: its
    endpoint was disabled. `response_*`, `seconds` and `error` are of the last attempt.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        sa.Index(None, "webhook_id", "id"),
        sa.Index(
            "ix_webhook_deliveries_open",
            "webhook_id",
            "entity",
            "id",
            postgresql_where=_OPEN_SQL,
            sqlite_where=_OPEN_SQL,
        ),
        sa.CheckConstraint("status IN ('pending', 'waiting', 'delivered', 'dead', 'cancelled')", name="status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(sa.ForeignKey("webhooks.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("webhook_events.id", ondelete="CASCADE"), index=True)
    entity: Mapped[str] = mapped_column(sa.String(128))
    status: Mapped[str] = mapped_column(sa.String(16), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    attempted_at: Mapped[datetime | None]
    response_status: Mapped[int | None]
    response_excerpt: Mapped[str | None] = mapped_column(sa.Text)
    seconds: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]
