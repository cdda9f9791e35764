"""Quantities and prices of offers: bulkUpdatePriceQuantity of the Inventory API v1, 25 SKUs a call.

All are absolute, so a call may be repeated. Each SKU has an answer of its own, also within HTTP 200 and 207.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from orion.channels.adapters.ebay.asking import INVENTORY, ask, in_words, listed, read, send
from orion.channels.client import ChannelClient
from orion.channels.errors import Refused
from orion.channels.ports import StockAnswer

AT_ONCE = 25
KEPT_OFFERS = 50_000
_NOTHING_SAID = "EBay said nothing of it"

_Place = tuple[int, str, str]
_OFFERS: WeakKeyDictionary[Any, OrderedDict[_Place, str]] = WeakKeyDictionary()
"""Offer ids by database, and (connection, marketplace, SKU): they stay the same for as long as an offer is there."""


async def find_offer(client: ChannelClient, sku: str) -> dict[str, Any] | None:
    """The offer of a SKU at the connection's marketplace; None when there is none. Raises ChannelError."""
    asked = {"sku": sku, "marketplace_id": _marketplace(client), "format": "FIXED_PRICE", "limit": "1"}
    try:
        said = await ask(client, "getOffers", f"{INVENTORY}/offer", params=asked)
    except Refused as refused:
        if refused.code == "not_found":
            return None
        raise
    for offer in listed(said.get("offers")):
        if isinstance(offer.get("offerId"), str) and offer["offerId"]:
            _keep(client, sku, offer["offerId"])
            return offer
    return None


async def update(client: ChannelClient, wanted: Sequence[tuple[str, str | None, dict[str, Any]]]) -> list[StockAnswer]:
    """Set what is `wanted`, each (SKU, offer id where known, what to set); one answer each, in the same order.

    What to set: `quantity`, or `price` (an Amount). Raises ChannelError.
    """
    answers: list[StockAnswer] = []
    for start in range(0, len(wanted), AT_ONCE):
        batch = wanted[start : start + AT_ONCE]
        problems = await _update_batch(client, batch)
        stale = [each for each in batch if problems[each[0]] and _forget(client, each[0])]
        if stale:  # the offer that we knew may be another one by now
            again = await _update_batch(client, [(sku, None, change) for sku, _, change in stale])
            problems |= again
        answers += [StockAnswer(sku, problems[sku]) for sku, _, _ in batch]
    return answers


async def _update_batch(
    client: ChannelClient, batch: Sequence[tuple[str, str | None, dict[str, Any]]]
) -> dict[str, str | None]:
    """What is wrong with each SKU, None where it was taken."""
    problems: dict[str, str | None] = {}
    requests = []
    for sku, known, change in batch:
        offer_id = known or _kept(client, sku)
        try:
            if offer_id is None and (offer := await find_offer(client, sku)):
                offer_id = offer["offerId"]
        except Refused as refused:  # one SKU that eBay does not take must not keep the others
            problems[sku] = refused.detail
            continue
        if offer_id is None:
            problems[sku] = f"There is no offer of it at {_marketplace(client)} that was made by the API"
        else:
            requests.append(_request(client, sku, offer_id, change))
    return problems | await _send(client, requests)


async def _send(client: ChannelClient, requests: list[dict[str, Any]]) -> dict[str, str | None]:
    if not requests:
        return {}
    path = f"{INVENTORY}/bulk_update_price_quantity"
    try:
        answer = await send(
            client, "bulkUpdatePriceQuantity", "POST", path, json={"requests": requests}, repeatable=True
        )
    except Refused as refused:
        if len(requests) == 1:
            return {requests[0]["sku"]: refused.detail}
        return await _send_alone(client, requests)  # one that eBay cannot read must not keep the others
    told = listed(read(answer).get("responses"))
    problems = {request["sku"]: _problem(request["sku"], told) for request in requests}
    passed_over = [request for request in requests if problems[request["sku"]] == _NOTHING_SAID]
    if len(requests) > 1 and passed_over:
        # The contract says "only one SKU per call", although it is called "bulk" and takes a list, which works.
        problems |= await _send_alone(client, passed_over)
    return problems


async def _send_alone(client: ChannelClient, requests: list[dict[str, Any]]) -> dict[str, str | None]:
    problems: dict[str, str | None] = {}
    for request in requests:
        problems |= await _send(client, [request])
    return problems


def _problem(sku: str, told: list[dict[str, Any]]) -> str | None:
    own = [each for each in told if each.get("sku") == sku]
    if not own:
        return _NOTHING_SAID
    for each in own:
        status = each.get("statusCode")
        if not isinstance(status, int) or status >= 300:
            errors = listed(each.get("errors"))
            return in_words(errors) if errors else f"EBay answered {status} for it"
    return None


def _request(client: ChannelClient, sku: str, offer_id: str, change: dict[str, Any]) -> dict[str, Any]:
    if "price" in change:
        return {"sku": sku, "offers": [{"offerId": offer_id, "price": change["price"]}]}
    quantity = change["quantity"]
    there: dict[str, Any] = {"quantity": quantity}
    if location := client.settings.get("location"):
        there["availabilityDistributions"] = [{"merchantLocationKey": location, "quantity": quantity}]
    return {
        "sku": sku,
        "shipToLocationAvailability": there,
        "offers": [{"offerId": offer_id, "availableQuantity": quantity}],
    }


def _marketplace(client: ChannelClient) -> str:
    return str(client.settings.get("marketplace") or "EBAY_DE")


def _place(client: ChannelClient, sku: str) -> _Place:
    return client.connection_id, _marketplace(client), sku


def _offers(client: ChannelClient) -> OrderedDict[_Place, str]:
    return _OFFERS.setdefault(client.runtime.database, OrderedDict())


def _kept(client: ChannelClient, sku: str) -> str | None:
    return _offers(client).get(_place(client, sku))


def _keep(client: ChannelClient, sku: str, offer_id: str) -> None:
    offers = _offers(client)
    offers[_place(client, sku)] = offer_id
    while len(offers) > KEPT_OFFERS:
        offers.popitem(last=False)


def _forget(client: ChannelClient, sku: str) -> bool:
    return _offers(client).pop(_place(client, sku), None) is not None
