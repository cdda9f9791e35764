"""Reports and feeds 2021-06-30: work that takes a while, and documents that lie at addresses of their own."""

import gzip
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orion.kernel import Money
from orion.simulators.amazon.answers import Wrong, body
from orion.simulators.amazon.content import MARKETPLACES, asin_of
from orion.simulators.amazon.listings import apply, listings_of
from orion.simulators.kit import stamp

if TYPE_CHECKING:
    from orion.simulators.amazon.simulator import Amazon

LISTINGS_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
LISTINGS_FEED = "JSON_LISTINGS_FEED"
MOST_MESSAGES = 25_000
_COLUMNS = (
    "item-name",
    "item-description",
    "listing-id",
    "seller-sku",
    "price",
    "quantity",
    "open-date",
    "image-url",
    "item-is-marketplace",
    "product-id-type",
    "item-note",
    "item-condition",
    "asin1",
    "product-id",
    "pending-quantity",
    "fulfillment-channel",
    "merchant-shipping-group",
    "status",
)


@dataclass(slots=True)
class Work:
    """A report or a feed: how often it was asked for, and its document once it is done."""

    kind: str
    marketplaces: list[str]
    created: str
    given: str | None = None
    asked: int = 0
    status: str = "IN_QUEUE"
    document: str | None = None
    result: dict[str, Any] = field(default_factory=dict)


async def create_report(seller: "Amazon", request: Request) -> Response:
    """Ask for a report."""
    told = await body(request)
    marketplaces = told.get("marketplaceIds")
    if told.get("reportType") != LISTINGS_REPORT:
        raise Wrong(f"The report type {told.get('reportType')} is not made here")
    if not isinstance(marketplaces, list) or not marketplaces or set(marketplaces) - set(MARKETPLACES):
        raise Wrong("marketplaceIds are needed")
    report_id = _add(seller, Work(LISTINGS_REPORT, marketplaces, stamp(seller.now())))
    return JSONResponse({"reportId": report_id}, 202)


async def get_report(seller: "Amazon", request: Request) -> Response:
    """How far a report is; asking moves it on."""
    work = _find(seller, request.path_params["id"], LISTINGS_REPORT)
    if _move_on(seller, work) and work.status == "IN_PROGRESS":
        work.status = seller.shaped["report_ends"]
        if work.status == "DONE":
            content = _report(seller, work.marketplaces[0]).encode(seller.shaped["report_encoding"])
            work.document = keep(seller, gzip.compress(content))
    return JSONResponse(_progress(work, "report", request.path_params["id"], "reportDocumentId"))


async def get_report_document(seller: "Amazon", request: Request) -> Response:
    """Where the document lies."""
    return _where(seller, request, "reportDocumentId")


async def create_feed_document(seller: "Amazon", request: Request) -> Response:
    """Somewhere to put a feed."""
    if not isinstance((await body(request)).get("contentType"), str):
        raise Wrong("contentType is needed")
    document = keep(seller, None)
    return JSONResponse({"feedDocumentId": document, "url": _url(seller, request, document)}, 201)


async def create_feed(seller: "Amazon", request: Request) -> Response:
    """Have a document worked through."""
    told = await body(request)
    given, marketplaces = told.get("inputFeedDocumentId"), told.get("marketplaceIds")
    if told.get("feedType") != LISTINGS_FEED:
        raise Wrong(f"The feed type {told.get('feedType')} is not taken any more")
    if not isinstance(marketplaces, list) or not marketplaces or set(marketplaces) - set(MARKETPLACES):
        raise Wrong("marketplaceIds are needed")
    if given not in seller.documents or seller.documents[given] is None:
        raise Wrong("The input document was not uploaded")
    feed_id = _add(seller, Work(LISTINGS_FEED, marketplaces, stamp(seller.now()), given=given))
    return JSONResponse({"feedId": feed_id}, 202)


async def get_feed(seller: "Amazon", request: Request) -> Response:
    """How far a feed is; asking moves it on."""
    feed_id = request.path_params["id"]
    work = _find(seller, feed_id, LISTINGS_FEED)
    if _move_on(seller, work) and work.status == "IN_PROGRESS":
        work.status = seller.shaped["feed_ends"]
        result = _work_through(seller, work, feed_id) if work.status == "DONE" else None
        if result is None and work.status == "DONE":
            work.status = "FATAL"
        elif result is not None:
            work.document = keep(seller, gzip.compress(json.dumps(result).encode()))
    return JSONResponse(_progress(work, "feed", feed_id, "resultFeedDocumentId"))


async def get_feed_document(seller: "Amazon", request: Request) -> Response:
    """Where the document lies."""
    return _where(seller, request, "feedDocumentId")


async def document(seller: "Amazon", request: Request) -> Response:
    """The document at its own address, which knows no token: whoever has the address may read, and write a new one."""
    key, _, secret = request.path_params["id"].partition("-")
    if secret != seller.document_secret or key not in seller.documents:
        return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
    if request.method == "PUT":
        seller.documents[key] = await request.body()
        return Response()
    content = seller.documents[key]
    return Response(content, media_type="application/octet-stream") if content is not None else Response("", 404)


