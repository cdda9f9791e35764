"""Finding orders by what people type: words of their numbers, their buyers and their SKUs, the last one unfinished.

Orders keep these words in `search_text`; the database keeps an index of it by itself (migration 0012), and this module
alone reads that. What is erased from an order is so erased from its index.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from orion.kernel import FieldError, Invalid, words_in
from orion.orders.models import Order
from orion.plumbing.db.records import among

MAX_SEARCH = 200
MOST_TYPED = 16
MOST_WORDS = 1000
LONGEST_WORD = 64
"""Characters of a word; what follows counts neither here nor there."""

MOST_FOUND = 10_000
"""So many orders are looked up and then put in order; of more, the newest are looked through first."""

_DIGITS = re.compile(r"\d{4,}")
_ON_SQLITE = sa.table("order_words", sa.column("rowid", sa.Integer))
_ON_POSTGRESQL: sa.ColumnElement[Any] = sa.literal_column(
    "array_to_tsvector(array_append(string_to_array(orders.search_text, ' '), '@' || orders.store_id::text))"
)
"""In the words of the index; "@5" says whose the order is."""

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Search:
    """What orders must fit; `few` says that this names their ids, else they are more than can be put in order quickly.

    `some` then names so many of them, which stand for the others when they are counted.
    """

    fits: Condition
    few: bool = True
    some: Condition | None = None


def search_text(order: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> str:
    """The words that an order is found by: of its numbers, its buyer, its SKUs; of numbers, also the digits alone."""
    numbers = [order[name] for name in ("number", "channel_order_id")]
    parts = [*numbers, *_DIGITS.findall(" ".join(numbers)), order["customer_name"], order["customer_email"]]
    parts += [line["sku"] for line in lines]
    return " ".join(list(_cut(" ".join(part for part in parts if part)))[:MOST_WORDS])


async def look_up(session: AsyncSession, text: str, store_id: int | None) -> Search | None:
    """The search for a text in a store's orders (None: in all stores'); None when nothing is asked.

    Raises Invalid (`invalid_search`).
    """
    text = text.strip()
    if "\0" in text or len(text) > MAX_SEARCH:
        message = f"search takes up to {MAX_SEARCH} printable characters"
        raise Invalid("invalid_search", message, errors=[FieldError("search", message)])
    if not text:
        return None
    words = list(_cut(text))[:MOST_TYPED]
    if not words:
        return Search(sa.false())
    if session.get_bind().dialect.name == "sqlite":
        typed = " ".join(f'"{word}"' for word in words) + "*"
        found = sa.select(_ON_SQLITE.c.rowid).where(sa.literal_column("order_words").match(typed))
        return Search(Order.id.in_(found))
    marks = [f"'{word}'" for word in words[:-1]] + [f"'{words[-1]}':*"]
    if store_id is not None:
        marks.append(f"'@{store_id}'")
    query = sa.cast(sa.literal(" & ".join(marks), sa.Text), postgresql.TSQUERY)
    looked_up = sa.func.orion_orders_found(query, MOST_FOUND + 1, type_=sa.BigInteger).column_valued("id")
    ids = list(await session.scalars(sa.select(looked_up)))
    some = among(session, Order.id, ids)
    if len(ids) <= MOST_FOUND:
        return Search(some)
    return Search(sa.and_(_ON_POSTGRESQL.op("@@")(query)), few=False, some=some)


def _cut(text: str) -> dict[str, None]:
    """The words, each once, in their order."""
    return dict.fromkeys(word[:LONGEST_WORD] for word in words_in(text))
