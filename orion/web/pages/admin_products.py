"""The shared catalogue for administrators: every record of every marketplace, and who describes it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import catalog, identity
from orion.catalog import AVAILABILITIES, SHARED_SORTS, MarketplaceFilter
from orion.kernel import MARKETPLACES
from orion.web import parse
from orion.web.i18n import current_language
from orion.web.render import is_htmx, redirect, render
from orion.web.visit import acting, posted, reading
from orion.web.walking import place_of, walk_of

router = APIRouter(prefix="/admin/products")

PRODUCTS_PER_PAGE = 25


@router.get("")
async def products(request: Request) -> Response:
    """Search and browse the shared catalogue, or only its list for htmx."""
    filters = {
        "search": parse.text(request, "search"),
        "marketplace": parse.choice(request, "marketplace", MARKETPLACES),
        "availability": parse.choice(request, "availability", AVAILABILITIES),
        "store": parse.text(request, "store"),
        "brand": parse.text(request, "brand"),
        "sort": parse.choice(request, "sort", SHARED_SORTS),
    }
    async with reading(request) as visit:
        identity.as_admin(visit.user)
        wanted = MarketplaceFilter(
            search=filters["search"],
            marketplace=filters["marketplace"],
            availability=filters["availability"],
            store=filters["store"],
            brand=filters["brand"],
            language=current_language(),
        )
        place = place_of(request, f"records:{filters['sort']}:{wanted!r}")
        found = await catalog.list_marketplace_products(
            visit.session,
            wanted,
            sort=filters["sort"],
            after=place.after,
            before=place.before,
            limit=PRODUCTS_PER_PAGE,
            always_count=True,
        )
        return render(
            request,
            "admin/_products.html" if is_htmx(request) else "admin/products.html",
            user=visit.user,
            nav="products",
            found=found,
            place=place,
            walk=walk_of(request, place, found),
            filters=filters,
            filtered=any(filters[name] for name in filters if name != "sort"),
            deleted="deleted" in request.query_params,
            kept="kept" in request.query_params,
        )


@router.get("/delete")
async def ask_to_delete(request: Request) -> Response:
    """Ask before a record and all its listings are deleted; `id` and `marketplace` name it."""
    async with reading(request) as visit:
        identity.as_admin(visit.user)
        record = await catalog.get_marketplace_product(
            visit.session, request.query_params.get("id", ""), parse.text(request, "marketplace"), current_language()
        )
        return render(
            request,
            "admin/_delete_record.html" if is_htmx(request) else "admin/panel.html",
            user=visit.user,
            nav="products",
            panel="admin/_delete_record.html",
            back="/admin/products",
            is_page=not is_htmx(request),
            record=record,
        )


@router.post("/delete")
async def delete(request: Request) -> Response:
    """Delete a record with every store's listing; what something refers to is hidden everywhere instead."""
    form = await posted(request)
    async with acting(request) as visit:
        identity.as_admin(visit.user)
        gone = await catalog.delete_marketplace_product(
            visit.session, visit.user, parse.field(form, "id"), parse.field(form, "marketplace") or None
        )
    return redirect(f"/admin/products?{'deleted' if gone.deleted else 'kept'}=1")
