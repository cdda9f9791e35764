"""What the field for a category offers while somebody types."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import catalog, identity, merchants
from orion.web import parse
from orion.web.i18n import current_language
from orion.web.render import render
from orion.web.visit import Visit, reading

router = APIRouter()


@router.get("/store/{code}/categories")
async def for_store(request: Request, code: str) -> Response:
    """The categories that match what is typed, for a store's members."""
    async with reading(request) as visit:
        await merchants.open_store(visit.session, visit.user, code)
        return await _options(request, visit)


@router.get("/admin/categories")
async def for_admin(request: Request) -> Response:
    """The categories that match what is typed, for administrators."""
    async with reading(request) as visit:
        identity.as_admin(visit.user)
        return await _options(request, visit)


async def _options(request: Request, visit: Visit) -> Response:
    text = parse.text(request, "google_product_category") or ""
    found = await catalog.search_categories(visit.session, text, current_language())
    return render(request, "components/category_options.html", found=found)
