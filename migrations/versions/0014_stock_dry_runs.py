"""Stock imports that are only tried, or stopped, and what each of them changed.

Revision ID: 0014
Revises: 0013
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JOBS = "stock_imports"
CHANGES = "stock_import_changes"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ALONE = {"resolve_fks": False}
"""Only the table itself is read before it is made anew: users have an index that cannot be reflected."""

ENDED = "'completed', 'completed_with_errors', 'failed'"
TRIED = sa.text("tried_key IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table(JOBS, reflect_kwargs=ALONE) as batch:
        batch.add_column(sa.Column("dry_run", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("dry_run_id", ID))
        batch.add_column(sa.Column("cancel_requested", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("created", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("changes_purged", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.create_foreign_key(op.f("fk_stock_imports_dry_run_id_stock_imports"), JOBS, ["dry_run_id"], ["id"], ondelete="SET NULL")
        batch.create_index(op.f("ix_stock_imports_dry_run_id"), ["dry_run_id"])
        _allow(batch, f"'pending', 'processing', {ENDED}, 'cancelled'")
    # Nobody has noted what the imports until now changed.
    op.execute(f"UPDATE {JOBS} SET changes_purged = true")  # noqa: S608 - a name of ours
    op.create_table(
        CHANGES,
        sa.Column("import_id", ID, nullable=False),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("gtin", sa.String(14)),
        sa.Column("product_id", sa.BigInteger()),
        sa.Column("location", sa.String(64), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("tried_key", sa.String(32)),
        sa.ForeignKeyConstraint(["import_id"], [f"{JOBS}.id"], op.f("fk_stock_import_changes_import_id_stock_imports"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id", "row_number", name=op.f("pk_stock_import_changes")),
    )
    op.create_index("ix_stock_import_changes_tried", CHANGES, ["import_id", "tried_key"], postgresql_where=TRIED, sqlite_where=TRIED)


def downgrade() -> None:
    op.drop_index("ix_stock_import_changes_tried", CHANGES)
    op.drop_table(CHANGES)
    op.execute(f"UPDATE {JOBS} SET status = 'failed' WHERE status = 'cancelled'")  # noqa: S608 - a name of ours
    with op.batch_alter_table(JOBS, reflect_kwargs=ALONE) as batch:
        _allow(batch, f"'pending', 'processing', {ENDED}")
        batch.drop_index(op.f("ix_stock_imports_dry_run_id"))
        batch.drop_constraint(op.f("fk_stock_imports_dry_run_id_stock_imports"), type_="foreignkey")
        for name in ("changes_purged", "created", "cancel_requested", "dry_run_id", "dry_run"):
            batch.drop_column(name)


def _allow(batch: Any, states: str) -> None:
    batch.drop_constraint(op.f("ck_stock_imports_status"), type_="check")
    batch.create_check_constraint(op.f("ck_stock_imports_status"), f"status IN ({states})")
