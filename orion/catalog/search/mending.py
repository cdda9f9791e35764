"""Words that nothing is called: the nearest ones that something is."""

from collections.abc import Iterable
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.search.words import Search

LEAST = 4
"""Shorter words are not mended: too many others are near them."""

MOST = 30
_SHARE = 4
"""One letter in so many may be wrong, and always one."""


async def mend(session: AsyncSession, search: Search) -> Search | None:
    """The search with each unknown word of 4 to 30 letters a to z as the nearest known one; None: nothing to mend.

    Nearest are those that the fewest letters added, left out, changed or swapped make equal, then the first by
    alphabet.
    """
    plain = {word for word in search.words if LEAST <= len(word) <= MOST and word.isascii() and word.isalpha()}
    near = {word: await _nearest(session, word) for word in await _unknown(session, plain)}
    words = tuple(near.get(word) or word for word in search.words)
    return search.with_words(" ".join(words)) if words != search.words else None


async def _unknown(session: AsyncSession, words: set[str]) -> list[str]:
    """Those of the words that nothing has, not as the beginning of a word either."""
    if not words:
        return []
    if session.get_bind().dialect.name == "sqlite":
        statement = (
            "SELECT typed.value FROM json_each(:words) AS typed WHERE NOT EXISTS (SELECT 1 FROM"
            " marketplace_product_vocabulary WHERE term >= typed.value AND term < typed.value || '~')"
        )
        listed: Any = orjson.dumps(sorted(words)).decode()
    else:
        statement = (
            "SELECT word FROM unnest(CAST(:words AS text[])) AS typed(word) WHERE NOT EXISTS (SELECT FROM search_words"
            ' AS known WHERE known.word COLLATE "C" >= typed.word AND known.word COLLATE "C" < typed.word || \'~\')'
        )
        listed = sorted(words)
    return list(await session.scalars(sa.text(statement), {"words": listed}))


async def _nearest(session: AsyncSession, word: str) -> str | None:
    """A known word near the unknown `word`, if there is one."""
    candidates = await _candidates(session, word)
    most = max(1, len(word) // _SHARE)
    near = ((distance(word, known, most), known) for known in candidates)
    return min((pair for pair in near if pair[0] <= most), default=(0, None))[1]


async def _candidates(session: AsyncSession, word: str) -> Iterable[str]:
    if session.get_bind().dialect.name == "sqlite":
        statement = (
            "SELECT term FROM marketplace_product_vocabulary WHERE term >= :least AND term < :below"
            " AND length(term) BETWEEN :shortest AND :longest LIMIT 20000"
        )
        first = word[0]
        rows = await session.execute(
            sa.text(statement),
            {"least": first, "below": chr(ord(first) + 1), "shortest": len(word) - 2, "longest": 2 * MOST},
        )
        return [term for (term,) in rows if len(term) <= len(word) + 2]
    alike = (
        'SELECT DISTINCT word FROM search_words WHERE word COLLATE "C" >= left(:word, 1)'
        " AND word COLLATE \"C\" < left(:word, 1) || '~' AND length(word) BETWEEN length(:word) - 1"
        " AND length(:word) + 1 LIMIT 5000"
    )
    parts = [alike]
    if await _has_trigrams(session):
        parts.append(
            "SELECT word FROM (SELECT DISTINCT word FROM search_words WHERE word % :word) AS near"
            " ORDER BY similarity(word, :word) DESC, word LIMIT 200"
        )
    rows = await session.execute(sa.text(" UNION ALL ".join(f"({part})" for part in parts)), {"word": word})
    return [found for (found,) in rows]


async def _has_trigrams(session: AsyncSession) -> bool:
    return bool(await session.scalar(sa.text("SELECT true FROM pg_extension WHERE extname = 'pg_trgm'")))


def distance(one: str, other: str, most: int) -> int:
    """How many letters added, left out, changed or swapped with their neighbour make the words equal; else most + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        now = [row]
        for column, compared in enumerate(other, start=1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != compared))
            swapped = row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == compared
            now.append(min(cost, before[column - 2] + 1) if swapped else cost)
        before, last = last, now
    return min(last[-1], most + 1)
