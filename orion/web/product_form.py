"""The form in which a store says what it says of a product: what is typed, what of it changed, and what is wrong."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.datastructures import FormData

from orion.catalog import ProductDetails, Tier
from orion.kernel import LANGUAGES, Conflict, FieldError, Invalid, OrionError
from orion.web import labels, parse
from orion.web.i18n import gettext

OVERRIDDEN = (
    "price",
    "sale_price",
    "currency",
    "availability",
    "condition",
    "brand",
    "product_type",
    "google_product_category",
)
"""The overrides of the form; pictures have a form of their own."""

NUMBERS = ("display_order", "min_quantity", "max_quantity")
TEXTS = tuple(f"{text}.{language}" for language in LANGUAGES for text in ("title", "description"))
FIELDS = (*OVERRIDDEN, "sku", *NUMBERS, "is_featured", *TEXTS)
BLANK_TIERS = 2
"""Empty lines that wait for another tier."""

_MONEY = ("price", "sale_price", "currency")
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class ProductForm:
    """What the form shows: `typed` by field, `marks` of what was there before somebody typed, and the price tiers.

    `tab` is the language whose texts stood in front.

    Only fields that differ from their mark are written, so that two people who edit at once do not undo each other.
    `errors` are messages by field, "" for the form as a whole; "tiers.0.price" counts the tiers that are not blank.
    """

    typed: Mapping[str, str]
    marks: Mapping[str, str]
    tiers: tuple[tuple[str, str], ...]
    tab: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    def with_errors(self, error: OrionError) -> "ProductForm":
        """The same values with what is wrong about them."""
        return replace(self, errors=errors_of(error))

    def has_changed(self, name: str) -> bool:
        """Whether somebody typed something else than there was."""
        text = _tiers_text(self.tiers) if name == "tiers" else self.typed[name]
        return name in self.marks and mark(text) != self.marks[name]

    def check(self, now: "ProductForm") -> None:
        """Raises Conflict (`changed_meanwhile`, one error for each field) where others have changed the same field."""
        changed = {name: self.typed[name] for name in FIELDS if self.has_changed(name)}
        if self.has_changed("tiers"):
            changed["tiers"] = _tiers_text(self.tiers)
        check_meanwhile(changed, self.marks, {**now.typed, "tiers": _tiers_text(now.tiers)})

    def on(self, now: "ProductForm") -> "ProductForm":
        """What was typed, on what is there now: sent again, it is written over that."""
        typed = {name: self.typed[name] if self.has_changed(name) else now.typed[name] for name in FIELDS}
        return replace(self, typed=typed, marks=now.marks, tiers=self.tiers if self.has_changed("tiers") else now.tiers)

    def changes(self) -> dict[str, Any]:
        """The overrides and settings that changed, as the catalogue takes them. Raises Invalid (`product_invalid`)."""
        changed = {name for name in FIELDS if name not in TEXTS and self.has_changed(name)}
        if "currency" in changed:
            changed |= {name for name in _MONEY if self.typed[name]}  # a currency alone says nothing
        changes: dict[str, Any] = {}
        errors = []
        for name in FIELDS:
            if name in changed:
                try:
                    changes[name] = _value(name, self.typed[name])
                except ValueError as error:
                    errors.append(FieldError(name, str(error)))
        if errors:
            raise Invalid("product_invalid", errors[0].message, errors=errors)
        return changes

    def texts(self) -> dict[str, dict[str, str | None]]:
        """The store's titles and descriptions that changed, by language."""
        texts: dict[str, dict[str, str | None]] = {}
        for name in TEXTS:
            if self.has_changed(name):
                text, _, language = name.partition(".")
                texts.setdefault(language, {})[text] = self.typed[name] or None
        return texts

    def wanted_tiers(self) -> list[dict[str, Any]] | None:
        """The price tiers as the catalogue takes them, or None where they are as before.

        Raises Invalid (`price_tiers_invalid`).
        """
        if not self.has_changed("tiers"):
            return None
        wanted, errors = [], []
        for index, (quantity, price) in enumerate(self.tiers):
            if _is_number(quantity):
                wanted.append({"min_quantity": int(quantity), "price": price})
            else:
                errors.append(FieldError(f"tiers.{index}.min_quantity", gettext("Enter a whole number.")))
        if errors:
            raise Invalid("price_tiers_invalid", errors[0].message, errors=errors)
        return wanted

    def language_to_show(self, language: str) -> str:
        """The language whose texts stand in front: one with an error, else that before, else `language`."""
        wrong = (name.rpartition(".")[2] for name in TEXTS if name in self.errors)
        return next(wrong, self.tab if self.tab in LANGUAGES else language)


