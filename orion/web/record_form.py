"""The form for a marketplace product itself: the shared record that stores list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.datastructures import FormData

from orion.catalog import GOOGLE_ATTRIBUTES, MarketplaceProductView, ProductTexts
from orion.kernel import LANGUAGES, FieldError, Invalid, OrionError, parse_gtin
from orion.web import parse
from orion.web.i18n import gettext
from orion.web.product_form import TEXTS, check_meanwhile, errors_of, lines_of, mark

PRICES = ("price", "sale_price", "currency")
ATTRIBUTES = (
    "brand",
    "gtin",
    "mpn",
    "availability",
    "condition",
    "google_product_category",
    "product_type",
    "item_group_id",
    "color",
    "size",
    "material",
    "pattern",
    "gender",
    "age_group",
    "link",
    "image_link",
    "additional_image_link",
)
"""Of Google's attributes those that people look after by hand; the API takes the others too."""

FIELDS = (*PRICES, *ATTRIBUTES, *TEXTS)


@dataclass(frozen=True, slots=True)
class RecordForm:
    """What the form shows: `typed` by field, and `marks` of what was there before; a new record has none.

    `id` and `marketplace` name a new record; of one that is there they cannot be changed.
    `tab` is the language whose texts stood in front.
    """

    typed: Mapping[str, str]
    marks: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    marketplace: str = "Letzshop"
    tab: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    def with_errors(self, error: OrionError) -> "RecordForm":
        """The same values with what is wrong about them."""
        errors = errors_of(error)
        if "title" in errors:  # of the language that has a description and lacks a title
            lacking = (
                code for code in LANGUAGES if self.typed[f"description.{code}"] and not self.typed[f"title.{code}"]
            )
            errors[f"title.{next(lacking, self.language_to_show('en'))}"] = errors.pop("title")
        if "translations" in errors:
            errors[""] = errors.pop("translations")
        return replace(self, errors=errors)

    def has_changed(self, name: str) -> bool:
        """Whether somebody typed something else than there was."""
        return mark(self.typed[name]) != self.marks.get(name, mark(""))

    def check(self, now: "RecordForm") -> None:
        """Raises Conflict (`changed_meanwhile`, one error for each field) where others have changed the same field."""
        changed = {name: self.typed[name] for name in FIELDS if self.has_changed(name)}
        check_meanwhile(changed, self.marks, now.typed)

    def on(self, now: "RecordForm") -> "RecordForm":
        """What was typed, on what is there now: sent again, it is written over that."""
        typed = {name: self.typed[name] if self.has_changed(name) else now.typed[name] for name in FIELDS}
        return replace(self, typed=typed, marks=now.marks)

    def values(self) -> dict[str, Any]:
        """The prices and attributes that changed, as the catalogue takes them; None empties one.

        A GTIN that is none is for whoever types it to mend: Invalid (`gtin_invalid`), not a notice
        as in a row of a feed.
        """
        changed = {name for name in (*PRICES, *ATTRIBUTES) if self.has_changed(name)}
        if "currency" in changed:
            changed |= {name for name in PRICES if self.typed[name]}  # a currency alone says nothing
        if "gtin" in changed and self.typed["gtin"] and (problem := parse_gtin(self.typed["gtin"]).problem):
            message = gettext("This is not a valid GTIN: check its digits, or leave it empty.")
            raise Invalid("gtin_invalid", f"The GTIN {problem}", errors=[FieldError("gtin", message)])
        return {name: _value(name, self.typed[name]) for name in FIELDS if name in changed}

    def texts(self) -> dict[str, dict[str, str | None] | None]:
        """The texts that changed, by language; None takes a language away of which nothing is left."""
        texts: dict[str, dict[str, str | None] | None] = {}
        for code in LANGUAGES:
            title, description = self.typed[f"title.{code}"], self.typed[f"description.{code}"]
            if not (self.has_changed(f"title.{code}") or self.has_changed(f"description.{code}")):
                continue
            texts[code] = {"title": title or None, "description": description or None} if title or description else None
        return texts

    def language_to_show(self, language: str) -> str:
        """The language whose texts stand in front: one with an error, else that before, else `language`."""
        wrong = (name.rpartition(".")[2] for name in TEXTS if name in self.errors)
        return next(wrong, self.tab if self.tab in LANGUAGES else language)


def blank_record() -> RecordForm:
    """The form before anything is typed."""
    return RecordForm(dict.fromkeys(FIELDS, ""))


def record_form(record: MarketplaceProductView, texts: Sequence[ProductTexts], tab: str = "") -> RecordForm:
    """The form with the record as it is."""
    typed = dict.fromkeys(FIELDS, "")
    for name, amount in (("price", record.price), ("sale_price", record.sale_price)):
        typed[name] = str(amount or "")
    money = record.price or record.sale_price
    typed["currency"] = money.currency if money else ""
    for name in ATTRIBUTES:
        value = record.google[name]
        typed[name] = lines_of("\n".join(value) if isinstance(value, list) else str(value or ""))
    for each in texts:
        typed[f"title.{each.language}"] = lines_of(each.title)
        typed[f"description.{each.language}"] = lines_of(each.description or "")
    marks = {name: mark(text) for name, text in typed.items()}
    return RecordForm(typed, marks, record.marketplace_product_id, record.marketplace, tab)


def sent_record(form: FormData) -> RecordForm:
    """The form as it was sent."""
    return RecordForm(
        {name: lines_of(parse.field(form, name)) for name in FIELDS},
        {name: parse.field(form, f"was.{name}") for name in FIELDS if f"was.{name}" in form},
        parse.field(form, "marketplace_product_id"),
        parse.field(form, "marketplace"),
        parse.field(form, "text_language"),
    )


def _value(name: str, text: str) -> Any:
    if not text:
        return None
    if GOOGLE_ATTRIBUTES.get(name) == "list":
        return [line.strip() for line in text.split("\n") if line.strip()]
    return text
