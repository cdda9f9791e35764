"""Finding a category by some of its words, for whoever has to choose one."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.categories import CategoryName
from orion.catalog.models import Category, CategoryText
from orion.kernel import fallback_order, parse_language
from orion.plumbing.db import fold

MOST = 20
_MOST_WORDS = 8


async def search_categories(
    session: AsyncSession, text: str, language: str | None = None, limit: int = MOST
) -> list[CategoryName]:
    """Categories whose path has every word of `text`, or that have it as Google's id; the shortest paths first.

    Searched in the first language, of `language` and its stand-ins, in which anything is found. Nothing for no words.
    Raises Invalid (`unknown_language`).
    """
    words = text.replace("\0", " ").replace(">", " ").split()[:_MOST_WORDS]
    if not words:
        return []
    wanted = [fold.contains(CategoryText.path, word[:100]) for word in words]
    matches = sa.and_(*wanted)
    if len(words) == 1 and words[0].isascii() and words[0].isdigit() and len(words[0]) < 10:
        matches = sa.or_(matches, Category.google_id == int(words[0]))
    for code in fallback_order(parse_language(language) if language else None, None):
        rows = await session.execute(
            sa.select(Category.id, Category.google_id, CategoryText.path)
            .join(CategoryText)
            .where(CategoryText.language == code, matches)
            .order_by(sa.func.length(CategoryText.path), CategoryText.path)
            .limit(limit)
        )
        found = [CategoryName(*row) for row in rows]
        if found:
            return found
    return []
