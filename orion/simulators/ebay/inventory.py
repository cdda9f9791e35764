"""Sell Inventory API v1: items, offers, and setting many quantities and prices at once."""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orion.kernel import amount_text
from orion.simulators.ebay.answers import Wrong, error
from orion.simulators.ebay.content import CURRENCIES
from orion.simulators.kit import Article

if TYPE_CHECKING:
    from orion.simulators.ebay.simulator import Ebay

MOST = 25
MOST_ITEMS = 200
DOMAIN = "API_INVENTORY"
START_QUANTITY = 5


async def items(seller: "Ebay", request: Request) -> Response:
    """GetInventoryItems: `offset` is the number of a page here."""
    limit, page = _paging(request, 25)
    hits = seller.faults.hits
    count = len(seller.catalogue)
    place = page * limit
    if page and hits("duplicated_page", "getInventoryItems"):
        place -= limit
    some = seller.catalogue[place : place + limit]
    told = [_item(seller, article) for article in some]
    if told and hits("malformed_item", "getInventoryItems"):
        told[0] = {**told[0], "availability": {"shipToLocationAvailability": {"quantity": "some"}}}
    if (page + 1) * limit < count and hits("page_drift", "getInventoryItems"):
        left = seller.catalogue[place]
        seller.catalogue = (*(article for article in seller.catalogue if article != left), left)
    href = f"{seller.base(request)}/sell/inventory/v1/inventory_item"
    answer: dict[str, Any] = {
        "href": f"{href}?{urlencode({'limit': limit, 'offset': page})}",
        "total": count,
        "size": len(some),
        "limit": limit,
        "inventoryItems": told,
    }
    if (page + 1) * limit < count:
        answer["next"] = f"{href}?{urlencode({'limit': limit, 'offset': page + 1})}"
    return JSONResponse(answer)


def _item(seller: "Ebay", article: Article) -> dict[str, Any]:
    product: dict[str, Any] = {
        "title": article.title,
        "description": f"<p>{article.title}, new.</p>",
        "brand": "Simulated",
        "mpn": f"M-{article.sku}",
        "imageUrls": [f"https://i.example.com/{article.sku}.jpg"],
    }
    if article.gtin:
        product["ean"] = [article.gtin]
    quantity = seller.stock.get(article.sku, START_QUANTITY)
    return {
        "sku": article.sku,
        "locale": "de_DE",
        "product": product,
        "condition": "NEW",
        "availability": {"shipToLocationAvailability": {"quantity": quantity}},
    }


async def offers(seller: "Ebay", request: Request) -> Response:
    """GetOffers of one SKU, which has to be said."""
    sku = request.query_params.get("sku")
    if not sku:
        raise Wrong(400, 25707, "This is an invalid value for a SKU.", domain=DOMAIN)
    limit, _ = _paging(request, 100)
    marketplace = request.query_params.get("marketplace_id")
    article = _article(seller, sku)
    own = seller.shaped["marketplace"]
    if article is None or marketplace not in (None, own):
        raise Wrong(404, 25713, "This Offer is not available.", domain=DOMAIN, sku=sku)
    href = f"{seller.base(request)}/sell/inventory/v1/offer?{urlencode(dict(request.query_params))}"
    told = [_offer(seller, article)]
    return JSONResponse({"href": href, "total": 1, "size": 1, "limit": limit, "offers": told})


def offer_id(sku: str) -> str:
    """The id of a SKU's offer; the same for good."""
    return str(7_000_000_000 + int.from_bytes(sku.encode()) % 999_999_937)


def _offer(seller: "Ebay", article: Article) -> dict[str, Any]:
    marketplace = seller.shaped["marketplace"]
    currency = CURRENCIES[marketplace]
    price = seller.prices.get(article.sku) or amount_text(article.price_minor, currency)
    return {
        "offerId": offer_id(article.sku),
        "sku": article.sku,
        "marketplaceId": marketplace,
        "format": "FIXED_PRICE",
        "availableQuantity": seller.stock.get(article.sku, START_QUANTITY),
        "pricingSummary": {"price": {"value": price, "currency": currency}},
        "status": "PUBLISHED",
        "listing": {"listingId": f"1{offer_id(article.sku)}", "listingStatus": "ACTIVE", "soldQuantity": 0},
    }


