"""Which products a list page shows: read from its address, shown in its filters, and carried on by its links."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from orion.catalog import AVAILABILITIES, CONDITIONS, LISTING_SORTS, Facets, ListingFilter
from orion.kernel import LANGUAGES, MARKETPLACES, FieldError, Invalid, parse_price
from orion.web import labels, parse
from orion.web.i18n import current_language, gettext

TEXTS = ("brand", "category", "min_price", "max_price")
YES_NO = {"yes": True, "no": False}
NAMES = (
    "search",
    "marketplace",
    "brand",
    "category",
    "availability",
    "condition",
    "min_price",
    "max_price",
    "is_active",
    "is_featured",
    "language",
    "sort",
)
"""All parameters of the list but the page."""

NARROWING = tuple(name for name in NAMES if name not in ("language", "sort"))


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, and how many products it leaves (None: nobody counted); `is_about`: they are estimated."""

    value: str
    label: str
    count: int | None
    is_about: bool = False


def filters_of(request: Request) -> dict[str, str]:
    """The filters of the address by name, "" for none; what is no value of a filter is none."""
    found = {name: parse.text(request, name) or "" for name in ("search", *TEXTS)}
    for name, known in (
        ("marketplace", MARKETPLACES),
        ("availability", AVAILABILITIES),
        ("condition", CONDITIONS),
        ("is_active", YES_NO),
        ("is_featured", YES_NO),
        ("language", LANGUAGES),
        ("sort", LISTING_SORTS),
    ):
        found[name] = parse.choice(request, name, known) or ""
    return {name: found[name] for name in NAMES}


def wanted_of(filters: Mapping[str, str]) -> dict[str, Any]:
    """The filters as `ListingFilter` and bulk actions take them.

    Raises Invalid (`filter_invalid`) for a price that is none; other values are checked by the catalogue.
    """
    wanted: dict[str, Any] = {
        name: filters[name] for name in NARROWING if filters.get(name) and name not in ("is_active", "is_featured")
    }
    for name in ("is_active", "is_featured"):
        if filters.get(name) in YES_NO:
            wanted[name] = YES_NO[filters[name]]
    for name in ("min_price", "max_price"):
        if name in wanted and parse_price(wanted[name], "EUR").minor is None:
            message = gettext("Enter a price such as 29.99.")
            raise Invalid("filter_invalid", message, errors=[FieldError(name, message)])
    return wanted | {"language": filters.get("language") or current_language()}


def listing_filter(filters: Mapping[str, str]) -> ListingFilter:
    """The filters as the catalogue's list takes them. Raises Invalid (`filter_invalid`)."""
    return ListingFilter(**wanted_of(filters))


def choices_of(facets: Facets, filters: Mapping[str, str]) -> dict[str, list[Choice]]:
    """What can be chosen in each select, with counts; what is chosen is there even if nothing has it."""
    texts = {"availability": labels.AVAILABILITIES, "condition": labels.CONDITIONS}
    choices: dict[str, list[Choice]] = {}
    for name in ("availability", "condition", "brand", "category", "marketplace"):
        found = [
            Choice(
                each.value,
                labels.say(texts[name], each.value) if name in texts else each.label or each.value,
                each.count,
                name in facets.is_estimate,
            )
            for each in facets.values.get(name, ())
        ]
        chosen = filters[name]
        if chosen and chosen not in {choice.value for choice in found}:
            label = labels.say(texts[name], chosen) if name in texts else chosen
            found.append(Choice(chosen, label, None))  # not among the most frequent ones: it was not counted
        choices[name] = found
    return choices
