"""Which column of a feed means what: `g:` names, aliases, and any case or spacing."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.kernel import FieldError, Invalid

SPECIAL = ("id", "title", "description", "price", "sale_price", "currency", "sale_price_effective_date")
"""Columns with a meaning of their own, beside the plain attributes."""

_ALIASES = {
    "id": "product_id sku item_id offer_id article_id article_number artikelnummer reference marketplace_product_id",
    "title": "name product_name product_title item_title titre titel",
    "description": "desc product_description long_description beschreibung",
    "price": "regular_price prix preis",
    "sale_price": "special_price discount_price",
    "currency": "price_currency devise waehrung",
    "link": "url product_url product_link lien",
    "image_link": "image image_url picture main_image img",
    "additional_image_link": "additional_images additional_image_links additional_image image_links",
    "gtin": "ean ean13 upc isbn barcode gtin13 gtin14 gtin12 gtin8",
    "mpn": "manufacturer_part_number part_number",
    "brand": "manufacturer marque marke vendor",
    "availability": "stock_status disponibilite verfuegbarkeit",
    "condition": "etat zustand",
    "google_product_category": "google_category",
    "product_type": "category product_category categorie kategorie",
    "color": "colour couleur farbe",
    "size": "taille groesse",
    "shipping_weight": "weight",
    "item_group_id": "parent_id group_id",
}
_MEANINGS = {name: name for name in (*SPECIAL, *GOOGLE_ATTRIBUTES)} | {
    alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()
}
for _internal in ("sale_price_effective_from", "sale_price_effective_to"):
    del _MEANINGS[_internal]
REQUIRED = ("id", "title")
TARGETS: tuple[str, ...] = tuple(dict.fromkeys(name for name in _MEANINGS.values()))
"""Every name that a column can be taken for."""
KEEP, IGNORE = "keep", "ignore"
"""What else may become of a column: it is kept under its own name, or left out."""
MAX_KEY = 255

Reason = Literal["saved", "exact", "alias", "unknown"]


@dataclass(frozen=True, slots=True)
class Columns:
    """`headers` as the feed writes them; `meanings` by position: a known name, or None for a column we only keep.

    `ignored` are the positions that are not even kept, `reasons` say by position how the meaning was found.
    """

    headers: tuple[str, ...]
    meanings: tuple[str | None, ...]
    ignored: frozenset[int] = frozenset()
    reasons: tuple[Reason, ...] = ()

    @property
    def id_index(self) -> int:
        """The position of the product id."""
        return self.meanings.index("id")

    def has(self, name: str) -> bool:
        """Whether the feed has a column of this meaning."""
        return name in self.meanings

    def unknown(self) -> dict[int, str]:
        """The columns that are kept as they are: position -> header, each header once."""
        kept: dict[int, str] = {}
        for position, (header, meaning) in enumerate(zip(self.headers, self.meanings, strict=True)):
            if meaning is None and position not in self.ignored:
                name, copy = header or f"column {position + 1}", 2
                while name in kept.values():
                    name, copy = f"{header} {copy}", copy + 1
                kept[position] = name
        return kept


def fold(header: str) -> str:
    """A header without prefix, case, spacing and punctuation: "g:Image Link" -> "image_link"."""
    text = header.strip().strip('"').casefold().removeprefix("g:")
    for letter, plain in (("é", "e"), ("è", "e"), ("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        text = text.replace(letter, plain)
    return re.sub(r"[^a-z0-9]+", "_", text).strip("_")


def column_key(header: str) -> str:
    """The name under which a store's mapping of a header is kept: folded, or as it is where nothing Latin is in it."""
    return (fold(header) or header.strip().strip('"').casefold())[:MAX_KEY]


def read_columns(headers: list[str], mapping: Mapping[str, str] | None = None) -> Columns:
    """What each header means; an exact name goes before an alias, the first of equals before the others.

    What the store's `mapping` (column key -> target) says goes before both. Raises Invalid (`missing_columns`), which
    names the columns found and the nearest matches, when there is no id or no title.
    """
    columns = judge_columns(headers, mapping)
    missing = [name for name in REQUIRED if name not in columns.meanings]
    if missing:
        folded = [fold(header) for header in headers]
        raise Invalid("missing_columns", _complaint(missing, headers, folded), errors=_per_column(missing, folded))
    return columns


def judge_columns(headers: list[str], mapping: Mapping[str, str] | None = None) -> Columns:
    """The same for any headers, also when required ones are missing."""
    headers = [header.replace("\0", "") for header in headers]  # databases cannot hold it
    meanings: list[str | None] = [None] * len(headers)
    reasons: list[Reason] = ["unknown"] * len(headers)
    ignored = set()
    for position, header in enumerate(headers):
        target = (mapping or {}).get(column_key(header))
        if target is None or (target in meanings):
            continue
        reasons[position] = "saved"
        if target == IGNORE:
            ignored.add(position)
        elif target != KEEP:
            meanings[position] = target
    for reason in ("exact", "alias"):
        for position, header in enumerate(headers):
            name = fold(header)
            meaning = _MEANINGS.get(name)
            if not meaning or reasons[position] != "unknown" or meaning in meanings:
                continue
            if (meaning == name) is (reason == "exact"):
                meanings[position], reasons[position] = meaning, reason
    return Columns(tuple(header.strip() for header in headers), tuple(meanings), frozenset(ignored), tuple(reasons))


def nearest_targets(header: str, taken: Columns | None = None) -> list[str]:
    """Up to three known names that the header looks like, best first; those the feed has already are left out."""
    name = fold(header)
    if not name:
        return []
    scores = {
        target: max(difflib.SequenceMatcher(None, name, other).ratio() for other in _names(target))
        for target in TARGETS
        if taken is None or not taken.has(target)
    }
    return [target for target in sorted(scores, key=scores.__getitem__, reverse=True) if scores[target] >= 0.6][:3]


def _names(target: str) -> list[str]:
    return [target, *_ALIASES.get(target, "").split()]


def _complaint(missing: list[str], headers: list[str], folded: list[str]) -> str:
    wanted = " and ".join(repr(name) for name in missing)
    found = ", ".join(repr(header.strip()[:60]) for header in headers[:40])
    hints = [f" {near!r} looks like {name!r}." for name in missing for near in _nearest(name, folded)[:1]]
    return (
        f"The feed has no column {wanted}. Columns found: {found}.{''.join(hints)} "
        "Rename the column, or say what it means in the store's column mapping, and import again."
    )


def _per_column(missing: list[str], folded: list[str]) -> list[FieldError]:
    errors = []
    for name in missing:
        near = _nearest(name, folded)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        errors.append(FieldError(name, f"no column called {name!r} or one of its other names{hint}"))
    return errors


def _nearest(name: str, folded: list[str]) -> list[str]:
    scores = {
        header: max(difflib.SequenceMatcher(None, header, other).ratio() for other in _names(name))
        for header in folded
        if header
    }
    return [header for header in sorted(scores, key=scores.__getitem__, reverse=True) if scores[header] >= 0.5][:3]
