"""Stores.

Revision ID: 0005
Revises: 0004
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_ROLE = "role IN ('owner', 'manager', 'staff', 'viewer')"
_OPEN = sa.text("accepted_at IS NULL AND revoked_at IS NULL")

_STORE_TEXTS = {
    "website": sa.Text(),
    "business_address": sa.Text(),
    "tax_number": sa.String(length=64),
    "status_at": _TIME,
    "status_reason": sa.Text(),
    "verified_at": _TIME,
    "verified_reason": sa.Text(),
}
_STORE_USERS = ("status_by", "verified_by")
_AUDIT_COLUMNS = {
    "store_id": sa.BigInteger(),
    "merchant_id": sa.BigInteger(),
    "api_key": sa.String(length=128),
    "request_id": sa.String(length=64),
    "address": sa.String(length=64),
}
_AUDIT_INDEXES = ("store_id", "merchant_id", "actor_id", "subject", "action")

# The database itself keeps the audit log as it was written. Only who did it may become unknown, when a user is deleted.
_CHANGED = (
    "NEW.actor_id IS NOT NULL OR NEW.id <> OLD.id OR NEW.at <> OLD.at OR NEW.action <> OLD.action "
    "OR NEW.subject <> OLD.subject OR NEW.details <> OLD.details "
    "OR COALESCE(NEW.store_id, 0) <> COALESCE(OLD.store_id, 0) "
    "OR COALESCE(NEW.merchant_id, 0) <> COALESCE(OLD.merchant_id, 0) "
    "OR COALESCE(NEW.api_key, '') <> COALESCE(OLD.api_key, '')"
)
_SQLITE_TRIGGERS = (
    f"CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log WHEN {_CHANGED} "
    "BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END",
    "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log "
    "BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END",
)
_POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit_log is append-only'; END $$",
    f"CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH ROW WHEN ({_CHANGED}) "
    "EXECUTE FUNCTION audit_log_refuse()",
    "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()",
)


def _is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _to_user(column: str, table: str, ondelete: str = "SET NULL") -> Any:
    return sa.ForeignKeyConstraint([column], ["users.id"], name=f"fk_{table}_{column}_users", ondelete=ondelete)


def upgrade() -> None:
    with op.batch_alter_table("stores") as stores:
        for name, type_ in _STORE_TEXTS.items():
            stores.add_column(sa.Column(name, type_, nullable=True))
        for name in _STORE_USERS:
            stores.add_column(sa.Column(name, _ID, nullable=True))
            stores.create_foreign_key(f"fk_stores_{name}_users", "users", [name], ["id"], ondelete="SET NULL")

    for name, type_ in _AUDIT_COLUMNS.items():
        op.add_column("audit_log", sa.Column(name, type_, nullable=True))
    for name in _AUDIT_INDEXES:
        op.create_index(f"ix_audit_log_{name}_id", "audit_log", [name, "id"])
    for statement in _SQLITE_TRIGGERS if _is_sqlite() else _POSTGRESQL_TRIGGERS:
        op.execute(statement)

    op.create_table(
        "password_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("created_by", _ID, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        _to_user("user_id", "password_links", "CASCADE"),
        _to_user("created_by", "password_links"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_password_links"),
    )
    op.create_index("ix_password_links_user_id", "password_links", ["user_id"])

    op.create_table(
        "member_invitations",
        sa.Column("id", _ID, nullable=False),
        sa.Column("merchant_id", _ID, nullable=False),
        sa.Column("store_id", _ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by", _ID, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.Column("accepted_at", _TIME, nullable=True),
        sa.Column("accepted_by", _ID, nullable=True),
        sa.CheckConstraint(_ROLE, name="ck_member_invitations_role"),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name="fk_member_invitations_merchant_id_merchants", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name="fk_member_invitations_store_id_stores", ondelete="CASCADE"
        ),
        _to_user("invited_by", "member_invitations"),
        _to_user("accepted_by", "member_invitations"),
        sa.PrimaryKeyConstraint("id", name="pk_member_invitations"),
        sa.UniqueConstraint("token_hash", name="uq_member_invitations_token_hash"),
    )
    op.create_index("ix_member_invitations_merchant_id", "member_invitations", ["merchant_id"])
    op.create_index("ix_member_invitations_store_id", "member_invitations", ["store_id"])
    op.create_index(
        "uq_member_invitations_open",
        "member_invitations",
        ["merchant_id", sa.text("lower(email)")],
        unique=True,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )

    op.create_table(
        "api_keys",
        sa.Column("id", _ID, nullable=False),
        sa.Column("store_id", _ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=True),
        sa.Column("previous_until", _TIME, nullable=True),
        sa.Column("scopes", _JSON, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_by", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_used_at", _TIME, nullable=True),
        sa.Column("expires_at", _TIME, nullable=True),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.CheckConstraint(_ROLE, name="ck_api_keys_role"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_api_keys_store_id_stores", ondelete="CASCADE"),
        _to_user("created_by", "api_keys", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("prefix", name="uq_api_keys_prefix"),
    )
    op.create_index("ix_api_keys_store_id_id", "api_keys", ["store_id", "id"])
    op.create_index("ix_api_keys_created_by", "api_keys", ["created_by"])


def downgrade() -> None:
    op.drop_table("api_keys")
    op.drop_table("member_invitations")
    op.drop_table("password_links")

    for name in ("audit_log_no_update", "audit_log_no_delete"):
        op.execute(f"DROP TRIGGER {name}" if _is_sqlite() else f"DROP TRIGGER {name} ON audit_log")
    if not _is_sqlite():
        op.execute("DROP FUNCTION audit_log_refuse()")
    for name in _AUDIT_INDEXES:
        op.drop_index(f"ix_audit_log_{name}_id", table_name="audit_log")
    for name in _AUDIT_COLUMNS:
        op.drop_column("audit_log", name)

    with op.batch_alter_table("stores") as stores:
        for name in _STORE_USERS:
            stores.drop_constraint(f"fk_stores_{name}_users", type_="foreignkey")
        for name in (*_STORE_USERS, *_STORE_TEXTS):
            stores.drop_column(name)
