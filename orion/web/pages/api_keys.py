"""A store's API keys; a new one is shown once, on the page that answers its making."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from orion import merchants
from orion.kernel import Conflict, FieldError, Invalid, OrionError
from orion.merchants import ROLES, SCOPES, NewKey
from orion.plumbing.db import utcnow
from orion.web import parse
from orion.web.i18n import gettext
from orion.web.render import redirect, render
from orion.web.visit import acting, posted, reading, runtime_of

router = APIRouter(prefix="/store/{code}/api-keys")

KEYS_PER_PAGE = 50
OVERLAPS = (0, 1, 24, 168)
"""Hours for which a page lets the old secret live on."""


@router.get("")
async def api_keys(request: Request, code: str) -> Response:
    """The store's keys."""
    return await _page(request, code)


@router.post("")
async def create(request: Request, code: str) -> Response:
    """Make a key, and show it."""
    form = await posted(request)
    values: dict[str, object] = {
        "name": parse.field(form, "name"),
        "role": parse.field(form, "role"),
        "expires": parse.field(form, "expires"),
        "scopes": [str(scope) for scope in form.getlist("scopes")],
    }
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            made = await merchants.create_api_key(
                visit.session,
                access,
                runtime_of(request).settings,
                name=parse.field(form, "name"),
                scopes=[str(scope) for scope in form.getlist("scopes")],
                role=parse.field(form, "role"),
                expires_at=_expiry(form),
            )
    except (Conflict, Invalid) as error:
        return await _page(request, code, values=values, error=error)
    return await _page(request, code, made=made)


@router.post("/{key_id:int}/rotate")
async def rotate(request: Request, code: str, key_id: int) -> Response:
    """Give a key a new secret, and show it."""
    form = await posted(request)
    chosen = parse.field(form, "overlap")
    overlap = int(chosen) if chosen in map(str, OVERLAPS) else 24
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            settings = runtime_of(request).settings
            made = await merchants.rotate_api_key(
                visit.session, access, key_id, settings, overlap=timedelta(hours=overlap)
            )
    except (Conflict, Invalid) as error:
        return await _page(request, code, error=error)
    return await _page(request, code, made=made)


@router.post("/{key_id:int}/revoke")
async def revoke(request: Request, code: str, key_id: int) -> Response:
    """End a key."""
    await posted(request)
    async with acting(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        await merchants.revoke_api_key(visit.session, access, key_id)
    return redirect(f"/store/{access.store.code}/api-keys?done=revoked")


def _expiry(form: FormData) -> datetime | None:
    """The end of the day that was chosen. Raises Invalid for what is no day."""
    text = parse.field(form, "expires")
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        message = gettext("Choose a day.")
        raise Invalid("api_key_unsuitable", message, errors=[FieldError("expires_at", message)]) from None
    return day + timedelta(days=1, seconds=-1)


async def _page(
    request: Request,
    code: str,
    *,
    made: NewKey | None = None,
    values: dict[str, object] | None = None,
    error: OrionError | None = None,
) -> Response:
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="manager")
        found = await merchants.list_api_keys(
            visit.session, access, page=parse.page_number(request), limit=KEYS_PER_PAGE
        )
        return render(
            request,
            "store/api_keys.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="api-keys",
            found=found,
            made=made,
            now=utcnow(),
            scopes=SCOPES,
            roles=[role for role in ROLES if access.may(role)],
            overlaps=OVERLAPS,
            values={"name": "", "role": "staff", "expires": "", "scopes": []} | (values or {}),
            errors=parse.field_errors(error) if error else {},
            done=request.query_params.get("done", ""),
            status=error.status if error else 200,
        )
