"""Channels, orders and sync: connections, the unified orders, schedules, runs and pushes.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table('connections',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('store_id', BIG_ID, nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('environment', sa.String(length=16), nullable=False),
    sa.Column('settings', JSON, nullable=False),
    sa.Column('credentials', sa.Text(), nullable=True),
    sa.Column('credentials_since', JSON, nullable=True),
    sa.Column('credentials_expire_at', MOMENT, nullable=True),
    sa.Column('access_token', sa.Text(), nullable=True),
    sa.Column('access_expires_at', MOMENT, nullable=True),
    sa.Column('token_lease_until', MOMENT, nullable=True),
    sa.Column('consent_digest', sa.String(length=64), nullable=True),
    sa.Column('consent_until', MOMENT, nullable=True),
    sa.Column('consent_by', BIG_ID, nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('reason_code', sa.String(length=64), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('failing_since', MOMENT, nullable=True),
    sa.Column('warned_at', MOMENT, nullable=True),
    sa.Column('checked_at', MOMENT, nullable=True),
    sa.Column('last_ok_at', MOMENT, nullable=True),
    sa.Column('created_by', BIG_ID, nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint("environment IN ('live', 'sandbox', 'simulator')", name=op.f('ck_connections_environment')),
    sa.CheckConstraint("state IN ('new', 'ok', 'expiring', 'broken', 'paused')", name=op.f('ck_connections_state')),
    sa.ForeignKeyConstraint(['consent_by'], ['users.id'], name=op.f('fk_connections_consent_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_connections_created_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_connections_store_id_stores'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connections')),
    sa.UniqueConstraint('store_id', 'channel', 'name', name=op.f('uq_connections_store_id_channel_name'))
    )
    op.create_index('ix_connections_credentials_expire_at', 'connections', ['credentials_expire_at'], unique=False)
    op.create_index(op.f('ix_connections_store_id'), 'connections', ['store_id'], unique=False)
    op.create_table('channel_buckets',
    sa.Column('connection_id', BIG_ID, nullable=False),
    sa.Column('operation', sa.String(length=64), nullable=False),
    sa.Column('tokens', sa.Float(), nullable=False),
    sa.Column('rate', sa.Float(), nullable=False),
    sa.Column('burst', sa.Float(), nullable=False),
    sa.Column('refilled_at', MOMENT, nullable=False),
    sa.Column('blocked_until', MOMENT, nullable=True),
    sa.Column('strikes', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_channel_buckets_connection_id_connections'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('connection_id', 'operation', name=op.f('pk_channel_buckets'))
    )
    op.create_table('hook_receipts',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('event_id', sa.String(length=128), nullable=False),
    sa.Column('topic', sa.String(length=64), nullable=False),
    sa.Column('connection_id', BIG_ID, nullable=True),
    sa.Column('channel_order_id', sa.String(length=255), nullable=True),
    sa.Column('received_at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_hook_receipts_connection_id_connections'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hook_receipts')),
    sa.UniqueConstraint('channel', 'event_id', name=op.f('uq_hook_receipts_channel_event_id'))
    )
    op.create_index('ix_hook_receipts_received_at', 'hook_receipts', ['received_at'], unique=False)
    op.create_table('orders',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('store_id', BIG_ID, nullable=False),
    sa.Column('connection_id', BIG_ID, nullable=True),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('channel_order_id', sa.String(length=255), nullable=False),
    sa.Column('number', sa.String(length=255), nullable=False),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('customer_name', sa.Text(), nullable=True),
    sa.Column('customer_email', sa.String(length=254), nullable=True),
    sa.Column('customer_phone', sa.String(length=64), nullable=True),
    sa.Column('customer_reference', sa.String(length=255), nullable=True),
    sa.Column('shipping_address', JSON, nullable=True),
    sa.Column('billing_address', JSON, nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('subtotal_minor', sa.BigInteger(), nullable=True),
    sa.Column('shipping_minor', sa.BigInteger(), nullable=False),
    sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('discount_minor', sa.BigInteger(), nullable=False),
    sa.Column('total_minor', sa.BigInteger(), nullable=True),
    sa.Column('refunded_minor', sa.BigInteger(), nullable=False),
    sa.Column('prices_include_tax', sa.Boolean(), nullable=False),
    sa.Column('total_difference_minor', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('raw_status', sa.String(length=128), nullable=False),
    sa.Column('flags', JSON, nullable=False),
    sa.Column('cleared', JSON, nullable=False),
    sa.Column('needs_attention', sa.Boolean(), nullable=False),
    sa.Column('awaits_acknowledgement', sa.Boolean(), nullable=False),
    sa.Column('requires_shipping', sa.Boolean(), nullable=False),
    sa.Column('is_fully_digital', sa.Boolean(), nullable=False),
    sa.Column('ordered_at', MOMENT, nullable=False),
    sa.Column('remote_updated_at', MOMENT, nullable=False),
    sa.Column('confirmed_at', MOMENT, nullable=True),
    sa.Column('shipped_at', MOMENT, nullable=True),
    sa.Column('delivered_at', MOMENT, nullable=True),
    sa.Column('fulfilled_at', MOMENT, nullable=True),
    sa.Column('cancelled_at', MOMENT, nullable=True),
    sa.Column('forgotten_at', MOMENT, nullable=True),
    sa.Column('last_synced_at', MOMENT, nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint("status IN ('pending', 'confirmed', 'processing', 'ready_for_shipment', 'shipped', 'delivered', 'fulfilled', 'cancelled', 'refunded', 'partially_refunded')", name=op.f('ck_orders_status')),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_orders_connection_id_connections'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_orders_store_id_stores'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('connection_id', 'channel_order_id', name=op.f('uq_orders_connection_id_channel_order_id'))
    )
    op.create_index('ix_orders_attention', 'orders', ['store_id', 'ordered_at', 'id'], unique=False, postgresql_where=sa.text('needs_attention'), sqlite_where=sa.text('needs_attention'))
    op.create_index('ix_orders_awaiting', 'orders', ['store_id', 'ordered_at', 'id'], unique=False, postgresql_where=sa.text('awaits_acknowledgement'), sqlite_where=sa.text('awaits_acknowledgement'))
    op.create_index('ix_orders_buyer', 'orders', ['channel', 'customer_reference'], unique=False, postgresql_where=sa.text('customer_reference IS NOT NULL'), sqlite_where=sa.text('customer_reference IS NOT NULL'))
    op.create_index('ix_orders_ordered_at', 'orders', ['ordered_at', 'id'], unique=False)
    op.create_index('ix_orders_store_id_id', 'orders', ['store_id', 'id'], unique=False)
    op.create_index('ix_orders_store_id_ordered_at', 'orders', ['store_id', 'ordered_at', 'id'], unique=False)
    op.create_index('ix_orders_store_id_status', 'orders', ['store_id', 'status', 'ordered_at', 'id'], unique=False)
    op.create_table('sync_runs',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('store_id', BIG_ID, nullable=False),
    sa.Column('connection_id', BIG_ID, nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('job_type', sa.String(length=32), nullable=False),
    sa.Column('trigger', sa.String(length=16), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('started_at', MOMENT, nullable=False),
    sa.Column('finished_at', MOMENT, nullable=True),
    sa.Column('window_from', MOMENT, nullable=True),
    sa.Column('window_to', MOMENT, nullable=True),
    sa.Column('pages', sa.Integer(), nullable=False),
    sa.Column('seen', sa.Integer(), nullable=False),
    sa.Column('created', sa.Integer(), nullable=False),
    sa.Column('updated', sa.Integer(), nullable=False),
    sa.Column('unchanged', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('errors', JSON, nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.CheckConstraint("status IN ('running', 'success', 'partial', 'failed', 'deferred')", name=op.f('ck_sync_runs_status')),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_sync_runs_connection_id_connections'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_sync_runs_store_id_stores'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sync_runs'))
    )
    op.create_index('ix_sync_runs_connection_id_id', 'sync_runs', ['connection_id', 'id'], unique=False)
    op.create_index('ix_sync_runs_started_at', 'sync_runs', ['started_at'], unique=False)
    op.create_index('ix_sync_runs_store_id_id', 'sync_runs', ['store_id', 'id'], unique=False)
    op.create_table('sync_schedules',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('store_id', BIG_ID, nullable=False),
    sa.Column('connection_id', BIG_ID, nullable=False),
    sa.Column('job_type', sa.String(length=32), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('interval_minutes', sa.Integer(), nullable=True),
    sa.Column('cron', sa.String(length=100), nullable=True),
    sa.Column('max_retries', sa.Integer(), nullable=False),
    sa.Column('retry_delay_seconds', sa.Integer(), nullable=False),
    sa.Column('next_run_at', MOMENT, nullable=False),
    sa.Column('running_until', MOMENT, nullable=True),
    sa.Column('watermark', MOMENT, nullable=True),
    sa.Column('cursor', JSON, nullable=True),
    sa.Column('unread', JSON, nullable=True),
    sa.Column('full_at', MOMENT, nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_run_at', MOMENT, nullable=True),
    sa.Column('last_success_at', MOMENT, nullable=True),
    sa.Column('last_status', sa.String(length=16), nullable=True),
    sa.Column('last_problem', sa.Text(), nullable=True),
    sa.Column('last_duration_ms', sa.Integer(), nullable=True),
    sa.Column('alerted_at', MOMENT, nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint('(interval_minutes IS NULL) <> (cron IS NULL)', name=op.f('ck_sync_schedules_rhythm')),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_sync_schedules_connection_id_connections'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_sync_schedules_store_id_stores'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sync_schedules')),
    sa.UniqueConstraint('connection_id', 'job_type', name=op.f('uq_sync_schedules_connection_id_job_type'))
    )
    op.create_index('ix_sync_schedules_due', 'sync_schedules', ['next_run_at'], unique=False, postgresql_where=sa.text('enabled'), sqlite_where=sa.text('enabled'))
    op.create_index('ix_sync_schedules_running', 'sync_schedules', ['running_until'], unique=False, postgresql_where=sa.text('running_until IS NOT NULL'), sqlite_where=sa.text('running_until IS NOT NULL'))
    op.create_index(op.f('ix_sync_schedules_store_id'), 'sync_schedules', ['store_id'], unique=False)
    op.create_table('sync_products',
    sa.Column('connection_id', BIG_ID, nullable=False),
    sa.Column('marketplace_product_id', BIG_ID, nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_sync_products_connection_id_connections'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['marketplace_product_id'], ['marketplace_products.id'], name=op.f('fk_sync_products_marketplace_product_id_marketplace_products'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('connection_id', 'marketplace_product_id', name=op.f('pk_sync_products'))
    )
    op.create_index(op.f('ix_sync_products_marketplace_product_id'), 'sync_products', ['marketplace_product_id'], unique=False)
    op.create_table('order_history',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('order_id', BIG_ID, nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('from_status', sa.String(length=24), nullable=True),
    sa.Column('to_status', sa.String(length=24), nullable=True),
    sa.Column('actor', sa.String(length=32), nullable=False),
    sa.Column('actor_id', BIG_ID, nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('details', JSON, nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_order_history_actor_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_history_order_id_orders'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_history'))
    )
    op.create_index('ix_order_history_order_id_id', 'order_history', ['order_id', 'id'], unique=False)
    op.create_table('order_lines',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('order_id', BIG_ID, nullable=False),
    sa.Column('store_id', BIG_ID, nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('channel_line_id', sa.String(length=255), nullable=False),
    sa.Column('product_id', BIG_ID, nullable=True),
    sa.Column('matched_by', sa.String(length=16), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('sku', sa.String(length=255), nullable=True),
    sa.Column('gtin', sa.String(length=14), nullable=True),
    sa.Column('channel_product_id', sa.String(length=255), nullable=True),
    sa.Column('image_url', sa.Text(), nullable=True),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('unit_price_minor', sa.BigInteger(), nullable=True),
    sa.Column('subtotal_minor', sa.BigInteger(), nullable=True),
    sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('discount_minor', sa.BigInteger(), nullable=False),
    sa.Column('total_minor', sa.BigInteger(), nullable=True),
    sa.Column('refunded_minor', sa.BigInteger(), nullable=False),
    sa.Column('is_digital', sa.Boolean(), nullable=False),
    sa.Column('shipped_quantity', sa.Integer(), nullable=False),
    sa.Column('shipped_before', sa.Integer(), nullable=False),
    sa.Column('cancelled_quantity', sa.Integer(), nullable=False),
    sa.Column('stock_state', sa.String(length=16), nullable=False),
    sa.Column('reserved_quantity', sa.Integer(), nullable=False),
    sa.Column('raw_status', sa.String(length=128), nullable=True),
    sa.CheckConstraint("matched_by IN ('sku', 'marketplace_id', 'gtin', 'person', 'remembered')", name=op.f('ck_order_lines_matched_by')),
    sa.CheckConstraint("stock_state IN ('none', 'reserved', 'short', 'deducted', 'released')", name=op.f('ck_order_lines_stock_state')),
    sa.CheckConstraint('quantity >= 0', name=op.f('ck_order_lines_quantity')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_lines_order_id_orders'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_order_lines_product_id_products'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_order_lines_store_id_stores'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_lines')),
    sa.UniqueConstraint('order_id', 'channel_line_id', name=op.f('uq_order_lines_order_id_channel_line_id'))
    )
    op.create_index('ix_order_lines_product_id', 'order_lines', ['product_id'], unique=False)
    op.create_index('ix_order_lines_person', 'order_lines', ['store_id', 'id'], unique=False, postgresql_where=sa.text("matched_by = 'person'"), sqlite_where=sa.text("matched_by = 'person'"))
    op.create_index('ix_order_lines_short', 'order_lines', ['store_id', 'id'], unique=False, postgresql_where=sa.text("stock_state = 'short'"), sqlite_where=sa.text("stock_state = 'short'"))
    op.create_index('ix_order_lines_unmatched', 'order_lines', ['store_id', 'id'], unique=False, postgresql_where=sa.text('product_id IS NULL'), sqlite_where=sa.text('product_id IS NULL'))
    op.create_table('order_notes',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('order_id', BIG_ID, nullable=False),
    sa.Column('author_id', BIG_ID, nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_order_notes_author_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_notes_order_id_orders'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_notes'))
    )
    op.create_index('ix_order_notes_order_id_id', 'order_notes', ['order_id', 'id'], unique=False)
    op.create_table('order_payloads',
    sa.Column('order_id', BIG_ID, nullable=False),
    sa.Column('payload', JSON, nullable=False),
    sa.Column('read_at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_payloads_order_id_orders'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_order_payloads'))
    )


def downgrade() -> None:
    op.drop_table('order_payloads')
    op.drop_index('ix_order_notes_order_id_id', table_name='order_notes')
    op.drop_table('order_notes')
    op.drop_index('ix_order_lines_unmatched', table_name='order_lines', postgresql_where=sa.text('product_id IS NULL'), sqlite_where=sa.text('product_id IS NULL'))
    op.drop_index('ix_order_lines_short', table_name='order_lines', postgresql_where=sa.text("stock_state = 'short'"), sqlite_where=sa.text("stock_state = 'short'"))
    op.drop_index('ix_order_lines_person', table_name='order_lines', postgresql_where=sa.text("matched_by = 'person'"), sqlite_where=sa.text("matched_by = 'person'"))
    op.drop_index('ix_order_lines_product_id', table_name='order_lines')
    op.drop_table('order_lines')
    op.drop_index('ix_order_history_order_id_id', table_name='order_history')
    op.drop_table('order_history')
    op.drop_index(op.f('ix_sync_schedules_store_id'), table_name='sync_schedules')
    op.drop_index('ix_sync_schedules_due', table_name='sync_schedules', postgresql_where=sa.text('enabled'), sqlite_where=sa.text('enabled'))
    op.drop_table('sync_products')
    op.drop_table('sync_schedules')
    op.drop_index('ix_sync_runs_store_id_id', table_name='sync_runs')
    op.drop_index('ix_sync_runs_started_at', table_name='sync_runs')
    op.drop_index('ix_sync_runs_connection_id_id', table_name='sync_runs')
    op.drop_table('sync_runs')
    op.drop_index('ix_orders_store_id_status', table_name='orders')
    op.drop_index('ix_orders_store_id_ordered_at', table_name='orders')
    op.drop_index('ix_orders_store_id_id', table_name='orders')
    op.drop_index('ix_orders_ordered_at', table_name='orders')
    op.drop_index('ix_orders_buyer', table_name='orders', postgresql_where=sa.text('customer_reference IS NOT NULL'), sqlite_where=sa.text('customer_reference IS NOT NULL'))
    op.drop_index('ix_orders_awaiting', table_name='orders', postgresql_where=sa.text('awaits_acknowledgement'), sqlite_where=sa.text('awaits_acknowledgement'))
    op.drop_index('ix_orders_attention', table_name='orders', postgresql_where=sa.text('needs_attention'), sqlite_where=sa.text('needs_attention'))
    op.drop_table('orders')
    op.drop_index('ix_hook_receipts_received_at', table_name='hook_receipts')
    op.drop_table('hook_receipts')
    op.drop_table('channel_buckets')
    op.drop_index(op.f('ix_connections_store_id'), table_name='connections')
    op.drop_index('ix_connections_credentials_expire_at', table_name='connections')
    op.drop_table('connections')
