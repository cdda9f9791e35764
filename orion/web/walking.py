"""Long lists on pages: walked by position, forwards and back, as far as they go; each page costs the same."""

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from orion.kernel import Found, Invalid
from orion.plumbing.cursors import read_cursor, write_cursor
from orion.web.visit import runtime_of


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands in its list, as its address says: behind `after`, or before `before`; else at the beginning.

    `query` is what the address says of it. `stood` is how many stood before that position when somebody walked there.
    """

    scope: str
    after: list[Any] | None = None
    before: list[Any] | None = None
    stood: int = 0
    query: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Walk:
    """A page of the list: the number of its first item, and the cursors to both sides (None: there is no more)."""

    first: int
    before: str | None
    after: str | None


def place_of(request: Request, scope: str) -> Place:
    """The place in the list that `scope` names (with filters and sort). A cursor of another list is the beginning."""
    for name in ("after", "before"):
        if cursor := request.query_params.get(name):
            try:
                stood, *position = read_cursor(runtime_of(request).settings, scope, cursor)
            except Invalid:
                break
            query = {name: cursor}
            return Place(
                scope, position if name == "after" else None, position if name == "before" else None, stood, query
            )
    return Place(scope)


def walk_of(request: Request, place: Place, found: Found[Any]) -> Walk:
    """How to go on from the page that was found at the place. Numbers are counted on from page to page."""
    shown = len(found.items)
    stood = max(0, place.stood - shown if place.before is not None else place.stood)
    if found.before is None:
        stood = 0
    elif found.after is None and found.total is not None:
        stood = found.total - shown  # others may have been added or taken away on the way
    settings = runtime_of(request).settings
    before = write_cursor(settings, place.scope, (stood, *found.before)) if found.before else None
    after = write_cursor(settings, place.scope, (stood + shown, *found.after)) if found.after else None
    return Walk(stood + 1, before, after)
