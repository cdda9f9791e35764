"""The tree of categories, for everyone who is logged in."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from orion import catalog
from orion.api.dependencies import CatalogReader, SessionDep
from orion.api.inputs import Id, Parameters
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.catalog import CategoryView


class CategoryWords(Parameters):
    """The language that names are wanted in."""

    language: str | None = Field(None, description="en, fr or de")


class CategoryLevel(CategoryWords):
    """Which level of the tree is wanted."""

    parent_id: int | None = Field(None, ge=1, le=2**63 - 1, description="without it: the top")


class CategoryAnswer(BaseModel):
    """A category."""

    id: int = Field(examples=[17])
    google_id: int | None = Field(description="in Google's product taxonomy", examples=[3237])
    parent_id: int | None = Field(examples=[1])
    name: str = Field(examples=["Live Animals"])
    path: str = Field(examples=["Animals & Pet Supplies > Live Animals"])
    language: str = Field(description="the language the name was found in", examples=["en"])
    has_children: bool
    has_products: bool = Field(description="the category, or one below it, has a product")

    @classmethod
    def of(cls, category: CategoryView) -> Self:
        """The answer for one category."""
        return cls(**{name: getattr(category, name) for name in cls.model_fields})


class CategoryList(BaseModel):
    """The categories of one level, by name."""

    items: list[CategoryAnswer]


router = APIRouter(
    prefix="/api/v1/categories", tags=["categories"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="List a level of the category tree")
async def list_categories(
    session: SessionDep,
    user: CatalogReader,  # noqa: ARG001 (logged in is all it takes)
    wanted: Annotated[CategoryLevel, Query()],
) -> CategoryList:
    """The categories at the top, or right below `parent_id`. Empty until an operator has loaded a taxonomy."""
    found = await catalog.list_categories(session, wanted.parent_id, wanted.language)
    return CategoryList(items=[CategoryAnswer.of(category) for category in found])


@router.get("/{category_id}", summary="Show a category")
async def show_category(
    session: SessionDep,
    user: CatalogReader,  # noqa: ARG001 (logged in is all it takes)
    category_id: Id,
    wanted: Annotated[CategoryWords, Query()],
) -> CategoryAnswer:
    """One category; list those below it with `GET /api/v1/categories?parent_id=`."""
    return CategoryAnswer.of(await catalog.get_category(session, category_id, wanted.language))
