"""All stores of the platform, and the settings of each."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import identity, merchants
from orion.web import parse
from orion.web.pages.settings import save, settings_page
from orion.web.render import is_htmx, render
from orion.web.visit import reading

router = APIRouter(prefix="/admin/stores")

STORES_PER_PAGE = 25


@router.get("")
async def stores(request: Request) -> Response:
    """Find a store, or only the list for htmx."""
    search = parse.text(request, "search")
    async with reading(request) as visit:
        admin = identity.as_admin(visit.user)
        found = await merchants.all_stores(
            visit.session, admin, search=search, page=parse.page_number(request), limit=STORES_PER_PAGE
        )
        return render(
            request,
            "admin/_stores.html" if is_htmx(request) else "admin/stores.html",
            user=visit.user,
            nav="stores",
            found=found,
            search=search,
        )


@router.get("/{code}/edit")
async def edit(request: Request, code: str) -> Response:
    """The settings of a store, inside the administration."""
    async with reading(request) as visit:
        identity.as_admin(visit.user)
        access = await merchants.open_store(visit.session, visit.user, code)
        return settings_page(request, visit, access, "admin/store.html")


@router.post("/{code}/edit")
async def save_edit(request: Request, code: str) -> Response:
    """Save the form, or show it again with what is wrong."""
    async with reading(request) as visit:
        identity.as_admin(visit.user)
    return await save(request, code, "admin/store.html", request.url.path)
