"""Import changes: what each import changed, its failed rows in full, and how it is undone.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JOBS = "marketplace_import_jobs"
ISSUES = "marketplace_import_errors"
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ALONE = {"resolve_fks": False}
"""Only the table itself is read before it is made anew: users have an index that cannot be reflected."""

MOMENT = sa.DateTime(timezone=True)
ONE_SOURCE = "(source_url IS NULL) <> (upload_key IS NULL)"


def upgrade() -> None:
    with op.batch_alter_table(JOBS, reflect_kwargs=ALONE) as batch:
        batch.add_column(sa.Column("mode", sa.String(8), server_default="full", nullable=False))
        batch.add_column(sa.Column("retry_of", ID))
        batch.add_column(sa.Column("dry_run_id", ID))
        batch.add_column(sa.Column("header", sa.Text()))
        batch.add_column(sa.Column("changes_purged", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.create_foreign_key(op.f("fk_marketplace_import_jobs_retry_of_marketplace_import_jobs"), JOBS, ["retry_of"], ["id"])
        batch.create_foreign_key(
            op.f("fk_marketplace_import_jobs_dry_run_id_marketplace_import_jobs"), JOBS, ["dry_run_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_index(op.f("ix_marketplace_import_jobs_retry_of"), ["retry_of"])
        batch.create_index(op.f("ix_marketplace_import_jobs_dry_run_id"), ["dry_run_id"])
        batch.drop_constraint(op.f("ck_marketplace_import_jobs_one_source"), type_="check")
        batch.create_check_constraint(
            op.f("ck_marketplace_import_jobs_one_source"),
            f"{ONE_SOURCE} OR (source_url IS NULL AND upload_key IS NULL AND retry_of IS NOT NULL)",
        )
        batch.create_check_constraint(op.f("ck_marketplace_import_jobs_mode"), "mode IN ('full', 'partial', 'dry_run')")
    # Nobody has noted what the imports until now changed.
    op.execute(f"UPDATE {JOBS} SET changes_purged = true")  # noqa: S608 - a name of ours
    with op.batch_alter_table(ISSUES) as batch:
        batch.add_column(sa.Column("column_name", sa.Text()))
        batch.add_column(sa.Column("value", sa.Text()))
    op.create_table(
        "import_issue_rows",
        sa.Column("import_job_id", ID, nullable=False),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_failed", sa.Boolean(), nullable=False),
        sa.Column("is_cut", sa.Boolean(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["import_job_id"], [f"{JOBS}.id"], op.f("fk_import_issue_rows_import_job_id_marketplace_import_jobs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_job_id", "row_number", name=op.f("pk_import_issue_rows")),
    )
    op.create_table(
        "import_changes",
        sa.Column("import_job_id", ID, nullable=False),
        sa.Column("row_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("product_id", sa.BigInteger()),
        sa.Column("identifier", sa.String(255), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("changes", JSON),
        sa.Column("fingerprint", sa.BigInteger()),
        sa.ForeignKeyConstraint(["import_job_id"], [f"{JOBS}.id"], op.f("fk_import_changes_import_job_id_marketplace_import_jobs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_job_id", "row_number", name=op.f("pk_import_changes")),
    )
    op.create_table(
        "import_undos",
        sa.Column("import_job_id", ID, autoincrement=False, nullable=False),
        sa.Column("user_id", ID),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("failure_message", sa.Text()),
        sa.Column("next_row", sa.BigInteger()),
        sa.Column("total_count", sa.Integer(), nullable=False),
        sa.Column("processed_count", sa.Integer(), nullable=False),
        sa.Column("restored_count", sa.Integer(), nullable=False),
        sa.Column("removed_count", sa.Integer(), nullable=False),
        sa.Column("kept_count", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("completed_at", MOMENT),
        sa.CheckConstraint("status IN ('pending', 'processing', 'completed', 'failed')", name=op.f("ck_import_undos_status")),
        sa.ForeignKeyConstraint(["import_job_id"], [f"{JOBS}.id"], op.f("fk_import_undos_import_job_id_marketplace_import_jobs"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], op.f("fk_import_undos_user_id_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("import_job_id", name=op.f("pk_import_undos")),
    )
    op.create_index(op.f("ix_import_undos_user_id"), "import_undos", ["user_id"])
    op.create_table(
        "import_undo_conflicts",
        sa.Column("import_job_id", ID, nullable=False),
        sa.Column("row_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("identifier", sa.String(255), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.ForeignKeyConstraint(["import_job_id"], ["import_undos.import_job_id"], op.f("fk_import_undo_conflicts_import_job_id_import_undos"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_job_id", "row_number", "field", name=op.f("pk_import_undo_conflicts")),
    )


def downgrade() -> None:
    for table in ("import_undo_conflicts", "import_undos", "import_changes", "import_issue_rows"):
        op.drop_table(table)
    with op.batch_alter_table(ISSUES) as batch:
        batch.drop_column("value")
        batch.drop_column("column_name")
    op.execute(f"DELETE FROM {JOBS} WHERE source_url IS NULL AND upload_key IS NULL")  # noqa: S608 - a name of ours
    with op.batch_alter_table(JOBS, reflect_kwargs=ALONE) as batch:
        batch.drop_constraint(op.f("ck_marketplace_import_jobs_mode"), type_="check")
        batch.drop_constraint(op.f("ck_marketplace_import_jobs_one_source"), type_="check")
        batch.create_check_constraint(op.f("ck_marketplace_import_jobs_one_source"), ONE_SOURCE)
        batch.drop_constraint(op.f("fk_marketplace_import_jobs_retry_of_marketplace_import_jobs"), type_="foreignkey")
        batch.drop_constraint(op.f("fk_marketplace_import_jobs_dry_run_id_marketplace_import_jobs"), type_="foreignkey")
        batch.drop_index(op.f("ix_marketplace_import_jobs_retry_of"))
        batch.drop_index(op.f("ix_marketplace_import_jobs_dry_run_id"))
        for name in ("changes_purged", "header", "dry_run_id", "retry_of", "mode"):
            batch.drop_column(name)
