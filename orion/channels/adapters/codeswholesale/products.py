"""Products as the supplier tells them. Each function raises Odd, in words, for what it cannot read."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from orion.channels.adapters import values
from orion.channels.ports import RemoteProduct, RemoteTier
from orion.kernel import parse_gtin

_SIZES = ("LARGE", "MEDIUM", "SMALL")


def read_product(node: dict[str, Any], currency: str, *, preorders: bool) -> RemoteProduct:
    """The product of an entry; amounts are of the account's `currency`, for entries name none.

    What has no price any more cannot be bought: it is out of stock, as hidden products are.
    """
    product_id = values.identifier(node, "productId")
    title = values.text(node, "name")
    if title is None:
        raise values.Odd("name is missing")
    tiers = _tiers(node, currency)
    quantity = values.count(node, "quantity") if node.get("quantity") is not None else None
    release = _release_date(node)
    attributes: dict[str, Any] = {
        "image_link": _picture(node),
        "platform": values.text(node, "platform"),
        "regions": _words(node, "regions"),
        "languages": _words(node, "languages"),
        "release_date": release.isoformat() if release else None,
    }
    return RemoteProduct(
        channel_product_id=product_id,
        title=title,
        language="en",
        currency=currency,
        sku=values.text(node, "identifier"),
        availability=_availability(quantity if tiers else 0, release if tiers and preorders else None),
        quantity=quantity if tiers else 0,
        is_digital=True,
        tiers=tiers,
        attributes={name: value for name, value in attributes.items() if value},
    )


def described(product: RemoteProduct, description: dict[str, Any]) -> RemoteProduct:
    """The product with what only its description says: its GTIN, its maker and its category."""
    eans = description.get("eans")
    read = [parse_gtin(str(ean)).value for ean in eans] if isinstance(eans, list) else []
    maker, category = values.text(description, "developerName"), values.text(description, "category")
    more: dict[str, Any] = {"brand": maker, "product_type": [category] if category else None}
    attributes = {**product.attributes, **{name: value for name, value in more.items() if value}}
    return replace(product, gtin=next((ean for ean in read if ean), None), attributes=attributes)


def _availability(quantity: int | None, release: date | None) -> str | None:
    """`release` is None where pre-ordering is not for us."""
    if quantity:
        return "in_stock"
    if release and release > datetime.now(UTC).date():
        return "preorder"
    return None if quantity is None else "out_of_stock"


def _tiers(node: dict[str, Any], currency: str) -> tuple[RemoteTier, ...]:
    tiers = []
    for entry in values.entries(node, "prices") if node.get("prices") is not None else ():
        price = values.minor(entry, "value", currency)
        if price is None or price < 0:
            raise values.Odd("a price has no value")
        last = values.count(entry, "to") if entry.get("to") is not None else 0
        tiers.append(RemoteTier(max(1, values.count(entry, "from")), last or None, price))
    return tuple(sorted(tiers, key=lambda tier: tier.from_quantity))


def _picture(node: dict[str, Any]) -> str | None:
    """The address of the largest picture."""
    images = node.get("images")
    found = [image for image in images if isinstance(image, dict)] if isinstance(images, list) else []
    addresses = {str(image.get("format")).upper(): image.get("image") for image in found}
    known = (addresses.get(size) for size in (*_SIZES, *addresses))
    return next((address for address in known if isinstance(address, str) and address.startswith("http")), None)


def _words(node: dict[str, Any], name: str) -> list[str]:
    found = node.get(name)
    return [word for word in found if isinstance(word, str) and word] if isinstance(found, list) else []


def _release_date(node: dict[str, Any]) -> date | None:
    """The day; none for one that cannot be read, which is no reason to lose the product."""
    try:
        return date.fromisoformat(str(node.get("releaseDate"))[:10])
    except ValueError:
        return None
