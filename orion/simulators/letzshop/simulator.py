"""The marketplace: who is let in, pages on good days and bad ones, and the control surface."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from orion.simulators.kit import Simulator, make_basket, make_buyer
from orion.simulators.kit.book import Book, Entry, cursor_of, stamp
from orion.simulators.letzshop import orders, shipments
from orion.simulators.letzshop.content import make_order, make_shipment, place_in_time, truth_of
from orion.simulators.letzshop.documents import Dialect, bad_input

API_KEY = "simulated-letzshop-key"
MOST = 100
"""Entries on a page, and lines in an update of stock."""

UNKNOWN_STATUS = "AWAITING_CUSTOMS"
Root = Mapping[str, Callable[..., Any]]


class Letzshop(Simulator):
    """Orders at `/graphql`; shipments, the other dialect, at `/shipments/graphql`.

    Told by `shape`: `dialect` (which of them new orders are for), `spread_days` (how far back new orders lie),
    `amounts` (string, number), `errors` (status, or graphql: HTTP 200 with `errors`), `api_key`.
    """

    channel: ClassVar[str] = "letzshop"
    rates: ClassVar[Mapping[str, tuple[float, float]]] = {
        "orders": (10, 50),
        "order": (10, 50),
        "updateOrderFulfillment": (10, 50),
        "updateInventory": (10, 50),
        "shipments": (10, 50),
        "shipment": (10, 50),
        "confirmInventoryUnits": (10, 50),
        "setShipmentTracking": (10, 50),
    }
    """Nobody outside knows Letzshop's limits; these are ours."""
    credentials: ClassVar[Mapping[str, str]] = {"api_key": API_KEY}

    def clear(self) -> None:
        """Forget everything."""
        self.orders = Book()
        self.shipments = Book()
        self.inventory: dict[str, int] = {}
        self.shaped: dict[str, Any] = {
            "dialect": "orders",
            "spread_days": 0,
            "amounts": "string",
            "errors": "status",
            "api_key": API_KEY,
        }
        self._served: dict[str, str | None] = {}
        self._broken = 0
        self._made = 0

    def routes(self) -> list[BaseRoute]:
        """One path for each dialect."""
        return [
            Route("/graphql", self._endpoint("orders.graphql", orders.root(self)), methods=["POST"]),
            Route("/shipments/graphql", self._endpoint("shipments.graphql", shipments.root(self)), methods=["POST"]),
        ]

    def _write_amount(self, amount: str) -> str | float:
        return float(amount) if self.shaped["amounts"] == "number" else amount

    def _endpoint(self, schema: str, root: Root) -> Callable[[Request], Any]:
        dialect = Dialect(schema, self._write_amount)

        async def answer(request: Request) -> Response:
            try:
                asked = await request.json()
                text = asked["query"]
            except (ValueError, KeyError, TypeError):
                return JSONResponse({"errors": [{"message": "send a JSON object with `query`"}]}, 400)
            document = dialect.read(str(text))

            async def execute(request: Request) -> Response:
                if request.headers.get("Authorization") != f"Bearer {self.shaped['api_key']}":
                    return self.unauthorized()
                result = dialect.execute(document, root, asked.get("variables"), asked.get("operationName"))
                return JSONResponse(result)

            return await self.serve_call(document.operation, execute, request)

        return answer

    def read_page(
        self,
        book: Book,
        operation: str,
        status: str,
        *,
        since: datetime | None,
        after: str | None,
        first: int,
        keep: Callable[[Entry], bool],
    ) -> tuple[list[Entry | None], bool, str | None]:
        """Entries of a page, whether there are more, and its cursor; faults of pages happen here.

        `status` is what the entries call theirs. Raises GraphQLError.
        """
        if not 1 <= first <= MOST:
            raise bad_input(f"first is a number from 1 to {MOST}")
        hits = self.faults.hits
        if after is not None and hits("duplicated_page", operation):
            after = self._served.get(after, after)
        try:
            entries, more = book.page(since, after, first, keep)
            if entries and hits("unknown_status", operation):
                book.put({**entries[-1], status: UNKNOWN_STATUS, "updatedAt": stamp(self.now())})
                entries, more = book.page(since, after, first, keep)
        except ValueError as error:
            raise bad_input(str(error)) from None
        cursor = cursor_of(entries[-1]) if entries else after
        if entries and cursor:
            self._served[cursor] = after
        if more and hits("page_drift", operation):
            behind, _ = book.page(since, more, 1, keep)
            for entry in (entries[0], *behind):
                book.put({**entry, "updatedAt": stamp(self.now())})
        page: list[Entry | None] = [*entries]
        earlier = [versions[-1] for entry in entries if (versions := self._versions_before(book, entry, status))]
        if earlier and hits("late_status", operation):
            page.append(earlier[0])
        if entries and hits("malformed_item", operation):
            page[0] = self._break(entries[0])
        return page, more is not None, cursor

    def _versions_before(self, book: Book, entry: Entry, status: str) -> list[Entry]:
        if versions := book.earlier.get(entry["id"]):
            return versions
        first_status = "PENDING" if status == "status" else "UNCONFIRMED"
        if entry[status] == first_status or entry["createdAt"] == entry["updatedAt"]:
            return []
        return [{**entry, status: first_status, "updatedAt": entry["createdAt"]}]

    def _break(self, entry: Entry) -> Entry:
        """The entry with something in it that nobody can read; each time something else."""
        lines = "items" if "items" in entry else "inventoryUnits"
        ways: tuple[Entry, ...] = ({"updatedAt": "the day before yesterday"}, {lines: None}, {"createdAt": None})
        self._broken += 1
        return {**entry, **ways[(self._broken - 1) % len(ways)]}

    def too_many(self, operation: str, wait: float) -> Response:
        """A limit that is reached."""
        error = {"message": "Too many requests", "extensions": {"code": "THROTTLED", "retryAfter": round(wait, 3)}}
        return self._error(429, error, {"Retry-After": str(max(1, round(wait)))})

    def unauthorized(self) -> Response:
        """A key that is not valid."""
        return self._error(401, {"message": "Invalid API key", "extensions": {"code": "UNAUTHENTICATED"}})

    def unavailable(self) -> Response:
        """Down for a while."""
        return JSONResponse({"errors": [{"message": "Service unavailable"}]}, 503)

    def _error(self, status: int, error: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
        plain = self.shaped["errors"] == "status"
        return JSONResponse({"data": None, "errors": [error]}, status if plain else 200, headers if plain else None)

    def place_orders(self, count: int) -> list[str]:
        """New orders, or shipments if the dialect says so."""
        kind = self.shaped["dialect"]
        made = [self._make(kind) for _ in range(count)]
        for entry in made:
            self._book(kind).put(entry)
        return [entry["id"] for entry in made]

    def put_order(self, given: dict[str, Any]) -> str:
        """An order, or a shipment (with `inventoryUnits`): what is not given is made up."""
        kind = "shipments" if "inventoryUnits" in given else "orders"
        made = self._make(kind)
        if unknown := set(given) - set(made):
            raise ValueError(f"there is no {', '.join(sorted(unknown))} in {kind}")
        entry = {**made, **given}
        for moment in ("createdAt", "updatedAt"):
            entry[moment] = stamp(datetime.fromisoformat(entry[moment]))
        _put(self._book(kind), entry)
        return str(entry["id"])

    def _book(self, kind: str) -> Book:
        return self.orders if kind == "orders" else self.shipments

    def _make(self, kind: str) -> Entry:
        self._made += 1
        buyer, basket = make_buyer(self.random), make_basket(self.random, self.catalogue)
        at = place_in_time(self.random, self.now(), timedelta(days=self.shaped["spread_days"]))
        if kind == "orders":
            return make_order(self.random, self._made, buyer, basket, at)
        return make_shipment(self._made, buyer, basket, at)

    def change_order(self, order_id: str, changes: dict[str, Any]) -> None:
        """Fields of an order or shipment; `updatedAt` is now unless it is given."""
        book = self.shipments if order_id in self.shipments.entries else self.orders
        if order_id not in book.entries:
            raise KeyError(order_id)
        before = book.entries[order_id]
        if unknown := set(changes) - set(before) or {"id"} & set(changes):
            raise ValueError(f"{', '.join(sorted(unknown))} cannot be changed")
        moment = datetime.fromisoformat(changes["updatedAt"]) if "updatedAt" in changes else self.now()
        _put(book, {**before, **changes, "updatedAt": stamp(moment)})

    def truth(self) -> list[dict[str, Any]]:
        """Orders and shipments, in the order of their last change."""
        entries = [*self.orders.entries.values(), *self.shipments.entries.values()]
        return [truth_of(entry) for entry in sorted(entries, key=lambda entry: (entry["updatedAt"], entry["id"]))]

    def shape(self, asked: dict[str, Any]) -> dict[str, Any]:
        """See the class."""
        allowed: dict[str, Callable[[Any], bool]] = {
            "dialect": lambda value: value in ("orders", "shipments"),
            "spread_days": lambda value: isinstance(value, int | float) and 0 <= value <= 3650,
            "amounts": lambda value: value in ("string", "number"),
            "errors": lambda value: value in ("status", "graphql"),
            "api_key": lambda value: isinstance(value, str) and bool(value),
        }
        for name, value in asked.items():
            if name not in allowed or not allowed[name](value):
                raise ValueError(f"{name} cannot be {value!r}")
        self.shaped |= asked
        return {**self.shaped, "inventory": self.inventory}


def _put(book: Book, entry: Entry) -> None:
    try:
        truth_of(entry)
    except (LookupError, TypeError, ArithmeticError) as error:
        raise ValueError(f"this order cannot be told of: {error!r}") from None
    book.put(entry)
