"""What requests are made of: parts that several routes take, and the refusal of parts that none takes."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from orion.kernel import MAX_LIMIT, MAX_PAGE

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""A number in a path."""


class Body(BaseModel):
    """A request body: a field that is not declared is an error, not a silent misunderstanding."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Parameters(BaseModel):
    """The query parameters of a list: an unknown one is an error, not a filter that filters nothing."""

    model_config = ConfigDict(extra="forbid")


class Paged(Parameters):
    """Which page of a list is wanted."""

    page: int = Field(1, ge=1, le=MAX_PAGE, description="from 1")
    limit: int = Field(10, ge=1, le=MAX_LIMIT, description="items on a page")


async def _no_parameters(_: Annotated[Parameters, Query()]) -> None:
    """Refuse every query parameter."""


NO_PARAMETERS: list[Any] = [Depends(_no_parameters)]
"""For `dependencies=` of a route that takes no query parameters."""
