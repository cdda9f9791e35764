"""The orders in which products are listed: by which keys, and which of these an index has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from orion.catalog.filters import Condition, Reading
from orion.catalog.models import MarketplaceProduct, Product, ProductTranslation
from orion.catalog.search import DOCUMENTS
from orion.catalog.values_in_effect import LISTED, OWN, Values
from orion.kernel import FieldError, Invalid

SHARED_SORTS = ("oldest", "newest", "price_asc", "price_desc", "title", "relevance")
LISTING_SORTS = (*SHARED_SORTS, "display_order")

TITLE_LENGTH = 80
"""Titles are put in order by so many letters."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A run of the list: all of it before anything of the next. `keys` gives its order, then comes `Order.tie`.

    `found` are the parts of a search, where the phases tell them apart. `titled`: the index's title is needed.
    """

    number: int
    keys: Callable[[Values], Sequence[Any]] = lambda _: ()
    where: Callable[[Values], Sequence[Condition]] = lambda _: ()
    found: tuple[tuple[Condition, ...], ...] | None = None
    titled: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """An order: phases that are read together stand in one stage; a later stage is read when a page has room left.

    `own` says which of a store's products have something of their own that this order goes by. `key_types` are the
    types of the phases' keys; a phase with fewer keys than others has nulls. `needs_listed`: the keys are on the
    marketplace product. `is_early`: of what words find it has the first products only. `is_backwards`: it is read from
    its end.
    """

    stages: tuple[tuple[Phase, ...], ...]
    tie: Any
    descending: bool = False
    own: tuple[Condition, ...] = ()
    key_types: tuple[Any, ...] = ()
    needs_listed: bool = False
    is_early: bool = False
    is_backwards: bool = False

    def backwards(self) -> "Order":
        """The same order from its end."""
        return replace(self, stages=self.stages[::-1], descending=not self.descending, is_backwards=True)


def order_of(reading: Reading, sort: str | None, *, first: bool = False) -> Order:
    """The order called `sort`: by relevance where something is searched for, else the oldest first, if None.

    `first` reads, of what words find, the beginning only: see `Reading`. Raises Invalid (`unknown_sort`).
    """
    known = SHARED_SORTS if reading.store_id is None else LISTING_SORTS
    name = sort or ("relevance" if reading.search else "oldest")
    if name not in known:
        message = f"{name!r} is not one of {', '.join(known)}"
        raise Invalid("unknown_sort", message, errors=[FieldError("sort", message)])
    if name == "relevance" and reading.search is not None:
        return _by_relevance(reading, first=first)
    if name in ("price_asc", "price_desc"):
        return _by_price(reading, descending=name == "price_desc")
    if name == "title":
        return _by_title(reading)
    if name == "newest":
        tie = MarketplaceProduct.id if reading.store_id is None else Product.id
        return Order(((Phase(0),),), tie, descending=True)
    if name == "display_order":
        return Order(((Phase(0, keys=lambda _: (Product.display_order,)),),), Product.id, key_types=(sa.Integer,))
    found = None
    if first and reading.search is not None:
        found = tuple(reading.searched(first=True))
    return Order(((Phase(0, found=found),),), reading.id, is_early=found is not None)


def _by_relevance(reading: Reading, *, first: bool) -> Order:
    """Ids that begin with the text, then titles that do, then whatever has the words."""
    named, not_named = reading.named(), sa.not_(reading.named())
    is_named = reading.search is None or reading.search.named != ()
    phases = (
        *((Phase(0, found=((named,),)),) if is_named else ()),
        Phase(
            1,
            keys=lambda _: (DOCUMENTS.c.title,),
            # said of the joined title too, so that the index of titles can be walked in its order
            where=lambda _: (reading.begun_title(),),
            found=((reading.worded(begun=True), not_named),),
            titled=True,
        ),
        Phase(2, found=((reading.worded(first=first, begun=False), not_named),)),
    )
    return Order((phases,), reading.id, key_types=(sa.Text,), is_early=first)


def _by_price(reading: Reading, *, descending: bool) -> Order:
    """By what a buyer pays, each currency by itself; what has no price comes last."""

    def has_price(values: Values) -> Condition:
        return sa.and_(values.asked.is_not(None), values.currency.is_not(None))

    priced = Phase(0, keys=lambda values: (values.currency, values.asked), where=lambda values: (has_price(values),))
    unpriced = Phase(1, where=lambda values: (sa.not_(has_price(values)),))
    return Order(
        ((priced,), (unpriced,)),
        reading.id,
        descending=descending,
        own=tuple(column.is_not(None) for column in OWN["price"]),
        key_types=(sa.Text, sa.BigInteger),
        needs_listed=True,
    )


def _by_title(reading: Reading) -> Order:
    """By the first of the titles in English, French and German; what has none comes last."""
    own: tuple[Condition, ...] = ()
    texts = ProductTranslation
    if reading.store_id is not None:
        titled = sa.select(texts.product_id).where(texts.title.is_not(None))
        own = (Product.id.in_(titled),)
    letters = sa.func.orion_plain if reading.dialect == "postgresql" else sa.func.lower
    rank = sa.case((texts.language == "en", 1), (texts.language == "fr", 2), else_=3)
    mine = (
        sa.select(sa.func.substr(letters(texts.title), 1, TITLE_LENGTH))
        .where(texts.product_id == Product.id, texts.title.is_not(None))
        .order_by(rank)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )

    def title(values: Values) -> Any:
        return sa.func.coalesce(mine, DOCUMENTS.c.title) if values is not LISTED else DOCUMENTS.c.title

    return Order(
        (
            (Phase(0, keys=lambda v: (title(v),), where=lambda v: (title(v).is_not(None),), titled=True),),
            (Phase(1, where=lambda v: (title(v).is_(None),), titled=True),),
        ),
        reading.id,
        own=own,
        key_types=(sa.Text,),
    )