async def bulk_update(seller: "Ebay", request: Request) -> Response:
    """BulkUpdatePriceQuantity: 200 when all are taken, 207 when some are not."""
    try:
        asked = await request.json()
        requests = asked["requests"]
    except (ValueError, KeyError, TypeError):
        requests = None
    if not isinstance(requests, list) or not requests:
        raise Wrong(400, 25709, "Invalid value for requests.", domain=DOMAIN)
    if len(requests) > MOST:
        raise Wrong(400, 25714, f"At most {MOST} SKUs can be updated in one call.", domain=DOMAIN)
    if seller.shaped["one_sku"]:  # as the contract says it
        requests = requests[:1]
    told = [answer for each in requests for answer in _update(seller, each)]
    good = all(answer["statusCode"] == 200 for answer in told)
    return JSONResponse({"responses": told}, 200 if good else 207)


def _update(seller: "Ebay", asked: dict[str, Any]) -> list[dict[str, Any]]:
    sku = str(asked.get("sku") or "")
    article = _article(seller, sku)
    if article is None:
        return [_failed(sku, None, 404, 25710, "We didn't find the entity you are requesting.")]
    told: list[dict[str, Any]] = []
    stock = asked.get("shipToLocationAvailability")
    if stock is not None:
        quantity = stock.get("quantity")
        if not _is_quantity(quantity):
            return [_failed(sku, None, 400, 25704, "Could not update the quantity: it is negative or no number.")]
        seller.stock[sku] = quantity
        told.append({"sku": sku, "statusCode": 200})
    told.extend(_update_offer(seller, sku, each) for each in asked.get("offers") or ())
    return told or [_failed(sku, None, 400, 25709, "Invalid value for offers.")]


def _update_offer(seller: "Ebay", sku: str, asked: dict[str, Any]) -> dict[str, Any]:
    named = str(asked.get("offerId") or "")
    if named != offer_id(sku):
        return _failed(sku, named, 404, 25713, "This Offer is not available.")
    price = asked.get("price")
    if price is not None:
        currency = CURRENCIES[seller.shaped["marketplace"]]
        try:
            value = Decimal(price["value"])
        except (InvalidOperation, KeyError, TypeError):
            value = Decimal(-1)
        if value <= 0 or price.get("currency") != currency:
            return _failed(sku, named, 400, 25760, f"The price is not valid: it is in {currency}, and more than 0.")
        seller.prices[sku] = price["value"]
    if "availableQuantity" in asked:
        if not _is_quantity(asked["availableQuantity"]):
            return _failed(sku, named, 400, 25704, "Could not update the quantity: it is negative or no number.")
        seller.stock[sku] = asked["availableQuantity"]
    seller.revisions[sku] = seller.revisions.get(sku, 0) + 1
    return {"sku": sku, "offerId": named, "statusCode": 200}


def _is_quantity(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _failed(sku: str, named: str | None, status: int, error_id: int, message: str) -> dict[str, Any]:
    told = {"sku": sku, "statusCode": status, "errors": [error(error_id, message, domain=DOMAIN, SKU=sku)]}
    return told | ({"offerId": named} if named else {})


def _article(seller: "Ebay", sku: str) -> Article | None:
    return next((article for article in seller.catalogue if article.sku == sku), None)


def _paging(request: Request, default: int) -> tuple[int, int]:
    limit, page = (request.query_params.get(name, value) for name, value in (("limit", str(default)), ("offset", "0")))
    if not limit.isdecimal() or not 1 <= int(limit) <= MOST_ITEMS or not page.isdecimal():
        raise Wrong(400, 25706, "Invalid pagination: limit is 1 to 200, offset the number of a page.", domain=DOMAIN)
    return int(limit), int(page)
