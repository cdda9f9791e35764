"""One page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from orion.kernel.errors import FieldError, Invalid

T = TypeVar("T")

MAX_LIMIT = 200
MAX_PAGE = 1_000_000

MAX_SKIP = 10_000
"""Of a list that may be very long, pages end here: cursors go on from anywhere at the same cost."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`items` of page number `page` (from 1) with at most `limit` items, out of `total`."""

    items: Sequence[T]
    total: int
    page: int
    limit: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list still has one."""
        return max(1, -(-self.total // self.limit))


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """`items` of a list that is read by position; `after` is the sort key of the last one, None at the list's end."""

    items: Sequence[T]
    after: tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A page of a list that may be very long: `items`, and where to go on (`after`, None at the list's end).

    `before` is where to go back from (None at the list's beginning). `total` is exact, or else None and
    `total_estimate` says about how many there are; both are None where nobody counted. `searched` are the words that
    were looked for instead of those typed, which nothing has.
    """

    items: Sequence[T]
    total: int | None
    total_estimate: int | None
    after: tuple[Any, ...] | None
    skip: int
    limit: int
    searched: str | None = None
    before: tuple[Any, ...] | None = None

    @property
    def length(self) -> int:
        """How many items the list has, or about how many; 0 where nobody counted."""
        return self.total if self.total is not None else self.total_estimate or 0

    @property
    def page(self) -> int:
        """The number of the page, from 1."""
        return self.skip // self.limit + 1


def page_offset(page: int, limit: int) -> int:
    """How many items stand before page `page` (from 1) of `limit` (1 to 200). Raises Invalid (`invalid_page`)."""
    errors = [
        FieldError(field, f"{field} must be from 1 to {most}")
        for field, value, most in (("page", page, MAX_PAGE), ("limit", limit, MAX_LIMIT))
        if not 1 <= value <= most
    ]
    if errors:
        raise Invalid("invalid_page", "; ".join(error.message for error in errors), errors=errors)
    return (page - 1) * limit


def total_if_last(offset: int, limit: int, found: int) -> int | None:
    """The length of the whole list when a page of `found` items behind `offset` others shows its end; else None."""
    return offset + found if found < limit and (found or not offset) else None
