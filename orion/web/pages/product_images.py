"""The pictures of a store's product: uploads, addresses, their order, and taking them away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from orion import catalog, merchants
from orion.catalog import KeptImage
from orion.kernel import FieldError, Invalid, OrionError
from orion.plumbing import files
from orion.plumbing.runtime import Runtime
from orion.web import labels, parse
from orion.web.i18n import gettext
from orion.web.pages.product import own_images_of, product_page
from orion.web.render import announce, is_htmx, redirect
from orion.web.visit import acting, posted, reading, runtime_of

router = APIRouter(prefix="/store/{code}/products/{product_id:int}/images")

MOST_AT_ONCE = 20


@router.post("")
async def arrange(request: Request, code: str, product_id: int) -> Response:
    """Move one picture (`earlier`, `later`), take one away (`remove`), or take all away (`inherit`)."""
    form = await posted(request)
    async with acting(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code, role="staff")
        details = await catalog.get_product_details(visit.session, access, product_id)
        before = own_images_of(details)
        after = [] if parse.field(form, "inherit") else _arranged(before, form)
        if after != before:
            await catalog.set_images(visit.session, access, product_id, after)
    return await _answer(request, code, product_id, gettext("Pictures saved"))


@router.post("/add")
async def add(request: Request, code: str, product_id: int) -> Response:
    """Put uploaded files, and a picture from the web, behind the product's own pictures."""
    form = await posted(request)
    link = parse.field(form, "link")
    try:
        async with kept_images(form, runtime_of(request)) as images, acting(request) as visit:
            access = await merchants.open_store(visit.session, visit.user, code, role="staff")
            if not images and not link:
                message = gettext("Choose a picture, or give its address.")
                raise Invalid("image_needed", message, errors=[FieldError("file", message)])
            for image in images:
                await catalog.add_image(visit.session, access, product_id, image)
            if link:
                details = await catalog.get_product_details(visit.session, access, product_id)
                await catalog.set_images(visit.session, access, product_id, [*own_images_of(details), link])
    except OrionError as error:
        if error.status != 422:
            raise
        return await _answer(request, code, product_id, errors=_errors(error) | {"typed": link})
    return await _answer(request, code, product_id, gettext("Pictures saved"))


@asynccontextmanager
async def kept_images(form: FormData, runtime: Runtime) -> AsyncIterator[list[KeptImage]]:
    """The form's files in the store of files, which are deleted again if nothing comes of them.

    Raises Invalid (`image_invalid`, `upload_too_large`, `too_many_images`).
    """
    sent = [file for file in form.getlist("file") if isinstance(file, UploadFile) and file.filename]
    if len(sent) > MOST_AT_ONCE:
        message = gettext("Add at most %(most)s pictures at once.") % {"most": MOST_AT_ONCE}
        raise Invalid("too_many_at_once", message, errors=[FieldError("file", message)])
    kept: list[KeptImage] = []
    try:
        for file in sent:
            name = file.filename or "picture"
            kept.append(await catalog.keep_image(_chunks(file), name=name, settings=runtime.settings))
        yield kept
    except BaseException:
        for image in kept:
            await files.delete_upload(image.key, runtime.settings)
        raise


async def _answer(
    request: Request, code: str, product_id: int, toast: str = "", *, errors: dict[str, str] | None = None
) -> Response:
    if not errors and not is_htmx(request):
        return redirect(f"/store/{code}/products/{product_id}#product-images")
    async with reading(request) as visit:
        access = await merchants.open_store(visit.session, visit.user, code)
        response = await product_page(
            request,
            visit,
            access,
            product_id,
            template="store/product/_images.html" if is_htmx(request) else "store/product/page.html",
            image_errors=errors or {},
            status=422 if errors else 200,
        )
    return announce(response, toast=toast) if toast else response


def _arranged(links: list[str], form: FormData) -> list[str]:
    """The pictures after the form's one step; a picture that is not there any more changes nothing."""
    arranged = list(links)
    for name, step in (("earlier", -1), ("later", 1), ("remove", 0)):
        link = parse.field(form, name)
        if link in arranged:
            place = arranged.index(link)
            arranged.pop(place)
            if step:
                arranged.insert(max(0, place + step), link)
    return arranged


def _errors(error: OrionError) -> dict[str, str]:
    """The messages by the form's fields: what the catalogue says of the list is about the address typed last."""
    errors = parse.field_errors(error)
    for name in ("image_link", "additional_image_link"):
        if name in errors:
            errors["link"] = errors.pop(name)
    return errors if set(errors) <= {"", "file", "link"} else {"": labels.problem(error.code, error.detail)}


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(1 << 16):
        yield chunk
