"""The simulated CodesWholesale: its API v3, and what its control surface can tell it.

Sources: public clients of the API and recorded answers; there is no published description of it. What nobody has
published (numbers of some errors, what is told of hidden products) is chosen here so that it is hard on clients.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from orion.simulators.codeswholesale import purchases, shelf
from orion.simulators.codeswholesale.content import (
    CODE_KINDS,
    make_entry,
    make_games,
    make_goods,
    price_for,
    product_id_of,
)
from orion.simulators.codeswholesale.errors import failure, oauth_failure
from orion.simulators.codeswholesale.purchases import Purchase
from orion.simulators.kit import Book, Entry, Simulator, stamp

START_BALANCE = "1000.00"


class CodesWholesale(Simulator):
    """A supplier of licence keys; orders are what we buy, so they are made by us and not by `place_orders`.

    It sells games and software, whatever the others sell; `POST /catalogue` has it sell something else.

    Told by `shape`: `balance` and `credit` (decimal texts), `products` (a list: `identifier` or `productId`, and
    whatever of the product, its `description`, `kind` and `hidden` changes; others are new), `completes_after` (seconds
    until an order is complete; 0 at once, null never by itself), `release` (an order's id: its pre-ordered codes have
    come), `token_seconds`, `page_size`, `hidden` (listed: reads of changes tell of hidden products; gone: they do not),
    `order_ids` (client, supplier, both: whose ids single orders are asked for by), `lists_names` (whether the list of
    orders says under which id of ours each was made).
    """

    channel: ClassVar[str] = "codeswholesale"
    rates: ClassVar[Mapping[str, tuple[float, float]]] = {
        "token": (50 / 300, 50),
        "products": (400 / 600, 400),
        "product": (600 / 300, 600),
    }
    credentials: ClassVar[Mapping[str, str]] = {"client_id": "simulator-client", "client_secret": "simulator-secret"}

    def clear(self) -> None:
        """Forget everything that was bought."""
        self.balance = Decimal(START_BALANCE)
        self.credit = Decimal(0)
        self.purchases: dict[str, Purchase] = {}
        self.codes_made = 0
        self.token: tuple[str, datetime] | None = None
        self.served: dict[str, str | None] = {}
        self.shaped: dict[str, Any] = {
            "completes_after": 0,
            "token_seconds": 3600,
            "page_size": 100,
            "hidden": "listed",
            "order_ids": "both",
            "lists_names": True,
        }
        self._sell(make_games())

    def restock(self) -> None:
        """Sell the catalogue and nothing else, each for an hour longer than the next."""
        self._sell(make_goods(self.catalogue))

    def _sell(self, entries: Sequence[Entry]) -> None:
        self.shelf = Book()
        for hours, entry in enumerate(reversed(entries), 1):
            at = stamp(self.now() - timedelta(hours=hours))
            self.shelf.put({**entry, "createdAt": at, "updatedAt": at})

    def routes(self) -> list[BaseRoute]:
        """The API."""
        return [
            Route("/oauth/token", self.call("token", self._token), methods=["POST"]),
            self._route("products", "/v3/products", shelf.products),
            self._route("product", "/v3/products/{id}", shelf.product),
            self._route("description", "/v3/products/{id}/description", shelf.description),
            self._route("image", "/v3/productImages/{id}", shelf.image),
            self._route("platforms", "/v3/platforms", shelf.words("platforms", "name", "platform")),
            self._route("regions", "/v3/regions", shelf.words("regions", "name", "regions")),
            self._route("languages", "/v3/languages", shelf.words("languages", "name", "languages")),
            self._route("territory", "/v3/territory", shelf.words("territories", "territory", "regions")),
            self._route("createOrder", "/v3/orders", purchases.create, "POST"),
            self._route("orders", "/v3/orders", purchases.several),
            self._route("order", "/v3/orders/{id}", purchases.one),
            self._route("invoice", "/v3/orders/{id}/invoice", purchases.invoice),
            self._route("code", "/v3/codes/{id}", purchases.code),
            self._route("account", "/v3/accounts/current", _account),
            self._route("security", "/v3/security", _security, "POST"),
        ]

    def _route(self, operation: str, path: str, act: Callable[..., Any], method: str = "GET") -> Route:
        answer = partial(act, self)

        async def allowed(request: Request) -> Response:
            bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if self.token is None or bearer != self.token[0] or self.now() >= self.token[1]:
                return self.unauthorized()
            response: Response = await answer(request)
            return response

        return Route(path, self.call(operation, allowed), methods=[method])

    async def _token(self, request: Request) -> Response:
        """Client credentials, in form or query. A token that is still good is given again, with what is left of it."""
        asked = {**request.query_params, **(await request.form())}
        if asked.get("grant_type") != "client_credentials":
            return oauth_failure(400, "unsupported_grant_type", "Unsupported grant type")
        if {name: asked.get(name) for name in self.credentials} != dict(self.credentials):
            return oauth_failure(401, "invalid_client", "Bad client credentials")
        now = self.now()
        if self.token is None or self.token[1] - now < timedelta(seconds=1):
            ends = now + timedelta(seconds=self.shaped["token_seconds"])
            self.token = (f"{self.random.getrandbits(128):032x}", ends)
        value, ends = self.token
        return JSONResponse(
            {"access_token": value, "token_type": "bearer", "expires_in": int((ends - now).total_seconds())}
        )

    def too_many(self, operation: str, wait: float) -> Response:
        """A limit that is reached; nobody says when to come back."""
        return failure(429, 429, "Too many requests")

    def unauthorized(self) -> Response:
        """A token that is not valid."""
        return oauth_failure(401, "invalid_token", "The access token is invalid or has expired")

    def unavailable(self) -> Response:
        """Down for a while."""
        return failure(503, 503, "Service unavailable")

    def put_order(self, given: dict[str, Any]) -> str:
        """An order that somebody makes by hand: what POST /v3/orders takes."""
        try:
            return purchases.buy(self, given).id
        except purchases.Refusal as refusal:
            raise ValueError(str(refusal)) from None

    def change_order(self, order_id: str, changes: dict[str, Any]) -> None:
        """Set its `status`."""
        purchase = purchases.find(self, order_id)
        if purchase is None:
            raise KeyError(order_id)
        if set(changes) != {"status"}:
            raise ValueError("only the status can be changed")
        purchases.change(self, purchase, changes["status"])

    def truth(self) -> list[dict[str, Any]]:
        """Every order that spent money, oldest first; `sku` is the product's id."""
        for purchase in self.purchases.values():
            purchases.settle(self, purchase)
        return [_truth(purchase) for purchase in self.purchases.values()]

    def shape(self, asked: dict[str, Any]) -> dict[str, Any]:
        """See the class; the answer has what was spent as well."""
        allowed: dict[str, Callable[[Any], bool]] = {
            "completes_after": lambda value: value is None or _is_number(value, 0, 86400),
            "token_seconds": lambda value: _is_number(value, 1, 86400),
            "page_size": lambda value: isinstance(value, int) and _is_number(value, 1, 1000),
            "hidden": lambda value: value in ("listed", "gone"),
            "order_ids": lambda value: value in ("both", "client", "supplier"),
            "lists_names": lambda value: isinstance(value, bool),
        }
        acts: dict[str, Callable[[Any], None]] = {
            "balance": lambda value: setattr(self, "balance", _amount(value)),
            "credit": lambda value: setattr(self, "credit", _amount(value)),
            "products": self._change_products,
            "release": self._release,
        }
        for name, value in asked.items():
            if name not in acts and (name not in allowed or not allowed[name](value)):
                raise ValueError(f"{name} cannot be {value!r}")
        for name, value in asked.items():
            if name in acts:
                acts[name](value)
            else:
                self.shaped[name] = value
        told = self.truth()
        spent = sum(order["total_minor"] for order in told if order["status"] not in ("Cancelled", "Failed"))
        return {
            **self.shaped,
            "balance": str(self.balance),
            "credit": str(self.credit),
            "spent_minor": spent,
            "purchases": len(told),
        }

    def _release(self, order_id: str) -> None:
        purchase = purchases.find(self, order_id)
        if purchase is None:
            raise KeyError(order_id)
        for line in purchase.lines:
            for code in line.codes:
                code.kind = "text" if code.kind == "preorder" else code.kind
        purchase.updated = self.now()

    def _change_products(self, asked: Any) -> None:
        if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
            raise ValueError("products is a list of objects")
        changed = [self._changed(dict(one)) for one in asked]
        for entry in changed:
            self.shelf.put(entry)

    def _changed(self, changes: dict[str, Any]) -> Entry:
        product_id = str(changes.get("productId") or product_id_of(str(changes.get("identifier"))))
        entry = self.shelf.entries.get(product_id)
        if entry is None:
            if "identifier" not in changes:
                raise ValueError("a new product has an identifier")
            entry = make_entry(
                changes["identifier"], str(changes.get("name") or changes["identifier"]), 1000, 100, "text"
            )
            product_id, entry["createdAt"] = entry["id"], stamp(self.now())
        described = {**entry["description"], **changes.pop("description", {})}
        kind, hidden = changes.pop("kind", entry["kind"]), changes.pop("hidden", entry["hidden"])
        product = {**entry["product"], **changes, "productId": product_id}
        if kind not in CODE_KINDS or not isinstance(hidden, bool):
            raise ValueError(f"kind is one of {', '.join(CODE_KINDS)}, hidden is true or false")
        if unknown := set(product) - set(entry["product"]):
            raise ValueError(f"products have no {', '.join(sorted(unknown))}")
        try:
            price_for(product, 1)
        except (LookupError, TypeError, ArithmeticError) as error:
            raise ValueError(f"these prices cannot be told: {error!r}") from None
        told = {"kind": kind, "hidden": hidden, "product": product, "description": described}
        return {**entry, **told, "updatedAt": stamp(self.now())}


