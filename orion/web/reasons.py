"""Why a channel does not do what it should, in the reader's words: by code, with the channel's own words beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from orion.kernel import CHANNEL_NAMES
from orion.notifications.kinds import words
from orion.web.i18n import current_language, translate

_REFUSED = words("%(channel)s refuses what was asked, and asking again does not help: see what it says.")
_UNREADABLE = words(
    "%(channel)s answers something that cannot be read. Orion asks again by itself; if it lasts, tell the operator."
)
_AWAY = words("%(channel)s cannot be reached, or is out of order. Orion asks again by itself.")
_OURS = words("Something went wrong on our side. Orion tries again by itself; if it lasts, tell the operator.")
_SLOW = words("%(channel)s allows no more for now. It goes on by itself as soon as it may.")
_UNSURE = words("%(channel)s was asked, and its answer got lost: look there whether it was done, before you try again.")
_TRACKING = words("%(channel)s does not take this parcel as it is: mend its tracking number or carrier.")
_SETTINGS = words("A setting of the connection is missing: complete its settings.")
_KEYS = words("The credentials cannot be opened any more. Enter them again, or ask the operator to bring the key back.")

REASONS: Mapping[str, str] = {
    "credentials_refused": words(
        "%(channel)s does not accept the credentials: they are wrong, or have ended. Copy them there once more, and "
        "enter them on the page of the connection, under Credentials."
    ),
    "credentials_missing": words(
        "This connection is not finished: press “Allow it at %(channel)s” on its page, or enter the credentials there."
    ),
    "credentials_expire": words("The credentials end soon: renew them at %(channel)s, and enter them before that."),
    "grant_ended": words(
        "The permission at %(channel)s has ended or was taken back. Press “Allow it at %(channel)s” on the page of "
        "the connection; with an app of your own, enter a new refresh token there."
    ),
    "scope_missing": words(
        "The credentials are right, but may not do this. Grant at %(channel)s what is missing, or allow it there once "
        "more with everything that the page asks for."
    ),
    "marketplace_missing": words(
        "The account at %(channel)s does not sell in all the marketplaces that are chosen: correct the settings."
    ),
    "connection_gone": words("The connection was deleted meanwhile."),
    "environment_not_configured": words("The operator has taken this environment away: ask them, or connect anew."),
    "sealing_keys_missing": _KEYS,
    "seal_broken": _KEYS,
    "channel_unavailable": _AWAY,
    "timeout": _AWAY,
    "report_failed": _AWAY,
    "document_refused": _AWAY,
    "feed_failed": _AWAY,
    "token_awaited": _AWAY,
    "keys_awaited": _SLOW,
    "rate_limited": _SLOW,
    "budget_spent": _SLOW,
    "report_pending": words("%(channel)s is still at work on the answer; it is fetched as soon as it is ready."),
    "feed_pending": words("%(channel)s is still at work on the answer; it is fetched as soon as it is ready."),
    "unreadable": _UNREADABLE,
    "foreign_address": _UNREADABLE,
    "field_failed": _UNREADABLE,
    "endless_pages": _UNREADABLE,
    "reply_unreadable": _UNSURE,
    "reply_unclear": _UNSURE,
    "reply_lost": _UNSURE,
    "request_refused": _REFUSED,
    "stock_refused": _REFUSED,
    "partial_shipment": _TRACKING,
    "reference_invalid": _TRACKING,
    "tracking_missing": _TRACKING,
    "tracking_invalid": _TRACKING,
    "setting_missing": _SETTINGS,
    "seller_missing": _SETTINGS,
    "cursor_unknown": words("%(channel)s has forgotten where we were; the reading begins anew by itself."),
    "not_found": words("%(channel)s does not know what was asked for (any more)."),
    "order_unknown": words("%(channel)s does not know this order (any more)."),
    "order_gone": words("%(channel)s does not know this order (any more)."),
    "product_unknown": words("%(channel)s does not sell this product (any more)."),
    "code_unknown": words("%(channel)s does not know this licence key."),
    "balance_too_low": words("The balance at %(channel)s is too low: top it up there."),
    "supplier_out_of_stock": words("%(channel)s has fewer in stock than were wanted."),
    "quantity_invalid": words("%(channel)s sells whole numbers from 1 on."),
    "not_single": words("This cannot be read by itself; the next complete reading tries it again."),
    "entries_unreadable": words(
        "Some entries of %(channel)s cannot be read. All others came in; these are tried again."
    ),
    "too_many_gone": words(
        "More products are gone at once than is likely, so nothing was taken from sale. If it is right, run it once "
        "by hand."
    ),
    "given_up": words("It was tried several times, and given up."),
    "answer_given_up": words(
        "It was tried several times, and given up. It may have arrived all the same: look at the order before you "
        "answer again."
    ),
    "connection_paused": words("The connection is paused: resume it, then ask again."),
    "internal": _OURS,
}
"""What each code means and what mends it. `http_...`, and what nobody named, is a refusal."""

_WHOLE = (
    "credentials_missing",
    "credentials_expire",
    "grant_ended",
    "connection_gone",
    "budget_spent",
    "internal",
    "order_gone",
)
"""Of these the text says all that there is to say."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What is the matter, in the reader's words; `said` is what else is known, in the channel's words or in English."""

    text: str
    said: str


def put_reason_in_words(
    code: str | None, detail: str | None, channel: str, language: str | None = None
) -> Reason | None:
    """The reason in `language`, by default the one of the page; None when there is none.

    `channel` is the channel's code or its name. Without a code (it was written before there were any) only the details
    are known.
    """
    if not code:
        return Reason(detail, "") if detail else None
    name = {str(known): shown for known, shown in CHANNEL_NAMES.items()}.get(channel, channel)
    text = translate(REASONS.get(code, _REFUSED), language or current_language()) % {"channel": name}
    return Reason(text, "" if code in _WHOLE else detail or "")
