"""Pictures of a store's products: uploads, their order, and taking them away."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, File, Request, Response, UploadFile
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile as Upload

from orion import catalog
from orion.api.dependencies import SessionDep, current_user, store_access
from orion.api.inputs import NO_PARAMETERS, Body, Id
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import REPLAYED, Handler, TransactionalRoute, runtime_of
from orion.api.store.product_writes import Staff
from orion.plumbing.files import delete_upload

UPLOAD_LIMIT = catalog.MAX_IMAGE_BYTES + 100_000
"""Bytes of a request with a picture."""

_CHUNK = 1 << 20


class ImageRoute(TransactionalRoute):
    """Keeps an uploaded picture before the transaction begins, so that a slow store of files holds no lock.

    Only for a caller who may; and the file goes again when no picture came of it.
    """

    def get_route_handler(self) -> Handler:
        """The transactional handler, behind the upload."""
        handle = super().get_route_handler()

        async def with_upload(request: Request) -> Response:
            if request.method != "POST":
                return await handle(request)
            runtime = runtime_of(request)
            async with runtime.database.reading() as session:
                user = await current_user(request, session)
                code = request.headers.get("X-Store-Code")
                await store_access("staff", "products")(request, session, user, code)
            try:
                file = (await request.form(max_files=1, max_fields=1)).get("file")
                if not isinstance(file, Upload):
                    return await handle(request)
                name = file.filename or "picture"
                image = await catalog.keep_image(_chunks(file), name=name, settings=runtime.settings)
                request.state.image = image
                used = False
                try:
                    await file.seek(0)
                    response = await handle(request)
                    used = response.status_code < 400 and REPLAYED not in response.headers
                finally:
                    if not used:
                        await delete_upload(image.key, runtime.settings)
                return response
            finally:
                await request.close()

        return with_upload


class ImagesRequest(Body):
    """The pictures that a product is to have, the first one first."""

    images: list[str] = Field(
        description="web addresses, and links of pictures uploaded for the product",
        examples=[["https://example.com/lamp.jpg", "/files/products/0123456789abcdef0123456789abcdef"]],
    )


class ImageList(BaseModel):
    """The store's own pictures of a product, the first one first; none: the marketplace product's show."""

    images: list[str] = Field(examples=[["/files/products/0123456789abcdef0123456789abcdef"]])


router = APIRouter(
    prefix="/api/v1/store/products/{product_id}/images",
    tags=["store products"],
    route_class=ImageRoute,
    responses=PROBLEM_RESPONSES,
)


@router.post(
    "",
    status_code=201,
    summary="Upload a picture of a product",
    max_body_size=UPLOAD_LIMIT,
    dependencies=NO_PARAMETERS,
)
async def add_product_image(
    request: Request,
    session: SessionDep,
    access: Staff,
    product_id: Id,
    file: Annotated[UploadFile, File(description="PNG, JPEG, WebP or GIF, at most 10 MB")],  # noqa: ARG001 (kept already)
) -> ImageList:
    """Put a picture (multipart/form-data) behind the product's own ones. What is in the file decides, not its name."""
    return ImageList(images=await catalog.add_image(session, access, product_id, request.state.image))


@router.put("", summary="Choose and order the pictures of a product", dependencies=NO_PARAMETERS)
async def set_product_images(session: SessionDep, access: Staff, product_id: Id, body: ImagesRequest) -> ImageList:
    """Set the product's own pictures in this order. Uploaded files that are left out are deleted."""
    with body_fields(image_link="images", additional_image_link="images"):
        return ImageList(images=await catalog.set_images(session, access, product_id, body.images))


@router.delete("", summary="Drop the store's pictures of a product", dependencies=NO_PARAMETERS)
async def delete_product_images(session: SessionDep, access: Staff, product_id: Id) -> ImageList:
    """Take the store's own pictures away: those of the marketplace product show again."""
    return ImageList(images=await catalog.set_images(session, access, product_id, []))


async def _chunks(file: Upload) -> AsyncIterator[bytes]:
    while chunk := await file.read(_CHUNK):
        yield chunk
