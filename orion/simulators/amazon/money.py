"""Finances 2024-06-19: what was refunded, as transactions."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orion.simulators.amazon.answers import Wrong, moment, read_token, token_of
from orion.simulators.kit import stamp

if TYPE_CHECKING:
    from orion.simulators.amazon.simulator import Amazon

PAGE = 100
LONGEST = timedelta(days=180)
_SETTLED = timedelta(minutes=2)


async def transactions(seller: "Amazon", request: Request) -> Response:
    """A page of transactions: those of one order, or of a stretch of time."""
    name, value = (request.query_params.get(f"relatedIdentifier{part}") for part in ("Name", "Value"))
    after, before = moment(request, "postedAfter"), moment(request, "postedBefore")
    if name and name not in ("ORDER_ID", "FINANCIAL_EVENT_GROUP_ID"):
        raise Wrong(f"Invalid relatedIdentifierName {name}")
    if after is None and not (name and value):
        raise Wrong("postedAfter is required when no related identifier is given")
    latest = seller.now() - _SETTLED
    for moment_name, found in (("postedAfter", after), ("postedBefore", before)):
        if found is not None and found > latest:
            raise Wrong(f"{moment_name} must be more than two minutes before the time of the request")
    if before is None:
        before = seller.now() - timedelta(seconds=seller.shaped["lag_seconds"])
    if after is not None and after > before:
        raise Wrong("postedBefore is before postedAfter")
    place = 0
    if (text := request.query_params.get("nextToken")) is not None:
        place = int(read_token(text, "nextToken")["place"])
    found_all = [] if after is not None and before - after > LONGEST else seller.transactions
    high = stamp(before)
    kept = [
        one
        for one in found_all
        if (after is None or one["postedDate"] >= stamp(after))
        and one["postedDate"] < high
        and (not name or {"relatedIdentifierName": name, "relatedIdentifierValue": value} in one["relatedIdentifiers"])
    ]
    payload: dict[str, Any] = {"transactions": kept[place : place + PAGE]}
    if len(kept) > place + PAGE:
        payload["nextToken"] = token_of({"place": place + PAGE})
    return JSONResponse({"payload": payload})


def released(known: list[dict[str, Any]], order_id: str, at: str) -> list[dict[str, Any]]:
    """What is posted when an order's deferred refunds are released: each again, and both name each other."""
    own = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order_id}
    made = []
    for one in known:
        if one["transactionStatus"] != "DEFERRED" or own not in one["relatedIdentifiers"]:
            continue
        new_id = f"{one['transactionId']}-released"
        first = {"relatedIdentifierName": "DEFERRED_TRANSACTION_ID", "relatedIdentifierValue": one["transactionId"]}
        again = {"transactionId": new_id, "transactionStatus": "RELEASED", "postedDate": at}
        made.append({**one, **again, "relatedIdentifiers": [*one["relatedIdentifiers"], first]})
        second = {"relatedIdentifierName": "RELEASE_TRANSACTION_ID", "relatedIdentifierValue": new_id}
        one["transactionStatus"] = "DEFERRED_RELEASED"
        one["relatedIdentifiers"] = [*one["relatedIdentifiers"], second]
    return made


def is_release(transaction: dict[str, Any]) -> bool:
    """Whether it tells again of one that was deferred."""
    names = {one["relatedIdentifierName"] for one in transaction["relatedIdentifiers"]}
    return "DEFERRED_TRANSACTION_ID" in names


def make_refund(order: dict[str, Any], amount: Decimal, currency: str, number: int, at: str) -> dict[str, Any]:
    """What is posted when the buyer gets so much back; Amazon gives back a tenth of it, its fee.

    Of tax that came on top of the prices, which Amazon had withheld, it gives back its share as well.
    """

    def money(value: Decimal) -> dict[str, Any]:
        return {"currencyCode": currency, "currencyAmount": float(value)}

    def part(kind: str, value: Decimal, *parts: dict[str, Any]) -> dict[str, Any]:
        return {"breakdownType": kind, "breakdownAmount": money(value), "breakdowns": list(parts)}

    fee = (amount / 10).quantize(amount)
    sums = {one["type"]: Decimal(one["subtotal"]["amount"]) for one in order["proceeds"]["breakdowns"]}
    total = Decimal(order["proceeds"]["grandTotal"]["amount"])
    withheld = (amount * sums.get("TAX", Decimal(0)) / total).quantize(amount) if total else Decimal(0)
    marketplace = order["salesChannel"]
    return {
        "sellingPartnerMetadata": {"accountType": "Standard Orders", "marketplaceId": marketplace["marketplaceId"]},
        "relatedIdentifiers": [
            {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order["orderId"]},
            {"relatedIdentifierName": "REFUND_ID", "relatedIdentifierValue": f"amzn1:crow:{number}"},
        ],
        "transactionType": "Refund",
        "transactionId": f"refund-{number}",
        "transactionStatus": "RELEASED",
        "description": "Refund Order",
        "postedDate": at,
        "totalAmount": money(fee + withheld - amount),
        "marketplaceDetails": {
            "marketplaceId": marketplace["marketplaceId"],
            "marketplaceName": marketplace["marketplaceName"],
        },
        "items": [],
        "contexts": [],
        "breakdowns": [
            part("Sales", -amount, part("ProductCharges", -amount)),
            part("Expenses", fee, part("AmazonFees", fee)),
            *([part("MarketplaceFacilitatorTax", withheld)] if withheld else []),
        ],
    }
