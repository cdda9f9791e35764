"""Inventory.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('locations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('store_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('code = upper(code)', name=op.f('ck_locations_code_upper')),
    sa.CheckConstraint('is_active OR NOT is_default', name=op.f('ck_locations_default_active')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_locations_store_id_stores'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_locations')),
    sa.UniqueConstraint('store_id', 'code', name=op.f('uq_locations_store_id_code'))
    )
    op.create_index('uq_locations_platform_code', 'locations', ['code'], unique=True, sqlite_where=sa.text('store_id IS NULL'), postgresql_where=sa.text('store_id IS NULL'))
    op.create_table('stock_imports',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('store_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('source_url', sa.Text(), nullable=True),
    sa.Column('upload_key', sa.String(length=64), nullable=True),
    sa.Column('filename', sa.String(length=255), nullable=True),
    sa.Column('mode', sa.String(length=8), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('header', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), 'postgresql'), nullable=True),
    sa.Column('downloads', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('unchanged', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('failure_code', sa.String(length=64), nullable=True),
    sa.Column('failure_message', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("mode IN ('set', 'add')", name=op.f('ck_stock_imports_mode')),
    sa.CheckConstraint("status IN ('pending', 'processing', 'completed', 'completed_with_errors', 'failed')", name=op.f('ck_stock_imports_status')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_stock_imports_store_id_stores'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_stock_imports_user_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_imports'))
    )
    op.create_index('ix_stock_imports_store_id_id', 'stock_imports', ['store_id', 'id'], unique=False)
    op.create_index('uq_stock_imports_active', 'stock_imports', ['store_id'], unique=True, sqlite_where=sa.text("status IN ('pending', 'processing')"), postgresql_where=sa.text("status IN ('pending', 'processing')"))
    op.create_table('stock_import_errors',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('import_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('column_name', sa.String(length=255), nullable=True),
    sa.Column('value', sa.String(length=255), nullable=True),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('cells', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['stock_imports.id'], name=op.f('fk_stock_import_errors_import_id_stock_imports'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_import_errors')),
    sa.UniqueConstraint('import_id', 'row_number', name=op.f('uq_stock_import_errors_import_id_row_number'))
    )
    op.create_table('inventory_items',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('store_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('gtin', sa.String(length=14), nullable=True),
    sa.Column('gtin14', sa.String(length=14), nullable=True),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('on_hand', sa.BigInteger(), nullable=False),
    sa.Column('reserved', sa.BigInteger(), nullable=False),
    sa.Column('low_stock_threshold', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(gtin14 IS NULL) = (gtin IS NULL) AND (gtin14 IS NULL) <> (product_id IS NULL)', name=op.f('ck_inventory_items_kind')),
    sa.CheckConstraint('low_stock_threshold >= 0', name=op.f('ck_inventory_items_threshold')),
    sa.CheckConstraint('reserved >= 0 AND reserved <= on_hand', name=op.f('ck_inventory_items_quantities')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_inventory_items_product_id_products'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_inventory_items_store_id_stores'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inventory_items')),
    sa.UniqueConstraint('product_id', name=op.f('uq_inventory_items_product_id')),
    sa.UniqueConstraint('store_id', 'gtin14', name=op.f('uq_inventory_items_store_id_gtin14'))
    )
    op.create_index('ix_inventory_items_store_id_id', 'inventory_items', ['store_id', 'id'], unique=False)
    op.create_index('uq_inventory_items_platform_gtin14', 'inventory_items', ['gtin14'], unique=True, sqlite_where=sa.text('store_id IS NULL'), postgresql_where=sa.text('store_id IS NULL'))
    op.create_table('levels',
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('location_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('on_hand', sa.Integer(), nullable=False),
    sa.Column('reserved', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('reserved >= 0 AND reserved <= on_hand AND on_hand <= 2147483647', name=op.f('ck_levels_quantities')),
    sa.ForeignKeyConstraint(['item_id'], ['inventory_items.id'], name=op.f('fk_levels_item_id_inventory_items'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['location_id'], ['locations.id'], name=op.f('fk_levels_location_id_locations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('item_id', 'location_id', name=op.f('pk_levels'))
    )
    op.create_index('ix_levels_location_id_item_id', 'levels', ['location_id', 'item_id'], unique=False)
    op.create_table('movements',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('store_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('location_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('delta', sa.Integer(), nullable=False),
    sa.Column('on_hand_after', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.Column('reference', sa.String(length=128), nullable=True),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('on_hand_after >= 0', name=op.f('ck_movements_on_hand_after')),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_movements_actor_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['item_id'], ['inventory_items.id'], name=op.f('fk_movements_item_id_inventory_items'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['location_id'], ['locations.id'], name=op.f('fk_movements_location_id_locations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_movements_store_id_stores'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_movements'))
    )
    op.create_index('ix_movements_item_id_location_id', 'movements', ['item_id', 'location_id'], unique=False)
    op.create_index(op.f('ix_movements_location_id'), 'movements', ['location_id'], unique=False)
    op.create_index('ix_movements_store_id_id', 'movements', ['store_id', 'id'], unique=False)
    op.create_index('ix_movements_store_id_item_id_id', 'movements', ['store_id', 'item_id', 'id'], unique=False)
    op.create_table('reservations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('store_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('location_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reference', sa.String(length=128), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('committed', sa.Integer(), nullable=False),
    sa.Column('released', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'held') = (committed + released < quantity)", name=op.f('ck_reservations_held')),
    sa.CheckConstraint("state IN ('held', 'committed', 'released', 'expired')", name=op.f('ck_reservations_state')),
    sa.CheckConstraint('quantity > 0 AND committed >= 0 AND released >= 0 AND committed + released <= quantity', name=op.f('ck_reservations_quantities')),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_reservations_actor_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['item_id'], ['inventory_items.id'], name=op.f('fk_reservations_item_id_inventory_items'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['location_id'], ['locations.id'], name=op.f('fk_reservations_location_id_locations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_reservations_store_id_stores'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reservations')),
    sa.UniqueConstraint('reference', 'item_id', 'location_id', name=op.f('uq_reservations_reference_item_id_location_id'))
    )
    op.create_index('ix_reservations_expires_at', 'reservations', ['expires_at'], unique=False, sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'"))
    op.create_index('ix_reservations_item_id', 'reservations', ['item_id'], unique=False, sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'"))
    op.create_index(op.f('ix_reservations_location_id'), 'reservations', ['location_id'], unique=False)
    op.create_index('ix_reservations_store_id_id', 'reservations', ['store_id', 'id'], unique=False)
    op.create_index('ix_reservations_store_id_reference', 'reservations', ['store_id', 'reference'], unique=False)
    op.add_column('stores', sa.Column('low_stock_threshold', sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column('stores', 'low_stock_threshold')
    op.drop_index('ix_reservations_store_id_reference', table_name='reservations')
    op.drop_index('ix_reservations_store_id_id', table_name='reservations')
    op.drop_index(op.f('ix_reservations_location_id'), table_name='reservations')
    op.drop_index('ix_reservations_item_id', table_name='reservations', sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'"))
    op.drop_index('ix_reservations_expires_at', table_name='reservations', sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'"))
    op.drop_table('reservations')
    op.drop_index('ix_movements_store_id_item_id_id', table_name='movements')
    op.drop_index('ix_movements_store_id_id', table_name='movements')
    op.drop_index(op.f('ix_movements_location_id'), table_name='movements')
    op.drop_index('ix_movements_item_id_location_id', table_name='movements')
    op.drop_table('movements')
    op.drop_index('ix_levels_location_id_item_id', table_name='levels')
    op.drop_table('levels')
    op.drop_index('uq_inventory_items_platform_gtin14', table_name='inventory_items', sqlite_where=sa.text('store_id IS NULL'), postgresql_where=sa.text('store_id IS NULL'))
    op.drop_index('ix_inventory_items_store_id_id', table_name='inventory_items')
    op.drop_table('inventory_items')
    op.drop_table('stock_import_errors')
    op.drop_index('uq_stock_imports_active', table_name='stock_imports', sqlite_where=sa.text("status IN ('pending', 'processing')"), postgresql_where=sa.text("status IN ('pending', 'processing')"))
    op.drop_index('ix_stock_imports_store_id_id', table_name='stock_imports')
    op.drop_table('stock_imports')
    op.drop_index('uq_locations_platform_code', table_name='locations', sqlite_where=sa.text('store_id IS NULL'), postgresql_where=sa.text('store_id IS NULL'))
    op.drop_table('locations')
