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
MODES = ("full", "partial", "dry_run")
CHANGE_KINDS = ("created", "updated", "listed", "withdrawn", "returned")
"""`withdrawn`: the feed has the product no longer, and the policy took it from sale; `returned`: it gave it back."""
UNDO_STATUSES = ("pending", "processing", "completed", "failed")
ON_MISSING = ("keep", "unpublish", "out_of_stock")
"""What may happen to products that a full feed no longer has."""
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

    The lowest bit of `row_hash` says that the record had warnings, which every import reports anew. `missing_since` is
    the import that first found the product gone from the feed, `withdrawn` the policy that then took it from the
    store, and `prior_availability` the store's own availability before that.
    """

    __tablename__ = "feed_rows"
    __table_args__ = (
        sa.Index(
            "ix_feed_rows_missing",
            "feed_id",
            "missing_since",
            postgresql_where=sa.text("missing_since IS NOT NULL"),
            sqlite_where=sa.text("missing_since IS NOT NULL"),
        ),
    )

    feed_id: Mapped[int] = mapped_column(sa.ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True)
    marketplace_product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("marketplace_products.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    row_hash: Mapped[int] = mapped_column(sa.BigInteger)
    missing_since: Mapped[int | None] = mapped_column(sa.BigInteger)
    withdrawn: Mapped[str | None] = mapped_column(sa.String(16))
    prior_availability: Mapped[str | None] = mapped_column(sa.String(16))


class ImportJob(Base):
    """One import of one feed: its settings, its state, its counters and its checkpoint.

    `processed_count` = imported + updated + unchanged + skipped + error. The checkpoint is `next_offset` (bytes
    into the unpacked UTF-8 feed whose SHA-256 is `digest`) and `next_row` (the number of the row that starts there).
    `starts` counts the runs since the last batch: an import that never gets further must not kill workers for ever.
    A feed has at most one import that is pending or processing.

    `mode`: "full", "partial" (some rows of a feed: the others are not gone), or "dry_run", which writes no products.
    Its source is an address, an upload, or the rows of `retry_of` that failed, as they were; an upload may be those
    rows, mended. `dry_run_id` is the dry run that was applied. `header` is the feed's first record, with which its
    failed rows can be written again. `changes_purged`: what it changed is not remembered any more.
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
        sa.CheckConstraint(
            "(source_url IS NULL) <> (upload_key IS NULL)"
            " OR (source_url IS NULL AND upload_key IS NULL AND retry_of IS NOT NULL)",
            name="one_source",
        ),
        sa.CheckConstraint("mode IN ('full', 'partial', 'dry_run')", name="mode"),
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
    mode: Mapped[str] = mapped_column(sa.String(8), default="full", server_default="full")
    retry_of: Mapped[int | None] = mapped_column(sa.ForeignKey("marketplace_import_jobs.id"), index=True)
    dry_run_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("marketplace_import_jobs.id", ondelete="SET NULL"), index=True
    )
    on_missing: Mapped[str] = mapped_column(sa.String(16), default="keep", server_default="keep")

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
    header: Mapped[str | None] = mapped_column(sa.Text)
    changes_purged: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]

    @property
    def dry_run(self) -> bool:
        """Whether it only finds out what an import would do."""
        return self.mode == "dry_run"


class ImportIssue(Base):
    """A row that was not imported (`error`), or only with a mended or missing value (`warning`).

    `row_number` counts as a spreadsheet shows it: the header is row 1, a record with line breaks is one row.
    `error_type` is the documented family (missing_id, missing_title, parse_error, validation_error), `code` says
    exactly what is wrong. `column_name` is the feed's header of the column that it is about, `value` what stands there.
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
    column_name: Mapped[str | None] = mapped_column(sa.Text)
    value: Mapped[str | None] = mapped_column(sa.Text)


class IssueRow(Base):
    """A record of which there is something to tell, as it stands in the feed (`is_cut`: only its beginning).

    `is_failed`: it was not imported.
    """

    __tablename__ = "import_issue_rows"

    import_job_id: Mapped[int] = mapped_column(
        sa.ForeignKey("marketplace_import_jobs.id", ondelete="CASCADE"), primary_key=True
    )
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_failed: Mapped[bool]
    is_cut: Mapped[bool]
    record: Mapped[str] = mapped_column(sa.Text)


class ImportChange(Base):
    """What one row of an import changed; in a dry run, what it would change.

    `changes` maps fields to [before, after] as `catalog.Changes` has them; of a product that was created only the ids
    and a `fingerprint` of the texts are kept. `product_id` is the marketplace product's, null where a dry run would
    create it; it may be deleted by now, `identifier` is what its marketplace calls it. Rows that changed nothing have
    no entry, but in a dry run the first of them do (kind "unchanged"). Products that the feed has no longer, or has
    again, are numbered on behind the last row; changes from a source that was another one when the import went on
    after an interruption count from far below zero.
    """

    __tablename__ = "import_changes"

    import_job_id: Mapped[int] = mapped_column(
        sa.ForeignKey("marketplace_import_jobs.id", ondelete="CASCADE"), primary_key=True
    )
    row_number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(sa.String(16))
    product_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    identifier: Mapped[str] = mapped_column(sa.String(255))
    language: Mapped[str] = mapped_column(sa.String(2))
    changes: Mapped[dict[str, Any] | None]
    fingerprint: Mapped[int | None] = mapped_column(sa.BigInteger)


class ImportUndo(Base):
    """The undoing of one import: how far it is (the changes from `next_row` on are undone) and what came of it.

    `restored_count` products have their prior values again, `removed_count` are gone or not listed any more,
    `kept_count` stayed as they are, in whole or in part (see ImportUndoConflict).
    """

    __tablename__ = "import_undos"
    __table_args__ = (sa.CheckConstraint("status IN ('pending', 'processing', 'completed', 'failed')", name="status"),)

    import_job_id: Mapped[int] = mapped_column(
        sa.ForeignKey("marketplace_import_jobs.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    status: Mapped[str] = mapped_column(sa.String(16), default="pending")
    failure_message: Mapped[str | None] = mapped_column(sa.Text)
    next_row: Mapped[int | None] = mapped_column(sa.BigInteger)
    total_count: Mapped[int]
    processed_count: Mapped[int] = mapped_column(default=0)
    restored_count: Mapped[int] = mapped_column(default=0)
    removed_count: Mapped[int] = mapped_column(default=0)
    kept_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    completed_at: Mapped[datetime | None]


class ImportUndoConflict(Base):
    """A value that an undo left alone, because it is not (any more) what the import had written.

    `field` as in `ImportChange.changes`, empty where it is the whole product; `reason` says why in a word, and
    `details` has what was `expected` to be found, what was `found`, and what it was `before` the import.
    """

    __tablename__ = "import_undo_conflicts"

    import_job_id: Mapped[int] = mapped_column(
        sa.ForeignKey("import_undos.import_job_id", ondelete="CASCADE"), primary_key=True
    )
    row_number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    identifier: Mapped[str] = mapped_column(sa.String(255))
    reason: Mapped[str] = mapped_column(sa.String(32))
    details: Mapped[dict[str, Any]]