async def _account(supplier: CodesWholesale, _: Request) -> Response:
    return JSONResponse(
        {
            "fullName": "Simulated Shop",
            "email": "shop@example.org",
            "currentBalance": float(supplier.balance),
            "currentCredit": float(supplier.credit),
            "totalToUse": float(supplier.balance + supplier.credit),
        }
    )


async def _security(_: CodesWholesale, request: Request) -> Response:
    """How risky a buyer is: whoever writes from the domain `risky.example` is."""
    try:
        asked = await request.json()
        email, address = asked["customerEmail"], asked["customerIpAddress"]
    except (ValueError, LookupError, TypeError):
        return failure(400, 40000, "customerEmail and customerIpAddress are needed")
    risky = str(email).endswith("@risky.example")
    return JSONResponse(
        {
            "riskScore": 2.5 if risky else 0.1,
            "ipBlacklisted": False,
            "domainBlacklisted": risky,
            "ipTor": str(address).startswith("10."),
            "subDomain": False,
        }
    )


def _truth(purchase: Purchase) -> dict[str, Any]:
    lines = [
        {
            "id": f"{purchase.id}-{number}",
            "sku": line.product_id,
            "quantity": len(line.codes),
            "unit_price_minor": int(line.unit_price * 100),
            "total_minor": int(line.unit_price * len(line.codes) * 100),
        }
        for number, line in enumerate(purchase.lines, 1)
    ]
    return {
        "id": purchase.id,
        "client_order_id": purchase.client_order_id,
        "number": purchase.identifier,
        "status": purchase.status,
        "updated_at": purchase.updated.isoformat(),
        "currency": "EUR",
        "total_minor": int(purchase.total * 100),
        "lines": lines,
    }


def _amount(text: Any) -> Decimal:
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        raise ValueError(f"{text!r} is no amount") from None
    if not amount.is_finite() or amount != round(amount, 2):
        raise ValueError(f"{text!r} is no amount")
    return amount


def _is_number(value: Any, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
