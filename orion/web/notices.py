"""The words for what people are told, in their language, and the page that is about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orion import notifications
from orion.notifications import KINDS
from orion.notifications.kinds import words
from orion.web.i18n import current_language, translate

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
    title, text = (notifications.fill(translate(words, code), params) for words in (known.title, known.text))
    return Notice(title, text, _path(kind, params))


def put_password_link_in_words(username: str, language: str, *, by_admin: bool) -> tuple[str, str]:
    """Subject and text of the mail that carries the link to choose a password."""
    title = translate(_PASSWORD_TITLE, language)
    text = translate(_PASSWORD_BY_ADMIN if by_admin else _PASSWORD_ASKED, language)
    return title, text % {"name": username}


def _path(kind: str, params: Mapping[str, Any]) -> str | None:
    code = params.get("store_code")
    if not code:
        return None
    pages = {
        "stock_low": f"stock/items/{params.get('item_id')}",
        "stock_import_failed": f"stock/imports/{params.get('import_id')}",
        "stock_import_finished_with_errors": f"stock/imports/{params.get('import_id')}",
        "connection_broken": f"connections/{params.get('connection_id')}",
        "connection_works_again": f"connections/{params.get('connection_id')}",
        "connection_expiring": f"connections/{params.get('connection_id')}",
        "sync_failing": f"connections/{params.get('connection_id')}",
        "sync_recovered": f"connections/{params.get('connection_id')}",
        "entries_unreadable": f"connections/{params.get('connection_id')}",
        "order_refresh_failed": f"connections/{params.get('connection_id')}",
        "order_acknowledge_failed": f"connections/{params.get('connection_id')}",
        "orders_arrived": "orders",
        "order_needs_attention": "orders?view=attention",
        "webhook_disabled": f"webhooks/{params.get('webhook_id')}",
        "import_failed": f"marketplace/imports/{params.get('import_id')}",
        "import_finished_with_errors": f"marketplace/imports/{params.get('import_id')}",
    }
    return f"/store/{code}/{pages[kind]}" if kind in pages else f"/store/{code}"
