"""Listings items 2021-08-01 and the catalogue 2022-04-01: what the seller offers, and what Amazon knows of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orion.kernel import currency_exponent
from orion.simulators.amazon.answers import Wrong, body, choices, listed, moment, number, read_token, token_of
from orion.simulators.amazon.content import MARKETPLACES, asin_of, money
from orion.simulators.kit import Article, stamp

if TYPE_CHECKING:
    from orion.simulators.amazon.simulator import Amazon

DATA_SETS = (
    "summaries",
    "attributes",
    "issues",
    "offers",
    "fulfillmentAvailability",
    "procurement",
    "relationships",
    "productTypes",
)
MOST_FOUND = 1000
_OPS = ("add", "replace", "merge", "delete")
_QUANTITY = "/attributes/fulfillment_availability"
_OFFER = "/attributes/purchasable_offer"
_CATALOGUE_DATA = (
    "attributes",
    "classifications",
    "dimensions",
    "identifiers",
    "images",
    "productTypes",
    "relationships",
    "salesRanks",
    "summaries",
    "vendorDetails",
)


@dataclass(slots=True)
class Listing:
    """What the seller offers under a SKU; `prices` are minor units by marketplace."""

    article: Article
    created: datetime
    updated: datetime
    quantity: int = 10
    prices: dict[str, int] = field(default_factory=dict)

    def price_in(self, marketplace_id: str) -> int:
        """Minor units of the marketplace's currency."""
        return self.prices.get(marketplace_id, self.article.price_minor)


def listings_of(seller: "Amazon") -> dict[str, Listing]:
    """Everything in the catalogue is listed; what was changed of it is remembered."""
    for article in seller.catalogue:
        known = seller.listings.get(article.sku)
        if known is None or known.article != article:
            seller.listings[article.sku] = Listing(article, seller.started, seller.started)
    skus = {article.sku for article in seller.catalogue}
    return {sku: listing for sku, listing in seller.listings.items() if sku in skus}


async def get(seller: "Amazon", request: Request) -> Response:
    """One listing."""
    _check_seller(seller, request)
    marketplaces = _marketplaces(request)
    data_sets = choices(request, "includedData", DATA_SETS) or ["summaries"]
    listing = listings_of(seller).get(request.path_params["sku"])
    if listing is None:
        raise Wrong(f"SKU '{request.path_params['sku']}' not found", status=404, code="NOT_FOUND")
    return JSONResponse(_shown(seller, listing, marketplaces, data_sets))


async def search(seller: "Amazon", request: Request) -> Response:
    """A page of listings; no more than the first thousand can be paged through."""
    _check_seller(seller, request)
    marketplaces = _marketplaces(request)
    data_sets = choices(request, "includedData", DATA_SETS) or ["summaries"]
    since, until = moment(request, "lastUpdatedAfter"), moment(request, "lastUpdatedBefore")
    skus = listed(request, "identifiers")
    if len(skus) > 20 or bool(skus) != (request.query_params.get("identifiersType") == "SKU"):
        raise Wrong("identifiers are up to 20 of the identifiersType SKU")
    size = number(request, "pageSize", 10, 20)
    found = [
        listing
        for listing in listings_of(seller).values()
        if (since is None or listing.updated >= since)
        and (until is None or listing.updated <= until)
        and (not skus or listing.article.sku in skus)
    ]
    descending = request.query_params.get("sortOrder", "DESC") == "DESC"
    found.sort(key=lambda listing: (listing.updated, listing.article.sku), reverse=descending)
    place = 0
    if (text := request.query_params.get("pageToken")) is not None:
        place = int(read_token(text, "pageToken").get("place", 0))
    answer: dict[str, Any] = {
        "numberOfResults": len(found),
        "items": [_shown(seller, listing, marketplaces, data_sets) for listing in found[place : place + size]],
    }
    if place + size < min(len(found), MOST_FOUND):
        answer["pagination"] = {"nextToken": token_of({"place": place + size})}
    return JSONResponse(answer)


async def patch(seller: "Amazon", request: Request) -> Response:
    """Quantity and price of one listing."""
    _check_seller(seller, request)
    marketplaces = _marketplaces(request)
    told = await body(request)
    if not isinstance(told.get("productType"), str) or not isinstance(told.get("patches"), list):
        raise Wrong("Missing required parameter: productType, patches")
    sku = request.path_params["sku"]
    dry = request.query_params.get("mode") == "VALIDATION_PREVIEW"
    issues = apply(seller, sku, told["patches"], marketplaces, dry=dry)
    status = "INVALID" if issues else "VALID" if dry else "ACCEPTED"
    return JSONResponse({"sku": sku, "status": status, "submissionId": seller.secret()[:32], "issues": issues})


def apply(
    seller: "Amazon", sku: str, patches: Sequence[Any], marketplaces: list[str], *, dry: bool = False
) -> list[dict[str, Any]]:
    """Do the patches, if nothing is wrong with any; the issues."""
    listing = listings_of(seller).get(sku)
    if listing is None:
        return [_issue("13013", f"The SKU {sku} does not exist in your inventory.", "sku")]
    quantity, prices = listing.quantity, dict(listing.prices)
    issues = []
    for one in patches:
        path, values = one.get("path"), one.get("value")
        if one.get("op") not in _OPS or not isinstance(values, list) or not values:
            issues.append(_issue("4000001", f"The patch of {path} is not valid.", str(path)))
        elif path == _QUANTITY:
            wanted = values[0].get("quantity")
            if values[0].get("fulfillment_channel_code") != "DEFAULT":
                issues.append(_issue("90244", "fulfillment_channel_code is not valid.", "fulfillment_availability"))
            elif isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 0:
                issues.append(_issue("90225", "The quantity must be a number from 0 on.", "fulfillment_availability"))
            else:
                quantity = wanted
        elif path == _OFFER:
            issues += _price(values, marketplaces, prices)
        else:
            issues.append(_issue("4000003", f"{path} cannot be changed here.", str(path)))
    if not issues and not dry and (quantity, prices) != (listing.quantity, listing.prices):
        if quantity != listing.quantity and sku in seller.shaped["amazon_skus"]:  # it is the merchant's from now on
            seller.shaped["amazon_skus"] = [one for one in seller.shaped["amazon_skus"] if one != sku]
        listing.quantity, listing.prices, listing.updated = quantity, prices, seller.now()
    return issues