def form_of(details: ProductDetails, tab: str = "") -> ProductForm:
    """The form with the store's own values as they are."""
    product = details.product
    own_money = product.own_price or product.own_sale_price
    typed = {
        "price": str(product.own_price or ""),
        "sale_price": str(product.own_sale_price or ""),
        "currency": own_money.currency if own_money else "",
        "sku": product.sku or "",
        "display_order": str(product.display_order),
        "min_quantity": str(product.min_quantity),
        "max_quantity": str(product.max_quantity or ""),
        "is_featured": "1" if product.is_featured else "",
    }
    for name in OVERRIDDEN:
        if name not in typed:
            view = details.fields[name]
            own = view.value if view.source == "store" else None
            typed[name] = lines_of("\n".join(own) if isinstance(own, list) else own or "")
    typed |= dict.fromkeys(TEXTS, "")
    for texts in details.translations:
        for name, view in (("title", texts.title), ("description", texts.description)):
            if view.source == "store":
                typed[f"{name}.{texts.language}"] = lines_of(view.value)
    tiers = tuple(map(_tier, details.price_tiers))
    marks = {name: mark(text) for name, text in typed.items()} | {"tiers": mark(_tiers_text(tiers))}
    return ProductForm(typed, marks, tiers, tab)


def sent_form(form: FormData) -> ProductForm:
    """The form as it was sent; a field without a mark counts as not changed. `inherit` names one to empty."""
    marks = {name: parse.field(form, f"was.{name}") for name in (*FIELDS, "tiers") if f"was.{name}" in form}
    typed = {name: lines_of(parse.field(form, name)) for name in FIELDS}
    for name in form.getlist("inherit"):
        if name in typed:
            typed[str(name)] = ""
    quantities, prices = form.getlist("tier_quantity"), form.getlist("tier_price")
    lines = [
        (quantity.strip(), price.strip())
        for quantity, price in zip(quantities, prices, strict=False)
        if isinstance(quantity, str) and isinstance(price, str)
    ]
    return ProductForm(typed, marks, tuple(line for line in lines if any(line)), parse.field(form, "text_language"))


def mark(text: str) -> str:
    """A few characters by which a text is known again."""
    return hashlib.blake2s(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def check_meanwhile(changed: Mapping[str, str], marks: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raises Conflict (`changed_meanwhile`) if a field that was `changed` is no more what it was when it was `marked`.

    What two people have changed to the same is no conflict. `now` has the texts of all fields as they are.
    """
    errors = []
    for name, text in changed.items():
        if mark(now[name]) not in (marks.get(name, mark("")), mark(text)):
            value = labels.say(labels.AVAILABILITIES, now[name]) if name == "availability" and now[name] else now[name]
            said = gettext(
                "Somebody else has changed this meanwhile, to “%(value)s”. Save again to have yours instead."
            )
            emptied = gettext("Somebody else has emptied this meanwhile. Save again to have yours instead.")
            shown = {"value": value if len(value) <= _SHOWN else value[:_SHOWN] + "…"}
            errors.append(FieldError(name, said % shown if value else emptied))
    if errors:
        raise Conflict("changed_meanwhile", errors[0].message, errors=errors)


def errors_of(error: OrionError) -> dict[str, str]:
    """The messages of a failure by field as the form calls it ("translations.fr.title" -> "title.fr")."""
    errors = {}
    for item in error.errors:
        parts = item.field.split(".")
        name = f"{parts[2]}.{parts[1]}" if parts[0] == "translations" and len(parts) == 3 else item.field
        errors[name] = labels.problem(error.code, item.message, parts[-1])
    return errors or {"": labels.problem(error.code, error.detail)}


def _value(name: str, text: str) -> Any:
    if name == "is_featured":
        return bool(text)
    if not text:
        return None
    if name in NUMBERS:
        if not _is_number(text.removeprefix("-") if name == "display_order" else text):
            raise ValueError(gettext("Enter a whole number."))
        return int(text)
    if name == "product_type":
        return [line.strip() for line in text.split("\n") if line.strip()]
    return text


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12


def lines_of(text: str) -> str:
    """Browsers send line breaks in another way than they are kept."""
    return text.replace("\r\n", "\n").strip()


def _tier(tier: Tier) -> tuple[str, str]:
    return str(tier.min_quantity), str(tier.price)


def _tiers_text(tiers: tuple[tuple[str, str], ...]) -> str:
    return "\n".join("=".join(tier) for tier in tiers)
