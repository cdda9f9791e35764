"""Products: inventory items of the Inventory API v1, each with the price of its offer at one marketplace.

Only listings that were made by the API are there. `offset` is the number of a page, and nothing says what has changed
since when, so all of them are read each time.
"""

from typing import Any

from orion.channels.adapters import values
from orion.channels.adapters.ebay.asking import INVENTORY, ask
from orion.channels.adapters.ebay.stock import find_offer
from orion.channels.adapters.values import Odd
from orion.channels.client import ChannelClient
from orion.channels.errors import Refused, Unreadable
from orion.channels.ports import MalformedItem, ProductPage, RemoteProduct

PAGE_SIZE = 50
"""At most 200; each item costs a call for its offer, and a page should not take minutes."""


async def products_page(client: ChannelClient, cursor: str | None) -> ProductPage:
    """See ProductSource."""
    if cursor is not None and not cursor.isdecimal():
        raise Refused("cursor_unknown", "getInventoryItems: this is no place to go on from")
    page = int(cursor or 0)
    said = await ask(
        client, "getInventoryItems", f"{INVENTORY}/inventory_item", params={"limit": PAGE_SIZE, "offset": page}
    )
    nodes, total = said.get("inventoryItems"), said.get("total")
    if nodes is None and total == 0:
        nodes = []
    if not isinstance(nodes, list) or isinstance(total, bool) or not isinstance(total, int):
        raise Unreadable("unreadable", "getInventoryItems: the page has no items, or does not say how many there are")
    products: list[RemoteProduct] = []
    malformed: list[MalformedItem] = []
    for node in nodes:
        sku = node.get("sku") if isinstance(node, dict) else None
        try:
            if not isinstance(sku, str) or not sku:
                raise Odd("sku is missing")
            products.append(_product(node, sku, await find_offer(client, sku)))
        except (Odd, Refused) as odd:  # eBay refuses to be asked for the offers of some SKUs that it has itself
            malformed.append(MalformedItem(sku if isinstance(sku, str) and sku else None, str(odd), node))
    more = (page + 1) * PAGE_SIZE < total
    return ProductPage(products, malformed, str(page + 1) if more else None)


def _product(node: dict[str, Any], sku: str, offer: dict[str, Any] | None) -> RemoteProduct:
    """The item with its offer. Raises Odd."""
    product = values.part(node, "product") or {}
    available = values.part(values.part(node, "availability") or {}, "shipToLocationAvailability") or {}
    quantity = values.count(available, "quantity") if available.get("quantity") is not None else None
    price = values.part(values.part(offer or {}, "pricingSummary") or {}, "price") or {}
    currency, price_minor = None, None
    if price.get("currency"):
        currency, _ = values.currency(price)
        price_minor = values.minor(price, "value", currency)
    images = [each for each in product.get("imageUrls") or () if isinstance(each, str)]
    attributes = {
        "brand": values.text(product, "brand"),
        "mpn": values.text(product, "mpn"),
        "image_link": images[0] if images else None,
        "additional_image_link": images[1:] or None,
        "condition": (values.text(node, "condition") or "").lower().replace("_", " ") or None,
    }
    locale = values.text(node, "locale") or "en_US"
    return RemoteProduct(
        channel_product_id=sku,
        title=values.text(product, "title") or sku,
        language=locale.partition("_")[0].lower(),
        currency=currency,
        price_minor=price_minor,
        sku=sku,
        gtin=_first(product, "ean") or _first(product, "upc") or _first(product, "isbn"),
        description=values.text(product, "description"),
        availability=None if quantity is None else "in_stock" if quantity else "out_of_stock",
        quantity=quantity,
        attributes={name: value for name, value in attributes.items() if value},
    )


def _first(product: dict[str, Any], name: str) -> str | None:
    found = product.get(name)
    return next((one for one in found if isinstance(one, str) and one), None) if isinstance(found, list) else None
