"""Bulk runs can be cancelled.

Revision ID: 0013
Revises: 0012
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ALONE: dict[str, Any] = {"resolve_fks": False}
"""Only the table itself is read before it is made anew: users have an index that cannot be reflected."""


def upgrade() -> None:
    _allow("'pending', 'running', 'completed', 'cancelled', 'failed'")


def downgrade() -> None:
    op.execute("UPDATE bulk_runs SET status = 'failed' WHERE status = 'cancelled'")
    _allow("'pending', 'running', 'completed', 'failed'")


def _allow(states: str) -> None:
    with op.batch_alter_table("bulk_runs", reflect_kwargs=ALONE) as batch:
        batch.drop_constraint(op.f("ck_bulk_runs_status"), type_="check")
        batch.create_check_constraint(op.f("ck_bulk_runs_status"), sa.text(f"status IN ({states})"))
