"""The facets of the shared catalogue."""

from typing import Annotated

from fastapi import APIRouter, Query

from orion import catalog
from orion.api.dependencies import CatalogReader, RuntimeDep, SessionDep
from orion.api.facet_answers import FacetsAnswer, kept_facets
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.product_filters import SharedFields, cursor_scope
from orion.api.routing import TransactionalRoute

router = APIRouter(
    prefix="/api/v1/marketplace", tags=["marketplace"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("/facets", summary="Count marketplace products by what they can be filtered by")
async def show_marketplace_facets(
    session: SessionDep,
    runtime: RuntimeDep,
    user: CatalogReader,  # noqa: ARG001 (logged in is all it takes)
    query: Annotated[SharedFields, Query()],
) -> FacetsAnswer:
    """Brands, categories, prices and so on of the products that the filters mean, with how many products each leaves.

    The filters are those of `GET /api/v1/marketplace/product`. A facet disregards the filter on itself.
    """
    wanted = query.wanted()
    key = cursor_scope("marketplace", wanted, None)
    return await kept_facets(runtime, key, lambda: catalog.marketplace_facets(session, wanted))
