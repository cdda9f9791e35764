"""Setting stock and prices: a few listings one by one, many by a feed. All values are absolute, so repeats do no harm.

`merge` leaves what else a listing's attribute says (handling time, sale prices) as it is. PRODUCT is the product type
under which Amazon takes such changes of any listing.
"""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from orion.channels.adapters.amazon import documents
from orion.channels.adapters.amazon.asking import ask
from orion.channels.adapters.amazon.places import MARKETPLACES
from orion.channels.adapters.values import Odd, entries, text
from orion.channels.client import ChannelClient
from orion.channels.errors import ChannelUnavailable, Refused, Unreadable
from orion.channels.ports import RemoteProduct, StockAnswer, StockOffer
from orion.kernel import CURRENCIES, Money

FEW = 25
"""Up to so many listings are changed one by one, five a second; a feed takes minutes however long it is."""

MOST_MESSAGES = 10_000
"""In one feed; Amazon takes 25,000, and advises to stay below 10 MiB."""

_ASKED_AT_ONCE = 20
_PRODUCT_TYPE = "PRODUCT"
_FEEDS = "/feeds/2021-06-30"
_JSON = "application/json; charset=UTF-8"
_TRIES = 40
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class _Change:
    sku: str
    patch: dict[str, Any] | None
    problem: str | None = None


async def set_stock(client: ChannelClient, offers: Sequence[StockOffer]) -> list[StockAnswer]:
    """See InventorySink. Of listings whose stock lies at Amazon nothing is set: that would make them the merchant's."""
    at_amazon = await _at_amazon(client, list(dict.fromkeys(offer.sku for offer in offers)))
    return await _change(client, [_stock(offer, at_amazon=offer.sku in at_amazon) for offer in offers])


async def _at_amazon(client: ChannelClient, skus: list[str]) -> set[str]:
    """Those of the SKUs that Amazon fulfils. One with a comma cannot be asked for in a list, and is asked for alone."""
    path, marketplaces = items_path(client), ",".join(marketplaces_of(client))
    asked = {"marketplaceIds": marketplaces, "includedData": "fulfillmentAvailability"}
    plain = [sku for sku in skus if sku and "," not in sku]
    nodes: list[dict[str, Any]] = []
    try:
        for start in range(0, len(plain), _ASKED_AT_ONCE):
            some = {"identifiers": ",".join(plain[start : start + _ASKED_AT_ONCE]), "identifiersType": "SKU"}
            params = {**asked, **some, "pageSize": str(_ASKED_AT_ONCE)}
            said = await ask(client, "searchListingsItems", "GET", path, params=params, max_wait=10.0)
            nodes += entries(said, "items")
        for sku in set(skus) - {*plain, ""}:
            one = f"{path}/{quote(sku, safe='')}"
            with contextlib.suppress(Refused):  # setting it says what is wrong with it
                nodes.append(await ask(client, "getListingsItem", "GET", one, params=asked, max_wait=10.0))
        return {
            str(node.get("sku"))
            for node in nodes
            for there in (entries(node, "fulfillmentAvailability") if node.get("fulfillmentAvailability") else ())
            if (text(there, "fulfillmentChannelCode") or "").startswith("AMAZON")
        }
    except Odd as odd:
        raise Unreadable("unreadable", f"searchListingsItems: {odd}") from None


async def set_prices(client: ChannelClient, products: Sequence[RemoteProduct]) -> list[StockAnswer]:
    """See ProductSink. A price is set in the connection's marketplaces of its currency."""
    chosen = marketplaces_of(client)
    return await _change(client, [_price(product, chosen) for product in products])


def marketplaces_of(client: ChannelClient) -> list[str]:
    """The connection's marketplaces, at least one. Raises Refused."""
    chosen = [one for one in client.settings.get("marketplace_ids") or () if one in MARKETPLACES]
    if not chosen:
        raise Refused("setting_missing", "Choose the marketplaces in the connection's settings")
    return chosen


def items_path(client: ChannelClient) -> str:
    """Where the seller's listings are. Raises Refused."""
    seller_id = client.settings.get("seller_id")
    if not seller_id:
        raise Refused("setting_missing", "Enter the seller id in the connection's settings, or connect by consent")
    return f"/listings/2021-08-01/items/{quote(seller_id, safe='')}"


def _stock(offer: StockOffer, *, at_amazon: bool) -> _Change:
    if at_amazon:
        return _Change(offer.sku, None, "Its stock lies at Amazon, which counts it")
    value = {"fulfillment_channel_code": "DEFAULT", "quantity": offer.quantity}
    return _Change(offer.sku, {"op": "merge", "path": "/attributes/fulfillment_availability", "value": [value]})


def _price(product: RemoteProduct, marketplaces: list[str]) -> _Change:
    sku, currency = product.sku or "", product.currency or ""
    if not sku:
        return _Change("", None, "Amazon knows listings by their SKU, and this one has none")
    there = [one for one in marketplaces if MARKETPLACES[one].currency == currency]
    if product.price_minor is None or product.price_minor <= 0 or currency not in CURRENCIES:
        return _Change(sku, None, "Amazon needs a price above 0")
    if not there:
        return _Change(sku, None, f"None of the connection's marketplaces sells in {currency}")
    amount = float(Money(product.price_minor, currency).decimal)  # a JSON number; 15 digits are exact
    values = [
        {
            "marketplace_id": one,
            "currency": currency,
            "our_price": [{"schedule": [{"value_with_tax": amount}]}],
        }
        for one in there
    ]
    return _Change(sku, {"op": "merge", "path": "/attributes/purchasable_offer", "value": values})


