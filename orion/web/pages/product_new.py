"""New products of a store: described from scratch, or listed from the shared catalogue."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import catalog, merchants
from orion.catalog import MarketplaceFilter, MarketplaceProductView
from orion.kernel import OrionError
from orion.web import parse
from orion.web.i18n import current_language
from orion.web.record_form import RecordForm, blank_record, sent_record
from orion.web.render import is_htmx, redirect, render
from orion.web.visit import acting, posted, reading

router = APIRouter(prefix="/store/{code}/products")

MOST_FOUND = 10


@router.get("/new")
async def new(request: Request, code: str) -> Response:
    """The form for a product of one's own."""
    return await _form(request, code, blank_record())


@router.post("/new")
async def create(request: Request, code: str) -> Response:
    """Create the record, list it, and go to its page."""
    form = sent_record(await posted(request))
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            written = await catalog.create_marketplace_product(
                visit.session,
                visit.user,
                marketplace_product_id=form.id,
                marketplace=form.marketplace,
                store=access.store.code,
                texts={language: texts for language, texts in form.texts().items() if texts},
                values=form.values(),
            )
            listed = await catalog.listings_of(visit.session, access, [written.id])
    except OrionError as error:
        if error.status not in (409, 422):
            raise
        return await _form(request, code, form.with_errors(error))
    return _go(request, f"/store/{code}/products/{listed[written.id]}?saved=1")


@router.get("/list")
async def find(request: Request, code: str) -> Response:
    """Look for a product that the shared catalogue has already."""
    search = parse.text(request, "search")
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        found: list[MarketplaceProductView] = []
        listed: dict[int, int] = {}
        if search:
            wanted = MarketplaceFilter(search=search, language=current_language())
            page = await catalog.list_marketplace_products(visit.session, wanted, limit=MOST_FOUND)
            found = list(page.items)
            listed = await catalog.listings_of(visit.session, access, [record.id for record in found])
        return render(
            request,
            "store/_found_records.html" if is_htmx(request) else "store/list_product.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="products",
            search=search or "",
            found=found,
            listed=listed,
        )


@router.post("/list")
async def list_it(request: Request, code: str) -> Response:
    """List a record of the shared catalogue, and go to the product's page."""
    number = parse.field(await posted(request), "number")
    async with acting(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
        written = await catalog.create_product(visit.session, access, id=wanted, changes={})
    return _go(request, f"/store/{code}/products/{written.id}?saved=1")


async def _form(request: Request, code: str, form: RecordForm) -> Response:
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        return render(
            request,
            "record/_form.html" if is_htmx(request) else "store/new_product.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="products",
            category=None,
            form=form,
            language=access.store.default_language,
            notices=(),
            saved=False,
            is_new=True,
            action=f"/store/{access.store.code}/products/new",
            categories=f"/store/{access.store.code}/categories",
            back=f"/store/{access.store.code}/products",
            status=422 if form.errors else 200,
        )


def _go(request: Request, url: str) -> Response:
    """To another page, also from a form that htmx sent."""
    return Response(status_code=204, headers={"HX-Redirect": url}) if is_htmx(request) else redirect(url)
