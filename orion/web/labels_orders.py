"""What codes of orders are called on pages, and in which tone; and what happened to an order, in a sentence."""

from collections.abc import Mapping
from typing import Any

from orion.orders import TO_SEND
from orion.web.i18n import gettext, lazy
from orion.web.labels import Texts, say

STATUSES: Texts = {
    "pending": lazy("Awaits payment"),
    "confirmed": lazy("To prepare"),
    "processing": lazy("In preparation"),
    "ready_for_shipment": lazy("Ready for shipment"),
    "shipped": lazy("Shipped"),
    "delivered": lazy("Delivered"),
    "fulfilled": lazy("Fulfilled"),
    "cancelled": lazy("Cancelled"),
    "refunded": lazy("Refunded"),
    "partially_refunded": lazy("Partly refunded"),
}
STATUS_TONES = {
    "confirmed": "info",
    "processing": "info",
    "ready_for_shipment": "info",
    "shipped": "ok",
    "delivered": "ok",
    "fulfilled": "ok",
    "partially_refunded": "warn",
}
ADVANCE: Texts = {
    "confirmed": lazy("Back to: to prepare"),
    "processing": lazy("Start preparing"),
    "ready_for_shipment": lazy("Ready for shipment"),
    "delivered": lazy("It was delivered"),
}
"""Buttons that say how far an order is."""
ADVANCE_ICONS = {
    "confirmed": "undo-2",
    "processing": "package-open",
    "ready_for_shipment": "package-check",
    "delivered": "circle-check",
}

VIEWS: Mapping[str, tuple[str, ...]] = {
    "todo": TO_SEND,
    "accept": (),
    "attention": (),
    "done": ("shipped", "delivered", "fulfilled", "partially_refunded"),
    "closed": ("cancelled", "refunded"),
    "all": (),
}
"""The tabs of the inbox, and the statuses that each is of; none: any."""
VIEW_NAMES: Texts = {
    "todo": lazy("To do"),
    "accept": lazy("To accept"),
    "attention": lazy("Needs attention"),
    "done": lazy("Done"),
    "closed": lazy("Cancelled"),
    "all": lazy("All"),
}

CHANNEL_ICONS = {
    "storefront": "store",
    "letzshop": "shopping-basket",
    "amazon": "shopping-cart",
    "ebay": "shopping-bag",
    "codeswholesale": "key-round",
}

FLAGS: Texts = {
    "unknown_status": lazy("Unknown status"),
    "total_differs": lazy("Total differs"),
    "price_missing": lazy("Price missing"),
    "currency_unknown": lazy("Unknown currency"),
    "unmatched_lines": lazy("Product unknown"),
    "stock_short": lazy("Not enough stock"),
    "changed_after_shipping": lazy("Changed after shipping"),
    "cancel_requested": lazy("Buyer wants to cancel"),
    "cancelled_while_picked": lazy("Cancelled while packing"),
    "status_conflict": lazy("Status in conflict"),
    "unfulfillable": lazy("Cannot be fulfilled"),
    "channel_problem": lazy("Odd at the channel"),
}
FLAG_TEXTS: Texts = {
    "unknown_status": lazy("The channel says a status that Orion does not know. Look it up there."),
    "total_differs": lazy("The amounts do not add up to the total that the channel says."),
    "price_missing": lazy("The channel does not say all prices."),
    "currency_unknown": lazy(
        "The channel names a currency that there is not: the amounts are only in what it told, at the end of this page."
    ),
    "unmatched_lines": lazy("Nobody knows yet which of your products was ordered: match the lines below."),
    "stock_short": lazy(
        "There is not enough in stock: what there is is held for the lines marked below, "
        "and more as soon as it comes in."
    ),
    "changed_after_shipping": lazy("The order was changed at the channel after goods had left."),
    "cancel_requested": lazy("The buyer asks to cancel. Answer at the channel before you send anything."),
    "cancelled_while_picked": lazy("It was cancelled at the channel while you prepared it: do not send it."),
    "status_conflict": lazy("What the channel says does not follow on what you said. Look which is right."),
    "unfulfillable": lazy("The channel says that it cannot be fulfilled."),
    "channel_problem": lazy("Something about it is odd: compare it with what the channel shows."),
}

STOCK_STATES: Texts = {
    "none": lazy("Nothing held"),
    "reserved": lazy("Held in stock"),
    "short": lazy("Not enough stock"),
    "deducted": lazy("Left the stock"),
    "released": lazy("Given back"),
}
STOCK_TONES = {"reserved": "ok", "short": "bad", "deducted": "info"}

MATCHED_BY: Texts = {
    "sku": lazy("matched by SKU"),
    "marketplace_id": lazy("matched by the marketplace's number"),
    "gtin": lazy("matched by GTIN"),
    "person": lazy("matched by hand"),
    "remembered": lazy("matched as you did before"),
}

DONE: Texts = {
    "advanced": lazy("The order was moved on."),
    "cleared": lazy("Noted: you have looked at it."),
    "noted": lazy("The note was added."),
    "note_deleted": lazy("The note was deleted."),
    "refreshed": lazy("The order is being read from the channel again; what is new appears here."),
    "accepted": lazy("The channel is being told that you accept; what it answers appears here."),
    "rejected": lazy("The channel is being told that you reject; what it answers appears here."),
    "unmatched": lazy("The match was taken back, and its stock is free again."),
}

_CHANGED: Texts = {
    "subtotal_minor": lazy("total"),
    "shipping_minor": lazy("total"),
    "tax_minor": lazy("total"),
    "discount_minor": lazy("total"),
    "total_minor": lazy("total"),
    "raw_status": lazy("status"),
    "shipping_address": lazy("delivery address"),
    "billing_address": lazy("billing address"),
    "customer_name": lazy("buyer"),
    "customer_email": lazy("e-mail"),
    "customer_phone": lazy("telephone"),
    "refunded_minor": lazy("refund"),
}


def happening(kind: str, to_status: str | None, details: Mapping[str, Any] | None) -> str:
    """An entry of an order's history as a sentence."""
    about = details or {}
    if kind == "status":
        return gettext("Status: %(status)s") % {"status": say(STATUSES, to_status)}
    if kind in ("flagged", "cleared"):
        flags = ", ".join(say(FLAGS, flag) for flag in about.get("flags", ()))
        text = gettext("To look at: %(what)s") if kind == "flagged" else gettext("Looked at: %(what)s")
        return text % {"what": flags}
    if kind == "changed":
        names = dict.fromkeys(say(_CHANGED, name) for name in about.get("fields", ()) if name in _CHANGED)
        lines = [gettext("lines")] if set(about) - {"fields"} else []
        text = gettext("Changed at the channel: %(what)s")
        return text % {"what": ", ".join([*lines, *names]) or gettext("details")}
    if kind == "acknowledged":
        return (
            gettext("The channel was told: accepted")
            if about.get("accepted")
            else gettext("The channel was told: rejected")
        )
    return say(_HAPPENINGS, kind)


_HAPPENINGS: Texts = {
    "created": lazy("The order came in"),
    "matched": lazy("A line was matched with a product"),
    "unmatched": lazy("The match of a line was taken back"),
    "forgotten": lazy("The buyer's data were deleted"),
}
