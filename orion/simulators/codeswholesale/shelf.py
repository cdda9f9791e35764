"""The catalogue: products in pages, one by one, and the lists of words that they use."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orion.simulators.codeswholesale.errors import PRODUCT_UNKNOWN, failure
from orion.simulators.kit import Entry, cursor_of, stamp

if TYPE_CHECKING:
    from orion.simulators.codeswholesale.simulator import CodesWholesale

_NOTHING_LESS = timedelta(microseconds=1)
_BROKEN: tuple[Mapping[str, Any], ...] = (
    {"productId": None},
    {"prices": [{"from": 1, "to": None, "value": "free"}]},
    {"name": None},
)


async def products(supplier: "CodesWholesale", request: Request) -> Response:
    """A page of products. `updatedSince` and `createdSince` mean later than that, and only one of them may be given."""
    asked = request.query_params
    try:
        since = {name: _moment(asked[name]) for name in ("updatedSince", "createdSince") if name in asked}
    except ValueError as error:
        return failure(400, 40000, str(error))
    if len(since) == 2:
        return failure(400, 40000, "createdSince and updatedSince exclude each other")
    wanted = set(asked["productIds"].split(",")) if "productIds" in asked else None
    created_after = stamp(since["createdSince"]) if "createdSince" in since else ""

    def keep(entry: Entry) -> bool:
        told = not entry["hidden"] or ("updatedSince" in since and supplier.shaped["hidden"] == "listed")
        return told and entry["createdAt"] > created_after and (wanted is None or entry["id"] in wanted)

    changed_from = since["updatedSince"] + _NOTHING_LESS if "updatedSince" in since else None
    try:
        entries, token = _page(supplier, changed_from, asked.get("continuationToken"), keep)
    except ValueError as error:
        return failure(400, 40000, str(error))
    items = [shown(entry) for entry in entries]
    if items and supplier.faults.hits("malformed_item", "products"):
        items[0] = {**items[0], **_BROKEN[supplier.faults.struck["malformed_item"] % len(_BROKEN)]}
    return JSONResponse({"items": items, "continuationToken": token})


def _page(
    supplier: "CodesWholesale", since: datetime | None, after: str | None, keep: Callable[[Entry], bool]
) -> tuple[list[Entry], str | None]:
    """Entries and the next token; pages that come twice or shift while they are read happen here."""
    if after is not None and supplier.faults.hits("duplicated_page", "products"):
        after = supplier.served.get(after, after)
    size = supplier.shaped["page_size"]
    entries, token = supplier.shelf.page(since, after, size, keep)
    if token:
        supplier.served[token] = after
    if token and supplier.faults.hits("page_drift", "products"):
        behind, _ = supplier.shelf.page(since, cursor_of(entries[-1]), 1, keep)
        for entry in (entries[0], *behind):
            supplier.shelf.put({**entry, "updatedAt": stamp(supplier.now())})
    return entries, token


async def product(supplier: "CodesWholesale", request: Request) -> Response:
    """One product; those that are hidden are not there."""
    entry = _find(supplier, request)
    return JSONResponse(shown(entry)) if entry else failure(404, *PRODUCT_UNKNOWN)


async def description(supplier: "CodesWholesale", request: Request) -> Response:
    """Everything else about a product, its EANs among it."""
    entry = _find(supplier, request)
    return JSONResponse(entry["description"]) if entry else failure(404, *PRODUCT_UNKNOWN)


async def image(supplier: "CodesWholesale", request: Request) -> Response:
    """The largest picture of a product."""
    entry = _find(supplier, request)
    return (
        JSONResponse({"id": entry["id"], **entry["product"]["images"][-1]}) if entry else failure(404, *PRODUCT_UNKNOWN)
    )


def words(key: str, item: str, of: str) -> Callable[..., Any]:
    """The list of what products have as their `of`: {key: [{item: word}]}."""

    async def told(supplier: "CodesWholesale", _: Request) -> Response:
        found = [entry["product"][of] for entry in supplier.shelf.entries.values()]
        names = {name for value in found for name in ([value] if isinstance(value, str) else value)}
        return JSONResponse({key: [{item: name} for name in sorted(names)]})

    return told


def shown(entry: Entry) -> dict[str, Any]:
    """The product as it is told; a hidden one has nothing left to sell."""
    found: dict[str, Any] = entry["product"]
    return {**found, "quantity": 0, "prices": []} if entry["hidden"] else found


def _find(supplier: "CodesWholesale", request: Request) -> Entry | None:
    entry = supplier.shelf.entries.get(request.path_params["id"])
    return entry if entry and not entry["hidden"] else None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return moment
