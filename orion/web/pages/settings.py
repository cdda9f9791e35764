"""A store's settings, as its members and as administrators see them."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion import merchants
from orion.kernel import OrionError
from orion.merchants import Store, StoreAccess
from orion.web.i18n import gettext
from orion.web.parse import field, field_errors
from orion.web.render import announce, is_htmx, redirect, render
from orion.web.visit import Visit, acting, posted, reading

router = APIRouter()

FIELDS = (
    "name",
    "description",
    "contact_email",
    "contact_phone",
    "website",
    "domain",
    "business_address",
    "tax_number",
    "low_stock_threshold",
    "default_language",
    "default_currency",
    "feed_url_en",
    "feed_url_fr",
    "feed_url_de",
)


@router.get("/store/{code}/settings")
async def settings(request: Request, code: str) -> Response:
    """The settings form."""
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return settings_page(request, visit, access, "store/settings.html")


@router.post("/store/{code}/settings")
async def save_settings(request: Request, code: str) -> Response:
    """Save the form, or show it again with what is wrong."""
    return await save(request, code, "store/settings.html", f"/store/{code}/settings")


async def save(request: Request, code: str, template: str, back: str) -> Response:
    """Change the store called `code` to what the form says, or show `template` again with what is wrong."""
    form = await posted(request)
    values = {name: field(form, name) for name in FIELDS if name in form}
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="manager")
            await merchants.update_store(visit.session, access, **values)
    except OrionError as error:
        if error.status != 422:
            raise
        async with reading(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            return settings_page(request, visit, access, template, values=values, errors=field_errors(error))
    if not is_htmx(request):
        return redirect(f"{back}?saved=1")
    return announce(settings_page(request, visit, access, template), toast=gettext("Settings saved"))


def settings_page(
    request: Request,
    visit: Visit,
    access: StoreAccess,
    template: str,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    """The page, or only its form for htmx, with the store's values or the ones just typed."""
    store = access.store
    return render(
        request,
        "store/_settings_form.html" if is_htmx(request) else template,
        user=visit.user,
        access=access,
        store=store,
        nav="settings",
        values=_values(store) | (values or {}),
        errors=errors or {},
        saved="saved" in request.query_params,
        action=request.url.path,
        status=422 if errors else 200,
    )


def _values(store: Store) -> dict[str, str]:
    return {name: "" if (value := getattr(store, name)) is None else str(value) for name in FIELDS}
