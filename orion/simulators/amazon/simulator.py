"""The seller's account: who is let in, what is asked how often, and the control surface."""

import copy
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from orion.kernel import currency_exponent
from orion.simulators.amazon import documents, listings, login, money, orders
from orion.simulators.amazon.answers import Wrong, refuse
from orion.simulators.amazon.content import MARKETPLACES, Order, add_up, changed, make_order, minor, truth_of
from orion.simulators.amazon.login import REFRESH_TOKEN, SELLER_ID
from orion.simulators.kit import Book, Simulator, make_basket, make_buyer, stamp
from orion.simulators.kit.serving import Dropped, Handler

__all__ = ["REFRESH_TOKEN", "SELLER_ID", "Amazon"]

_CONFIRMATION = "/orders/v0/orders/{order_id}/shipmentConfirmation"
Act = Callable[["Amazon", Request], Awaitable[Response]]


class Amazon(Simulator):
    """Login with Amazon and the Selling Partner API of one seller, on one host.

    Told by `shape`: `marketplace` (where new orders are placed), `spread_days` (how far back they lie), `fulfilled_by`
    (MERCHANT, AMAZON), `amazon_skus` (listings whose stock lies at Amazon), `tax_percent` (0: prices hold the tax),
    `personal_data` (whether the app has the restricted roles), `roles` (whether it has any), `lag_seconds` (how far
    behind a search is that does not say its end; Amazon: 120), `token_seconds`, `consent` (ask, allow, deny), `polls`
    (how often a report or feed is asked for before it is ready), `report_ends` and `feed_ends` (DONE, FATAL,
    CANCELLED), `report_encoding`, `refuse_known` (a parcel that is told again), `grant` (false: the seller has taken it
    back), `expire_tokens` (access), `expire_pagination`.
    """

    channel: ClassVar[str] = "amazon"
    rates: ClassVar[Mapping[str, tuple[float, float]]] = {
        "getMarketplaceParticipations": (0.016, 15),
        "searchOrders": (0.0056, 20),
        "getOrder": (0.5, 30),
        "confirmShipment": (2, 10),
        "listTransactions": (0.5, 10),
        "getListingsItem": (5, 5),
        "searchListingsItems": (5, 5),
        "patchListingsItem": (5, 5),
        "searchCatalogItems": (2, 2),
        "createReport": (0.0167, 15),
        "getReport": (2, 15),
        "getReportDocument": (0.0167, 15),
        "createFeedDocument": (0.5, 15),
        "createFeed": (0.0083, 15),
        "getFeed": (2, 15),
        "getFeedDocument": (0.0222, 10),
    }
    credentials: ClassVar[Mapping[str, str]] = {"refresh_token": REFRESH_TOKEN}
    settings: ClassVar[Mapping[str, Any]] = {"seller_id": SELLER_ID}

    def clear(self) -> None:
        """Forget everything."""
        self.book = Book()
        self.served: dict[str, str | None] = {}
        self.broken = 0
        self.token_epoch = 0
        self.transactions: list[dict[str, Any]] = []
        self.grants = {REFRESH_TOKEN}
        self.access: dict[str, tuple[datetime, bool]] = {}
        self.codes: dict[str, tuple[str, datetime]] = {}
        self.shaped: dict[str, Any] = {
            "marketplace": "A1PA6795UKMFR9",
            "spread_days": 0,
            "fulfilled_by": "MERCHANT",
            "amazon_skus": [],
            "tax_percent": 0,
            "personal_data": True,
            "roles": True,
            "lag_seconds": 0,
            "token_seconds": 3600,
            "consent": "ask",
            "polls": 2,
            "report_ends": "DONE",
            "report_encoding": "utf-8",
            "feed_ends": "DONE",
            "refuse_known": False,
        }
        self.seller_id = SELLER_ID
        self.started = self.now()
        self.listings: dict[str, listings.Listing] = {}
        self.works: dict[str, documents.Work] = {}
        self.documents: dict[str, bytes | None] = {}
        self.document_secret = self.secret()
        self._made = 0

    def routes(self) -> list[BaseRoute]:
        """Login, and the operations of the API."""
        items = "/listings/2021-08-01/items/{seller_id}"
        feeds, reports = "/feeds/2021-06-30", "/reports/2021-06-30"
        return [
            Route("/auth/o2/token", self.call("token", self._open(login.token)), methods=["POST"]),
            Route("/apps/authorize/consent", self._open(login.consent)),
            self._operation("getMarketplaceParticipations", "/sellers/v1/marketplaceParticipations", _participations),
            self._operation("searchOrders", "/orders/2026-01-01/orders", orders.search),
            self._operation("getOrder", "/orders/2026-01-01/orders/{order_id}", orders.get),
            self._operation("confirmShipment", _CONFIRMATION, orders.confirm_shipment, "POST"),
            self._operation("listTransactions", "/finances/2024-06-19/transactions", money.transactions),
            self._operation("searchListingsItems", items, listings.search),
            self._operation("getListingsItem", f"{items}/{{sku:path}}", listings.get),
            self._operation("patchListingsItem", f"{items}/{{sku:path}}", listings.patch, "PATCH"),
            self._operation("searchCatalogItems", "/catalog/2022-04-01/items", listings.catalogue),
            self._operation("createReport", f"{reports}/reports", documents.create_report, "POST"),
            self._operation("getReport", f"{reports}/reports/{{id}}", documents.get_report),
            self._operation("getReportDocument", f"{reports}/documents/{{id}}", documents.get_report_document),
            self._operation("createFeedDocument", f"{feeds}/documents", documents.create_feed_document, "POST"),
            self._operation("createFeed", f"{feeds}/feeds", documents.create_feed, "POST"),
            self._operation("getFeed", f"{feeds}/feeds/{{id}}", documents.get_feed),
            self._operation("getFeedDocument", f"{feeds}/documents/{{id}}", documents.get_feed_document),
            Route("/documents/{id}", self.call("document", self._open(documents.document)), methods=["GET", "PUT"]),
        ]

    def _open(self, act: Act) -> Handler:
        async def answer(request: Request) -> Response:
            return await act(self, request)

        return answer

    def _operation(self, name: str, path: str, act: Act, method: str = "GET") -> Route:
        async def answer(request: Request) -> Response:
            if not request.headers.get("x-amz-date") or "(Language=" not in request.headers.get("user-agent", ""):
                return Wrong("The headers user-agent and x-amz-date are needed").answer()
            if refused := self._not_let_in(request):
                return refused
            try:
                return await act(self, request)
            except Wrong as wrong:
                return wrong.answer()

        return Route(path, self.call(name, answer), methods=[method])

    async def serve_call(self, operation: str, handler: Handler, request: Request) -> Response:
        """As every simulator, with what Amazon says of itself in headers."""
        response = await super().serve_call(operation, handler, request)
        if not isinstance(response, Dropped):
            response.headers["x-amzn-RequestId"] = self.secret()[:32]
            if operation in self.rates and response.status_code in (200, 201, 202, 204, 400, 404):
                response.headers["x-amzn-RateLimit-Limit"] = str(self.rates[operation][0])
        return response

    def _not_let_in(self, request: Request) -> Response | None:
        token = request.headers.get("x-amz-access-token")
        ends, grantless = self.access.get(token or "", (None, False))
        if ends is None:
            return _denied("The access token you provided is revoked, malformed or invalid.")
        if self.now() > ends:
            return _denied("The access token you provided has expired.")
        if grantless or not self.shaped["roles"]:
            return _denied("")
        return None

    def secret(self) -> str:
        """A text that nobody guesses; with a seed, the same each time."""
        return f"{self.random.getrandbits(256):064x}"

    def too_many(self, operation: str, wait: float) -> Response:
        """The limit of the operation is reached. Amazon does not say for how long."""
        return refuse(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")

    def unauthorized(self) -> Response:
        """A token that is not taken any more: 403, as for everything else that is not allowed."""
        return _denied("The access token you provided has expired.")

    def unavailable(self) -> Response:
        """Down for a while."""
        return refuse(503, "ServiceUnavailable", "Service is temporarily unavailable. Please try again.")

    def keep(self, order: Order, *, at: datetime | None = None) -> None:
        """The order as it is from now on; updated now, or then."""
        order["lastUpdatedTime"] = stamp(at or self.now())
        self.book.put({"id": order["orderId"], "updatedAt": order["lastUpdatedTime"], "order": order})

    def place_orders(self, count: int) -> list[str]:
        """New orders of the marketplace that is chosen."""
        made = [self._make() for _ in range(count)]
        for order in made:
            self.keep(order, at=datetime.fromisoformat(order["createdTime"]))
        return [order["orderId"] for order in made]

    def _make(self) -> Order:
        self._made += 1
        basket = make_basket(self.random, self.catalogue)
        at = self.now() - timedelta(days=self.shaped["spread_days"]) * self.random.random()
        return make_order(
            self.random,
            self._made,
            make_buyer(self.random),
            basket,
            at,
            self.shaped["marketplace"],
            tax_percent=self.shaped["tax_percent"],
            fulfilled_by=self.shaped["fulfilled_by"],
        )

    def put_order(self, given: dict[str, Any]) -> str:
        """An order as given; what is not given is made up, and proceeds are added up when only items have them."""
        made = self._make()
        order = copy.deepcopy({**made, **given})
        if "orderItems" in given and "proceeds" not in given:
            add_up(order)
        try:
            for name in ("createdTime", "lastUpdatedTime"):
                order[name] = stamp(datetime.fromisoformat(order[name]))
            truth_of(order, 0)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise ValueError(f"this order cannot be told of: {error!r}") from None
        self.keep(order, at=datetime.fromisoformat(order["lastUpdatedTime"]))
        return str(order["orderId"])

    def change_order(self, order_id: str, changes: dict[str, Any]) -> None:
        """See `changed`. `refund` (an amount as text) posts a refund, DEFERRED if that is its `refund_status`.

        `release` releases the order's refunds that are deferred. `lastUpdatedTime` is now unless it is given.
        """
        if order_id not in self.book.entries:
            raise KeyError(order_id)
        changes = dict(changes)
        at = changes.pop("lastUpdatedTime", None)
        refund, status = changes.pop("refund", None), changes.pop("refund_status", "RELEASED")
        release = changes.pop("release", False)
        order = changed(self.book.entries[order_id]["order"], changes)
        if refund is not None:
            self._refund(order, refund, status)
        if release:
            self.transactions += money.released(self.transactions, order_id, stamp(self.now()))
        if changes or at:
            self.keep(order, at=datetime.fromisoformat(at) if at else None)

    def _refund(self, order: Order, refund: Any, status: Any) -> None:
        currency = order["proceeds"]["grandTotal"]["currencyCode"]
        try:
            amount = Decimal(str(refund)).quantize(Decimal(1).scaleb(-currency_exponent(currency)))
        except InvalidOperation:
            raise ValueError("refund is an amount as text") from None
        number = len(self.transactions) + 1
        if status not in ("RELEASED", "DEFERRED"):
            raise ValueError("refund_status is RELEASED or DEFERRED")
        made = money.make_refund(order, amount, currency, number, stamp(self.now()))
        self.transactions.append({**made, "transactionStatus": status})

    def _refunded(self, order: Order) -> int:
        of = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order["orderId"]}
        found = [
            one["breakdowns"][0]["breakdownAmount"]
            for one in self.transactions
            if of in one["relatedIdentifiers"] and not money.is_release(one)
        ]
        return -sum(minor({"amount": str(one["currencyAmount"]), "currencyCode": one["currencyCode"]}) for one in found)

    def truth(self) -> list[dict[str, Any]]:
        """Orders, in the order of their last change."""
        kept = [entry["order"] for entry in self.book.entries.values()]
        kept.sort(key=lambda order: (order["lastUpdatedTime"], order["orderId"]))
        return [truth_of(order, self._refunded(order)) for order in kept]

    def shape(self, asked: dict[str, Any]) -> dict[str, Any]:
        """See the class."""
        asked = dict(asked)
        if not asked.pop("grant", True):
            self.grants.clear()
            self.access.clear()
        if asked.pop("expire_tokens", False):
            self.access = {token: (self.now() - timedelta(seconds=1), kind) for token, (_, kind) in self.access.items()}
        if asked.pop("expire_pagination", False):
            self.token_epoch += 1
        for name, value in asked.items():
            if name not in _SHAPES or not _SHAPES[name](value):
                raise ValueError(f"{name} cannot be {value!r}")
        self.shaped |= asked
        return dict(self.shaped)


