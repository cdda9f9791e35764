"""A store's stock: the list, an item with what changes it, movements and reservations."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from orion import inventory, merchants
from orion.inventory import ItemKey, MovementFilter, Stockroom
from orion.kernel import FieldError, Invalid, OrionError
from orion.merchants import StoreAccess
from orion.web import labels_stock, parse
from orion.web.i18n import gettext
from orion.web.render import is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading

router = APIRouter(prefix="/store/{code}/stock")

ITEMS_PER_PAGE = 25
MOVEMENTS_PER_PAGE = 25
CLAIMS_SHOWN = 10
NEW = ("set", "add")
"""How stock of something that was never counted may begin."""


@router.get("")
async def stock(request: Request, code: str) -> Response:
    """Search and browse what is counted, or only the list for htmx."""
    filters = {
        "search": parse.text(request, "search"),
        "location": parse.text(request, "location", 32),
        "low": parse.choice(request, "low", ("1",)),
    }
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        room = inventory.stockroom(access)
        places = await inventory.list_locations(visit.session, room)
        known = next((place.code for place in places if place.code == filters["location"]), None)
        found = await inventory.list_items(
            visit.session,
            room,
            search=filters["search"],
            low=True if filters["low"] else None,
            location=known,
            after=parse.position(request, "after") or 0,
            limit=ITEMS_PER_PAGE,
        )
        return _page(
            request,
            visit,
            access,
            "store/_stock.html" if is_htmx(request) else "store/stock.html",
            found=found,
            filters=filters | {"location": known},
            filtered=any(filters.values()),
            first="after" not in request.query_params,
            places=places,
        )


@router.get("/new")
async def new(request: Request, code: str) -> Response:
    """The form for stock of a GTIN or a product, whether it was counted before or not."""
    values = {"name": parse.text(request, "gtin") or "", "action": "set", "quantity": "", "location": "", "reason": ""}
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        return await _new(request, visit, access, values)


@router.post("/new")
async def create(request: Request, code: str) -> Response:
    """Set or add stock of what the form names, and show the item."""
    form = await posted(request)
    values = _values(form, "name", "action", "quantity", "location", "reason", "reference")
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            room = inventory.stockroom(access)
            verb = inventory.add if values["action"] == "add" else inventory.set_level
            key = await _key(visit, room, values["name"])
            level = await verb(
                visit.session,
                room,
                key,
                _needed(values, "location", gettext("Say where the goods are.")),
                _quantity(values),
                reason=values["reason"],
                reference=values["reference"] or None,
            )
    except OrionError as error:
        if error.status not in (404, 409, 422) or error.code == "store_not_found":
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            return await _new(request, visit, access, values, parse.field_errors(error), status=422)
    return redirect(f"/store/{access.store.code}/stock/items/{level.item.id}?done={verb.__name__}")


@router.get("/items/{item_id:int}")
async def item(request: Request, code: str, item_id: int) -> Response:
    """Levels by location, the forms that change them, open reservations, and what happened."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return await _item(request, visit, access, item_id)


@router.post("/items/{item_id:int}")
async def change(request: Request, code: str, item_id: int) -> Response:
    """Set, add, remove, count or transfer; what cannot be done is said with what is there."""
    form = await posted(request)
    values = _values(form, "action", "location", "target", "quantity", "reason", "reference")
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            await _change(visit, inventory.stockroom(access), item_id, values)
    except OrionError as error:
        if error.status not in (404, 409, 422) or error.code in ("store_not_found", "item_not_found"):
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            return await _item(request, visit, access, item_id, values, parse.field_errors(error), status=422)
    return redirect(f"{request.url.path}?done={values['action']}#levels")


@router.post("/items/{item_id:int}/threshold")
async def threshold(request: Request, code: str, item_id: int) -> Response:
    """Say from how many on the item is low; empty: what counts for the whole store."""
    form = await posted(request)
    values = _values(form, "low_stock_threshold")
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            typed = values["low_stock_threshold"]
            wanted = _quantity(values, "low_stock_threshold") if typed else None
            await inventory.set_threshold(visit.session, inventory.stockroom(access), ItemKey(item_id=item_id), wanted)
    except OrionError as error:
        if error.status != 422:
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            return await _item(request, visit, access, item_id, values, parse.field_errors(error), status=422)
    return redirect(f"/store/{access.store.code}/stock/items/{item_id}?done=threshold")


@router.get("/movements")
async def movements(request: Request, code: str) -> Response:
    """Everything that happened to the store's stock, the newest first."""
    filters: dict[str, Any] = {
        "kind": parse.choice(request, "kind", inventory.KINDS),
        "location": parse.text(request, "location", 32),
        "reference": parse.text(request, "reference", 128),
        "item": parse.position(request, "item"),
    }
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        room = inventory.stockroom(access)
        places = await inventory.list_locations(visit.session, room)
        known = next((place.code for place in places if place.code == filters["location"]), None)
        wanted = MovementFilter(
            kind=filters["kind"], location=known, reference=filters["reference"], item_id=filters["item"]
        )
        found = await inventory.list_movements(
            visit.session, room, wanted, before=parse.position(request, "before"), limit=MOVEMENTS_PER_PAGE
        )
        return _page(
            request,
            visit,
            access,
            "store/_movements.html" if is_htmx(request) else "store/movements.html",
            found=found,
            filters=filters | {"location": known},
            filtered=any(filters.values()),
            first="before" not in request.query_params,
            places=places,
        )


