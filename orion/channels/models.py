"""Connections of stores to channels, and what each may still ask of its channel."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.plumbing.db import Base, BigId, utcnow
from orion.plumbing.sealing import sealed_column

STATES = ("new", "ok", "expiring", "broken", "paused")
ENVIRONMENTS = ("live", "sandbox", "simulator")


class Connection(Base):
    """One store's credentials and settings for one channel.

    `credentials` and `access_token` are sealed JSON and text; nothing ever shows them again. `settings` are not secret
    (region, marketplace ids, dialect). `credentials_since` says which secrets there are and since when (ISO 8601).
    `state`: new (not tested yet), ok, expiring (works, and will not for long),
    broken (does not work; `reason` says why in words), paused (by a person). `credentials_expire_at` is when a person
    has to renew them. From `access_expires_at` on the access token is no longer used, which is a little before it ends.
    `token_lease_until`: until then one process fetches a token, and the others wait. `consent_*`: who is at the
    channel's consent page now, until when they may come back, and the digest of what they have to bring.
    """

    __tablename__ = "connections"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "channel", "name"),
        sa.CheckConstraint("state IN ('new', 'ok', 'expiring', 'broken', 'paused')", name="state"),
        sa.CheckConstraint("environment IN ('live', 'sandbox', 'simulator')", name="environment"),
        sa.Index("ix_connections_credentials_expire_at", "credentials_expire_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="RESTRICT"), index=True)
    channel: Mapped[str] = mapped_column(sa.String(16))
    name: Mapped[str] = mapped_column(sa.String(64))
    environment: Mapped[str] = mapped_column(sa.String(16), default="live")
    settings: Mapped[dict[str, Any]]
    credentials: Mapped[str | None] = mapped_column(sa.Text)
    credentials_since: Mapped[dict[str, Any] | None]
    credentials_expire_at: Mapped[datetime | None]
    access_token: Mapped[str | None] = mapped_column(sa.Text)
    access_expires_at: Mapped[datetime | None]
    token_lease_until: Mapped[datetime | None]
    consent_digest: Mapped[str | None] = mapped_column(sa.String(64))
    consent_until: Mapped[datetime | None]
    consent_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(sa.String(16), default="new")
    reason_code: Mapped[str | None] = mapped_column(sa.String(64))
    reason: Mapped[str | None] = mapped_column(sa.Text)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


sealed_column("connections", "credentials")
sealed_column("connections", "access_token")


class ChannelBucket(Base):
    """What a connection may still ask of one operation: a token bucket that all workers share.

    `tokens` at `refilled_at`, growing by `rate` a second up to `burst`; nothing before `blocked_until`. `rate` follows
    what the channel says in its answers; `strikes` counts how often in a row it said that we were too quick.
    """

    __tablename__ = "channel_buckets"

    connection_id: Mapped[int] = mapped_column(sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    operation: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    tokens: Mapped[float] = mapped_column(sa.Float)
    rate: Mapped[float] = mapped_column(sa.Float)
    burst: Mapped[float] = mapped_column(sa.Float)
    refilled_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
    strikes: Mapped[int] = mapped_column(default=0)
