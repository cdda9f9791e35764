"""Who reacts to which event, and what workers do every hour: the one place that says so."""

from orion.catalog import BulkRunCancelled, MarketplaceProductChanged, ProductChanged, ProductsChanged, forget_images
from orion.channels import ConnectionChanged, ConnectionExpiring, ConnectionHealthChanged, watch_expiry
from orion.feeds import (
    FeedLinkChanged,
    GoneConfirmed,
    ImportFinished,
    ImportRequested,
    ImportUndone,
    MappingChanged,
    ScheduleChanged,
    StockImported,
    StockImportRequested,
    UndoRequested,
    forget_spools,
    note_result,
    purge_import_changes,
    purge_stock_import_changes,
    start_due_imports,
)
from orion.identity import PasswordLinkMade, UserDeactivated
from orion.inventory import LocationChanged, StockChanged, StockLow, ThresholdChanged, release_expired
from orion.main import (
    audit,
    audit_catalog,
    audit_channels,
    audit_feeds,
    audit_inventory,
    audit_orders,
    audit_people,
    audit_sync,
    audit_webhooks,
    consequences,
    notices,
    notices_channels,
    webhook_events,
)
from orion.main.nightly import start_nightly_check
from orion.main.purge import purge
from orion.merchants import (
    ApiKeyChanged,
    InvitationEnded,
    MemberChanged,
    MemberInvited,
    StoreCreated,
    StoreJudged,
    StoreUpdated,
)
from orion.notifications import MailWanted
from orion.orders import OrderChanged, OrdersArrived, stock_came_in
from orion.plumbing.db.engine import Handlers
from orion.plumbing.events import Together
from orion.plumbing.jobs import Chore, Every
from orion.sync import (
    EntriesUnreadable,
    OrderRefreshFailed,
    SyncFailing,
    SyncRecovered,
    SyncScheduleChanged,
    start_due_runs,
)
from orion.sync import connection_changed as schedule_connection
from orion.webhooks import WebhookChanged, WebhookDisabled

HANDLERS: Handlers = {
    StoreCreated: (audit_people.store_created,),
    StoreUpdated: (audit_people.store_updated, webhook_events.store_updated),
    StoreJudged: (
        audit_people.store_judged,
        consequences.store_judged,
        notices.store_judged,
        webhook_events.store_judged,
    ),
    MemberChanged: (audit_people.member_changed, consequences.member_changed),
    MemberInvited: (audit_people.member_invited, notices.member_invited),
    InvitationEnded: (audit_people.invitation_ended,),
    ApiKeyChanged: (audit_people.api_key_changed,),
    UserDeactivated: (consequences.user_deactivated,),
    PasswordLinkMade: (notices.password_link_made,),
    ImportRequested: (audit.import_requested,),
    ImportFinished: (note_result, audit.import_finished, notices.import_finished, webhook_events.import_finished),
    MappingChanged: (audit_feeds.mapping_changed,),
    ScheduleChanged: (audit_feeds.schedule_changed,),
    FeedLinkChanged: (audit_feeds.feed_link_changed,),
    GoneConfirmed: (audit_feeds.gone_confirmed,),
    UndoRequested: (audit_feeds.undo_requested,),
    ImportUndone: (audit_feeds.import_undone, webhook_events.import_undone),
    ProductChanged: (audit_catalog.product_changed, webhook_events.product_changed),
    BulkRunCancelled: (audit_catalog.bulk_run_cancelled,),
    ProductsChanged: (audit_catalog.products_changed, webhook_events.products_changed),
    MarketplaceProductChanged: (audit_catalog.marketplace_product_changed,),
    StockChanged: (
        audit_inventory.stock_changed,
        Together(webhook_events.stock_changed),
        Together(stock_came_in),
    ),
    StockImportRequested: (audit_inventory.stock_import_requested,),
    StockImported: (audit_inventory.stock_imported, notices.stock_imported, webhook_events.stock_imported),
    LocationChanged: (audit_inventory.location_changed,),
    ThresholdChanged: (audit_inventory.threshold_changed,),
    StockLow: (notices.stock_low, webhook_events.stock_low),
    OrderChanged: (audit_orders.order_changed, Together(webhook_events.order_changed)),
    OrdersArrived: (notices.orders_arrived,),
    WebhookChanged: (audit_webhooks.webhook_changed,),
    WebhookDisabled: (audit_webhooks.webhook_disabled, notices.webhook_disabled),
    ConnectionChanged: (
        audit_channels.connection_changed,
        schedule_connection,
    ),
    ConnectionHealthChanged: (
        audit_channels.connection_health_changed,
        notices_channels.connection_health_changed,
        webhook_events.connection_health_changed,
    ),
    ConnectionExpiring: (notices_channels.connection_expiring,),
    SyncScheduleChanged: (audit_sync.sync_schedule_changed,),
    SyncFailing: (notices_channels.sync_failing,),
    SyncRecovered: (notices_channels.sync_recovered,),
    EntriesUnreadable: (notices_channels.entries_unreadable,),
    OrderRefreshFailed: (notices_channels.order_refresh_failed,),
    MailWanted: (notices.mail_wanted,),
}

CHORES: tuple[Chore, ...] = (
    purge,
    forget_spools,
    purge_import_changes,
    purge_stock_import_changes,
    forget_images,
    release_expired,
    watch_expiry,
    start_nightly_check,
    Every(60.0, start_due_imports),
    Every(5.0, start_due_runs),
)
