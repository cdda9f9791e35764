"""Orders: money is spent when one is made, and codes come at once, after a while, or much later."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from orion.simulators.codeswholesale.content import CodeKind, make_code, price_for
from orion.simulators.codeswholesale.errors import (
    BALANCE_TOO_LOW,
    CODE_UNKNOWN,
    ORDER_UNKNOWN,
    PRODUCT_UNKNOWN,
    QUANTITY_TOO_LOW,
    STOCK_TOO_LOW,
    failure,
)
from orion.simulators.kit import Entry, stamp

if TYPE_CHECKING:
    from orion.simulators.codeswholesale.simulator import CodesWholesale

STATUSES = ("Fulfilling", "Completed", "Cancelled", "Failed")
UNKNOWN_STATUS = "AwaitingReview"
_TYPES = {"text": "CODE_TEXT", "image": "CODE_IMAGE", "preorder": "CODE_PREORDER"}
_WORDS = {"text": "Text code", "image": "Image code", "preorder": "Pre-ordered"}


@dataclass(slots=True)
class Code:
    """One code; `kind` is preorder until it is released."""

    id: str
    kind: CodeKind
    text: str
    filename: str


@dataclass(slots=True)
class Line:
    """So many codes of a product, at the price of that many."""

    product_id: str
    name: str
    unit_price: Decimal
    codes: list[Code]


@dataclass(slots=True)
class Purchase:
    """An order; `due` is when it completes, None for an order that does not by itself."""

    id: str
    client_order_id: str
    identifier: str
    created: datetime
    updated: datetime
    status: str
    lines: list[Line] = field(default_factory=list)
    due: datetime | None = None

    @property
    def total(self) -> Decimal:
        """What was spent."""
        return sum((line.unit_price * len(line.codes) for line in self.lines), Decimal(0))


class Refusal(Exception):
    """The order is not made, and nothing is spent."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = failure(status, code, message)


async def create(supplier: "CodesWholesale", request: Request) -> Response:
    """Make an order: all of it, or nothing. The same `orderId` again is another order, and spends again.

    Faults at `createOrder.done` strike when the money is spent: unavailable, timeout and html are then answered all the
    same.
    """
    try:
        asked = await request.json()
    except ValueError:
        return failure(400, 40000, "The request is no JSON")
    try:
        purchase = buy(supplier, asked)
    except Refusal as refusal:
        return refusal.answer
    after = "createOrder.done"
    if supplier.faults.hits("timeout", after):
        return await supplier.say_nothing(request)
    if supplier.faults.hits("unavailable", after):
        return supplier.unavailable()
    if supplier.faults.hits("html", after):
        return HTMLResponse("<html><body><h1>Thank you for your order</h1></body></html>")
    return JSONResponse(_told(supplier, purchase, request, "createOrder"))


def buy(supplier: "CodesWholesale", asked: Any) -> Purchase:
    """Spend the money. Raises Refusal."""
    wanted = asked.get("products") if isinstance(asked, dict) else None
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, dict) for one in wanted):
        raise Refusal(400, 40000, "products is a list of at least one")
    chosen: list[tuple[Entry, int, Decimal]] = []
    left: dict[str, int] = {}
    for one in wanted:
        entry = supplier.shelf.entries.get(str(one.get("productId")))
        quantity, most = one.get("quantity"), one.get("price")
        if entry is None or entry["hidden"]:
            raise Refusal(404, *PRODUCT_UNKNOWN)
        if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
            raise Refusal(400, *QUANTITY_TOO_LOW)
        left.setdefault(entry["id"], entry["product"]["quantity"])
        left[entry["id"]] -= quantity
        if left[entry["id"]] < 0 or (entry["kind"] == "preorder" and asked.get("allowPreOrder") is not True):
            raise Refusal(400, *STOCK_TOO_LOW)
        price = price_for(entry["product"], quantity)
        if isinstance(most, bool) or not isinstance(most, int | float | None):
            raise Refusal(400, 40000, "price is a number")
        if most is not None and Decimal(str(most)) < price:
            raise Refusal(400, 40000, "The price has changed: it is higher than the one you accept")
        chosen.append((entry, quantity, price))
    total = sum((quantity * price for _, quantity, price in chosen), Decimal(0))
    if total > supplier.balance + supplier.credit:
        raise Refusal(400, *BALANCE_TOO_LOW)
    purchase = _make(supplier, str(asked.get("orderId") or ""), chosen)
    supplier.balance -= total
    for entry_id, quantity in left.items():
        entry = supplier.shelf.entries[entry_id]
        changed = {**entry["product"], "quantity": quantity}
        supplier.shelf.put({**entry, "product": changed, "updatedAt": stamp(supplier.now())})
    supplier.purchases[purchase.id] = purchase
    return purchase


