"""A store's products as its customers see them."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import catalog, merchants
from orion.kernel import LANGUAGES, MAX_SKIP
from orion.web import labels, parse
from orion.web.i18n import current_language
from orion.web.render import is_htmx, render
from orion.web.visit import reading

router = APIRouter(prefix="/store/{code}/products")

PRODUCTS_PER_PAGE = 25


@router.get("")
async def products(request: Request, code: str) -> Response:
    """Search and browse, or only the list for htmx."""
    filters = {
        "search": parse.text(request, "search"),
        "availability": parse.choice(request, "availability", labels.AVAILABILITIES),
        "brand": parse.text(request, "brand"),
        "language": parse.choice(request, "language", LANGUAGES),
    }
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        language = filters["language"] or current_language()
        found = await catalog.list_products(
            visit.session,
            access,
            catalog.ListingFilter(
                search=filters["search"],
                availability=filters["availability"],
                brand=filters["brand"],
                language=language,
            ),
            skip=min((parse.page_number(request) - 1) * PRODUCTS_PER_PAGE, MAX_SKIP - PRODUCTS_PER_PAGE),
            limit=PRODUCTS_PER_PAGE,
        )
        return render(
            request,
            "store/_products.html" if is_htmx(request) else "store/products.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="products",
            found=found,
            filters=filters,
            language=language,
            filtered=any(filters[name] for name in ("search", "availability", "brand")),
        )
