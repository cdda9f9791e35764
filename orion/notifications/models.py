"""What people are told, how they want to be told, and the mails on their way out."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.plumbing.db import Base, BigId, utcnow

MAIL_STATUSES = ("pending", "sent", "dead")


class Notification(Base):
    """Something that one user is told: its kind and the facts, not the words."""

    __tablename__ = "user_notifications"  # the job engine has a table "notifications" in a SQLite file
    __table_args__ = (
        sa.Index("ix_user_notifications_user_id_id", "user_id", "id"),
        sa.Index(
            "ix_user_notifications_unread",
            "user_id",
            "id",
            postgresql_where=sa.text("read_at IS NULL"),
            sqlite_where=sa.text("read_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    store_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(64))
    params: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    read_at: Mapped[datetime | None]


class NotificationPreference(Base):
    """How a user wants to be told of one kind of thing, where that differs from the usual way."""

    __tablename__ = "notification_preferences"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    in_app: Mapped[bool]
    mail: Mapped[bool]


class OutgoingMail(Base):
    """A mail in the outbox: pending until its server has taken it (sent) or refused it for good (dead)."""

    __tablename__ = "outgoing_mails"
    __table_args__ = (sa.CheckConstraint("status IN ('pending', 'sent', 'dead')", name="status"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(255), unique=True)
    message_key: Mapped[str] = mapped_column(sa.String(64))
    recipient: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(255))
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str | None] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.String(16), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    sent_at: Mapped[datetime | None]
