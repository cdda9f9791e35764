"""Products as the seller lists them: all by a report, with what Amazon's catalogue adds.

What has changed could be asked of the listings API, but that tells no descriptions and shifts its pages while they are
read, and a report costs three calls however many listings there are.

A product is known by its ASIN. Prices are those of the connection's first marketplace; each marketplace adds texts in
its language. Listings that are not complete have no ASIN and are not for sale: they are left out.

Sources: Reports 2021-06-30 with GET_MERCHANT_LISTINGS_ALL_DATA (tab-separated, one marketplace each), Catalog Items
2022-04-01.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from orion.channels.adapters.amazon import documents
from orion.channels.adapters.amazon.asking import ask
from orion.channels.adapters.amazon.places import MARKETPLACES, Marketplace
from orion.channels.adapters.amazon.selling import marketplaces_of
from orion.channels.adapters.answers import read_cursor
from orion.channels.adapters.values import Odd, count, entries, identifier, minor, text
from orion.channels.client import ChannelClient
from orion.channels.errors import ChannelUnavailable, ScopeMissing, SlowDown, Unreadable
from orion.channels.ports import MalformedItem, ProductPage, RemoteProduct

ROWS = 500
"""Products on a page of the report: 25 calls for what the catalogue knows of them, two a second are allowed."""

_REPORTS = "/reports/2021-06-30"
_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
_TRIES = 6
_BATCH = 20
_CONDITIONS = {"11": "new", "10": "refurbished"}
_GTINS = ("GTIN", "EAN", "UPC", "ISBN")


@dataclass(slots=True)
class Kept:
    """The rows of the report that a run is reading, so that it is fetched once."""

    document_id: str = ""
    rows: Sequence[dict[str, str]] = ()


async def read_page(client: ChannelClient, kept: Kept, cursor: str | None) -> ProductPage:
    """A step of the report: ask for it, wait for it, read a part of it; then the next marketplace.

    Raises ChannelError; SlowDown while Amazon is at work on a report.
    """
    place = read_cursor(cursor, "listings")
    chosen = marketplaces_of(client)
    at = place.get("market", 0)
    following = {"market": at + 1} if at + 1 < len(chosen) else None
    if "report" not in place:
        asked = {"reportType": _REPORT, "marketplaceIds": [chosen[at]]}
        made = await ask(client, "createReport", "POST", f"{_REPORTS}/reports", json=asked, repeatable=True)
        return ProductPage((), cursor=_cursor({"market": at, "report": str(made.get("reportId"))}))
    if "document" not in place:
        document_id = await _document_of(client, place["report"])
        if document_id is None:
            return ProductPage((), cursor=_cursor(following))
        place = {**place, "document": document_id, "row": 0}
    if kept.document_id != place["document"]:
        content = await documents.fetch(client, "getReportDocument", f"{_REPORTS}/documents", place["document"])
        kept.document_id, kept.rows = place["document"], _rows(content)
    marketplace = MARKETPLACES[chosen[at]]
    products, malformed = [], []
    for row in kept.rows[place["row"] : place["row"] + ROWS]:
        try:
            if product := _of_row(row, marketplace, priced=at == 0):
                products.append(product)
        except Odd as odd:
            malformed.append(MalformedItem(row.get("asin1") or row.get("seller-sku"), str(odd), row))
    products = await _with_catalogue(client, products, chosen[at])
    row_after = place["row"] + ROWS
    more = {**place, "row": row_after} if row_after < len(kept.rows) else following
    return ProductPage(products, malformed, _cursor(more))


async def _document_of(client: ChannelClient, report_id: str) -> str | None:
    """The report's document; None when Amazon has nothing to report. Raises SlowDown while it is not ready."""
    async for _ in documents.pauses(client, _TRIES):
        said = await ask(client, "getReport", "GET", f"{_REPORTS}/reports/{quote(report_id, safe='')}", max_wait=10.0)
        status = said.get("processingStatus")
        if status == "DONE" and said.get("reportDocumentId"):
            return str(said["reportDocumentId"])
        if status == "CANCELLED":  # which is how it says that there are no listings
            return None
        if status in ("FATAL", "DONE"):
            raise ChannelUnavailable("report_failed", f"Amazon could not make the report {report_id}: {status}")
    raise SlowDown("report_pending", f"Amazon is still at work on the report {report_id}", retry_after=60.0)


