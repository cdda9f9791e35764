"""The words for what people are told, in their language, and the page that is about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from orion import notifications
from orion.channels import MANIFESTS
from orion.notifications import KINDS
from orion.notifications.kinds import words
from orion.web import formats
from orion.web.i18n import current_language, translate
from orion.web.reasons import put_reason_in_words

_INVITATION_TITLE = words("Invitation to store %(store)s")
_INVITATION = words("%(inviter)s invites you to store %(store)s as %(role)s.")
_PASSWORD_TITLE = words("Choose a new password")
_PASSWORD_ASKED = words(
    "Somebody, hopefully you, wants a new password for the user %(name)s. Choose it within an hour, at this address. "
    "If it was not you, do nothing: the old password stays."
)
_PASSWORD_BY_ADMIN = words(
    "An administrator sends you the link to choose a new password for the user %(name)s. It is good for a day."
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification in words; `path` leads to what it is about, where there is a page."""

    title: str
    text: str
    path: str | None


def put_in_words(kind: str, params: Mapping[str, Any], language: str | None = None) -> Notice:
    """The notification in `language`, by default the one of the page."""
    known = KINDS.get(kind)
    if known is None:
        title, text = notifications.describe(kind, params)
        return Notice(title, text, None)
    code = language or current_language()
    facts = _facts_in_words(params, code)
    title, text = (notifications.fill(translate(words, code), facts) for words in (known.title, known.text))
    if kind == "connection_expiring" and (renew := _how_to_renew(params)):
        text = f"{text}\n\n{translate(renew, code)}"
    return Notice(title, text, _path(kind, params))


def put_invitation_in_words(store: str, inviter: str, role: str, language: str) -> tuple[str, str]:
    """Subject and text of the mail that carries an invitation, which people get who may not be users."""
    facts = {"store": store, "inviter": inviter, "role": translate(role, language)}
    return translate(_INVITATION_TITLE, language) % facts, translate(_INVITATION, language) % facts


def put_password_link_in_words(username: str, language: str, *, by_admin: bool) -> tuple[str, str]:
    """Subject and text of the mail that carries the link to choose a password."""
    title = translate(_PASSWORD_TITLE, language)
    text = translate(_PASSWORD_BY_ADMIN if by_admin else _PASSWORD_ASKED, language)
    return title, text % {"name": username}


def _facts_in_words(params: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The facts with those in words that are not: a reason that has a code, and a day."""
    facts = dict(params)
    reason = put_reason_in_words(params.get("code"), params.get("reason"), params.get("channel", "?"), language)
    if reason is not None:
        facts["reason"] = f"{reason.text} ({reason.said})" if reason.said else reason.text
    if params.get("ends_on"):
        facts["ends_on"] = formats.day(date.fromisoformat(params["ends_on"]), language)
    return facts


def _how_to_renew(params: Mapping[str, Any]) -> str:
    """What the channel wants to be done about a secret that ends; nothing where that is not known."""
    fields = (secret for each in MANIFESTS.values() if each.name == params.get("channel") for secret in each.secrets)
    return next((secret.renew for secret in fields if secret.name == params.get("secret")), "")


def _path(kind: str, params: Mapping[str, Any]) -> str | None:
    """The page that a notification is about; none when it names no store and is not about the platform."""
    if kind in PLATFORM_PAGES:
        return PLATFORM_PAGES[kind]
    if not params.get("store_code"):
        return None
    return f"/store/{params['store_code']}{notifications.fill(PAGES.get(kind, ''), params)}"


_CONNECTION = "/connections/%(connection_id)s"

PAGES: Mapping[str, str] = {
    "stock_low": "/stock/items/%(item_id)s",
    "stock_import_failed": "/stock/imports/%(import_id)s",
    "stock_import_finished_with_errors": "/stock/imports/%(import_id)s",
    "import_failed": "/marketplace/imports/%(import_id)s",
    "import_finished_with_errors": "/marketplace/imports/%(import_id)s",
    "store_verified": "",
    "store_unverified": "",
    "store_activated": "",
    "store_deactivated": "",
    "orders_arrived": "/orders",
    "order_needs_attention": "/orders?view=attention",
    "connection_broken": _CONNECTION,
    "connection_works_again": _CONNECTION,
    "connection_expiring": _CONNECTION,
    "sync_failing": _CONNECTION,
    "sync_recovered": _CONNECTION,
    "entries_unreadable": "/sync?connection=%(connection_id)s",
    "order_refresh_failed": _CONNECTION,
    "order_acknowledge_failed": _CONNECTION,
    "webhook_disabled": "/webhooks/%(webhook_id)s",
}
"""Where each kind leads to, below the page of its store."""

PLATFORM_PAGES: Mapping[str, str] = {"nightly_check": "/admin"}
"""Where those lead to that are about the platform as a whole."""