@router.get("/reservations")
async def reservations(request: Request, code: str) -> Response:
    """What is claimed and what became of it, the newest first."""
    filters: dict[str, Any] = {
        "state": parse.choice(request, "state", inventory.STATES),
        "reference": parse.text(request, "reference", 128),
        "item": parse.position(request, "item"),
    }
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        found = await inventory.list_reservations(
            visit.session,
            inventory.stockroom(access),
            state=filters["state"],
            reference=filters["reference"],
            item_id=filters["item"],
            before=parse.position(request, "before"),
            limit=MOVEMENTS_PER_PAGE,
        )
        return _page(
            request,
            visit,
            access,
            "store/_reservations.html" if is_htmx(request) else "store/reservations.html",
            found=found,
            filters=filters,
            filtered=any(filters.values()),
            first="before" not in request.query_params,
            done=parse.choice(request, "done", labels_stock.DONE),
            error="",
        )


@router.post("/reservations/release")
async def release(request: Request, code: str) -> Response:
    """Give back what is still claimed under a reference."""
    form = await posted(request)
    async with acting(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        await inventory.release(visit.session, inventory.stockroom(access), parse.field(form, "reference"))
    return redirect(f"/store/{access.store.code}/stock/reservations?done=release")


async def _change(visit: Visit, room: Stockroom, item_id: int, values: Mapping[str, str]) -> None:
    key, quantity = ItemKey(item_id=item_id), _quantity(values)
    where = _needed(values, "location", gettext("Choose a location."))
    why: dict[str, Any] = {"reason": values["reason"], "reference": values["reference"] or None}
    if values["action"] == "transfer":
        target = _needed(values, "target", gettext("Say where the goods go."))
        try:
            await inventory.transfer(visit.session, room, key, where, target, quantity, **why)
        except OrionError as error:
            error.errors = tuple(
                FieldError("location" if each.field == "source" else each.field, each.message) for each in error.errors
            )
            raise
        return
    verbs = {
        "set": inventory.set_level,
        "add": inventory.add,
        "remove": inventory.remove,
        "count": inventory.count,
    }
    if values["action"] not in verbs:
        message = gettext("Choose what to do.")
        raise Invalid("action_unknown", message, errors=[FieldError("action", message)])
    await verbs[values["action"]](visit.session, room, key, where, quantity, **why)


async def _item(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    item_id: int,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
) -> Response:
    room = inventory.stockroom(access)
    shown, levels = await inventory.show_item(visit.session, room, item_id)
    places = await inventory.list_locations(visit.session, room)
    history = await inventory.list_movements(
        visit.session,
        room,
        MovementFilter(item_id=item_id),
        before=parse.position(request, "before"),
        limit=MOVEMENTS_PER_PAGE,
    )
    claims = await inventory.list_reservations(visit.session, room, state="held", item_id=item_id, limit=CLAIMS_SHOWN)
    own = shown.low_stock_threshold
    blank = {
        "action": "add",
        "location": levels[0].location if levels else "",
        "target": "",
        "quantity": "",
        "reason": "",
        "reference": "",
        "low_stock_threshold": "" if own is None else str(own),
    }
    return _page(
        request,
        visit,
        access,
        "store/stock_item.html",
        item=shown,
        levels=levels,
        places=[place for place in places if place.is_active],
        history=history,
        first="before" not in request.query_params,
        claims=claims,
        values=blank | dict(values or {}),
        errors=errors or {},
        done=parse.choice(request, "done", labels_stock.DONE),
        status=status,
    )


async def _new(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
) -> Response:
    places = await inventory.list_locations(visit.session, inventory.stockroom(access))
    return _page(
        request,
        visit,
        access,
        "store/stock_new.html",
        values=values,
        errors=errors or {},
        places=[place for place in places if place.is_active],
        status=status,
    )


async def _key(visit: Visit, room: Stockroom, name: str) -> ItemKey:
    """What somebody types to name goods: what the store's feed calls a product, or a GTIN."""
    if not name:
        message = gettext("Enter a GTIN, or the product's id in your feed.")
        raise Invalid("item_missing", message, errors=[FieldError("name", message)])
    by_sku = (await inventory.find_items(visit.session, room, [ItemKey(sku=name)]))[0]
    if not isinstance(by_sku, OrionError):
        return ItemKey(sku=name)
    try:
        inventory.parse_label(name)
    except Invalid:
        by_sku.errors = (FieldError("name", by_sku.detail),)
        raise by_sku from None
    return ItemKey(gtin=name)


def _values(form: FormData, *names: str) -> dict[str, str]:
    return {name: parse.field(form, name) for name in names}


def _needed(values: Mapping[str, str], name: str, message: str) -> str:
    if not values[name]:
        raise Invalid("field_missing", message, errors=[FieldError(name, message)])
    return values[name]


def _quantity(values: Mapping[str, str], name: str = "quantity") -> int:
    text = values[name].replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        message = gettext("Enter a whole number from 0 on.")
        raise Invalid("quantity_invalid", message, errors=[FieldError(name, message)])
    return int(text)


def _page(request: Request, visit: Visit, access: StoreAccess, template: str, **context: Any) -> Response:
    return render(request, template, user=visit.user, access=access, store=access.store, nav="stock", **context)
