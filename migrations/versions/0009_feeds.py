"""Feeds: column mappings, schedules, public exports, and what has gone from a feed.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)
MISSING = sa.text("missing_since IS NOT NULL")


def upgrade() -> None:
    op.add_column("feed_rows", sa.Column("missing_since", sa.BigInteger(), nullable=True))
    op.add_column("feed_rows", sa.Column("withdrawn", sa.String(length=16), nullable=True))
    op.add_column("feed_rows", sa.Column("prior_availability", sa.String(length=16), nullable=True))
    op.create_index(
        "ix_feed_rows_missing", "feed_rows", ["feed_id", "missing_since"], postgresql_where=MISSING, sqlite_where=MISSING
    )
    op.add_column(
        "marketplace_import_jobs",
        sa.Column("on_missing", sa.String(length=16), server_default="keep", nullable=False),
    )
    op.create_table(
        "feed_mappings",
        sa.Column("store_id", BIG_ID, nullable=False),
        sa.Column("marketplace", sa.String(length=32), nullable=False),
        sa.Column("column_key", sa.String(length=255), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_feed_mappings_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("store_id", "marketplace", "column_key", name=op.f("pk_feed_mappings")),
    )
    op.create_table(
        "feed_schedules",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("store_id", BIG_ID, nullable=False),
        sa.Column("marketplace", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("url_hash", sa.String(length=64), nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=True),
        sa.Column("cron", sa.String(length=100), nullable=True),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.Column("on_missing", sa.String(length=16), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=True),
        sa.Column("next_run_at", MOMENT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_import_id", BIG_ID, nullable=True),
        sa.Column("last_run_at", MOMENT, nullable=True),
        sa.Column("last_status", sa.String(length=24), nullable=True),
        sa.Column("last_problem", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(interval_minutes IS NULL) <> (cron IS NULL)", name=op.f("ck_feed_schedules_one_rhythm")
        ),
        sa.ForeignKeyConstraint(
            ["last_import_id"],
            ["marketplace_import_jobs.id"],
            name=op.f("fk_feed_schedules_last_import_id_marketplace_import_jobs"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_feed_schedules_store_id_stores"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_feed_schedules_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_schedules")),
        sa.UniqueConstraint(
            "store_id", "marketplace", "language", "url_hash", name=op.f("uq_feed_schedules_store_id_marketplace_language_url_hash")
        ),
    )
    op.create_index(
        "ix_feed_schedules_due",
        "feed_schedules",
        ["next_run_at"],
        postgresql_where=sa.text("enabled"),
        sqlite_where=sa.text("enabled"),
    )
    op.create_index(op.f("ix_feed_schedules_last_import_id"), "feed_schedules", ["last_import_id"])
    op.create_index(op.f("ix_feed_schedules_user_id"), "feed_schedules", ["user_id"])
    op.create_table(
        "feed_links",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("store_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("options", JSON, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_fetched_at", MOMENT, nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=True),
        sa.Column("content_changed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_feed_links_store_id_stores"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_feed_links_user_id_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_links")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_feed_links_token_digest")),
    )
    op.create_index(op.f("ix_feed_links_store_id"), "feed_links", ["store_id"])
    op.create_index(op.f("ix_feed_links_user_id"), "feed_links", ["user_id"])


def downgrade() -> None:
    op.drop_table("feed_links")
    op.drop_table("feed_schedules")
    op.drop_table("feed_mappings")
    op.drop_column("marketplace_import_jobs", "on_missing")
    op.drop_index("ix_feed_rows_missing", table_name="feed_rows")
    op.drop_column("feed_rows", "prior_availability")
    op.drop_column("feed_rows", "withdrawn")
    op.drop_column("feed_rows", "missing_since")
