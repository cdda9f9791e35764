"""Attributes with parts: in XML each part is an element, in text they stand between colons in a fixed order.

Source: Google's product data specification, https://support.google.com/merchants/answer/7052112, and "Attributes with
sub-attributes" there. A colon or a backslash inside a part gets a backslash in front.
"""

import re
from collections.abc import Sequence

PARTS: dict[str, tuple[str, ...]] = {
    "shipping": (
        "country", "region", "service", "price", "min_handling_time", "max_handling_time", "min_transit_time",
        "max_transit_time", "postal_code", "location_id", "location_group_name",
    ),
    "tax": ("country", "region", "rate", "tax_ship"),
    "installment": ("months", "amount", "downpayment", "credit_type"),
    "subscription_cost": ("period", "period_length", "amount"),
    "loyalty_program": (
        "program_label", "tier_label", "price", "cashback_for_future_use", "loyalty_points",
        "member_price_effective_date", "shipping_label",
    ),
    "loyalty_points": ("name", "points_value", "ratio"),
    "product_detail": ("section_name", "attribute_name", "attribute_value"),
    "certification": (
        "certification_authority", "certification_name", "certification_code", "certification_value",
    ),
    "free_shipping_threshold": ("country", "price_threshold"),
}  # fmt: skip
_SPLIT = re.compile(r"(?<!\\):")


def join_parts(name: str, parts: Sequence[tuple[str, str]]) -> str:
    """The parts of an attribute, (element, text), as one text; elements that are not known follow as "element:text"."""
    order = PARTS.get(name, ())
    known = {part: text for part, text in parts if part in order}
    texts = [_escaped(known.get(part, "")) for part in order]
    while texts and not texts[-1]:
        texts.pop()
    if not order:
        return ":".join(_escaped(text) for _, text in parts)
    texts += [f"{part}:{_escaped(text)}" for part, text in parts if part not in order]
    return ":".join(texts)


def split_parts(name: str, text: str) -> list[tuple[str, str]] | None:
    """The parts from which `join_parts` makes exactly this text, or None when no parts do."""
    order = PARTS.get(name)
    if order is None:
        return None
    texts = [re.sub(r"\\([\\:])", r"\1", part) for part in _SPLIT.split(text)]
    if not 1 < len(texts) <= len(order):
        return None
    parts = [(part, text) for part, text in zip(order, texts, strict=False) if text]
    return parts if join_parts(name, parts) == text else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")
