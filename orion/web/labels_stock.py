"""What codes of stock, webhooks and notifications are called on pages, and in which tone."""

from orion.web.i18n import lazy
from orion.web.labels import Texts

MOVEMENTS: Texts = {
    "set": lazy("Set"),
    "add": lazy("Added"),
    "remove": lazy("Removed"),
    "transfer": lazy("Moved"),
    "count": lazy("Counted"),
    "import": lazy("Imported"),
    "commit": lazy("Shipped"),
}

ACTIONS: Texts = {
    "add": lazy("Add"),
    "remove": lazy("Remove"),
    "count": lazy("Count"),
    "set": lazy("Set to"),
    "transfer": lazy("Move"),
}
ACTION_HINTS: Texts = {
    "add": lazy("This many came in."),
    "remove": lazy("This many have left."),
    "count": lazy("This many were found; the difference is recorded, even if it is zero."),
    "set": lazy("This many are there now."),
    "transfer": lazy("This many go to another location."),
}

DIFF_KINDS: Texts = {
    "created": lazy("New at a location"),
    "updated": lazy("Changed"),
    "unchanged": lazy("Unchanged"),
    "error": lazy("Rejected"),
}

RESERVATIONS: Texts = {
    "held": lazy("Held"),
    "committed": lazy("Shipped"),
    "released": lazy("Released"),
    "expired": lazy("Expired"),
}
RESERVATION_TONES = {"held": "info", "committed": "ok", "expired": "warn"}

DONE: Texts = {
    "add": lazy("Added."),
    "remove": lazy("Removed."),
    "count": lazy("Counted."),
    "set": lazy("Set."),
    "set_level": lazy("Set."),
    "transfer": lazy("Moved."),
    "threshold": lazy("The threshold was saved."),
    "release": lazy("The reservation was released."),
    "created": lazy("The location was added."),
    "updated": lazy("The location was updated."),
    "deleted": lazy("The location was deleted."),
    "closed": lazy("The location was closed instead of deleted, because past movements refer to it."),
    "started": lazy("The import has started."),
}

DELIVERIES: Texts = {
    "pending": lazy("On its way"),
    "waiting": lazy("Waiting for an earlier one"),
    "delivered": lazy("Delivered"),
    "dead": lazy("Given up"),
    "cancelled": lazy("Cancelled"),
}
DELIVERY_TONES = {"pending": "info", "waiting": "info", "delivered": "ok", "dead": "bad"}

WEBHOOK_DONE: Texts = {
    "updated": lazy("The webhook was updated."),
    "paused": lazy("The webhook is paused: nothing is sent until you resume it."),
    "resumed": lazy("The webhook is active again: events from now on are sent to it."),
    "tested": lazy("A test event is on its way; the log below shows how it went."),
    "redelivered": lazy("The event is on its way again."),
    "deleted": lazy("The webhook was deleted."),
}

NOTICES: Texts = {
    "stock_low": lazy("Stock runs low"),
    "stock_import_failed": lazy("A stock import failed"),
    "stock_import_finished_with_errors": lazy("A stock import finished with errors"),
    "connection_broken": lazy("A connection to a channel does not work"),
    "connection_works_again": lazy("A connection to a channel works again"),
    "connection_expiring": lazy("The credentials of a connection end soon"),
    "orders_arrived": lazy("New orders have come in"),
    "order_needs_attention": lazy("An order needs attention"),
    "sync_failing": lazy("A channel cannot be read"),
    "sync_recovered": lazy("A channel can be read again"),
    "entries_unreadable": lazy("Entries of a channel cannot be read"),
    "order_refresh_failed": lazy("An order could not be read again"),
    "order_acknowledge_failed": lazy("An order could not be accepted or rejected"),
    "import_failed": lazy("An import failed"),
    "import_finished_with_errors": lazy("An import finished with errors"),
    "store_verified": lazy("Your store is verified"),
    "store_unverified": lazy("The verification of your store is taken back"),
    "store_activated": lazy("Your store is active again"),
    "store_deactivated": lazy("Your store is deactivated"),
    "webhook_disabled": lazy("A webhook is disabled"),
    "nightly_check": lazy("The nightly check found differences"),
}
NOTICE_ICONS = {
    "orders_arrived": "shopping-bag",
    "order_needs_attention": "triangle-alert",
    "sync_failing": "circle-alert",
    "sync_recovered": "circle-check",
    "entries_unreadable": "triangle-alert",
    "order_refresh_failed": "circle-alert",
    "order_acknowledge_failed": "circle-alert",
    "stock_low": "triangle-alert",
    "stock_import_failed": "circle-alert",
    "stock_import_finished_with_errors": "triangle-alert",
    "import_failed": "circle-alert",
    "import_finished_with_errors": "triangle-alert",
    "store_verified": "circle-check",
    "store_unverified": "circle-alert",
    "store_activated": "circle-check",
    "connection_broken": "circle-alert",
    "connection_works_again": "circle-check",
    "connection_expiring": "triangle-alert",
    "webhook_disabled": "circle-alert",
    "nightly_check": "circle-alert",
    "store_deactivated": "circle-alert",
}
