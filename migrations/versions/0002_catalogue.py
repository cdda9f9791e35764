"""Catalogue.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)
OVERRIDES = (
    ("brand", sa.String(255)),
    ("image_link", sa.Text()),
    ("additional_image_link", JSON),
    ("product_type", JSON),
    ("google_product_category", sa.Text()),
    ("category_id", ID),
    ("sku", sa.String(64)),
)


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("id", ID, nullable=False),
        sa.Column("parent_id", ID),
        sa.Column("google_id", sa.Integer()),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["categories.id"], name="fk_categories_parent_id_categories", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
        sa.UniqueConstraint("google_id", name="uq_categories_google_id"),
    )
    op.create_index("ix_categories_parent_id", "categories", ["parent_id"])
    op.create_index("ix_categories_number", "categories", ["number"])
    op.create_table(
        "category_texts",
        sa.Column("category_id", ID, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("path_key", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name="fk_category_texts_category_id_categories", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("category_id", "language", name="pk_category_texts"),
    )
    op.create_index("ix_category_texts_path_key", "category_texts", ["path_key"])

    with op.batch_alter_table("marketplace_products") as table:
        table.add_column(sa.Column("category_id", ID))
        table.create_foreign_key(
            "fk_marketplace_products_category_id_categories", "categories", ["category_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index("ix_marketplace_products_category_id", "marketplace_products", ["category_id"])
    # an index holds no long texts; Google allows an item group's id 50 characters
    op.execute("UPDATE marketplace_products SET item_group_id = NULL WHERE length(item_group_id) > 255")
    op.create_index("ix_marketplace_products_group", "marketplace_products", ["source_store_id", "item_group_id"])

    with op.batch_alter_table("products") as table:
        for name, type_ in OVERRIDES:
            table.add_column(sa.Column(name, type_))
        table.create_foreign_key(
            "fk_products_category_id_categories", "categories", ["category_id"], ["id"], ondelete="SET NULL"
        )
        table.create_unique_constraint("uq_products_store_id_sku", ["store_id", "sku"])
        table.create_check_constraint(op.f("ck_products_min_quantity"), "min_quantity >= 1")
        table.create_check_constraint(op.f("ck_products_max_quantity"), "max_quantity >= min_quantity")
    op.create_index("ix_products_category_id", "products", ["category_id"])

    op.create_table(
        "price_tiers",
        sa.Column("product_id", ID, nullable=False),
        sa.Column("min_quantity", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.CheckConstraint("min_quantity > 1", name=op.f("ck_price_tiers_min_quantity")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_price_tiers_price_minor")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name="fk_price_tiers_product_id_products", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("product_id", "min_quantity", name="pk_price_tiers"),
    )
    op.create_table(
        "price_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("marketplace_product_id", ID, nullable=False),
        sa.Column("product_id", ID),
        sa.Column("price_minor", sa.BigInteger()),
        sa.Column("sale_price_minor", sa.BigInteger()),
        sa.Column("currency", sa.String(3)),
        sa.Column("until", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["marketplace_product_id"],
            ["marketplace_products.id"],
            name="fk_price_changes_marketplace_product_id_marketplace_products",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name="fk_price_changes_product_id_products", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_price_changes"),
    )
    op.create_index(
        "ix_price_changes_marketplace_product_id_price_changes_until",
        "price_changes",
        ["marketplace_product_id", "until"],
    )
    op.create_index(
        "ix_price_changes_product_id",
        "price_changes",
        ["product_id"],
        postgresql_where=sa.text("product_id IS NOT NULL"),
        sqlite_where=sa.text("product_id IS NOT NULL"),
    )
    op.create_index("ix_price_changes_until", "price_changes", ["until"])
    op.create_table(
        "product_images",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("product_id", ID),
        sa.Column("content_type", sa.String(16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name="fk_product_images_product_id_products", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_product_images"),
    )
    op.create_index("ix_product_images_product_id", "product_images", ["product_id"])
    op.create_table(
        "bulk_runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("store_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("filter", JSON, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("failure", sa.Text()),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("completed_at", MOMENT),
        sa.CheckConstraint("status IN ('pending', 'running', 'completed', 'failed')", name=op.f("ck_bulk_runs_status")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_bulk_runs_store_id_stores", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_bulk_runs_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_runs"),
    )
    op.create_index("ix_bulk_runs_store_id_bulk_runs_id", "bulk_runs", ["store_id", "id"])
    op.create_index("ix_bulk_runs_user_id", "bulk_runs", ["user_id"])


def downgrade() -> None:
    for table in ("bulk_runs", "product_images", "price_changes", "price_tiers"):
        op.drop_table(table)
    op.drop_index("ix_products_category_id", "products")
    with op.batch_alter_table("products") as table:
        table.drop_constraint(op.f("ck_products_max_quantity"), type_="check")
        table.drop_constraint(op.f("ck_products_min_quantity"), type_="check")
        table.drop_constraint("uq_products_store_id_sku", type_="unique")
        table.drop_constraint("fk_products_category_id_categories", type_="foreignkey")
        for name, _ in reversed(OVERRIDES):
            table.drop_column(name)
    op.drop_index("ix_marketplace_products_group", "marketplace_products")
    op.drop_index("ix_marketplace_products_category_id", "marketplace_products")
    with op.batch_alter_table("marketplace_products") as table:
        table.drop_constraint("fk_marketplace_products_category_id_categories", type_="foreignkey")
        table.drop_column("category_id")
    op.drop_table("category_texts")
    op.drop_table("categories")
