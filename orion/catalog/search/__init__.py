"""Finding products by what people type: words of titles and brands, and the ids that things go by.

The database keeps the index itself (migration 0003); this package alone reads it, and knows what differs by database.
"""

from orion.catalog.search.conditions import DOCUMENTS, FIRST_IDS, begun_title, identified, look_up, worded
from orion.catalog.search.mending import mend
from orion.catalog.search.words import MAX_SEARCH_LENGTH, Search, read_search

__all__ = [
    "DOCUMENTS",
    "FIRST_IDS",
    "MAX_SEARCH_LENGTH",
    "Search",
    "begun_title",
    "identified",
    "look_up",
    "mend",
    "read_search",
    "worded",
]
