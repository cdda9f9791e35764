"""What people can be told of: the facts that belong to each kind, its English words, and how it is told by default.

The English words are also the message ids of the translations (see `orion.web.notices`); `params` fill them in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orion.kernel import FieldError, Invalid


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notification. `title` and `text` are %-formats over the params; `in_app` and `mail` the defaults."""

    title: str
    text: str
    in_app: bool = True
    mail: bool = False


def words(text: str) -> str:
    """Marks a text to be translated: `scripts/check_translations.py` looks for it."""
    return text


KINDS: dict[str, Kind] = {
    "stock_low": Kind(
        words("Low stock: %(title)s"),
        words("%(available)s of %(title)s are left in store %(store)s; you asked to be told at %(threshold)s."),
    ),
    "stock_import_failed": Kind(
        words("Stock import %(import_id)s failed"),
        words("Stock import %(import_id)s into store %(store)s failed: %(reason)s"),
        mail=True,
    ),
    "stock_import_finished_with_errors": Kind(
        words("Stock import %(import_id)s finished with errors"),
        words("Stock import %(import_id)s into store %(store)s is finished; %(errors)s rows were rejected."),
    ),
    "import_failed": Kind(
        words("Import %(import_id)s failed"),
        words("Import %(import_id)s into store %(store)s failed: %(reason)s"),
        mail=True,
    ),
    "import_finished_with_errors": Kind(
        words("Import %(import_id)s finished with errors"),
        words("Import %(import_id)s into store %(store)s is finished; %(errors)s rows could not be imported."),
    ),
    "store_verified": Kind(
        words("Store %(store)s is verified"),
        words("Store %(store)s was verified: buyers can see it now. %(reason)s"),
        mail=True,
    ),
    "store_unverified": Kind(
        words("Store %(store)s is no longer verified"),
        words("An administrator took the verification of store %(store)s back: buyers do not see it. %(reason)s"),
        mail=True,
    ),
    "store_activated": Kind(
        words("Store %(store)s is active again"),
        words("An administrator activated store %(store)s: you can work in it again. %(reason)s"),
        mail=True,
    ),
    "store_deactivated": Kind(
        words("Store %(store)s is deactivated"),
        words(
            "An administrator deactivated store %(store)s: nobody can work in it, and buyers do not see it. %(reason)s"
        ),
        mail=True,
    ),
    "orders_arrived": Kind(
        words("New orders from %(channel)s: %(count)s"),
        words("New orders from %(channel)s came into store %(store)s (%(count)s): %(numbers)s"),
    ),
    "order_needs_attention": Kind(
        words("Orders from %(channel)s need attention: %(count)s"),
        words("Orders from %(channel)s in store %(store)s need somebody to look at them (%(count)s): %(numbers)s"),
    ),
    "connection_broken": Kind(
        words("%(channel)s: %(connection)s does not work"),
        words("Nothing comes in by %(connection)s (%(channel)s) of store %(store)s: %(reason)s"),
        mail=True,
    ),
    "connection_works_again": Kind(
        words("%(channel)s: %(connection)s works again"),
        words("The connection %(connection)s (%(channel)s) of store %(store)s works again; nothing was lost."),
        mail=True,
    ),
    "connection_expiring": Kind(
        words("%(channel)s: the credentials of %(connection)s end on %(ends_on)s"),
        words(
            "The credentials of %(connection)s (%(channel)s) of store %(store)s end on %(ends_on)s. Renew them before, "
            "and orders keep coming in."
        ),
        mail=True,
    ),
    "sync_failing": Kind(
        words("%(connection)s does not come in"),
        words("What %(connection)s has for store %(store)s cannot be read, and is tried again and again: %(reason)s"),
        mail=True,
    ),
    "sync_recovered": Kind(
        words("%(connection)s comes in again"),
        words("What %(connection)s has for store %(store)s comes in again; nothing was lost."),
    ),
    "entries_unreadable": Kind(
        words("%(connection)s: %(count)s entries cannot be read"),
        words(
            "%(connection)s has sent entries for store %(store)s that cannot be read (%(count)s): %(entries)s "
            "%(reason)s. All others came in; these are tried again."
        ),
        mail=True,
    ),
    "order_refresh_failed": Kind(
        words("Order %(order)s could not be read again"),
        words("%(connection)s of store %(store)s did not give order %(order)s: %(reason)s"),
    ),
    "order_acknowledge_failed": Kind(
        words("Order %(order)s could not be accepted or rejected"),
        words("%(connection)s of store %(store)s did not take the answer to order %(order)s: %(reason)s"),
        mail=True,
    ),
    "nightly_check": Kind(
        words("The nightly check found differences: %(count)s"),
        words(
            "Something is stored that should never be (%(count)s). The commands orion check stock and orion check "
            "orders name all of it:\n%(differences)s"
        ),
        mail=True,
    ),
    "webhook_disabled": Kind(
        words("A webhook of store %(store)s is disabled"),
        words("The webhook to %(host)s of store %(store)s was disabled: %(reason)s"),
        mail=True,
    ),
}


def describe(kind: str, params: Mapping[str, Any]) -> tuple[str, str]:
    """The title and the text in English; a fact that is missing shows as "?"."""
    known = KINDS.get(kind)
    if known is None:  # told by a version of Orion that has been taken back
        return kind.replace("_", " ").capitalize(), ""
    return fill(known.title, params), fill(known.text, params)


def fill(text: str, params: Mapping[str, Any]) -> str:
    """The %-format with the params filled in; a fact that is missing shows as "?"."""
    return (text % _Facts(params)).strip()


def require_kind(kind: str, field: str = "kind") -> Kind:
    """The kind of that name. Raises Invalid (`unknown_notification_kind`)."""
    if (known := KINDS.get(kind)) is None:
        message = f"{kind[:64]!r} is not one of the kinds {', '.join(KINDS)}"
        raise Invalid("unknown_notification_kind", message, errors=[FieldError(field, message)])
    return known


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"