async def _change(client: ChannelClient, changes: list[_Change]) -> list[StockAnswer]:
    """One answer for each change, in the same order; of a SKU twice the later one holds."""
    wanted = {change.sku: change.patch for change in changes if change.patch is not None}
    problems: dict[str, str] = {}
    if len(wanted) <= FEW:
        for sku, patch in wanted.items():
            if problem := await _patch(client, sku, patch):
                problems[sku] = problem
    else:
        skus = list(wanted)
        for at in range(0, len(skus), MOST_MESSAGES):
            problems |= await _feed(client, {sku: wanted[sku] for sku in skus[at : at + MOST_MESSAGES]})
    return [StockAnswer(change.sku, change.problem or problems.get(change.sku)) for change in changes]


async def _patch(client: ChannelClient, sku: str, patch: dict[str, Any]) -> str | None:
    """What is wrong with one change; None when it was taken. What is refused of one says nothing of the others."""
    path = f"{items_path(client)}/{quote(sku, safe='')}"
    asked = {"marketplaceIds": ",".join(marketplaces_of(client))}
    told = {"productType": _PRODUCT_TYPE, "patches": [patch]}
    try:
        said = await ask(
            client, "patchListingsItem", "PATCH", path, params=asked, json=told, repeatable=True, max_wait=10.0
        )
    except Refused as refused:
        return refused.detail[:_SHOWN]
    try:
        status, issues = text(said, "status"), list(_errors(said))
    except Odd as odd:
        raise Unreadable("unreadable", f"patchListingsItem: {odd}") from None
    if status in ("ACCEPTED", "VALID"):
        return None
    return "; ".join(issues)[:_SHOWN] or f"Amazon says {status}, and not why"


async def _feed(client: ChannelClient, patches: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What is wrong with which change, by SKU. Raises ChannelError, also when the feed is not done in good time."""
    skus = dict(enumerate(patches, 1))
    messages = [
        {
            "messageId": number,
            "sku": sku,
            "operationType": "PATCH",
            "productType": _PRODUCT_TYPE,
            "patches": [patches[sku]],
        }
        for number, sku in skus.items()
    ]
    items_path(client)  # says it when the seller id is missing
    header = {"sellerId": client.settings["seller_id"], "version": "2.0"}
    content = json.dumps({"header": header, "messages": messages}).encode()
    given = await ask(
        client, "createFeedDocument", "POST", f"{_FEEDS}/documents", json={"contentType": _JSON}, repeatable=True
    )
    await documents.put(client, documents.address(given), content, _JSON)
    asked = {
        "feedType": "JSON_LISTINGS_FEED",
        "marketplaceIds": marketplaces_of(client),
        "inputFeedDocumentId": given.get("feedDocumentId"),
    }
    made = await ask(client, "createFeed", "POST", f"{_FEEDS}/feeds", json=asked, repeatable=True)
    document_id = await _result_of(client, str(made.get("feedId")))
    try:
        result = json.loads(await documents.fetch(client, "getFeedDocument", f"{_FEEDS}/documents", document_id))
    except ValueError:
        raise Unreadable("unreadable", f"The result of feed {made.get('feedId')} is no JSON") from None
    return _problems(result, skus)


async def _result_of(client: ChannelClient, feed_id: str) -> str:
    """The id of the document that says what became of a feed."""
    async for _ in documents.pauses(client, _TRIES):
        said = await ask(client, "getFeed", "GET", f"{_FEEDS}/feeds/{quote(feed_id, safe='')}", max_wait=10.0)
        status = said.get("processingStatus")
        if status == "DONE" and said.get("resultFeedDocumentId"):
            return str(said["resultFeedDocumentId"])
        if status in ("FATAL", "CANCELLED", "DONE"):
            raise ChannelUnavailable("feed_failed", f"Amazon did not work through feed {feed_id}: {status}")
    raise ChannelUnavailable("feed_pending", f"Feed {feed_id} is not done yet; it is sent again", retry_after=300.0)


def _problems(result: Any, skus: dict[int, str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    try:
        for issue in entries(result, "issues") if result.get("issues") else ():
            if issue.get("severity") != "ERROR":
                continue
            sku = skus.get(issue.get("messageId", 0))
            if sku is None:
                raise ChannelUnavailable("feed_failed", f"Amazon did not take the feed: {text(issue, 'message')}")
            found.setdefault(sku, []).append(text(issue, "message") or "Refused without a reason")
    except (Odd, AttributeError) as odd:
        raise Unreadable("unreadable", f"The feed's result cannot be read: {odd}") from None
    return {sku: "; ".join(messages)[:_SHOWN] for sku, messages in found.items()}


def _errors(said: dict[str, Any]) -> Iterator[str]:
    for issue in entries(said, "issues") if said.get("issues") else ():
        if issue.get("severity") == "ERROR":
            yield text(issue, "message") or str(issue.get("code"))
