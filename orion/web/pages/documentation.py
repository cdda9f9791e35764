"""The API's documentation to read and to try, drawn in the browser from its OpenAPI document by files of our own.

The pages bring their own security policy: nothing from elsewhere, and no inline script. ReDoc fills a `style` element
that begins empty and writes one for its scroll bars, so these two are allowed by their hashes; it searches in a worker
that it makes of a blob.
"""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from orion.web.render import render

_STYLES = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
_POLICY = (
    f"default-src 'self'; img-src 'self' data:; style-src 'self' {_STYLES}; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


@dataclass(frozen=True, slots=True)
class _Api:
    """One API that documents itself: what it is called, and the path that its documents stand under."""

    name: str
    root: str


_APIS = (_Api("Orion", ""), _Api("Letzshop 2.1", "/v2.1"))

ADDRESSES = frozenset(f"{api.root}/{page}" for api in _APIS for page in ("docs", "redoc"))
"""Where these pages are."""

router = APIRouter()


@router.get("/docs", name="docs")
@router.get("/v2.1/docs", name="docs_letzshop")
async def swagger(request: Request) -> Response:
    """The API in Swagger UI."""
    return _page(request, "swagger")


@router.get("/redoc", name="redoc")
@router.get("/v2.1/redoc", name="redoc_letzshop")
async def redoc(request: Request) -> Response:
    """The API in ReDoc."""
    return _page(request, "redoc")


def _page(request: Request, viewer: str) -> Response:
    root = request.url.path.rpartition("/")[0]
    api = next(api for api in _APIS if api.root == root)
    response = render(request, f"documentation/{viewer}.html", api=api, apis=_APIS, viewer=viewer)
    response.headers["Content-Security-Policy"] = _POLICY
    return response
