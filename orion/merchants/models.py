"""Merchants, their stores, and who may do what in them."""

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
    """A merchant's shop. `code` is upper case and unique; the feed addresses are one per language."""

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
    default_language: Mapped[str] = mapped_column(sa.String(2), default="en")
    default_currency: Mapped[str] = mapped_column(sa.String(3), default="EUR")
    feed_url_en: Mapped[str | None] = mapped_column(sa.Text)
    feed_url_fr: Mapped[str | None] = mapped_column(sa.Text)
    feed_url_de: Mapped[str | None] = mapped_column(sa.Text)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_verified: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
