"""The form in which one thing is done to many products: which products, what, and with which values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.datastructures import FormData

from orion.catalog import ACTIONS, OVERRIDES
from orion.kernel import FieldError, Invalid, OrionError
from orion.web import parse
from orion.web.i18n import gettext
from orion.web.product_filters import NAMES, wanted_of

VALUES: dict[str, tuple[str, ...]] = {
    "set_price": ("price", "currency"),
    "change_price_percent": ("percent",),
    "set_availability": ("availability",),
    "set_quantities": ("min_quantity", "max_quantity"),
    "reset_overrides": ("fields",),
}
"""What a person gives for those actions that need something."""

PRICED = ("set_price", "change_price_percent")
"""Actions of which a sample shows the prices before and after."""

_COUNTS = ("min_quantity", "max_quantity")
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class BulkForm:
    """What was sent: `ids` of chosen products, or (`is_all`) the `filters` of the list; `typed` by field."""

    action: str
    is_all: bool
    ids: tuple[int, ...]
    filters: Mapping[str, str]
    typed: Mapping[str, str]
    fields: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    def with_errors(self, error: OrionError) -> "BulkForm":
        """The same values with what is wrong about them."""
        return replace(self, errors=parse.field_errors(error))

    @property
    def asks(self) -> tuple[str, ...]:
        """The fields that the action needs."""
        return VALUES.get(self.action, ())

    @property
    def is_filled(self) -> bool:
        """Whether there is something in any of them."""
        return bool(self.fields) or any(self.typed.values())

    def which(self) -> dict[str, Any]:
        """The products as the catalogue takes them. Raises Invalid (`nothing_chosen`, and `filter_invalid`)."""
        if self.is_all:
            return {"filter": wanted_of(self.filters)}
        if not self.ids:
            raise Invalid("nothing_chosen", gettext("Choose some products first, or do it to all that the list shows."))
        return {"ids": list(self.ids)}

    def values(self) -> dict[str, Any]:
        """The action's values as the catalogue takes them. Raises Invalid (`bulk_action_invalid`)."""
        values: dict[str, Any] = {}
        for name in self.asks:
            text = self.typed.get(name, "")
            if name == "fields":
                if not self.fields:
                    message = gettext("Choose at least one field.")
                    raise Invalid("bulk_action_invalid", message, errors=[FieldError("fields", message)])
                values[name] = list(self.fields)
            elif name in _COUNTS and text:
                if not (text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS):
                    message = gettext("Enter a whole number.")
                    raise Invalid("bulk_action_invalid", message, errors=[FieldError(name, message)])
                values[name] = int(text)
            else:
                values[name] = (text.replace(",", ".") if name == "percent" else text) or None
        return values


def sent_bulk(form: FormData) -> BulkForm:
    """The form as it was sent. An action that nobody knows is the first one, asked about again before it is done."""
    action = parse.field(form, "action")
    ids = [text for text in form.getlist("id") if isinstance(text, str)]
    return BulkForm(
        action=action if action in ACTIONS else ACTIONS[0],
        is_all=parse.field(form, "scope") == "all",
        ids=tuple(int(text) for text in ids if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS),
        filters={name: parse.field(form, f"filter.{name}") for name in NAMES},
        typed={name: parse.field(form, name) for names in VALUES.values() for name in names if name != "fields"},
        fields=tuple(name for name in OVERRIDES if name in form.getlist("fields")),
    )
