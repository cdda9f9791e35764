"""Which column of a feed means what: `g:` names, aliases, and any case or spacing."""

import difflib
import re
from dataclasses import dataclass

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
_REQUIRED = ("id", "title")


@dataclass(frozen=True, slots=True)
class Columns:
    """`headers` as the feed writes them; `meanings` by position: a known name, or None for a column we only keep."""

    headers: tuple[str, ...]
    meanings: tuple[str | None, ...]

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
            if meaning is None:
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


def read_columns(headers: list[str]) -> Columns:
    """What each header means; an exact name goes before an alias, the first of equals before the others.

    Raises Invalid (`missing_columns`), which names the columns found and the nearest matches, when there is
    no id or no title.
    """
    headers = [header.replace("\0", "") for header in headers]  # databases cannot hold it
    folded = [fold(header) for header in headers]
    meanings: list[str | None] = [None] * len(headers)
    for exact in (True, False):
        for position, name in enumerate(folded):
            meaning = _MEANINGS.get(name)
            if meaning and (meaning == name) is exact and meaning not in meanings:
                meanings[position] = meaning
    missing = [name for name in _REQUIRED if name not in meanings]
    if missing:
        raise Invalid("missing_columns", _complaint(missing, headers, folded), errors=_per_column(missing, folded))
    return Columns(tuple(header.strip() for header in headers), tuple(meanings))


def _complaint(missing: list[str], headers: list[str], folded: list[str]) -> str:
    wanted = " and ".join(repr(name) for name in missing)
    found = ", ".join(repr(header.strip()[:60]) for header in headers[:40])
    hints = [f" {near!r} looks like {name!r}." for name in missing for near in _nearest(name, folded)[:1]]
    return (
        f"The feed has no column {wanted}. Columns found: {found}.{''.join(hints)} Rename the column and import again."
    )


def _per_column(missing: list[str], folded: list[str]) -> list[FieldError]:
    errors = []
    for name in missing:
        near = _nearest(name, folded)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        errors.append(FieldError(name, f"no column called {name!r} or one of its other names{hint}"))
    return errors


def _nearest(name: str, folded: list[str]) -> list[str]:
    names = [name, *_ALIASES.get(name, "").split()]
    scores = {
        header: max(difflib.SequenceMatcher(None, header, other).ratio() for other in names)
        for header in folded
        if header
    }
    return [header for header in sorted(scores, key=scores.__getitem__, reverse=True) if scores[header] >= 0.5][:3]
