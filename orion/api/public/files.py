"""Pictures of products that stores have uploaded."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from orion import catalog
from orion.api.dependencies import RuntimeDep, SessionDep
from orion.api.inputs import NO_PARAMETERS
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute

_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

router = APIRouter(
    prefix="/files/products", tags=["pictures"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get(
    "/{key}",
    summary="Show an uploaded picture",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}, "description": "The picture"}},
    dependencies=NO_PARAMETERS,
)
async def show_product_image(
    session: SessionDep, runtime: RuntimeDep, key: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
) -> Response:
    """The picture of that key, for anybody: what stands under a key never changes, so it may be kept for ever."""
    content_type = await catalog.image_type(session, key)
    return Response(await catalog.read_image(key, runtime.settings), media_type=content_type, headers=_HEADERS)
