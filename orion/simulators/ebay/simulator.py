"""The seller's account: who is let in, what is asked how often, and the control surface."""

import copy
import threading
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from orion.simulators.ebay import inventory, login, notifications, orders
from orion.simulators.ebay.answers import Wrong
from orion.simulators.ebay.content import CURRENCIES, Order, add_up, changed, make_order, moment_text, truth_of
from orion.simulators.ebay.login import REFRESH_TOKEN
from orion.simulators.kit import Book, Simulator, make_basket, make_buyer, stamp
from orion.simulators.kit.serving import Handler

Act = Callable[["Ebay", Request], Awaitable[Response]]

DAILY = {"sell.fulfillment": 100_000, "sell.inventory": 2_000_000, "commerce.notification": 10_000}
"""Calls a day of one application, by API."""

_OWN_API = {
    "getOrders": "sell.fulfillment",
    "getOrder": "sell.fulfillment",
    "getShippingFulfillments": "sell.fulfillment",
    "createShippingFulfillment": "sell.fulfillment",
    "getInventoryItems": "sell.inventory",
    "getOffers": "sell.inventory",
    "bulkUpdatePriceQuantity": "sell.inventory",
    "getPublicKey": "commerce.notification",
}


class Ebay(Simulator):
    """eBay's OAuth, and its Fulfillment, Inventory, Notification and Analytics APIs for one seller, on one host.

    Told by `shape`: `marketplace` (where new orders are placed), `spread_days` (how far back they lie),
    `collected_tax_percent` (tax that eBay collects from the buyer), `sent_by` (SELLER, EBAY, HUB), `one_sku` (stock and
    prices are set of one SKU in a call), `newest_first` (how orders are paged), `daily`
    ({API: calls a day}), `token_seconds`, `consent` (ask, allow, deny), `grant` (false: the seller has taken it back),
    `expire_tokens`, `scopes` (false: nothing may be done), `identity` (false: nor may it be asked who the seller is),
    `notify` ({"url", "order_id"} or {"url", "username", "user_id"}: sends a signed notification there).
    """

    channel: ClassVar[str] = "ebay"
    rates: ClassVar[Mapping[str, tuple[float, float]]] = {}
    credentials: ClassVar[Mapping[str, str]] = {"refresh_token": REFRESH_TOKEN}

    def clear(self) -> None:
        """Forget everything."""
        self.book = Book()
        self.parcels: dict[str, list[dict[str, Any]]] = {}
        self.stock: dict[str, int] = {}
        self.prices: dict[str, str] = {}
        self.revisions: dict[str, int] = {}
        self.spent: dict[str, int] = {}
        self.broken = 0
        self.grants = {REFRESH_TOKEN}
        self.access: dict[str, tuple[datetime, bool]] = {}
        self.codes: dict[str, tuple[str, datetime]] = {}
        self.signer = notifications.Signer(self.random.getrandbits(256))
        self.shaped: dict[str, Any] = {
            "marketplace": "EBAY_DE",
            "spread_days": 0,
            "collected_tax_percent": 0,
            "sent_by": "SELLER",
            "one_sku": False,
            "newest_first": False,
            "daily": dict(DAILY),
            "token_seconds": 7200,
            "consent": "ask",
            "scopes": True,
            "identity": True,
        }
        self._made = 0

    def routes(self) -> list[BaseRoute]:
        """OAuth, and the operations of the APIs."""
        order = "/sell/fulfillment/v1/order"
        parcels = f"{order}/{{order_id}}/shipping_fulfillment"
        stock = "/sell/inventory/v1"
        return [
            Route("/identity/v1/oauth2/token", self.call("token", self._open(login.token)), methods=["POST"]),
            Route("/oauth2/authorize", self._open(login.consent)),
            self._operation("getUser", "/commerce/identity/v1/user/", login.user),
            self._operation("getOrders", order, orders.search),
            self._operation("getOrder", f"{order}/{{order_id}}", orders.get),
            self._operation("getShippingFulfillments", parcels, orders.fulfillments),
            self._operation("createShippingFulfillment", parcels, orders.ship, "POST"),
            self._operation("getInventoryItems", f"{stock}/inventory_item", inventory.items),
            self._operation("getOffers", f"{stock}/offer", inventory.offers),
            self._operation(
                "bulkUpdatePriceQuantity", f"{stock}/bulk_update_price_quantity", inventory.bulk_update, "POST"
            ),
            self._operation("getPublicKey", "/commerce/notification/v1/public_key/{kid}", notifications.public_key),
            self._operation("getRateLimits", "/developer/analytics/v1_beta/rate_limit/", _rate_limits),
        ]

    def _open(self, act: Act) -> Handler:
        async def answer(request: Request) -> Response:
            return await act(self, request)

        return answer

    def _operation(self, name: str, path: str, act: Act, method: str = "GET") -> Route:
        async def answer(request: Request) -> Response:
            if refused := self._not_let_in(name, request):
                return refused
            if self.limited and (api := _OWN_API.get(name)):
                if self.spent.get(api, 0) >= self.shaped["daily"][api]:
                    return self.too_many(name, self.seconds_to_midnight())
                self.spent[api] = self.spent.get(api, 0) + 1
            try:
                return await act(self, request)
            except Wrong as wrong:
                return wrong.answer()

        return Route(path, self.call(name, answer), methods=[method])

    def _not_let_in(self, operation: str, request: Request) -> Response | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        ends, is_user = self.access.get(token, (None, False))
        if kind.lower() != "bearer" or ends is None:
            return _oauth_error(401, 1001, "Invalid access token")
        if self.now() > ends:
            return self.unauthorized()
        public = operation in ("getPublicKey", "getRateLimits")
        granted = self.shaped["scopes"] and (operation != "getUser" or self.shaped["identity"])
        if is_user == public or not granted:
            return _oauth_error(403, 1100, "Access denied", "Insufficient permissions to fulfill the request.")
        return None

    def secret(self) -> str:
        """A text that nobody guesses; with a seed, the same each time."""
        return f"{self.random.getrandbits(256):064x}"

    def base(self, request: Request) -> str:
        """Where this simulator is, for the addresses in its answers."""
        return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"

    def seconds_to_midnight(self) -> float:
        """Until the calls of a day are counted anew."""
        now = self.now()
        return (now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - now).total_seconds()

    def too_many(self, operation: str, wait: float) -> Response:
        """The calls of the day are spent. eBay does not say for how long."""
        return Wrong(429, 2001, "Too many requests.", domain="ACCESS", category="REQUEST").answer()

    def unauthorized(self) -> Response:
        """A token that is not taken any more."""
        return _oauth_error(
            401,
            1001,
            "Invalid access token",
            "Invalid access token. Check the value of the Authorization HTTP request header.",
        )

    def unavailable(self) -> Response:
        """Down for a while."""
        return Wrong(503, 30500, "System error", category="APPLICATION").answer()

    def keep(self, order: Order, *, at: datetime | None = None) -> None:
        """The order as it is from now on; updated now, or then."""
        order["lastModifiedDate"] = moment_text(at or self.now())
        updated = stamp(datetime.fromisoformat(order["lastModifiedDate"]))
        self.book.put({"id": order["orderId"], "updatedAt": updated, "order": order})

    def place_orders(self, count: int) -> list[str]:
        """New orders of the marketplace that is chosen."""
        made = [self._make() for _ in range(count)]
        for order in made:
            self.keep(order, at=datetime.fromisoformat(order["creationDate"]))
        return [order["orderId"] for order in made]

    def _make(self) -> Order:
        self._made += 1
        at = self.now() - timedelta(days=self.shaped["spread_days"]) * self.random.random()
        return make_order(
            self.random,
            self._made,
            make_buyer(self.random),
            make_basket(self.random, self.catalogue),
            at,
            self.shaped["marketplace"],
            collected_tax_percent=self.shaped["collected_tax_percent"],
            sent_by=self.shaped["sent_by"],
        )

    def put_order(self, given: dict[str, Any]) -> str:
        """An order as given; what is not given is made up, and summaries are added up when only lines are given."""
        made = self._make()
        order = copy.deepcopy({**made, **given})
        try:
            if "lineItems" in given and "pricingSummary" not in given:
                add_up(order)
            order["creationDate"] = moment_text(datetime.fromisoformat(order["creationDate"]))
            truth_of(order)
            self.keep(order, at=datetime.fromisoformat(order["lastModifiedDate"]))
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise ValueError(f"this order cannot be told of: {error!r}") from None
        return str(order["orderId"])

    def change_order(self, order_id: str, changes: dict[str, Any]) -> None:
        """See `changed`; `lastModifiedDate` is now unless it is given. `parcel` (`lineItems`, ...) leaves by hand."""
        if order_id not in self.book.entries:
            raise KeyError(order_id)
        changes = dict(changes)
        if parcel := changes.pop("parcel", None):
            try:
                orders.send(self, self.book.entries[order_id]["order"], dict(parcel), "https://api.ebay.com")
            except Wrong as wrong:
                raise ValueError(wrong.told["message"]) from None
            if not changes:
                return
        at = changes.pop("lastModifiedDate", None)
        order = changed(self.book.entries[order_id]["order"], changes, moment_text(self.now()))
        self.keep(order, at=datetime.fromisoformat(at) if at else None)

    def truth(self) -> list[dict[str, Any]]:
        """Orders, in the order of their last change; their lines say what was `shipped` as well."""
        return [self._truth(self.book.entries[name]["order"]) for name in self.book.between()]

    def _truth(self, order: Order) -> dict[str, Any]:
        sent: dict[str, int] = {}
        for parcel in self.parcels.get(order["orderId"], ()):
            for line in parcel["lineItems"]:
                sent[line["lineItemId"]] = sent.get(line["lineItemId"], 0) + line["quantity"]
        told = truth_of(order)
        done = {line["lineItemId"] for line in order["lineItems"] if line["lineItemFulfillmentStatus"] == "FULFILLED"}
        for line in told["lines"]:
            line["shipped"] = line["quantity"] if line["id"] in done else sent.get(line["id"], 0)
        return told

    def shape(self, asked: dict[str, Any]) -> dict[str, Any]:
        """See the class."""
        asked = dict(asked)
        if not asked.pop("grant", True):
            self.grants.clear()
            self.access.clear()
        if asked.pop("expire_tokens", False):
            past = self.now() - timedelta(seconds=1)
            self.access = {token: (past, kind) for token, (_, kind) in self.access.items()}
        notify = asked.pop("notify", None)
        for name, value in asked.items():
            if name not in _SHAPES or not _SHAPES[name](value):
                raise ValueError(f"{name} cannot be {value!r}")
        if daily := asked.pop("daily", None):
            self.shaped["daily"] = {**self.shaped["daily"], **daily}
        self.shaped |= asked
        sent = {"notified": self._notify(notify)} if notify is not None else {}
        return {**self.shaped, **sent, "stock": self.stock, "prices": self.prices}

    def signed(self, told: Mapping[str, Any]) -> tuple[bytes, dict[str, str], str]:
        """A notification as it is sent: its body, its headers, its id. Raises ValueError, KeyError."""
        notification_id = str(told.get("id") or UUID(int=self.random.getrandbits(128)))
        if "order_id" in told:
            order = self.book.entries[told["order_id"]]["order"]
            body = notifications.order_notification(order, notification_id, self.now())
        elif "username" in told:
            user_id = str(told.get("user_id") or told["username"])
            body = notifications.deletion_notification(str(told["username"]), user_id, notification_id, self.now())
        else:
            raise ValueError("notify of an order_id, or of a username that is gone")
        return body, {"content-type": "application/json", "x-ebay-signature": self.signer.header(body)}, notification_id

    def _notify(self, told: Any) -> str:
        """Send a notification; its id. Whoever gets it may ask us for the key meanwhile, so nobody waits for it."""
        if not isinstance(told, dict) or not str(told.get("url", "")).startswith(("http://", "https://")):
            raise ValueError("notify needs the url to send to")
        body, headers, notification_id = self.signed(told)
        threading.Thread(target=_post, args=(told["url"], body, headers), daemon=True).start()
        return notification_id


