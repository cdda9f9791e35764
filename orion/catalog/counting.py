"""How long lists are: counted one by one up to a bound, and beyond it estimated from how far the counted ones reach."""

from typing import Any

import sqlalchemy as sa

from orion.catalog.filters import Reading
from orion.catalog.search import FIRST_IDS

COUNTED = 10_000
"""So many are counted one by one; what there is beyond is estimated."""

COUNTED_NARROW = 1_000
"""The same for what filters and words leave: each of those must be looked at, not only its place in an index."""


def count_of(reading: Reading, most: int | None = None, *, first: bool = False) -> sa.Select[str]:
    """The length of a list as "count:id:lowest:highest:", for `counted`; of `most` (or COUNTED) and one at most.

    `first` counts, of what words find, the first products only: FIRST_IDS then ends the text.
    """
    limit = literal((most or COUNTED) + 1)
    parts = []
    for branch in reading.branches(first=first):
        part = reading.listed(sa.select(reading.id.label("id"))).where(*branch.conditions)
        in_order = reading.search is None or reading.search.is_rare
        parts.append((part.order_by(reading.id) if in_order else part).limit(limit))
    union = parts[0] if len(parts) == 1 else sa.union_all(*(sa.select(part.subquery()) for part in parts))
    sample = sa.select(union.subquery()).limit(limit).subquery()
    lowest, highest = (
        sa.select(bound(reading.id)).where(*reading.scope()).correlate(None).scalar_subquery()
        for bound in (sa.func.min, sa.func.max)
    )
    said = [sa.func.count(), sa.func.max(sample.c.id), lowest, highest]
    text: Any = sa.literal("")
    for number in said:
        text = text + sa.func.coalesce(sa.cast(number, sa.Text), "0") + ":"
    if first:
        text = text + str(FIRST_IDS)
    return sa.select(text).select_from(sample)


def counted(text: str | None, most: int | None = None) -> tuple[int | None, int | None]:
    """The exact length, or else about how many there are, going by how far in the catalogue the counted ones reach."""
    *numbers, within = (text or "0:0:0:0:").split(":")
    count, reached, lowest, highest = map(int, numbers)
    if count <= (most or COUNTED):
        if not within or highest < int(within):
            return count, None
        reached = int(within) - 1
    return None, max(count, count * (highest - lowest + 1) // max(1, reached - lowest + 1))


def literal(number: int) -> Any:
    """A number in the statement's text: the planner must know how little is wanted."""
    return sa.literal_column(str(int(number)), sa.Integer)
