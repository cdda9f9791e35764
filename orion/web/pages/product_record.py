"""The shared record behind a product: edited by administrators, and by the store whose feed it comes from."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import catalog, identity, merchants
from orion.catalog import EffectiveProduct, Notice
from orion.identity import User
from orion.kernel import Forbidden, OrionError
from orion.merchants import StoreAccess
from orion.web import parse
from orion.web.i18n import current_language, gettext
from orion.web.record_form import RecordForm, record_form, sent_record
from orion.web.render import announce, is_htmx, redirect, render, with_query
from orion.web.visit import Visit, acting, posted, reading

router = APIRouter()


@router.get("/store/{code}/products/{product_id:int}/record")
async def record_of_product(request: Request, code: str, product_id: int) -> Response:
    """The record that a store's product lists, as a form."""
    async with reading(request) as visit:
        access, product = await _listed(visit, code, product_id)
        return await _page(request, visit, product.marketplace_product_id, product.marketplace, access, product_id)


@router.post("/store/{code}/products/{product_id:int}/record")
async def save_record_of_product(request: Request, code: str, product_id: int) -> Response:
    """Write what changed in the record that a store's product lists."""
    form = sent_record(await posted(request))
    async with reading(request) as visit:
        _, product = await _listed(visit, code, product_id)
    return await _save(request, form, product.marketplace_product_id, product.marketplace, code, product_id)


@router.get("/admin/products/record")
async def record(request: Request) -> Response:
    """Any record, as a form for administrators; `id` and `marketplace` name it."""
    async with reading(request) as visit:
        identity.as_admin(visit.user)
        return await _page(request, visit, *_named(request))


@router.post("/admin/products/record")
async def save_record(request: Request) -> Response:
    """Write what changed in any record."""
    form = sent_record(await posted(request))
    async with reading(request) as visit:
        identity.as_admin(visit.user)
    return await _save(request, form, *_named(request))


def _named(request: Request) -> tuple[str, str | None]:
    return request.query_params.get("id", "").replace("\0", ""), parse.text(request, "marketplace")


async def _listed(visit: Visit, code: str, product_id: int) -> tuple[StoreAccess, EffectiveProduct]:
    access = await merchants.open_store(visit.session, visit.user, code, role="staff")
    return access, await catalog.get_product(visit.session, access, product_id, current_language())


async def _save(
    request: Request,
    form: RecordForm,
    id_: str,
    marketplace: str | None,
    code: str | None = None,
    product_id: int | None = None,
) -> Response:
    notices: tuple[Notice, ...] = ()
    failed = None
    try:
        async with acting(request) as visit:
            now = await _now(visit, id_, marketplace)
            form.check(now)
            written = await catalog.update_marketplace_product(
                visit.session, visit.user, id_, marketplace, texts=form.texts(), values=form.values()
            )
            notices = written.notices
    except OrionError as error:
        if error.code == "changed_meanwhile":
            form = form.on(now)
        elif error.status != 422:
            raise
        failed = form.with_errors(error)
    if not failed and not notices and not is_htmx(request):
        return redirect(with_query(request.url.path, request.query_params, saved=1))
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code) if code else None
        response = await _page(
            request,
            visit,
            id_,
            marketplace,
            access,
            product_id,
            form=failed,
            tab=form.tab,
            notices=notices,
            saved=not failed,
        )
    return response if failed else announce(response, toast=gettext("Record saved"))


async def _now(visit: Visit, id_: str, marketplace: str | None) -> RecordForm:
    """The form with the record as it is at this moment."""
    found = await catalog.get_marketplace_product(visit.session, id_, marketplace)
    return record_form(found, await catalog.translations_of(visit.session, found))


async def _page(
    request: Request,
    visit: Visit,
    id_: str,
    marketplace: str | None,
    access: StoreAccess | None = None,
    product_id: int | None = None,
    *,
    form: RecordForm | None = None,
    tab: str = "",
    notices: tuple[Notice, ...] = (),
    saved: bool = False,
) -> Response:
    found = await catalog.get_marketplace_product(visit.session, id_, marketplace, current_language())
    if access is not None:
        _require_own(visit.user, access, found.store_code)
    category = await catalog.category_of(visit.session, found, current_language())
    texts = await catalog.translations_of(visit.session, found)
    back = f"/store/{access.store.code}/products/{product_id}" if access else "/admin/products"
    context: dict[str, Any] = {"access": access, "store": access.store} if access else {}
    return render(
        request,
        "record/_form.html" if is_htmx(request) else f"record/{'store' if access else 'admin'}.html",
        user=visit.user,
        nav="products",
        record=found,
        category=category,
        form=form or record_form(found, texts, tab),
        language=current_language(),
        notices=notices,
        saved=not is_htmx(request) and (saved or "saved" in request.query_params),
        is_new=False,
        action=request.url.path if access else with_query(request.url.path, {"id": id_, "marketplace": marketplace}),
        categories=f"/store/{access.store.code}/categories" if access else "/admin/categories",
        back=back,
        status=422 if form else 200,
        **context,
    )


def _require_own(user: User, access: StoreAccess, store_code: str | None) -> None:
    if user.role != "admin" and access.store.code != store_code:
        raise Forbidden(
            "not_your_product",
            "Only administrators and staff of the store whose feed describes this product may change its record.",
        )
