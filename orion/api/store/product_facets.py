"""The facets of a store's products."""

from typing import Annotated

from fastapi import APIRouter, Query

from orion import catalog
from orion.api.dependencies import RuntimeDep, SessionDep
from orion.api.facet_answers import FacetsAnswer, kept_facets
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.product_filters import ListingFields, cursor_scope
from orion.api.routing import TransactionalRoute
from orion.api.store.products import Viewer

router = APIRouter(
    prefix="/api/v1/store/products",
    tags=["store products"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)


@router.get("/facets", summary="Count the store's products by what they can be filtered by")
async def show_store_product_facets(
    session: SessionDep, runtime: RuntimeDep, access: Viewer, query: Annotated[ListingFields, Query()]
) -> FacetsAnswer:
    """Brands, categories, prices and so on of the products that the filters mean, with how many products each leaves.

    The filters are those of the list. A facet disregards the filter on itself, so that it shows the other values too.
    """
    wanted = query.wanted()
    key = cursor_scope(f"products:{access.store.id}", wanted, None)
    return await kept_facets(runtime, key, lambda: catalog.listing_facets(session, access, wanted))
