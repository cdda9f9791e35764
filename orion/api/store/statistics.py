"""A store's figures."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from orion import analytics
from orion.analytics import StoreFigures
from orion.api.dependencies import RuntimeDep, SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.api.statistics_answers import ComputedAnswer, StockStatistics
from orion.merchants import Store, StoreAccess
from orion.plumbing.kept import Dated

Viewer = Annotated[StoreAccess, Depends(store_access("viewer", "store"))]


class ProductStatistics(BaseModel):
    """The store's products, by the availability in effect; `unknown` where nobody says anything."""

    total: int = Field(examples=[1200])
    published: int = Field(description="buyers see them", examples=[1150])
    unpublished: int = Field(examples=[50])
    featured: int = Field(examples=[8])
    in_stock: int = Field(examples=[1000])
    out_of_stock: int = Field(examples=[150])
    preorder: int = Field(examples=[30])
    backorder: int = Field(examples=[0])
    unknown: int = Field(examples=[20])


class StoreImportStatistics(BaseModel):
    """The store's imports."""

    total: int = Field(examples=[42])
    active: int = Field(description="waiting or running", examples=[1])
    failed: int = Field(examples=[2])
    last_status: str | None = Field(description="state of the newest; null: there is none", examples=["completed"])
    last_at: datetime | None = Field(description="when the newest was asked for")


class StoreStatistics(ComputedAnswer):
    """A store at a glance."""

    store_code: str = Field(examples=["TECHSTORE"])
    products: ProductStatistics
    stock: StockStatistics
    imports: StoreImportStatistics

    @classmethod
    def of(cls, store: Store, found: Dated[StoreFigures]) -> Self:
        """The answer for one store."""
        products, imports = found.value.products, found.value.imports
        return cls(
            store_code=store.code,
            products=ProductStatistics(
                total=products.total,
                published=products.published,
                unpublished=products.total - products.published,
                featured=products.featured,
                **products.availabilities,
            ),
            stock=StockStatistics.of(found.value.stock),
            imports=StoreImportStatistics(
                total=imports.total,
                active=imports.active,
                failed=imports.failed,
                last_status=imports.last_status,
                last_at=imports.last_at,
            ),
            computed_at=found.as_of,
        )


router = APIRouter(
    prefix="/api/v1/store/stats", tags=["statistics"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="Show the store's statistics", dependencies=NO_PARAMETERS)
async def show_store_statistics(session: SessionDep, runtime: RuntimeDep, access: Viewer) -> StoreStatistics:
    """The store's products, stock and imports in figures."""
    return StoreStatistics.of(access.store, await analytics.store_figures(session, runtime.kept, access))