def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Up to three times, as eBay does."""
    for _ in range(3):
        try:
            if httpx.post(url, content=body, headers=headers, timeout=10).status_code < 300:
                return
        except httpx.HTTPError:
            continue


async def _rate_limits(seller: Ebay, request: Request) -> Response:
    """GetRateLimits of the Developer Analytics API; 204 when there is none of what was asked for."""
    contexts, names = (request.query_params.get(f"api_{part}") for part in ("context", "name"))
    reset = moment_text(seller.now() + timedelta(seconds=seller.seconds_to_midnight()))
    told = []
    for api, most in seller.shaped["daily"].items():
        context, _, name = api.partition(".")
        if (contexts and context not in contexts.split(",")) or (names and name not in names.split(",")):
            continue
        left = max(0, most - seller.spent.get(api, 0))
        rates = [{"limit": most, "remaining": left, "reset": reset, "timeWindow": 86400}]
        told.append(
            {
                "apiContext": context,
                "apiName": name,
                "apiVersion": "v1",
                "resources": [{"name": api, "rates": rates}],
            }
        )
    return JSONResponse({"rateLimits": told}) if told else Response(status_code=204)


def _oauth_error(status: int, error_id: int, message: str, more: str | None = None) -> Response:
    told = Wrong(status, error_id, message, domain="OAuth", category="REQUEST")
    told.told["longMessage"] = more or message
    return told.answer()


def _is_number(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


def _is_daily(value: Any) -> bool:
    return isinstance(value, dict) and all(name in DAILY and _is_number(most, 10**9) for name, most in value.items())


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "marketplace": lambda value: value in CURRENCIES,
    "spread_days": lambda value: _is_number(value, 3650),
    "collected_tax_percent": lambda value: _is_number(value, 50) and isinstance(value, int),
    "sent_by": lambda value: value in ("SELLER", "EBAY", "HUB"),
    "one_sku": lambda value: isinstance(value, bool),
    "newest_first": lambda value: isinstance(value, bool),
    "daily": _is_daily,
    "token_seconds": lambda value: _is_number(value, 86400),
    "consent": lambda value: value in ("ask", "allow", "deny"),
    "scopes": lambda value: isinstance(value, bool),
    "identity": lambda value: isinstance(value, bool),
}
