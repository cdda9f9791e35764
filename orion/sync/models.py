"""When to ask which channel for what, how far we have come, what each run did, and the pushes that came in."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.plumbing.db import Base, BigId, utcnow
from orion.sync.problems import Problem, ProblemType

JOB_TYPES = ("order_import", "product_pull", "order_backfill")
RUN_STATUSES = ("running", "success", "partial", "failed", "deferred")
TRIGGERS = ("schedule", "person", "push", "backfill")


class SyncSchedule(Base):
    """When one job type runs for one connection: every so many minutes, or by cron (UTC).

    `watermark` is up to when everything has been read, by the channel's own clock; the next run reads from a little
    before. `cursor` is where a run that was cut short goes on (its window and the channel's page token).
    `running_until` is the lease of the run that is under way: runs of a schedule do not overlap, and what has a lease
    that ended (a dead worker's, or one that waits for the channel) is gone on with, also when not `enabled`; a
    back-fill is a row that is never enabled. `unread` are entries that could not be read, by the channel's id: they
    are tried one by one. `full_at` is when everything was last read (products only).
    """

    __tablename__ = "sync_schedules"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "job_type"),
        sa.Index(
            "ix_sync_schedules_due",
            "next_run_at",
            postgresql_where=sa.text("enabled"),
            sqlite_where=sa.text("enabled"),
        ),
        sa.Index(
            "ix_sync_schedules_running",
            "running_until",
            postgresql_where=sa.text("running_until IS NOT NULL"),
            sqlite_where=sa.text("running_until IS NOT NULL"),
        ),
        sa.CheckConstraint("(interval_minutes IS NULL) <> (cron IS NULL)", name="rhythm"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), index=True)
    connection_id: Mapped[int] = mapped_column(sa.ForeignKey("connections.id", ondelete="CASCADE"))
    job_type: Mapped[str] = mapped_column(sa.String(32))
    enabled: Mapped[bool] = mapped_column(default=True)
    interval_minutes: Mapped[int | None]
    cron: Mapped[str | None] = mapped_column(sa.String(100))
    max_retries: Mapped[int] = mapped_column(default=3)
    retry_delay_seconds: Mapped[int] = mapped_column(default=60)
    next_run_at: Mapped[datetime]
    running_until: Mapped[datetime | None]
    watermark: Mapped[datetime | None]
    cursor: Mapped[dict[str, Any] | None]
    unread: Mapped[dict[str, Any] | None]
    full_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    last_run_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_status: Mapped[str | None] = mapped_column(sa.String(16))
    last_problem: Mapped[Problem | None] = mapped_column(ProblemType)
    last_duration_ms: Mapped[int | None]
    alerted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class SyncRun(Base):
    """What one run did. `errors` are sentences, at most 50; `failed` counts all of them.

    `status`: running; success; partial (some entries could not be read); failed; deferred (the channel's budget is
    spent: it goes on by itself). `window_from` and `window_to` are what was asked for. `pages` is also the fence
    between two workers of which one is only believed dead.
    """

    __tablename__ = "sync_runs"
    __table_args__ = (
        sa.Index("ix_sync_runs_store_id_id", "store_id", "id"),
        sa.Index("ix_sync_runs_connection_id_id", "connection_id", "id"),
        sa.Index("ix_sync_runs_started_at", "started_at"),
        sa.CheckConstraint("status IN ('running', 'success', 'partial', 'failed', 'deferred')", name="status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(sa.ForeignKey("connections.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(sa.String(16))
    job_type: Mapped[str] = mapped_column(sa.String(32))
    trigger: Mapped[str] = mapped_column(sa.String(16))
    status: Mapped[str] = mapped_column(sa.String(16), default="running")
    started_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]
    window_from: Mapped[datetime | None]
    window_to: Mapped[datetime | None]
    pages: Mapped[int] = mapped_column(default=0)
    seen: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    errors: Mapped[list[str] | None]
    problem: Mapped[Problem | None] = mapped_column(ProblemType)


class SyncedProduct(Base):
    """A product that a connection's pulls bring: `run_id` is the last pull of everything that had it.

    `withdrawn`: it was gone, and its listing was taken from sale by us (so that we may give it back).
    """

    __tablename__ = "sync_products"

    connection_id: Mapped[int] = mapped_column(sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    marketplace_product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("marketplace_products.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    run_id: Mapped[int] = mapped_column(sa.BigInteger)
    withdrawn: Mapped[bool] = mapped_column(default=False)


class HookReceipt(Base):
    """A push that came in, once each: the same event again changes nothing. It only ever triggers a read."""

    __tablename__ = "hook_receipts"
    __table_args__ = (
        sa.UniqueConstraint("channel", "event_id"),
        sa.Index("ix_hook_receipts_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(16))
    event_id: Mapped[str] = mapped_column(sa.String(128))
    topic: Mapped[str] = mapped_column(sa.String(64))
    connection_id: Mapped[int | None] = mapped_column(sa.ForeignKey("connections.id", ondelete="SET NULL"))
    channel_order_id: Mapped[str | None] = mapped_column(sa.String(255))
    received_at: Mapped[datetime] = mapped_column(default=utcnow)