def _rows(content: bytes) -> list[dict[str, str]]:
    """The report's rows by the names of its columns. Raises Unreadable."""
    try:
        told = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        told = content.decode("cp1252", "replace")  # older marketplaces still write it
    reading = csv.DictReader(io.StringIO(told, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE, restval="")
    if not reading.fieldnames or "seller-sku" not in reading.fieldnames or "asin1" not in reading.fieldnames:
        raise Unreadable("unreadable", "The report of listings has other columns than it should")
    return [{name: value for name, value in row.items() if name is not None} for row in reading]


def _of_row(row: dict[str, str], marketplace: Marketplace, *, priced: bool) -> RemoteProduct | None:
    asin = row["asin1"].strip() or (row.get("product-id", "").strip() if row.get("product-id-type") == "1" else "")
    if not asin:
        return None
    quantity = count(row, "quantity") if row.get("quantity", "").strip() else None
    price = minor(row, "price", marketplace.currency) if priced and row.get("price", "").strip() else None
    condition = _CONDITIONS.get(row.get("item-condition", ""), "used" if row.get("item-condition") else None)
    active = row.get("status", "Active").strip().lower() == "active"
    return RemoteProduct(
        channel_product_id=asin,
        title=row.get("item-name", "").strip() or asin,
        language=marketplace.language,
        currency=marketplace.currency if price is not None else None,
        price_minor=price,
        sku=row["seller-sku"].strip() or None,
        description=row.get("item-description", "").strip() or None,
        availability=None if active else "out_of_stock",
        quantity=quantity,
        attributes={"condition": condition} if condition else {},
    )


async def _with_catalogue(
    client: ChannelClient, products: Sequence[RemoteProduct], marketplace_id: str
) -> list[RemoteProduct]:
    """The products with brand, GTIN, image and title as Amazon's catalogue has them, twenty ASINs a call."""
    asins = list(dict.fromkeys(product.channel_product_id for product in products))
    known: dict[str, dict[str, Any]] = {}
    for start in range(0, len(asins), _BATCH):
        asked = {
            "identifiers": ",".join(asins[start : start + _BATCH]),
            "identifiersType": "ASIN",
            "marketplaceIds": marketplace_id,
            "includedData": "summaries,identifiers,images",
            "pageSize": _BATCH,
        }
        try:
            said = await ask(
                client, "searchCatalogItems", "GET", "/catalog/2022-04-01/items", params=asked, max_wait=10.0
            )
            known |= {identifier(item, "asin"): item for item in entries(said, "items")}
        except ScopeMissing:  # the listing itself is enough to sell by
            return list(products)
        except Odd as odd:
            raise Unreadable("unreadable", f"searchCatalogItems: {odd}") from None
    return [_enriched(product, known.get(product.channel_product_id), marketplace_id) for product in products]


def _enriched(product: RemoteProduct, item: dict[str, Any] | None, marketplace_id: str) -> RemoteProduct:
    if item is None:
        return product
    try:
        summary = _of_market(item, "summaries", marketplace_id)
        numbers = _list(_of_market(item, "identifiers", marketplace_id), "identifiers")
        images = _list(_of_market(item, "images", marketplace_id), "images")
        told = {text(one, "identifierType"): text(one, "identifier") for one in numbers}
        main = next((text(one, "link") for one in images if one.get("variant") == "MAIN"), None)
        extra = {"brand": text(summary, "brand"), "image_link": main}
        return replace(
            product,
            title=text(summary, "itemName") or product.title,
            gtin=next((told[kind] for kind in _GTINS if told.get(kind)), None),
            attributes={**product.attributes, **{name: value for name, value in extra.items() if value}},
        )
    except Odd:  # what the catalogue adds is not worth losing the product
        return product


def _of_market(item: dict[str, Any], name: str, marketplace_id: str) -> dict[str, Any]:
    return next((one for one in _list(item, name) if one.get("marketplaceId") == marketplace_id), {})


def _list(node: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return entries(node, name) if node.get(name) else []


def _cursor(place: dict[str, Any] | None) -> str | None:
    return json.dumps(place) if place else None