async def _participations(_: Amazon, __: Request) -> Response:
    payload = [
        {
            "marketplace": {
                "id": marketplace_id,
                "name": name,
                "countryCode": country,
                "defaultCurrencyCode": currency,
                "defaultLanguageCode": language,
                "domainName": domain,
            },
            "participation": {"isParticipating": marketplace_id != "ATVPDKIKX0DER", "hasSuspendedListings": False},
            "storeName": "Simulated store",
        }
        for marketplace_id, (name, country, currency, language, domain) in MARKETPLACES.items()
    ]
    return JSONResponse({"payload": payload})


def _denied(details: str) -> Response:
    return refuse(403, "Unauthorized", "Access to requested resource is denied.", details)


def _is_number(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "marketplace": lambda value: value in MARKETPLACES,
    "spread_days": lambda value: _is_number(value, 3650),
    "fulfilled_by": lambda value: value in ("MERCHANT", "AMAZON"),
    "amazon_skus": lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    "tax_percent": lambda value: _is_number(value, 50) and isinstance(value, int),
    "personal_data": lambda value: isinstance(value, bool),
    "roles": lambda value: isinstance(value, bool),
    "lag_seconds": lambda value: _is_number(value, 3600),
    "token_seconds": lambda value: _is_number(value, 86400),
    "consent": lambda value: value in ("ask", "allow", "deny"),
    "polls": lambda value: _is_number(value, 1000) and isinstance(value, int),
    "report_ends": lambda value: value in ("DONE", "FATAL", "CANCELLED"),
    "report_encoding": lambda value: value in ("utf-8", "cp1252"),
    "refuse_known": lambda value: isinstance(value, bool),
    "feed_ends": lambda value: value in ("DONE", "FATAL", "CANCELLED"),
}
