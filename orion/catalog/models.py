"""The catalogue: marketplace products with their texts, and the stores' listings of them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.plumbing.db import ID_BLOCK, Base, BigId, utcnow

Text = sa.Text

GTIN14 = "substr('00000000000000' || gtin, length(gtin) + 1, 14)"
"""`kernel.gtin14` in the words of both databases."""


OWN_VALUES = " OR ".join(
    f"{column} IS NOT NULL"
    for column in ("brand", "availability", "condition", "google_product_category", "price_minor", "sale_price_minor")
)
"""Which listings have a value of their own that products are filtered or sorted by."""


def _partial(name: str, *columns: str, where: str) -> sa.Index:
    return sa.Index(name, *columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


class MarketplaceProduct(Base):
    """The canonical record of a thing for sale. Money is in minor units of `currency`.

    `source_store_id` is the store whose feed describes it; another store that lists the same thing links to it.
    The columns from `brand` on are the Google product data attributes (see `attributes.py`); feed columns
    that have no attribute are kept in `attributes`.
    """

    __tablename__ = "marketplace_products"
    __table_args__ = (
        sa.UniqueConstraint("marketplace", "marketplace_product_id"),
        sa.Index("ix_marketplace_products_brand_id", "brand", "id"),
        sa.Index("ix_marketplace_products_group", "source_store_id", "item_group_id"),
        _partial("ix_marketplace_products_condition_id", "condition", "id", where="condition <> 'new'"),
        _partial("ix_marketplace_products_digital", "id", where="is_digital"),
    )

    id: Mapped[int] = mapped_column(BigId, sa.Identity(increment=ID_BLOCK), primary_key=True)
    marketplace: Mapped[str] = mapped_column(sa.String(32))
    marketplace_product_id: Mapped[str] = mapped_column(sa.String(255))
    source_store_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stores.id", ondelete="SET NULL"), index=True)
    price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    sale_price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    is_digital: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    brand: Mapped[str | None] = mapped_column(sa.String(255))
    gtin: Mapped[str | None] = mapped_column(sa.String(14), index=True)
    gtin14: Mapped[str | None] = mapped_column(sa.String(14), sa.Computed(GTIN14, persisted=True), index=True)
    mpn: Mapped[str | None] = mapped_column(Text)
    identifier_exists: Mapped[bool | None]
    condition: Mapped[str | None] = mapped_column(sa.String(16))
    adult: Mapped[bool | None]
    multipack: Mapped[int | None]
    is_bundle: Mapped[bool | None]
    google_product_category: Mapped[str | None] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(sa.ForeignKey("categories.id", ondelete="SET NULL"), index=True)
    product_type: Mapped[list[str] | None]
    item_group_id: Mapped[str | None] = mapped_column(Text)
    age_group: Mapped[str | None] = mapped_column(Text)
    gender: Mapped[str | None] = mapped_column(Text)
    color: Mapped[str | None] = mapped_column(Text)
    material: Mapped[str | None] = mapped_column(Text)
    pattern: Mapped[str | None] = mapped_column(Text)
    size: Mapped[str | None] = mapped_column(Text)
    size_type: Mapped[list[str] | None]
    size_system: Mapped[str | None] = mapped_column(Text)
    product_detail: Mapped[list[str] | None]
    product_highlight: Mapped[list[str] | None]
    product_length: Mapped[str | None] = mapped_column(Text)
    product_width: Mapped[str | None] = mapped_column(Text)
    product_height: Mapped[str | None] = mapped_column(Text)
    product_weight: Mapped[str | None] = mapped_column(Text)
    certification: Mapped[list[str] | None]
    energy_efficiency_class: Mapped[str | None] = mapped_column(Text)
    min_energy_efficiency_class: Mapped[str | None] = mapped_column(Text)
    max_energy_efficiency_class: Mapped[str | None] = mapped_column(Text)

    link: Mapped[str | None] = mapped_column(Text)
    mobile_link: Mapped[str | None] = mapped_column(Text)
    canonical_link: Mapped[str | None] = mapped_column(Text)
    image_link: Mapped[str | None] = mapped_column(Text)
    additional_image_link: Mapped[list[str] | None]
    lifestyle_image_link: Mapped[str | None] = mapped_column(Text)
    virtual_model_link: Mapped[str | None] = mapped_column(Text)
    video_link: Mapped[list[str] | None]

    availability: Mapped[str | None] = mapped_column(sa.String(16), index=True)
    availability_date: Mapped[datetime | None]
    expiration_date: Mapped[datetime | None]
    sale_price_effective_from: Mapped[datetime | None]
    sale_price_effective_to: Mapped[datetime | None]
    unit_pricing_measure: Mapped[str | None] = mapped_column(Text)
    unit_pricing_base_measure: Mapped[str | None] = mapped_column(Text)
    installment: Mapped[str | None] = mapped_column(Text)
    subscription_cost: Mapped[str | None] = mapped_column(Text)
    loyalty_program: Mapped[list[str] | None]
    cost_of_goods_sold: Mapped[str | None] = mapped_column(Text)
    auto_pricing_min_price: Mapped[str | None] = mapped_column(Text)
    maximum_retail_price: Mapped[str | None] = mapped_column(Text)

    shipping: Mapped[list[str] | None]
    shipping_label: Mapped[str | None] = mapped_column(Text)
    shipping_weight: Mapped[str | None] = mapped_column(Text)
    shipping_length: Mapped[str | None] = mapped_column(Text)
    shipping_width: Mapped[str | None] = mapped_column(Text)
    shipping_height: Mapped[str | None] = mapped_column(Text)
    ships_from_country: Mapped[str | None] = mapped_column(Text)
    min_handling_time: Mapped[int | None]
    max_handling_time: Mapped[int | None]
    transit_time_label: Mapped[str | None] = mapped_column(Text)
    free_shipping_threshold: Mapped[list[str] | None]
    tax: Mapped[list[str] | None]
    tax_category: Mapped[str | None] = mapped_column(Text)

    ads_redirect: Mapped[str | None] = mapped_column(Text)
    promotion_id: Mapped[list[str] | None]
    custom_label_0: Mapped[str | None] = mapped_column(Text)
    custom_label_1: Mapped[str | None] = mapped_column(Text)
    custom_label_2: Mapped[str | None] = mapped_column(Text)
    custom_label_3: Mapped[str | None] = mapped_column(Text)
    custom_label_4: Mapped[str | None] = mapped_column(Text)
    excluded_destination: Mapped[list[str] | None]
    included_destination: Mapped[list[str] | None]
    shopping_ads_excluded_country: Mapped[list[str] | None]
    return_policy_label: Mapped[str | None] = mapped_column(Text)
    external_seller_id: Mapped[str | None] = mapped_column(Text)
    pause: Mapped[str | None] = mapped_column(Text)

    attributes: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class MarketplaceProductTranslation(Base):
    """A marketplace product's texts in one language."""

    __tablename__ = "marketplace_product_translations"

    marketplace_product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("marketplace_products.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)


class Product(Base):
    """A store's listing of a marketplace product. A column that is null takes the marketplace product's value.

    `category_id` is what `google_product_category` means; the two are inherited together. `sku` is the store's own
    number for the product; `max_quantity` null is "as many as there are".
    """

    __tablename__ = "products"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "marketplace_product_id"),
        sa.UniqueConstraint("store_id", "sku"),
        sa.CheckConstraint("(price_minor IS NULL AND sale_price_minor IS NULL) OR currency IS NOT NULL", name="money"),
        sa.Index("ix_products_store_id_id", "store_id", "id"),
        sa.Index("ix_products_store_id_display_order", "store_id", "display_order", "id"),
        _partial("ix_products_own", "store_id", "marketplace_product_id", where=OWN_VALUES),
        *(
            _partial(f"ix_products_own_{column}", "store_id", "marketplace_product_id", where=f"{column} IS NOT NULL")
            for column in ("brand", "availability", "condition", "google_product_category")
        ),
        sa.CheckConstraint("min_quantity >= 1", name="min_quantity"),
        sa.CheckConstraint("max_quantity >= min_quantity", name="max_quantity"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    marketplace_product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("marketplace_products.id", ondelete="CASCADE"), index=True
    )
    price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    sale_price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    availability: Mapped[str | None] = mapped_column(sa.String(16))
    condition: Mapped[str | None] = mapped_column(sa.String(16))
    brand: Mapped[str | None] = mapped_column(sa.String(255))
    image_link: Mapped[str | None] = mapped_column(Text)
    additional_image_link: Mapped[list[str] | None]
    product_type: Mapped[list[str] | None]
    google_product_category: Mapped[str | None] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(sa.ForeignKey("categories.id", ondelete="SET NULL"), index=True)
    sku: Mapped[str | None] = mapped_column(sa.String(64))
    is_featured: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    is_active: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    display_order: Mapped[int] = mapped_column(default=0, server_default="0")
    min_quantity: Mapped[int] = mapped_column(default=1, server_default="1")
    max_quantity: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class ProductTranslation(Base):
    """A store's own texts for its listing in one language; a null takes the marketplace product's text."""

    __tablename__ = "product_translations"

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
    title: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)


