"""What codes of connections, schedules and runs are called on pages, and in which tone."""

from orion.channels import Connection
from orion.web.i18n import gettext, lazy
from orion.web.labels import Texts, say
from orion.web.reasons import put_reason_in_words as reason

__all__ = ["reason"]

STATES: Texts = {
    "new": lazy("Not tried yet"),
    "ok": lazy("Works"),
    "expiring": lazy("Ends soon"),
    "broken": lazy("Does not work"),
    "paused": lazy("Paused"),
}
STATE_TONES = {"ok": "ok", "expiring": "warn", "broken": "bad", "new": "info"}
STATE_TEXTS: Texts = {
    "new": lazy("The credentials are being tried out, or something is still to be entered."),
    "ok": lazy("Orders and products come in by themselves."),
    "expiring": lazy("It works, but its credentials end soon: replace them before that."),
    "broken": lazy("Nothing comes in until this is mended. Nothing is lost: it is read afterwards."),
    "paused": lazy("Nothing is asked of the channel until you resume it."),
}

ENVIRONMENTS: Texts = {"live": lazy("Live"), "sandbox": lazy("Sandbox"), "simulator": lazy("Simulator")}

CAPABILITIES: Texts = {
    "products_in": lazy("Products in"),
    "products_out": lazy("Products out"),
    "orders_in": lazy("Orders in"),
    "acknowledge": lazy("Accept orders"),
    "fulfillment_out": lazy("Shipments out"),
    "inventory_out": lazy("Stock out"),
    "keys": lazy("Licence keys"),
}
BY_FEED = {("letzshop", "products_in"), ("letzshop", "products_out")}
"""What goes by files (imports and exports) instead of the channel's API."""

JOB_TYPES: Texts = {
    "order_import": lazy("Read orders"),
    "product_pull": lazy("Read products"),
    "order_backfill": lazy("Read past orders"),
}

RUN_STATUSES: Texts = {
    "running": lazy("Running"),
    "success": lazy("Completed"),
    "partial": lazy("Partly read"),
    "failed": lazy("Failed"),
    "deferred": lazy("Waits for the channel"),
}
RUN_TONES = {"running": "info live", "success": "ok", "partial": "warn", "failed": "bad", "deferred": "info"}

TRIGGERS: Texts = {
    "schedule": lazy("by schedule"),
    "person": lazy("by hand"),
    "push": lazy("the channel called"),
    "backfill": lazy("past orders"),
}

HEALTH: Texts = {
    "failing": lazy("Fails"),
    "late": lazy("Late"),
    "unread": lazy("Some unreadable"),
    "ok": lazy("On time"),
    "idle": lazy("Off"),
}
HEALTH_TONES = {"failing": "bad", "late": "warn", "unread": "warn", "ok": "ok"}

DONE: Texts = {
    "created": lazy("The connection was made; its credentials are being tried out."),
    "updated": lazy("The connection was changed."),
    "replaced": lazy("The new credentials are kept and are being tried out."),
    "tested": lazy("The channel is being asked; the result appears here."),
    "paused": lazy("The connection is paused."),
    "resumed": lazy("The connection goes on; its credentials are being tried out."),
    "deleted": lazy("The connection was deleted."),
}
SYNC_DONE: Texts = {
    "saved": lazy("The schedule was changed."),
    "started": lazy("The run has started; what it brings appears below."),
    "backfill": lazy("Past orders are being read; you can leave this page while it runs."),
}


def state(connection: Connection) -> tuple[str, str]:
    """How a connection does, and the tone of it; one that lacks its credentials was not even tried."""
    if connection.state == "new" and connection.reason_code == "credentials_missing":
        return gettext("Not finished"), "warn"
    return say(STATES, connection.state), STATE_TONES.get(connection.state, "")


def known(text: str) -> str:
    """A text of a channel's manifest (labels and helps of its fields) in the language of the page."""
    return gettext(text) if text else ""
