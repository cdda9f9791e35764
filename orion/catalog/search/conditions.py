"""A search as conditions on the marketplace products' ids, which the database's indexes answer."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.search.words import Search
from orion.kernel import gtin14

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
    FIRST_IDS alone, `begun` for those whose title begins with the words, or does not.
    """
    if not search.words:
        return sa.false()
    if dialect == "sqlite":
        return _worded_on_sqlite(search, id_, store_id, first=first, begun=begun)
    words = sa.cast(list(search.words), postgresql.ARRAY(sa.Text))
    query = sa.func.orion_search_query(words, search.language, sa.cast(store_id, sa.BigInteger))
    found = sa.select(DOCUMENTS.c.marketplace_product_id).where(DOCUMENTS.c.document.op("@@")(query)).correlate(None)
    if first:
        found = found.where(DOCUMENTS.c.marketplace_product_id < sa.literal_column(str(FIRST_IDS)))
    if begun is not None:
        found = found.where(begun_title(search, wanted=begun))
    return sa.and_(id_.in_(found))


def identified(search: Search, id_: sa.SQLColumnExpression[int], *, dialect: str, store_id: int | None) -> Condition:
    """Whether the text is, or begins, an id of the marketplace product `id_`: the feed's, the maker's, the GTIN.

    With `store_id` the query has products too, and the store's own number counts when it is the whole text.
    """
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
        return id_.in_(sa.union_all(*(sa.select(MarketplaceProduct.id).where(name).correlate(None) for name in names)))
    listed = sa.select(Product.marketplace_product_id).where(Product.store_id == store_id).correlate(None)
    found = [listed.join(MarketplaceProduct).where(name) for name in names]
    return id_.in_(sa.union_all(*found, listed.where(Product.sku == search.text)))


def begun_title(search: Search, *, wanted: bool = True) -> Condition:
    """Whether the index's title begins with the words, in the index's own order."""
    least = " ".join(search.words)
    within: Condition = sa.and_(DOCUMENTS.c.title >= least, DOCUMENTS.c.title < least + _LAST)
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
