"""The platform's figures, for administrators."""

from dataclasses import asdict
from datetime import datetime
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from orion import analytics
from orion.analytics import PlatformFigures
from orion.api.admin.imports import ImportStatisticsAnswer
from orion.api.dependencies import AdminUser, RuntimeDep, SessionDep
from orion.api.inputs import NO_PARAMETERS
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.api.statistics_answers import ComputedAnswer, StockStatistics
from orion.plumbing.kept import Dated


class UserCounts(BaseModel):
    """Everybody who can log in."""

    total: int = Field(examples=[58])
    active: int = Field(examples=[57])


class StoreCounts(BaseModel):
    """The stores, of how many merchants."""

    total: int = Field(examples=[21])
    active: int = Field(examples=[20])
    verified: int = Field(examples=[17])
    merchants: int = Field(examples=[18])


class CatalogueCounts(BaseModel):
    """Marketplace products, and the stores' listings of them."""

    marketplace_products: int = Field(examples=[12480])
    store_products: int = Field(examples=[13020])
    published: int = Field(description="store products that buyers see", examples=[12100])


class ImportCounts(ImportStatisticsAnswer):
    """The imports by status, and when the newest was asked for."""

    last_at: datetime | None


class PlatformStatistics(ComputedAnswer):
    """The platform at a glance."""

    users: UserCounts
    stores: StoreCounts
    products: CatalogueCounts
    stock: StockStatistics
    imports: ImportCounts

    @classmethod
    def of(cls, found: Dated[PlatformFigures]) -> Self:
        """The answer for the platform."""
        figures = found.value
        return cls(
            users=UserCounts(total=figures.users, active=figures.active_users),
            stores=StoreCounts(
                total=figures.stores,
                active=figures.active_stores,
                verified=figures.verified_stores,
                merchants=figures.merchants,
            ),
            products=CatalogueCounts(
                marketplace_products=figures.products, store_products=figures.listings, published=figures.published
            ),
            stock=StockStatistics.of(figures.stock),
            imports=ImportCounts(**asdict(figures.imports), last_at=figures.last_import_at),
            computed_at=found.as_of,
        )


router = APIRouter(
    prefix="/api/v1/admin/statistics", tags=["statistics"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="Show the platform's statistics", dependencies=NO_PARAMETERS)
async def show_platform_statistics(session: SessionDep, runtime: RuntimeDep, admin: AdminUser) -> PlatformStatistics:
    """Users, stores, products, stock and imports of the whole platform in figures."""
    return PlatformStatistics.of(await analytics.platform_figures(session, runtime.kept, admin))
