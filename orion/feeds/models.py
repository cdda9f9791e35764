"""Feeds, what their last import said of each product, and import jobs with the rows that went wrong."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.plumbing.db import Base, BigId, utcnow

STATUSES = ("pending", "processing", "completed", "completed_with_errors", "failed", "cancelled")
ACTIVE_STATUSES = ("pending", "processing")
PHASES = ("waiting", "downloading", "reading", "importing", "finished")
SEVERITIES = ("error", "warning")
ACTIVE_SQL = "status IN ('pending', 'processing')"


class Feed(Base):
    """A store's source of products on one marketplace in one language, and what its last fetch answered."""

    __tablename__ = "feeds"
    __table_args__ = (sa.UniqueConstraint("store_id", "marketplace", "language"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    marketplace: Mapped[str] = mapped_column(sa.String(32))
    language: Mapped[str] = mapped_column(sa.String(2))
    source_url: Mapped[str | None] = mapped_column(sa.Text)
    etag: Mapped[str | None] = mapped_column(sa.Text)
    last_modified: Mapped[str | None] = mapped_column(sa.Text)
    row_count: Mapped[int | None]
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class FeedRow(Base):
    """The hash of the record by which a feed last described a product; an equal record needs no work.

    The lowest bit of `row_hash` says that the record had warnings, which every import reports anew.
    """

    __tablename__ = "feed_rows"

    feed_id: Mapped[int] = mapped_column(sa.ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True)
    marketplace_product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("marketplace_products.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    row_hash: Mapped[int] = mapped_column(sa.BigInteger)


class ImportJob(Base):
    """One import of one feed: its settings, its state, its counters and its checkpoint.

    `processed_count` = imported + updated + unchanged + skipped + error. The checkpoint is `next_offset` (bytes
    into the unpacked UTF-8 feed whose SHA-256 is `digest`) and `next_row` (the number of the row that starts there).
    `starts` counts the runs since the last batch: an import that never gets further must not kill workers for ever.
    A feed has at most one import that is pending or processing.
    """

    __tablename__ = "marketplace_import_jobs"
    __table_args__ = (
        sa.Index(None, "store_id", "id"),
        sa.Index(
            "uq_marketplace_import_jobs_active_feed",
            "feed_id",
            unique=True,
            postgresql_where=sa.text(ACTIVE_SQL),
            sqlite_where=sa.text(ACTIVE_SQL),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'processing', 'completed', 'completed_with_errors', 'failed', 'cancelled')",
            name="status",
        ),
        sa.CheckConstraint("(source_url IS NULL) <> (upload_key IS NULL)", name="one_source"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    feed_id: Mapped[int] = mapped_column(sa.ForeignKey("feeds.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    marketplace: Mapped[str] = mapped_column(sa.String(32))
    language: Mapped[str] = mapped_column(sa.String(2))
    source_url: Mapped[str | None] = mapped_column(sa.Text)
    upload_key: Mapped[str | None] = mapped_column(sa.Text)
    filename: Mapped[str | None] = mapped_column(sa.Text)
    batch_size: Mapped[int] = mapped_column(default=1000)

    status: Mapped[str] = mapped_column(sa.String(24), default="pending", index=True)
    phase: Mapped[str] = mapped_column(sa.String(16), default="waiting")
    starts: Mapped[int] = mapped_column(default=0)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    failure_code: Mapped[str | None] = mapped_column(sa.String(64))
    failure_message: Mapped[str | None] = mapped_column(sa.Text)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    imported_count: Mapped[int] = mapped_column(default=0)
    updated_count: Mapped[int] = mapped_column(default=0)
    unchanged_count: Mapped[int] = mapped_column(default=0)
    skipped_count: Mapped[int] = mapped_column(default=0)
    error_count: Mapped[int] = mapped_column(default=0)
    warning_count: Mapped[int] = mapped_column(default=0)
    processed_count: Mapped[int] = mapped_column(default=0)
    total_count: Mapped[int | None]

    digest: Mapped[str | None] = mapped_column(sa.String(64))
    next_offset: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    next_row: Mapped[int] = mapped_column(default=2)

    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class ImportIssue(Base):
    """A row that was not imported (`error`), or only with a mended or missing value (`warning`).

    `row_number` counts as a spreadsheet shows it: the header is row 1, a record with line breaks is one row.
    `error_type` is the documented family (missing_id, missing_title, parse_error, validation_error), `code` says
    exactly what is wrong.
    """

    __tablename__ = "marketplace_import_errors"
    __table_args__ = (
        sa.Index(None, "import_job_id", "row_number"),
        sa.CheckConstraint("severity IN ('error', 'warning')", name="severity"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_job_id: Mapped[int] = mapped_column(sa.ForeignKey("marketplace_import_jobs.id", ondelete="CASCADE"))
    row_number: Mapped[int]
    severity: Mapped[str] = mapped_column(sa.String(8))
    error_type: Mapped[str] = mapped_column(sa.String(32))
    code: Mapped[str] = mapped_column(sa.String(32))
    identifier: Mapped[str | None] = mapped_column(sa.Text)
    error_message: Mapped[str] = mapped_column(sa.Text)
    row_data: Mapped[dict[str, Any]]
