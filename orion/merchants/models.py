"""Merchants, their stores, who may do what in them, and the keys that programs bring."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.plumbing.db import Base, BigId, utcnow


class Merchant(Base):
    """The legal entity that sells."""

    __tablename__ = "merchants"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class Member(Base):
    """A user's role in a merchant: owner, manager, staff or viewer."""

    __tablename__ = "members"
    __table_args__ = (
        sa.UniqueConstraint("merchant_id", "user_id"),
        sa.CheckConstraint("role IN ('owner', 'manager', 'staff', 'viewer')", name="role"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    merchant_id: Mapped[int] = mapped_column(sa.ForeignKey("merchants.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(sa.String(16))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Store(Base):
    """A merchant's shop. `code` is upper case and unique; the feed addresses are one per language.

    `status_*` and `verified_*` tell of the last time that an administrator set `is_active` and `is_verified`, either
    way. The public sees stores that are both.
    """

    __tablename__ = "stores"
    __table_args__ = (sa.CheckConstraint("code = upper(code)", name="code_upper"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    merchant_id: Mapped[int] = mapped_column(sa.ForeignKey("merchants.id", ondelete="RESTRICT"), index=True)
    code: Mapped[str] = mapped_column(sa.String(32), unique=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    description: Mapped[str | None] = mapped_column(sa.Text)
    domain: Mapped[str | None] = mapped_column(sa.String(255))
    contact_email: Mapped[str | None] = mapped_column(sa.String(254))
    contact_phone: Mapped[str | None] = mapped_column(sa.String(64))
    website: Mapped[str | None] = mapped_column(sa.Text)
    business_address: Mapped[str | None] = mapped_column(sa.Text)
    tax_number: Mapped[str | None] = mapped_column(sa.String(64))
    default_language: Mapped[str] = mapped_column(sa.String(2), default="en")
    default_currency: Mapped[str] = mapped_column(sa.String(3), default="EUR")
    feed_url_en: Mapped[str | None] = mapped_column(sa.Text)
    feed_url_fr: Mapped[str | None] = mapped_column(sa.Text)
    feed_url_de: Mapped[str | None] = mapped_column(sa.Text)
    low_stock_threshold: Mapped[int | None] = mapped_column(sa.Integer)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_verified: Mapped[bool] = mapped_column(default=False)
    status_at: Mapped[datetime | None]
    status_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    status_reason: Mapped[str | None] = mapped_column(sa.Text)
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    verified_reason: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class Invitation(Base):
    """An offer of membership to whoever reads the mail of an address, by the SHA-256 of its token."""

    __tablename__ = "member_invitations"
    __table_args__ = (
        sa.Index(
            "uq_member_invitations_open",
            "merchant_id",
            sa.text("lower(email)"),
            unique=True,
            postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
            sqlite_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
        sa.CheckConstraint("role IN ('owner', 'manager', 'staff', 'viewer')", name="role"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    merchant_id: Mapped[int] = mapped_column(sa.ForeignKey("merchants.id", ondelete="CASCADE"), index=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    role: Mapped[str] = mapped_column(sa.String(16))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    invited_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))


class ApiKey(Base):
    """What a program proves itself with: it opens one store, with some scopes, never further than who made it may go.

    The secret is known by its SHA-256 alone; `prefix` is the part of the key that may be shown, and stays when it is
    rotated. Until `previous_until` the secret before the last rotation opens the store too.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        sa.Index("ix_api_keys_store_id_id", "store_id", "id"),
        sa.CheckConstraint("role IN ('owner', 'manager', 'staff', 'viewer')", name="role"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(100))
    prefix: Mapped[str] = mapped_column(sa.String(16), unique=True)
    secret_hash: Mapped[str] = mapped_column(sa.String(64))
    previous_hash: Mapped[str | None] = mapped_column(sa.String(64))
    previous_until: Mapped[datetime | None]
    scopes: Mapped[list[str]]
    role: Mapped[str] = mapped_column(sa.String(16))
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
