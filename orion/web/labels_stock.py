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
    "add": lazy("So many came in."),
    "remove": lazy("So many are gone."),
    "count": lazy("So many were found; the difference is noted, also when there is none."),
    "set": lazy("So many lie there now."),
    "transfer": lazy("So many go to another location."),
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
    "threshold": lazy("The threshold is saved."),
    "release": lazy("Released: what was held is free again."),
    "created": lazy("The location is there."),
    "updated": lazy("The location is changed."),
    "deleted": lazy("The location is deleted."),
    "closed": lazy("The location is closed: movements name it, so that it cannot be deleted."),
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
    "updated": lazy("The webhook is changed."),
    "paused": lazy("The webhook is paused: nothing is sent there until you resume it."),
    "resumed": lazy("The webhook is active: it is told of everything from now on."),
    "tested": lazy("A test event is on its way; the log below shows how it went."),
    "redelivered": lazy("The event is on its way again."),
    "deleted": lazy("The webhook is deleted."),
}

NOTICES: Texts = {
    "stock_low": lazy("Something runs low"),
    "stock_import_failed": lazy("A stock import failed"),
    "stock_import_finished_with_errors": lazy("A stock import left rows behind"),
    "import_failed": lazy("An import failed"),
    "import_finished_with_errors": lazy("An import left rows behind"),
    "member_invited": lazy("You are invited to a store"),
    "store_verified": lazy("Your store is verified"),
    "store_deactivated": lazy("Your store is deactivated"),
    "webhook_disabled": lazy("A webhook is disabled"),
}
NOTICE_ICONS = {
    "stock_low": "triangle-alert",
    "stock_import_failed": "circle-alert",
    "import_failed": "circle-alert",
    "store_verified": "circle-check",
    "webhook_disabled": "circle-alert",
    "store_deactivated": "circle-alert",
}
