"""A store's exports: downloads, and addresses under which others fetch its products. A new address is shown once."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from orion import catalog, feeds, merchants
from orion.feeds import FORMATS, NewLink
from orion.kernel import Conflict, Invalid, OrionError
from orion.web import parse
from orion.web.product_filters import filters_of, listing_filter
from orion.web.render import redirect, render
from orion.web.visit import acting, posted, reading, runtime_of

router = APIRouter(prefix="/store/{code}/exports")

FILTERS = ("availability", "brand")
_BLANK = {"name": "", "format": "google-xml", "language": "", "availability": "", "brand": ""}


@router.get("")
async def exports(request: Request, code: str) -> Response:
    """What can be downloaded, and the links there are."""
    return await _page(request, code)


@router.get("/download")
async def download(request: Request, code: str) -> Response:
    """The products of a filter as a file."""
    format_ = feeds.parse_format(request.query_params.get("format", "csv"))
    wanted = listing_filter(filters_of(request))
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        selection = await catalog.select_listings(visit.session, access.store, wanted)
    pieces = feeds.export(runtime_of(request), selection, format_, title=access.store.name)
    return StreamingResponse(
        await feeds.begun(pieces),
        media_type=FORMATS[format_].media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{feeds.file_name(access.store, format_)}"',
            "Cache-Control": "no-store",
        },
    )


@router.post("")
async def create(request: Request, code: str) -> Response:
    """Make a link, and show it."""
    form = await posted(request)
    values = {name: parse.field(form, name) for name in ("name", "format", "language", *FILTERS)}
    try:
        async with acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code)
            made = await feeds.create_link(
                visit.session,
                access,
                name=values["name"],
                format=values["format"],
                language=values["language"] or None,
                filters={name: values[name] for name in FILTERS if values[name]},
            )
    except (Conflict, Invalid) as error:
        return await _page(request, code, values=values, error=error)
    return await _page(request, code, made=made)


@router.post("/{link_id:int}/rotate")
async def rotate(request: Request, code: str, link_id: int) -> Response:
    """Give a link another address, and show it."""
    await posted(request)
    async with acting(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        made = await feeds.rotate_link(visit.session, access, link_id)
    return await _page(request, code, made=made)


@router.post("/{link_id:int}/revoke")
async def revoke(request: Request, code: str, link_id: int) -> Response:
    """End a link."""
    await posted(request)
    async with acting(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        await feeds.revoke_link(visit.session, access, link_id)
    return redirect(f"/store/{access.store.code}/exports?done=revoked")


async def _page(
    request: Request,
    code: str,
    *,
    made: NewLink | None = None,
    values: dict[str, str] | None = None,
    error: OrionError | None = None,
) -> Response:
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        return render(
            request,
            "store/exports.html",
            user=visit.user,
            access=access,
            store=access.store,
            nav="exports",
            links=await feeds.list_links(visit.session, access),
            made=made,
            url=runtime_of(request).settings.public_url.rstrip("/") + made.path if made else "",
            values=_BLANK | (values or {}),
            errors=parse.field_errors(error) if error else {},
            done=request.query_params.get("done", ""),
            status=error.status if error else 200,
        )