def _make(supplier: "CodesWholesale", client_order_id: str, chosen: Sequence[tuple[Entry, int, Decimal]]) -> Purchase:
    now = supplier.now()
    number = len(supplier.purchases) + 1
    seconds = supplier.shaped["completes_after"]
    purchase = Purchase(
        id=_uuid(supplier),
        client_order_id=client_order_id,
        identifier=f"SIMULATED-{number:05}",
        created=now,
        updated=now,
        status="Completed" if seconds == 0 else "Fulfilling",
        due=now + timedelta(seconds=seconds) if seconds else None,
    )
    for entry, quantity, price in chosen:
        line = Line(entry["id"], entry["product"]["name"], price, [])
        for _ in range(quantity):
            supplier.codes_made += 1
            text, filename = make_code(supplier.random, entry["kind"], supplier.codes_made)
            line.codes.append(Code(_uuid(supplier), entry["kind"], text, filename))
        purchase.lines.append(line)
    return purchase


async def one(supplier: "CodesWholesale", request: Request) -> Response:
    """One order, by its id or by ours as `order_ids` says: nobody has published which it is."""
    purchase = find(supplier, request.path_params["id"])
    named = {"supplier": purchase.id, "client": purchase.client_order_id} if purchase else {}
    if purchase and request.path_params["id"] != named.get(supplier.shaped["order_ids"], request.path_params["id"]):
        purchase = None
    return JSONResponse(_told(supplier, purchase, request, "order")) if purchase else failure(404, *ORDER_UNKNOWN)


async def several(supplier: "CodesWholesale", request: Request) -> Response:
    """Orders made between `startFrom` and `endOn`, newest first and without their products, in pages."""
    asked = request.query_params
    try:
        start, end = (datetime.fromisoformat(asked[name]) if name in asked else None for name in ("startFrom", "endOn"))
        skip = int(asked.get("continuationToken") or 0)
        found = [
            purchase
            for purchase in reversed(supplier.purchases.values())
            if (start is None or purchase.created >= start) and (end is None or purchase.created <= end)
        ]
    except (ValueError, TypeError):
        return failure(400, 40000, "startFrom and endOn are moments with an offset")
    size = supplier.shaped["page_size"]
    rows: list[Any] = [_head(supplier, purchase, request) for purchase in found[skip : skip + size]]
    if not supplier.shaped["lists_names"]:
        rows = [{name: value for name, value in row.items() if name != "clientOrderId"} for row in rows]
    if rows and supplier.faults.hits("malformed_item", "orders"):
        rows[0] = {**rows[0], "clientOrderId": None, "orderId": None}
    more = str(skip + size) if skip + size < len(found) else None
    return JSONResponse({"items": rows, "continuationToken": more})


async def invoice(supplier: "CodesWholesale", request: Request) -> Response:
    """The bill of a completed order."""
    purchase = find(supplier, request.path_params["id"])
    if purchase is None or purchase.status != "Completed":
        return failure(404, *ORDER_UNKNOWN)
    body = base64.b64encode(f"%PDF-1.4 {purchase.identifier}".encode()).decode()
    return JSONResponse({"invoiceNumber": f"FV-{purchase.identifier}", "body": body})


