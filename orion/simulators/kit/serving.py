"""What every simulator shares: its calls pass through faults and limits, and a control surface switches these.

The control surface of a simulator is `/_control` below it:

    GET, POST, DELETE /faults     what goes wrong
    GET /calls                    how often each operation was called
    POST /limits                  {"limited": false} and nobody is ever too quick
    POST /orders                  {"count": 5} plausible ones, or {"order": {...}} as given
    POST /orders/{id}             change one: status, ...
    GET /truth                    every order as the marketplace holds it
    POST /catalogue               {"products": [{"sku", "title", "price_minor", "gtin"}]}: what is sold
    POST /shape                   whatever else the simulator can be told
    POST /reset                   as it was at the start
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from orion.simulators.kit.content import CATALOGUE, Article
from orion.simulators.kit.faults import KINDS, Fault, Faults
from orion.simulators.kit.limits import Bucket

Handler = Callable[[Request], Awaitable[Response]]

HANG_SECONDS = 30.0
SKEW = timedelta(minutes=10)


class Simulator:
    """One fake marketplace. Subclasses give `routes` (of `call`-wrapped handlers) and the errors of their protocol.

    `rates` is {operation: (calls per second, burst)}, `credentials` and `settings` what a connection is made with.
    State lives in the object and dies with it; `clear` is called by `reset`. What is random follows `seed`.
    """

    channel: ClassVar[str]
    rates: ClassVar[Mapping[str, tuple[float, float]]] = {}
    credentials: ClassVar[Mapping[str, str]] = {}
    settings: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self, *, limited: bool = True, seed: int | None = None, catalogue: Sequence[Article] = CATALOGUE
    ) -> None:
        self.faults = Faults()
        self.calls: Counter[str] = Counter()
        self.hang_seconds = HANG_SECONDS
        self.limited = limited
        self._seed = seed
        self._stocked = tuple(catalogue)
        self.reset()

    def reset(self) -> None:
        """As at the start: no faults, no calls, no orders, the first catalogue."""
        self.faults.clear()
        self.faults.struck.clear()
        self.calls.clear()
        self.buckets = {name: Bucket(*rate) for name, rate in self.rates.items()}
        self.random = Random(self._seed)  # noqa: S311 (content of a simulator, no secret)
        self.catalogue = self._stocked
        self.clear()

    def clear(self) -> None:
        """Forget the marketplace's state."""

    def restock(self) -> None:
        """The catalogue is another one now."""

    def routes(self) -> Sequence[BaseRoute]:
        """The protocol."""
        raise NotImplementedError

    def now(self) -> datetime:
        """The marketplace's own clock."""
        skewed = any(fault.kind == "clock_skew" for fault in self.faults.active)
        return datetime.now(UTC) + (SKEW if skewed else timedelta(0))

    def too_many(self, operation: str, wait: float) -> Response:
        """The protocol's 429."""
        raise NotImplementedError

    def unauthorized(self) -> Response:
        """The protocol's answer to a token that is not valid (any more)."""
        raise NotImplementedError

    def unavailable(self) -> Response:
        """The protocol's 503."""
        raise NotImplementedError

    def place_orders(self, count: int) -> list[str]:
        """So many new, plausible orders over the catalogue; their ids."""
        raise ValueError(f"{self.channel} makes no orders of itself")

    def put_order(self, given: dict[str, Any]) -> str:
        """One order as given, in the words of the protocol; its id. Raises ValueError."""
        raise ValueError(f"{self.channel} takes no orders as given")

    def change_order(self, order_id: str, changes: dict[str, Any]) -> None:
        """Change an order, which is then updated now. Raises KeyError when there is none, ValueError."""
        raise ValueError(f"{self.channel} changes no orders")

    def truth(self) -> list[dict[str, Any]]:
        """Every order: id, number, status, updated_at (ISO), currency, total_minor, lines.

        Each of `lines` has id, sku, quantity, unit_price_minor, total_minor.
        """
        return []

    def shape(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Whatever else the marketplace can be told; what it is now. Raises ValueError."""
        raise ValueError(f"{self.channel} has nothing to shape")

    def call(self, operation: str, handler: Handler) -> Handler:
        """The handler as that operation of the protocol: counted, limited, and hit by faults."""

        async def serve(request: Request) -> Response:
            return await self.serve_call(operation, handler, request)

        return serve

    async def serve_call(self, operation: str, handler: Handler, request: Request) -> Response:
        """One call of an operation, for protocols that name the operation in the body."""
        self.calls[operation] += 1
        if self.faults.hits("timeout", operation):
            return await self.say_nothing(request)
        if self.faults.hits("unavailable", operation):
            return self.unavailable()
        if self.faults.hits("html", operation):
            return HTMLResponse("<html><body><h1>We will be back soon</h1></body></html>")
        if self.faults.hits("rate_limited", operation):
            return self.too_many(operation, 1.0)
        bucket = self.buckets.get(operation) if self.limited else None
        if bucket and (wait := bucket.take()):
            return self.too_many(operation, wait)
        if self.faults.hits("token_expired", operation):
            return self.unauthorized()
        response = await handler(request)
        if self.faults.hits("lost_reply", operation):
            return Dropped()
        response.headers["date"] = format_datetime(self.now(), usegmt=True)
        return response

    async def say_nothing(self, _: Request) -> Response:
        """What a call gets that hangs; by then whoever made it has given up."""
        await asyncio.sleep(self.hang_seconds)
        return Dropped()

    def app(self) -> Starlette:
        """The protocol with the control surface beside it."""

        def control(path: str, method: str, act: Callable[[Request], Awaitable[Response]]) -> Route:
            return Route(f"/_control{path}", act, methods=[method])

        return Starlette(
            routes=[
                *self.routes(),
                control("/faults", "GET", self._show_faults),
                control("/faults", "POST", _told(self._add_fault)),
                control("/faults", "DELETE", self._clear_faults),
                control("/calls", "GET", self._show_calls),
                control("/limits", "POST", _told(self._limit)),
                control("/orders", "POST", _told(self._order)),
                control("/orders/{id:path}", "POST", _told(self._change)),
                control("/truth", "GET", self._show_truth),
                control("/catalogue", "POST", _told(self._stock)),
                control("/shape", "POST", _told(self._shape)),
                control("/reset", "POST", self._reset),
            ]
        )

    async def _show_faults(self, request: Request) -> Response:
        return JSONResponse({"active": [_shown(fault) for fault in self.faults.active], "struck": self.faults.struck})

    def _add_fault(self, asked: dict[str, Any], path: Mapping[str, Any]) -> Response:
        if asked.get("kind") not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        known = {name: asked[name] for name in ("kind", "operation", "times", "every") if name in asked}
        return JSONResponse(_shown(self.faults.add(Fault(**known))), 201)

    async def _clear_faults(self, request: Request) -> Response:
        self.faults.clear()
        return Response(status_code=204)

    async def _show_calls(self, request: Request) -> Response:
        return JSONResponse(dict(self.calls))

    def _limit(self, asked: dict[str, Any], path: Mapping[str, Any]) -> Response:
        if not isinstance(asked.get("limited"), bool):
            raise ValueError("limited is true or false")
        self.limited = asked["limited"]
        return JSONResponse({"limited": self.limited})

    def _order(self, asked: dict[str, Any], path: Mapping[str, Any]) -> Response:
        if isinstance(asked.get("order"), dict):
            return JSONResponse({"ids": [self.put_order(asked["order"])]}, 201)
        count = asked.get("count", 1)
        if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= 100_000:
            raise ValueError("count is a number from 1 to 100000; or give one order")
        return JSONResponse({"ids": self.place_orders(count)}, 201)

    def _change(self, asked: dict[str, Any], path: Mapping[str, Any]) -> Response:
        self.change_order(path["id"], asked)
        return Response(status_code=204)

    async def _show_truth(self, request: Request) -> Response:
        return JSONResponse({"orders": self.truth()})

    def _stock(self, asked: dict[str, Any], path: Mapping[str, Any]) -> Response:
        products = asked.get("products")
        if not isinstance(products, list) or not products:
            raise ValueError("products is a list of at least one")
        self.catalogue = tuple(Article.read(product) for product in products)
        self.restock()
        return JSONResponse({"products": len(self.catalogue)}, 201)

    def _shape(self, asked: dict[str, Any], path: Mapping[str, Any]) -> Response:
        return JSONResponse(self.shape(asked))

    async def _reset(self, request: Request) -> Response:
        self.reset()
        return Response(status_code=204)


class Broken(ConnectionAbortedError):
    """The simulator breaks a connection on purpose."""


class Dropped(Response):
    """An answer that breaks off: the server closes the connection, and the client cannot know what was done."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise more than is sent; the server gives up on the connection."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise Broken


def _told(act: Callable[[dict[str, Any], Mapping[str, Any]], Response]) -> Handler:
    """The act with the JSON object of the request; what it cannot do is said as JSON."""

    async def answer(request: Request) -> Response:
        try:
            asked = await request.json()
            if not isinstance(asked, dict):
                raise ValueError("send a JSON object")
            return act(asked, request.path_params)
        except KeyError as error:
            return JSONResponse({"error": f"there is no {error.args[0]}"}, 404)
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 422)

    return answer


def _shown(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "kind": fault.kind,
        "operation": fault.operation,
        "times": fault.times,
        "every": fault.every,
    }
