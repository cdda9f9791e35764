"""The words for what people are told, in their language, and the page that is about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orion import notifications
from orion.notifications import KINDS
from orion.web.i18n import current_language, translate


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


def _path(kind: str, params: Mapping[str, Any]) -> str | None:
    code = params.get("store_code")
    if not code:
        return None
    pages = {
        "stock_low": f"stock/items/{params.get('item_id')}",
        "stock_import_failed": f"stock/imports/{params.get('import_id')}",
        "stock_import_finished_with_errors": f"stock/imports/{params.get('import_id')}",
        "webhook_disabled": f"webhooks/{params.get('webhook_id')}",
        "import_failed": f"marketplace/imports/{params.get('import_id')}",
        "import_finished_with_errors": f"marketplace/imports/{params.get('import_id')}",
    }
    return f"/store/{code}/{pages[kind]}" if kind in pages else f"/store/{code}"