async def code(supplier: "CodesWholesale", request: Request) -> Response:
    """One code as it is now: a pre-ordered one may have come."""
    for purchase in supplier.purchases.values():
        settle(supplier, purchase)
        for line in purchase.lines:
            for found in line.codes:
                if found.id == request.path_params["id"] and purchase.status == "Completed":
                    return JSONResponse(_code(request, found, found.kind))
    return failure(404, *CODE_UNKNOWN)


def find(supplier: "CodesWholesale", order_id: str) -> Purchase | None:
    """The order of that id, else the first one that we made under it."""
    ours = (purchase for purchase in supplier.purchases.values() if purchase.client_order_id == order_id)
    purchase = supplier.purchases.get(order_id) or next(ours, None)
    if purchase:
        settle(supplier, purchase)
    return purchase


def settle(supplier: "CodesWholesale", purchase: Purchase) -> None:
    """Complete it if its time has come."""
    if purchase.status == "Fulfilling" and purchase.due is not None and supplier.now() >= purchase.due:
        purchase.status, purchase.updated = "Completed", purchase.due


def change(supplier: "CodesWholesale", purchase: Purchase, status: str) -> None:
    """Set the status; what is cancelled or has failed is paid back, once. Raises ValueError."""
    ended = ("Cancelled", "Failed")
    if status not in STATUSES or purchase.status in ended:
        raise ValueError(f"status is one of {', '.join(STATUSES)}, and {purchase.status} may be changed no more")
    if status in ended:
        supplier.balance += purchase.total
    purchase.status, purchase.updated, purchase.due = status, supplier.now(), None


def _head(supplier: "CodesWholesale", purchase: Purchase, request: Request) -> dict[str, Any]:
    settle(supplier, purchase)
    return {
        "orderId": purchase.id,
        "clientOrderId": purchase.client_order_id,
        "identifier": purchase.identifier,
        "totalPrice": float(purchase.total),
        "createdOn": purchase.created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "status": purchase.status,
        "links": [{"rel": "self", "href": f"{_api(request)}/orders/{purchase.client_order_id or purchase.id}"}],
    }


def _told(supplier: "CodesWholesale", purchase: Purchase, request: Request, operation: str) -> dict[str, Any]:
    """The order with its codes; those of orders that are not complete are not there yet."""
    hits = supplier.faults.hits
    told = _head(supplier, purchase, request)
    if told["status"] == "Completed" and hits("late_status", operation):
        told["status"] = "Fulfilling"
    ready = told["status"] == "Completed"
    told["products"] = [
        {
            "productId": line.product_id,
            "name": line.name,
            "unitPrice": float(line.unit_price),
            # What was pre-ordered stays so in the order; the code itself tells when it has come.
            "codes": [_code(request, found, _kind_bought(supplier, line, found)) for found in line.codes if ready],
            "links": [],
        }
        for line in purchase.lines
    ]
    if hits("unknown_status", operation):
        told["status"] = UNKNOWN_STATUS
    if hits("malformed_item", operation):
        told["products"] = [{**told["products"][0], "codes": None}, *told["products"][1:]]
    return told


def _kind_bought(supplier: "CodesWholesale", line: Line, found: Code) -> CodeKind:
    return "preorder" if supplier.shelf.entries[line.product_id]["kind"] == "preorder" else found.kind


def _code(request: Request, found: Code, kind: CodeKind) -> dict[str, Any]:
    there = kind != "preorder"
    return {
        "codeType": _TYPES[kind],
        "status": _WORDS[kind],
        "codeId": found.id,
        "filename": found.filename if there else "",
        "code": found.text if there else None,
        "links": [{"rel": "self", "href": f"{_api(request)}/codes/{found.id}"}],
    }


def _api(request: Request) -> str:
    """Where this API is, as the caller reached it."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}/v3"


def _uuid(supplier: "CodesWholesale") -> str:
    return str(UUID(int=supplier.random.getrandbits(128), version=4))
