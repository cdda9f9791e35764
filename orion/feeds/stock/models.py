"""Files of quantities that stores have sent, and their rows that were not taken."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.feeds.models import ACTIVE_SQL
from orion.plumbing.db import Base, BigId, utcnow

STOCK_MODES = ("set", "add")
"""What the quantities of a file are: so many lie there now, or so many came in addition."""
_ACTIVE = sa.text(ACTIVE_SQL)


class StockImport(Base):
    """A file of quantities, from an address or uploaded. The first `position` rows are done.

    The file is kept under `upload_key` until the import ends; a file from an address is, once it is fetched. A dry run
    changes no stock, and its file is kept for who applies it. `changed` rows changed stock, of which `created` counted
    an item at a location for the first time.
    """

    __tablename__ = "stock_imports"
    __table_args__ = (
        sa.Index("ix_stock_imports_store_id_id", "store_id", "id"),
        sa.Index(
            "uq_stock_imports_active", "store_id", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'processing', 'completed', 'completed_with_errors', 'failed', 'cancelled')",
            name="status",
        ),
        sa.CheckConstraint("mode IN ('set', 'add')", name="mode"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    source_url: Mapped[str | None] = mapped_column(sa.Text)
    upload_key: Mapped[str | None] = mapped_column(sa.String(64))
    filename: Mapped[str | None] = mapped_column(sa.String(255))
    mode: Mapped[str] = mapped_column(sa.String(8))
    reason: Mapped[str] = mapped_column(sa.String(255), default="")
    dry_run: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    dry_run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stock_imports.id", ondelete="SET NULL"), index=True)
    status: Mapped[str] = mapped_column(sa.String(32), default="pending")
    header: Mapped[list[str] | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    downloads: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0, server_default="0")
    unchanged: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    failure_code: Mapped[str | None] = mapped_column(sa.String(64))
    failure_message: Mapped[str | None] = mapped_column(sa.Text)
    changes_purged: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """What people call it: the file's name, or its address."""
        return self.filename or self.source_url or f"stock import {self.id}"


class StockImportChange(Base):
    """What one row did to a level, or would do in a dry run: kind "created", "updated" or, there alone, "unchanged".

    `product_id` is the store's product where the item has no GTIN. `tried_key` names the item of a row of a dry run,
    whose next rows count from here; nothing of it is written anywhere else.
    """

    __tablename__ = "stock_import_changes"
    __table_args__ = (
        sa.Index(
            "ix_stock_import_changes_tried",
            "import_id",
            "tried_key",
            postgresql_where=sa.text("tried_key IS NOT NULL"),
            sqlite_where=sa.text("tried_key IS NOT NULL"),
        ),
    )

    import_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_imports.id", ondelete="CASCADE"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(sa.String(16))
    gtin: Mapped[str | None] = mapped_column(sa.String(14))
    product_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    location: Mapped[str] = mapped_column(sa.String(64))
    before: Mapped[int]
    after: Mapped[int]
    tried_key: Mapped[str | None] = mapped_column(sa.String(32))


class StockImportError(Base):
    """A row that was not taken: where it stands, which column and value are wrong, why, and its cells as they came."""

    __tablename__ = "stock_import_errors"
    __table_args__ = (sa.UniqueConstraint("import_id", "row_number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_imports.id", ondelete="CASCADE"))
    row_number: Mapped[int] = mapped_column(sa.Integer)
    column: Mapped[str | None] = mapped_column("column_name", sa.String(255))
    value: Mapped[str | None] = mapped_column(sa.String(255))
    code: Mapped[str] = mapped_column(sa.String(64))
    message: Mapped[str] = mapped_column(sa.Text)
    cells: Mapped[list[str]]
