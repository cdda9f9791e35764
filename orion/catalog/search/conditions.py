"""A search as conditions on the marketplace products' ids, which the database's indexes answer."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.search.words import Search
from orion.kernel import gtin14

MOST_NAMED = 200
"""So many ids that a text means are looked up before the words are; there are seldom any."""

FIRST_IDS = 32768
"""Up to this id the index has a small second one: frequent words fill the first pages from it."""

SHORTEST_PREFIX = 3
"""Ids are looked for by their beginning when so many characters of it were typed; else the whole id must be."""

_SHORTEST_GTIN, _GTIN, _MPN = 4, 14, 64
_LAST = "\U0010ffff"

DOCUMENTS = sa.table(
    "marketplace_product_search",
    sa.column("marketplace_product_id", sa.BigInteger),
    sa.column("title", sa.Text),
    sa.column("document"),
)
"""The index's table: of each product with a title, its first title (English, French, German) in plain letters."""
_shared_words = sa.table("marketplace_product_words", sa.column("rowid", sa.Integer))
_own_words = sa.table("product_words", sa.column("rowid", sa.Integer))

Condition = sa.ColumnElement[bool]


def worded(
    search: Search,
    id_: sa.SQLColumnExpression[int],
    *,
    dialect: str,
    store_id: int | None,
    first: bool = False,
    begun: bool | None = None,
) -> Condition:
    """Whether every word is in a title or the brand of the marketplace product `id_`; the last may be a beginning.

    With `store_id` the query has products too, and what the store says itself counts. `first` asks for ids below
    FIRST_IDS alone, `begun` for those whose title begins with the words, or does not: the query has joined DOCUMENTS.
    """
    if not search.words:
        return sa.false()
    if dialect == "sqlite":
        return _worded_on_sqlite(search, id_, store_id, first=first, begun=begun)
    sought, *checked = _parts(search) or [sa.func.orion_search_query(*_asked(search, store_id))]
    if begun:  # of the joined title; the index of words would find, and sort, all that begin with a frequent word
        return sa.and_(begun_title(search), *map(_is_checked, (sought, *checked)))
    if search.is_rare and not first:
        few = _few(search)
        found = sa.select(few.c.id).group_by(few.c.id)  # known to be different, and in their order if that is wanted
        title = few.c.title
    else:
        has_words = sa.and_(DOCUMENTS.c.document.op("@@")(sought), *map(_is_checked, checked))
        found, title = sa.select(DOCUMENTS.c.marketplace_product_id).where(has_words).correlate(None), DOCUMENTS.c.title
    if first:
        found = found.where(DOCUMENTS.c.marketplace_product_id < sa.literal_column(str(FIRST_IDS)))
    if begun is not None:
        found = found.where(begun_title(search, wanted=False, title=title))
    return sa.and_(id_.in_(found))


def identified(search: Search, id_: sa.SQLColumnExpression[int], *, dialect: str, store_id: int | None) -> Condition:
    """Whether the text is, or begins, an id of the marketplace product `id_`: the feed's, the maker's, the GTIN.

    With `store_id` the query has products too, and the store's own number counts when it is the whole text.
    """
    if search.named is not None:
        return id_.in_(search.named) if search.named else sa.false()
    return id_.in_(sa.union_all(*_identified(search, dialect, store_id)))


async def look_up(session: AsyncSession, search: Search, store_id: int | None) -> Search:
    """The search with the ids that it means, if these are few, and on PostgreSQL with how to look for its words."""
    dialect = session.get_bind().dialect.name
    parts = _identified(search, dialect, store_id)
    few = sa.union_all(*(sa.select(part.limit(MOST_NAMED + 1).subquery()) for part in parts))
    if dialect == "sqlite":
        named, how = set(await session.scalars(few)), search
    else:
        way = sa.func.orion_search_parts(*_asked(search, store_id)).table_valued(
            "sought", "checked", sa.column("share", sa.Float), sa.column("hits", sa.Float)
        )
        texts = (sa.cast(column, sa.Text) for column in (way.c.sought, way.c.checked))
        said = sa.select(sa.func.array(few.scalar_subquery()), *texts, way.c.share, way.c.hits)
        ids, sought, checked, share, hits = (await session.execute(said)).one()
        named, how = set(ids), replace(search, sought=sought, checked=checked, share=share, hits=hits)
    return replace(how, named=tuple(sorted(named)) if len(named) <= MOST_NAMED else None)