def _price(values: list[Any], marketplaces: list[str], prices: dict[str, int]) -> list[dict[str, Any]]:
    issues = []
    for value in values:
        marketplace_id, currency = value.get("marketplace_id"), value.get("currency")
        if marketplace_id not in marketplaces or currency != MARKETPLACES[marketplace_id][2]:
            issues.append(_issue("90244", f"{currency} is not sold in at {marketplace_id}.", "purchasable_offer"))
            continue
        try:
            amount = Decimal(str(value["our_price"][0]["schedule"][0]["value_with_tax"]))
        except (LookupError, TypeError, ArithmeticError):
            issues.append(_issue("99022", "our_price needs a price.", "purchasable_offer.our_price"))
            continue
        if amount <= 0:
            issues.append(_issue("90111", "The price must be above 0.", "purchasable_offer.our_price"))
            continue
        prices[marketplace_id] = int(amount.scaleb(currency_exponent(currency)))
    return issues


def _issue(code: str, message: str, attribute: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "severity": "ERROR",
        "attributeNames": [attribute],
        "categories": ["INVALID_ATTRIBUTE"],
    }


def _check_seller(seller: "Amazon", request: Request) -> None:
    if request.path_params["seller_id"] != seller.seller_id:
        raise Wrong("Access to requested resource is denied.", status=403, code="Unauthorized")


def _marketplaces(request: Request) -> list[str]:
    found = choices(request, "marketplaceIds", tuple(MARKETPLACES))
    if not found:
        raise Wrong("Missing required parameter: marketplaceIds")
    return found


def _shown(seller: "Amazon", listing: Listing, marketplaces: list[str], data_sets: list[str]) -> dict[str, Any]:
    article = listing.article
    shown: dict[str, Any] = {"sku": article.sku}
    if "summaries" in data_sets:
        shown["summaries"] = [
            {
                "marketplaceId": one,
                "asin": asin_of(article.sku),
                "productType": "PRODUCT",
                "conditionType": "new_new",
                "status": ["BUYABLE", "DISCOVERABLE"] if listing.quantity else ["DISCOVERABLE"],
                "itemName": article.title,
                "createdDate": stamp(listing.created),
                "lastUpdatedDate": stamp(listing.updated),
                "mainImage": {"link": f"https://m.media-amazon.example/{article.sku}.jpg", "height": 500, "width": 500},
            }
            for one in marketplaces
        ]
    if "offers" in data_sets:
        shown["offers"] = [
            {"marketplaceId": one, "offerType": "B2C", "price": money(listing.price_in(one), MARKETPLACES[one][2])}
            for one in marketplaces
        ]
    if "fulfillmentAvailability" in data_sets:
        own = {"fulfillmentChannelCode": "DEFAULT", "quantity": listing.quantity}
        at_amazon = article.sku in seller.shaped["amazon_skus"]
        shown["fulfillmentAvailability"] = [{"fulfillmentChannelCode": "AMAZON_EU"} if at_amazon else own]
    if "issues" in data_sets:
        shown["issues"] = []
    return shown


async def catalogue(seller: "Amazon", request: Request) -> Response:
    """What Amazon knows of some ASINs."""
    marketplaces = _marketplaces(request)
    if len(marketplaces) != 1:
        raise Wrong("marketplaceIds holds one marketplace")
    wanted = listed(request, "identifiers")
    if not wanted or len(wanted) > 20 or request.query_params.get("identifiersType") != "ASIN":
        raise Wrong("identifiers are 1 to 20 of the identifiersType ASIN")
    size = number(request, "pageSize", 10, 20)
    data_sets = choices(request, "includedData", _CATALOGUE_DATA) or ["summaries"]
    articles = {asin_of(article.sku): article for article in seller.catalogue}
    found = [(asin, articles[asin]) for asin in wanted if asin in articles]
    items = [_known(asin, article, marketplaces[0], data_sets) for asin, article in found[:size]]
    return JSONResponse({"numberOfResults": len(found), "items": items})


def _known(asin: str, article: Article, marketplace_id: str, data_sets: list[str]) -> dict[str, Any]:
    item: dict[str, Any] = {"asin": asin}
    if "summaries" in data_sets:
        item["summaries"] = [{"marketplaceId": marketplace_id, "brand": "Simulated", "itemName": article.title}]
    if "identifiers" in data_sets:
        gtin = [{"identifierType": "EAN", "identifier": article.gtin}] if article.gtin else []
        item["identifiers"] = [{"marketplaceId": marketplace_id, "identifiers": gtin}]
    if "images" in data_sets:
        link = f"https://m.media-amazon.example/{article.sku}.jpg"
        images = [{"variant": "MAIN", "link": link, "height": 1000, "width": 1000}]
        item["images"] = [{"marketplaceId": marketplace_id, "images": images}]
    return item
