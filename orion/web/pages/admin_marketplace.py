"""Start an import for any store, and see the ones that one started oneself."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import feeds, identity, merchants
from orion.identity import Admin
from orion.kernel import LANGUAGES, FieldError, Invalid, OrionError
from orion.merchants import Store
from orion.web import parse
from orion.web.i18n import gettext
from orion.web.import_form import ImportForm, blank_form, chosen_source, feed_urls, sent_form
from orion.web.joblines import platform_lines
from orion.web.pages.admin_imports import MOST_STORES
from orion.web.render import announce, is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading, runtime_of

router = APIRouter(prefix="/admin/marketplace")

JOBS_PER_PAGE = 10


@router.get("")
async def marketplace(request: Request) -> Response:
    """The page; for htmx the form when a store was chosen (`part=form`), else the list of one's own imports."""
    async with reading(request) as visit:
        admin = identity.as_admin(visit.user)
        stores = await _stores(visit, admin)
        chosen = _named(stores, request.query_params.get("store", ""))
        form = blank_form(chosen, parse.choice(request, "fill", LANGUAGES))
        if is_htmx(request) and request.query_params.get("part") == "form":
            return _form(request, visit, stores, chosen, form)
        return await _page(request, visit, admin, stores, chosen, form)


@router.post("")
async def start(request: Request) -> Response:
    """Start an import for the chosen store."""
    sent = await posted(request)
    form = sent_form(sent)
    code = parse.field(sent, "store")
    try:
        async with (
            chosen_source(form, sent, runtime_of(request)) as source,
            acting(request) as visit,
        ):
            admin = identity.as_admin(visit.user)
            store = _named(await _stores(visit, admin), code)
            if store is None:
                message = gettext("Choose a store.")
                raise Invalid("store_needed", message, errors=[FieldError("store", message)])
            access = await merchants.open_store_as_admin(visit.session, admin, store.id)
            await feeds.start_import(
                visit.session,
                access,
                **source,
                marketplace=form.marketplace,
                language=form.language,
                batch_size=form.checked_batch_size(),
                on_missing=form.on_missing,
                dry_run=form.dry_run,
            )
    except OrionError as error:
        if error.status not in (409, 422):
            raise
        async with reading(request) as visit:
            admin = identity.as_admin(visit.user)
            stores = await _stores(visit, admin)
            wrong = form.with_errors(parse.field_errors(error))
            if is_htmx(request):
                return _form(request, visit, stores, _named(stores, code), wrong)
            return await _page(request, visit, admin, stores, _named(stores, code), wrong)
    if not is_htmx(request):
        return redirect(f"/admin/marketplace?store={store.code}&started=1#jobs")
    async with reading(request) as visit:
        stores = await _stores(visit, identity.as_admin(visit.user))
        response = _form(request, visit, stores, store, blank_form(store))
        return announce(response, toast=gettext("Import started"), events=("jobs-changed",))


async def _page(
    request: Request, visit: Visit, admin: Admin, stores: list[Store], chosen: Store | None, form: ImportForm
) -> Response:
    jobs = await feeds.all_imports(
        visit.session, admin, created_by=visit.user.id, page=parse.page_number(request), limit=JOBS_PER_PAGE
    )
    lines = platform_lines(jobs.items)
    return render(
        request,
        "admin/_my_jobs.html" if is_htmx(request) else "admin/marketplace.html",
        user=visit.user,
        nav="marketplace",
        jobs=jobs,
        lines=lines,
        active=any(line.is_active for line in lines),
        started="started" in request.query_params,
        status=422 if form.errors else 200,
        **_form_context(stores, chosen, form),
    )


def _form(request: Request, visit: Visit, stores: list[Store], chosen: Store | None, form: ImportForm) -> Response:
    return render(
        request,
        "store/_import_form.html",
        user=visit.user,
        status=422 if form.errors else 200,
        **_form_context(stores, chosen, form),
    )


def _form_context(stores: list[Store], chosen: Store | None, form: ImportForm) -> dict[str, object]:
    return {
        "stores": stores,
        "store": chosen,
        "form": form,
        "feed_urls": feed_urls(chosen) if chosen else {},
        "action": "/admin/marketplace",
    }


async def _stores(visit: Visit, admin: Admin) -> list[Store]:
    return list((await merchants.all_stores(visit.session, admin, page=1, limit=MOST_STORES)).items)


def _named(stores: list[Store], code: str) -> Store | None:
    return next((store for store in stores if store.code == code), None)
