"""The places where a store's goods lie."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import inventory, merchants
from orion.kernel import OrionError
from orion.merchants import StoreAccess
from orion.web import labels_stock, parse
from orion.web.render import redirect, render
from orion.web.visit import Visit, acting, posted, reading

router = APIRouter(prefix="/store/{code}/stock/locations")

_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "default": {"is_default": True},
    "close": {"is_active": False},
    "open": {"is_active": True},
}


@router.get("")
async def locations(request: Request, code: str) -> Response:
    """The locations with what lies there, and the form for another one."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return await _page(request, visit, access)


@router.post("")
async def create(request: Request, code: str) -> Response:
    """Make a location."""
    form = await posted(request)
    values = {"name": parse.field(form, "name"), "code": parse.field(form, "code")}
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            room = inventory.stockroom(access)
            await inventory.create_location(visit.session, room, name=values["name"], code=values["code"] or None)
    except OrionError as error:
        return await _again(request, code, error, values)
    return redirect(f"{request.url.path}?done=created")


@router.post("/{location_id:int}")
async def change(request: Request, code: str, location_id: int) -> Response:
    """Rename a location, open or close it, make it the default one, or take it away, as the button says."""
    form = await posted(request)
    act = parse.field(form, "act")
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            room, done = inventory.stockroom(access), "updated"
            if act == "delete":
                done = await inventory.delete_location(visit.session, room, location_id)
            elif act in _CHANGES:
                await inventory.update_location(visit.session, room, location_id, **_CHANGES[act])
            else:
                name = parse.field(form, "name")
                await inventory.update_location(visit.session, room, location_id, name=name)
    except OrionError as error:
        return await _again(request, code, error, {"location": str(location_id)})
    return redirect(f"/store/{access.store.code}/stock/locations?done={done}")


async def _again(request: Request, code: str, error: OrionError, values: Mapping[str, str]) -> Response:
    if error.status not in (409, 422):
        raise error
    errors = parse.field_errors(error)
    if "location" in values:  # which of the rows it was says the message; their forms have no room for it
        errors = {"": next(iter(errors.values()))}
    elif "location" in errors:
        errors["code" if values.get("code") else "name"] = errors.pop("location")
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return await _page(request, visit, access, values, errors, status=422)


async def _page(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
) -> Response:
    found = await inventory.list_locations(visit.session, inventory.stockroom(access))
    return render(
        request,
        "store/stock_locations.html",
        user=visit.user,
        access=access,
        store=access.store,
        nav="stock",
        found=found,
        values={"name": "", "code": ""} | dict(values or {}),
        errors=errors or {},
        done=parse.choice(request, "done", labels_stock.DONE),
        status=status,
    )