class Category(Base):
    """A place in the tree of categories. Those between `number` and `last_number` are it and all below it."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("categories.id", ondelete="CASCADE"), index=True)
    google_id: Mapped[int | None] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(index=True)
    last_number: Mapped[int]


class CategoryText(Base):
    """A category's name and full path ("Home > Lamps") in one language; `path_key` is what paths are found by."""

    __tablename__ = "category_texts"

    category_id: Mapped[int] = mapped_column(sa.ForeignKey("categories.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    path_key: Mapped[str] = mapped_column(sa.String(500), index=True)


class PriceTier(Base):
    """What one piece costs when at least `min_quantity` are bought, in minor units of `currency`."""

    __tablename__ = "price_tiers"
    __table_args__ = (
        sa.CheckConstraint("min_quantity > 1", name="min_quantity"),
        sa.CheckConstraint("price_minor >= 0", name="price_minor"),
    )

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    min_quantity: Mapped[int] = mapped_column(primary_key=True)
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))


class PriceChange(Base):
    """What a price was until a moment: of a marketplace product, or (`product_id`) a store's own for its listing.

    A price that never changed has no row. In a store's own prices null is what it is there: inherited.
    """

    __tablename__ = "price_changes"
    __table_args__ = (
        sa.Index(None, "marketplace_product_id", "until"),
        sa.Index(
            "ix_price_changes_product_id",
            "product_id",
            postgresql_where=sa.text("product_id IS NOT NULL"),
            sqlite_where=sa.text("product_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    marketplace_product_id: Mapped[int] = mapped_column(sa.ForeignKey("marketplace_products.id", ondelete="CASCADE"))
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("products.id", ondelete="CASCADE"))
    price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    sale_price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    until: Mapped[datetime] = mapped_column(index=True)


class ProductImage(Base):
    """An uploaded picture; `key` is its file's. One that no product owns any more waits to be deleted."""

    __tablename__ = "product_images"

    key: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("products.id", ondelete="SET NULL"), index=True)
    content_type: Mapped[str] = mapped_column(sa.String(16))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class BulkRun(Base):
    """One thing that is done to many products by a job: those of `filter` up to `last_id`, done up to `done_id`."""

    __tablename__ = "bulk_runs"
    __table_args__ = (
        sa.Index(None, "store_id", "id"),
        sa.CheckConstraint("status IN ('pending', 'running', 'completed', 'cancelled', 'failed')", name="status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    action: Mapped[str] = mapped_column(sa.String(32))
    values: Mapped[dict[str, Any]]
    filter: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(sa.String(16), default="pending")
    failure: Mapped[str | None] = mapped_column(Text)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    skipped: Mapped[int] = mapped_column(default=0, server_default="0")
    done_id: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    last_id: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    completed_at: Mapped[datetime | None]
