"""Who reacts to which event, and what workers do every hour: the one place that says so."""

from orion.catalog import MarketplaceProductChanged, ProductChanged, ProductsChanged, forget_images
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
    start_due_imports,
)
from orion.identity import PasswordLinkMade, UserDeactivated
from orion.inventory import LocationChanged, StockChanged, StockLow, ThresholdChanged, release_expired
from orion.main import (
    audit,
    audit_catalog,
    audit_feeds,
    audit_inventory,
    audit_people,
    audit_webhooks,
    consequences,
    notices,
    webhook_events,
)
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
from orion.plumbing.db.engine import Handlers
from orion.plumbing.jobs import Chore, Every
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
    ProductsChanged: (audit_catalog.products_changed, webhook_events.products_changed),
    MarketplaceProductChanged: (audit_catalog.marketplace_product_changed,),
    StockChanged: (audit_inventory.stock_changed, webhook_events.stock_changed),
    StockImportRequested: (audit_inventory.stock_import_requested,),
    StockImported: (audit_inventory.stock_imported, notices.stock_imported, webhook_events.stock_imported),
    LocationChanged: (audit_inventory.location_changed,),
    ThresholdChanged: (audit_inventory.threshold_changed,),
    StockLow: (notices.stock_low, webhook_events.stock_low),
    WebhookChanged: (audit_webhooks.webhook_changed,),
    WebhookDisabled: (audit_webhooks.webhook_disabled, notices.webhook_disabled),
    MailWanted: (notices.mail_wanted,),
}

CHORES: tuple[Chore, ...] = (
    purge,
    forget_spools,
    purge_import_changes,
    forget_images,
    release_expired,
    Every(60.0, start_due_imports),
)
