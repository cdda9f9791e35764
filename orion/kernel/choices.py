"""What people and feeds say for the few values an attribute can have: availability, condition, yes or no."""

import re
from collections.abc import Callable
from typing import NamedTuple

_AVAILABILITY = {
    "in_stock": "in stock|instock|in inventory|available|yes|en stock|disponible|auf lager|lieferbar|sofort lieferbar|"
    "vorrätig|verfügbar",
    "out_of_stock": "out of stock|outofstock|out of inventory|sold out|unavailable|no|rupture de stock|en rupture|"
    "épuisé|indisponible|nicht vorrätig|nicht auf lager|ausverkauft|nicht lieferbar|nicht verfügbar",
    "preorder": "pre order|presale|précommande|vorbestellung|vorbestellbar",
    "backorder": "back order|available for order|sur commande|auf bestellung|nachbestellung|bestellbar",
}
_CONDITION = {
    "new": "neuf|neu|brand new|nouveau",
    "refurbished": "reconditionné|generalüberholt|refurb|renewed",
    "used": "occasion|gebraucht|d'occasion|second hand",
}
_MARKUP = re.compile(r"^https?://schema\.org/")
_BETWEEN = re.compile(r"[\s_-]+")


class Value(NamedTuple):
    """What a text means, or what is wrong with it."""

    value: str | int | bool | None
    problem: str | None


def _words(table: dict[str, str]) -> dict[str, str]:
    return {_fold(word): name for name, words in table.items() for word in (name, *words.split("|"))}


def _fold(text: str) -> str:
    return _BETWEEN.sub("", _MARKUP.sub("", text.strip().casefold()))


def choice(table: dict[str, str], known: str) -> Callable[[str], Value]:
    """A parser for `table`: each value with the other words for it, between bars; `known` names the values."""
    words = _words(table)

    def parse(text: str) -> Value:
        value = words.get(_fold(text))
        return Value(value, None if value else f"is not known; use {known}")

    return parse


parse_availability = choice(_AVAILABILITY, "in_stock, out_of_stock, preorder or backorder")
parse_condition = choice(_CONDITION, "new, refurbished or used")