def _asked(search: Search, store_id: int | None) -> tuple[Any, ...]:
    """What the database's functions of a search take."""
    words = sa.cast(list(search.words), postgresql.ARRAY(sa.Text))
    return words, search.language, sa.cast(store_id, sa.BigInteger)


def _is_checked(query: Any) -> Condition:
    """A condition that no index is asked for."""
    return sa.and_(DOCUMENTS.c.document.op("@@")(query).is_(sa.true()))


def _identified(search: Search, dialect: str, store_id: int | None) -> list[sa.Select[int]]:
    """The marketplace products that have such an id, by each kind of id."""
    text = search.text.lower()
    mpid = sa.func.lower(MarketplaceProduct.marketplace_product_id)
    mpn = sa.func.lower(sa.func.substr(MarketplaceProduct.mpn, sa.literal_column("1"), sa.literal_column(str(_MPN))))
    names = [_begins(column, text, dialect) for column in (mpid, mpn)]
    digits = search.text.replace(" ", "").replace("-", "")
    if digits.isascii() and digits.isdigit() and _SHORTEST_GTIN <= len(digits) <= _GTIN:
        names.append(MarketplaceProduct.gtin14 == gtin14(digits))
        names.append(
            sa.and_(
                MarketplaceProduct.gtin >= digits, MarketplaceProduct.gtin < str(int(digits) + 1).zfill(len(digits))
            )
            if set(digits) != {"9"}
            else MarketplaceProduct.gtin >= digits
        )
    if store_id is None:
        return [sa.select(MarketplaceProduct.id).where(name).correlate(None) for name in names]
    listed = sa.select(Product.marketplace_product_id).where(Product.store_id == store_id).correlate(None)
    return [*(listed.join(MarketplaceProduct).where(name) for name in names), listed.where(Product.sku == search.text)]


@lru_cache(maxsize=100)
def _few(search: Search) -> sa.CTE:
    """The few products that have rare words, looked up once for the page and the count of a statement."""
    sought, *checked = _parts(search)
    columns = DOCUMENTS.c.marketplace_product_id.label("id"), DOCUMENTS.c.title.label("title")
    has_words = DOCUMENTS.c.document.op("@@")(sought), *map(_is_checked, checked)
    return sa.select(*columns).where(*has_words).cte("few").prefix_with("MATERIALIZED", dialect="postgresql")


def _parts(search: Search) -> list[Any]:
    parts = (search.sought, search.checked)
    return [sa.cast(sa.literal(part, sa.Text), postgresql.TSQUERY) for part in parts if part]


def begun_title(search: Search, *, wanted: bool = True, title: Any = DOCUMENTS.c.title) -> Condition:
    """Whether the index's title begins with the words, in the index's own order."""
    least = " ".join(search.words)
    within: Condition = sa.and_(title >= least, title < least + _LAST)
    return within if wanted else sa.not_(within)


def _begins(column: sa.ColumnElement[str], text: str, dialect: str) -> Condition:
    """Whether the column begins with `text`, as a range of an index that sorts by code points."""
    if dialect == "postgresql":
        column = sa.collate(column, "C")
    if len(text) < SHORTEST_PREFIX:
        return column == text
    return sa.and_(column >= text, column < text + _LAST)


def _worded_on_sqlite(
    search: Search, id_: sa.SQLColumnExpression[int], store_id: int | None, *, first: bool, begun: bool | None
) -> Condition:
    typed = " ".join(f'"{word}"' for word in search.words) + "*"
    shared: Condition = id_.in_(
        sa.select(_shared_words.c.rowid).where(sa.literal_column("marketplace_product_words").match(typed))
    )
    condition: Condition = shared
    if store_id is not None:
        own = sa.select(_own_words.c.rowid).where(sa.literal_column("product_words").match(typed))
        condition = sa.or_(shared, Product.id.in_(own))
    conditions: list[Condition] = [condition]
    if first:
        conditions.append(id_ < FIRST_IDS)
    if begun is not None:
        begins = sa.select(DOCUMENTS.c.marketplace_product_id).where(begun_title(search)).correlate(None)
        title = id_.in_(begins)
        conditions.append(title if begun else sa.not_(title))
    return sa.and_(*conditions)
