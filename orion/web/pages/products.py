"""A store's products as its customers see them: searched, narrowed down, put in order, and chosen for bulk actions."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import catalog, inventory, merchants
from orion.catalog import EffectiveProduct, Facets
from orion.kernel import Found, Invalid
from orion.web import parse
from orion.web.i18n import current_language
from orion.web.product_filters import NARROWING, choices_of, filters_of, listing_filter
from orion.web.render import is_htmx, render
from orion.web.visit import reading, runtime_of
from orion.web.walking import Place, place_of, walk_of

router = APIRouter(prefix="/store/{code}/products")

PRODUCTS_PER_PAGE = 25
NO_FACETS = Facets({}, 0, None, frozenset(), None)


@router.get("")
async def products(request: Request, code: str) -> Response:
    """Search and browse, or only the list for htmx."""
    filters = filters_of(request)
    errors: dict[str, str] = {}
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        session, place = visit.session, Place("")
        found: Found[EffectiveProduct]
        try:
            wanted = listing_filter(filters)
            asked = f"{access.store.id}:{wanted!r}"
            place = place_of(request, f"products of {filters['sort']}:{asked}")
            found = await catalog.list_products(
                session,
                access,
                wanted,
                sort=filters["sort"] or None,
                after=place.after,
                before=place.before,
                limit=PRODUCTS_PER_PAGE,
                always_count=True,
            )
            facets = await _facets(request, asked, lambda: catalog.listing_facets(session, access, wanted))
        except Invalid as error:  # a price or a category that is none: said beside it, and nothing found
            errors = parse.field_errors(error)
            found = Found([], 0, None, None, 0, PRODUCTS_PER_PAGE)
            facets = NO_FACETS
        room = inventory.stockroom(access)
        stock = await inventory.stock_of_products(session, room, [product.id for product in found.items])
        return render(
            request,
            "store/_products.html" if is_htmx(request) else "store/products.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="products",
            found=found,
            place=place,
            walk=walk_of(request, place, found),
            filters=filters,
            choices=choices_of(facets, filters),
            errors=errors,
            narrowed=sum(bool(filters[name]) for name in NARROWING if name != "search"),
            language=filters["language"] or current_language(),
            filtered=any(filters[name] for name in NARROWING),
            stock=stock,
            may_write=access.may("staff"),
            runs=() if is_htmx(request) else await catalog.bulk_runs_under_way(session, access),
            deleted="deleted" in request.query_params,
            done=_number(request, "done"),
            skipped=_number(request, "skipped"),
        )


async def _facets(request: Request, asked: str, work_out: Callable[[], Awaitable[Facets]]) -> Facets:
    """What the list could be narrowed down by; counts that took long are kept a while, for the pages that follow."""
    return (await runtime_of(request).kept.get(f"choices:{asked}", work_out)).value


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