def keep(seller: "Amazon", content: bytes | None) -> str:
    """A document's id."""
    key = f"{len(seller.documents) + 1:08}"
    seller.documents[key] = content
    return key


def _add(seller: "Amazon", work: Work) -> str:
    work_id = str(50_000 + len(seller.works))
    seller.works[work_id] = work
    return work_id


def _find(seller: "Amazon", work_id: str, kind: str) -> Work:
    work = seller.works.get(work_id)
    if work is None or work.kind != kind:
        raise Wrong(f"There is no {work_id}", status=404, code="NotFound")
    return work


def _move_on(seller: "Amazon", work: Work) -> bool:
    """Whether work that was asked for often enough may end now."""
    work.asked += 1
    if work.status == "IN_QUEUE" and work.asked > seller.shaped["polls"] // 2:
        work.status = "IN_PROGRESS"
    return bool(work.asked > seller.shaped["polls"])


def _progress(work: Work, name: str, work_id: str, document_name: str) -> dict[str, Any]:
    told = {
        f"{name}Id": work_id,
        f"{name}Type": work.kind,
        "marketplaceIds": work.marketplaces,
        "createdTime": work.created,
        "processingStatus": work.status,
    }
    return {**told, document_name: work.document} if work.document else told


def _url(seller: "Amazon", request: Request, key: str) -> str:
    """An address below the one that we were asked at, also by way of a proxy."""
    host = request.headers.get("x-forwarded-host") or request.url.netloc
    return f"{request.url.scheme}://{host}{request.scope['root_path']}/documents/{key}-{seller.document_secret}"


def _where(seller: "Amazon", request: Request, name: str) -> Response:
    key = request.path_params["id"]
    if seller.documents.get(key) is None:
        raise Wrong(f"There is no document {key}", status=404, code="NotFound")
    return JSONResponse({name: key, "url": _url(seller, request, key), "compressionAlgorithm": "GZIP"})


def _report(seller: "Amazon", marketplace_id: str) -> str:
    """All listings of a marketplace, tab-separated."""
    currency, at_amazon = MARKETPLACES[marketplace_id][2], seller.shaped["amazon_skus"]
    lines = ["\t".join(_COLUMNS)]
    for sku, listing in listings_of(seller).items():
        row = {
            "item-name": listing.article.title,
            "listing-id": f"0101{asin_of(sku)}",
            "seller-sku": sku,
            "price": str(Money(listing.price_in(marketplace_id), currency)),
            "quantity": "" if sku in at_amazon else str(listing.quantity),
            "open-date": "2026-01-05 10:00:00 CET",
            "item-is-marketplace": "y",
            "product-id-type": "1",
            "item-condition": "11",
            "asin1": asin_of(sku),
            "product-id": asin_of(sku),
            "pending-quantity": "0",
            "fulfillment-channel": "AMAZON_EU" if sku in at_amazon else "DEFAULT",
            "status": "Active" if listing.quantity else "Inactive",
        }
        if not lines[1:] and seller.faults.hits("malformed_item", "getReport"):
            row["quantity"] = "some"
        lines.append("\t".join(row.get(name, "") for name in _COLUMNS))
    return "\r\n".join(lines) + "\r\n"


def _work_through(seller: "Amazon", work: Work, feed_id: str) -> dict[str, Any] | None:
    """The processing report of a listings feed; None for a document that is none."""
    try:
        told = json.loads(seller.documents[work.given or ""] or b"")
        header, messages = told["header"], told["messages"]
    except (ValueError, LookupError, TypeError):
        return None
    if header.get("version") != "2.0" or header.get("sellerId") != seller.seller_id:
        return None
    if not isinstance(messages, list) or not 1 <= len(messages) <= MOST_MESSAGES:
        return None
    issues, invalid = [], 0
    for message in messages:
        found = _problems(message)
        if not found:
            patches = message["patches"]
            found = [
                {"code": one["code"], "message": one["message"]}
                for one in apply(seller, message["sku"], patches, work.marketplaces)
            ]
        invalid += bool(found)
        whose = {"messageId": message.get("messageId", 0), "sku": message.get("sku", "")}
        issues += [{**whose, **one, "severity": "ERROR"} for one in found]
    return {
        "header": {"sellerId": seller.seller_id, "version": "2.0", "feedId": feed_id},
        "issues": issues,
        "summary": {
            "errors": len(issues),
            "warnings": 0,
            "messagesProcessed": len(messages),
            "messagesAccepted": len(messages) - invalid,
            "messagesInvalid": invalid,
        },
    }


def _problems(message: Any) -> list[dict[str, str]]:
    wanted = {"messageId", "sku", "operationType", "productType", "patches"}
    if not isinstance(message, dict) or set(message) != wanted or message["operationType"] != "PATCH":
        return [{"code": "4000000", "message": "The message is not valid: only PATCH is taken here."}]
    return []
