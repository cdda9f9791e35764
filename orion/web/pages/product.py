"""The page of one product of a store: what it is in effect, and what the store says of it."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import catalog, merchants
from orion.catalog import FieldView, Notice, Offer, ProductDetails
from orion.kernel import LANGUAGES, OrionError
from orion.merchants import StoreAccess
from orion.web import parse
from orion.web.i18n import current_language, gettext
from orion.web.product_form import BLANK_TIERS, ProductForm, form_of, sent_form
from orion.web.render import announce, is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading

router = APIRouter(prefix="/store/{code}/products/{product_id:int}")

HISTORY_DAYS = 90
HISTORY_LINES = 12
OFFERS_SHOWN = 8
PARTS = {"side": "store/product/_side.html", "status": "store/product/_status.html"}
"""What of the page htmx asks for by itself when the product has changed."""


@router.get("")
async def product(request: Request, code: str, product_id: int) -> Response:
    """The whole page, or for htmx one of its `PARTS`."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        part = PARTS.get(request.query_params.get("part", "")) if is_htmx(request) else None
        return await product_page(request, visit, access, product_id, template=part or "store/product/page.html")


@router.post("")
async def save(request: Request, code: str, product_id: int) -> Response:
    """Write what changed; or show the form again as it was sent, with what is wrong."""
    form = sent_form(await posted(request))
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            tiers = form.wanted_tiers()
            now = form_of(await catalog.get_product_details(visit.session, access, product_id, current_language()))
            form.check(now)
            written = await catalog.update_product(
                visit.session, access, product_id, form.changes(), texts=form.texts()
            )
            notices = list(written.notices)
            if tiers is not None:
                notices += (await catalog.set_price_tiers(visit.session, access, product_id, tiers))[1]
    except OrionError as error:
        if error.status not in (409, 422):
            raise
        if error.code == "changed_meanwhile":
            form = form.on(now)
        return await _form_again(request, code, product_id, form.with_errors(error))
    if not is_htmx(request) and not notices:
        return redirect(f"{request.url.path}?saved=1")
    saved = await _form_again(request, code, product_id, tab=form.tab, notices=notices, saved=True)
    return announce(saved, toast=gettext("Product saved"), events=("product-changed",)) if is_htmx(request) else saved


@router.post("/publish")
async def publish(request: Request, code: str, product_id: int) -> Response:
    """Show the product to buyers, or (`active` empty) hide it."""
    active = bool(parse.field(await posted(request), "active"))
    async with acting(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        await catalog.publish_product(visit.session, access, product_id, active=active)
    if not is_htmx(request):
        return redirect(f"/store/{code}/products/{product_id}")
    text = gettext("Buyers see the product now") if active else gettext("Buyers do not see the product any more")
    return announce(Response(status_code=204), toast=text, events=("product-changed",))


@router.get("/delete")
async def ask_to_delete(request: Request, code: str, product_id: int) -> Response:
    """Ask before a product is taken off the list."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        found = await catalog.get_product(visit.session, access, product_id, current_language())
        return render(
            request,
            "store/product/_delete.html" if is_htmx(request) else "store/panel.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="products",
            panel="store/product/_delete.html",
            back=f"/store/{access.store.code}/products/{product_id}",
            is_page=not is_htmx(request),
            product=found,
        )


@router.post("/delete")
async def delete(request: Request, code: str, product_id: int) -> Response:
    """Take the product off the list; one that something refers to is hidden instead, and its page says so."""
    await posted(request)
    async with acting(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        gone = await catalog.delete_product(visit.session, access, product_id)
    path = f"/store/{code}/products"
    return redirect(f"{path}?deleted=1" if gone.deleted else f"{path}/{product_id}?kept=1")


async def product_page(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    product_id: int,
    *,
    template: str,
    form: ProductForm | None = None,
    tab: str = "",
    status: int = 200,
    **context: Any,
) -> Response:
    """The page of a product, or a part of it, with the store's values or those just typed."""
    language = parse.choice(request, "language", LANGUAGES) or current_language()
    details = await catalog.get_product_details(visit.session, access, product_id, language)
    known = details.product
    record = await catalog.get_marketplace_product(
        visit.session, known.marketplace_product_id, known.marketplace, language
    )
    offers = await catalog.offers_of(visit.session, visit.user, details.marketplace_product_number)
    history = await catalog.price_history(visit.session, access, product_id, HISTORY_DAYS)
    may_write = access.may("staff")
    return render(
        request,
        template,
        user=visit.user,
        access=access,
        store=access.store,
        nav="products",
        path=f"/store/{access.store.code}/products/{product_id}",
        product=known,
        details=details,
        record=record,
        may_write=may_write,
        owns_record=may_write and (visit.user.role == "admin" or record.store_code == access.store.code),
        texts=_texts(details),
        history=history[:HISTORY_LINES],
        offers=_offers_shown(offers.items, access.store.code),
        language=language,
        form=form or form_of(details, tab),
        blank_tiers=BLANK_TIERS,
        own_images=own_images_of(details),
        status=status,
        **_MESSAGES | {"saved": "saved" in request.query_params, "kept": "kept" in request.query_params} | context,
    )


def _offers_shown(offers: Sequence[Offer], code: str) -> list[Offer]:
    """The best offers, and the store's own wherever they stand; none where there is nothing to compare."""
    return (
        [offer for offer in offers if offer.rank <= OFFERS_SHOWN or offer.store_code == code] if len(offers) > 1 else []
    )


_MESSAGES: dict[str, Any] = {"notices": (), "image_errors": {}}


async def _form_again(
    request: Request,
    code: str,
    product_id: int,
    form: ProductForm | None = None,
    *,
    tab: str = "",
    notices: list[Notice] | None = None,
    saved: bool = False,
) -> Response:
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return await product_page(
            request,
            visit,
            access,
            product_id,
            template="store/product/_form.html" if is_htmx(request) else "store/product/page.html",
            form=form,
            tab=tab,
            status=422 if form else 200,
            notices=notices or (),
            saved=saved and not is_htmx(request),
        )


def _texts(details: ProductDetails) -> dict[str, dict[str, FieldView]]:
    """Title and description in every language, also where nobody says anything."""
    known = {view.language: {"title": view.title, "description": view.description} for view in details.translations}
    nothing = FieldView(None, None, None)
    return {language: known.get(language, {"title": nothing, "description": nothing}) for language in LANGUAGES}


def own_images_of(details: ProductDetails) -> list[str]:
    """The pictures that are the store's own: only those can be moved and taken away."""
    own: list[str] = []
    for name in ("image_link", "additional_image_link"):
        view = details.fields[name]
        if view.source == "store":
            own += view.value if isinstance(view.value, list) else [view.value]
    return own
