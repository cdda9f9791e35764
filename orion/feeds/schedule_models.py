"""What a store has arranged for feeds: what columns mean, when they are fetched again, who may fetch its products."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.catalog import ListingFilter
from orion.plumbing.db import Base, BigId, utcnow

MAX_NAME = 100


class FeedMapping(Base):
    """What one column of a store's feeds on one marketplace means.

    `column_key` is the folded header (see `columns.column_key`), `header` the header as it was last seen, `target` the
    name of an attribute, "keep" (in the product's `attributes`) or "ignore".
    """

    __tablename__ = "feed_mappings"

    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    marketplace: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    column_key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    header: Mapped[str] = mapped_column(sa.Text)
    target: Mapped[str] = mapped_column(sa.String(64))
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class FeedSchedule(Base):
    """When a feed is fetched again: every `interval_minutes`, or as `cron` says (in UTC); one of the two is set.

    `failures` counts the runs that failed since the last good one; `last_*` describe the last run.
    """

    __tablename__ = "feed_schedules"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "marketplace", "language", "url_hash"),
        sa.Index(
            "ix_feed_schedules_due",
            "next_run_at",
            postgresql_where=sa.text("enabled"),
            sqlite_where=sa.text("enabled"),
        ),
        sa.CheckConstraint("(interval_minutes IS NULL) <> (cron IS NULL)", name="one_rhythm"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    marketplace: Mapped[str] = mapped_column(sa.String(32))
    language: Mapped[str] = mapped_column(sa.String(2))
    source_url: Mapped[str] = mapped_column(sa.Text)
    url_hash: Mapped[str] = mapped_column(sa.String(64))
    interval_minutes: Mapped[int | None]
    cron: Mapped[str | None] = mapped_column(sa.String(100))
    batch_size: Mapped[int] = mapped_column(default=1000)
    on_missing: Mapped[str] = mapped_column(sa.String(16), default="keep")
    enabled: Mapped[bool] = mapped_column(default=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    next_run_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)
    last_import_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("marketplace_import_jobs.id", ondelete="SET NULL"), index=True
    )
    last_run_at: Mapped[datetime | None]
    last_status: Mapped[str | None] = mapped_column(sa.String(24))
    last_problem: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class FeedLink(Base):
    """A public address of one export of a store. Only the digest of its token is kept.

    `options` are the filter of the products. `content_digest` is what the products came to when they were last fetched,
    `content_changed_at` when that first was so.
    """

    __tablename__ = "feed_links"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(MAX_NAME))
    token_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    format: Mapped[str] = mapped_column(sa.String(16))
    language: Mapped[str | None] = mapped_column(sa.String(2))
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    last_fetched_at: Mapped[datetime | None]
    content_digest: Mapped[str | None] = mapped_column(sa.String(64))
    content_changed_at: Mapped[datetime | None]

    @property
    def filter(self) -> ListingFilter:
        """Which products it is about: published ones, whatever else is asked for."""
        return ListingFilter(**self.options | {"is_active": True, "language": self.language})
