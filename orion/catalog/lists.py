"""Pages of products: by position, stable while others write, in as few statements however many products there are.

A page is found first, by ids alone, from the indexes; what is shown of its few products is joined afterwards.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from orion.catalog.counting import COUNTED_NARROW, count_of, counted, literal
from orion.catalog.filters import Branch, Reading, look_up_words, whole, with_search
from orion.catalog.models import MarketplaceProduct, Product
from orion.catalog.orders import Order, Phase, order_of
from orion.catalog.search import DOCUMENTS, FIRST_IDS, mend
from orion.kernel import MAX_LIMIT, MAX_SKIP, FieldError, Invalid
from orion.plumbing.db import hold_transaction

Shown = Callable[[tuple[str, ...], Any], sa.Select[Any]]

_PLANNING = sa.select(
    *(
        sa.func.set_config(name, value, sa.true())
        for name, value in (
            ("plan_cache_mode", "force_custom_plan"),
            ("max_parallel_workers_per_gather", "0"),
            ("random_page_cost", "1.1"),
        )
    )
)


@dataclass(frozen=True, slots=True)
class Finding:
    """The rows of a page; `after` is the position of the last one, None at the list's end.

    `before` is that of the first one, None at the list's beginning. `total` is exact, or else None and `estimate` says
    about how many there are; both None where nobody counted.
    `searched` are the words that were looked for instead of those typed, which nothing has.
    """

    rows: Sequence[Any]
    after: tuple[Any, ...] | None
    before: tuple[Any, ...] | None
    total: int | None
    estimate: int | None
    searched: str | None


def check_page(skip: int, limit: int, *, field: str = "skip") -> None:
    """Raises Invalid (`invalid_page`) for an impossible page, and for one that ends behind product MAX_SKIP."""
    errors = []
    if not 1 <= limit <= MAX_LIMIT:
        errors.append(FieldError("limit", f"limit must be from 1 to {MAX_LIMIT}"))
    if skip < 0:
        errors.append(FieldError(field, f"{field} must not be negative"))
    elif skip + limit > MAX_SKIP and not errors:
        message = f"Pages end with the {MAX_SKIP:,}th product: go on with next_cursor, or narrow the list down"
        errors.append(FieldError(field, message))
    if errors:
        raise Invalid("invalid_page", "; ".join(error.message for error in errors), errors=errors)


async def find(
    session: AsyncSession,
    reading: Reading,
    shown: Shown,
    languages: tuple[str, ...],
    *,
    sort: str | None,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    skip: int = 0,
    limit: int,
    always_count: bool = False,
) -> Finding:
    """A page of the list: `limit` rows behind the position `after`, before that of `before`, or after the first `skip`.

    A page that is read by position says how long the list is if it should `always_count`.

    `shown` makes, of the found ids (`row_id`), the query of what is shown of them, texts in the first of the
    languages that there are. Where nothing has the words of the search, the nearest words are looked for. Raises
    Invalid (`unknown_sort`, `invalid_page`).
    """
    check_page(skip, limit)
    searched, position = None, after if before is None else before
    if position is not None:
        searched, *position = position
        if searched is not None and reading.search is not None:
            reading = with_search(reading, reading.search.with_words(searched))
    reading = await look_up_words(session, reading)
    if reading.is_narrow or skip:
        await plan_anew(session)
    order = order_of(reading, sort)
    pager = _Pager(session, reading, shown, languages, sort, order if before is None else order.backwards(), limit)
    finding = await pager.page(position, skip, searched, counting=position is None or always_count)
    if finding.rows or finding.total or position is not None or reading.search is None:
        return finding
    mended = await mend(session, reading.search)
    if mended is None:
        return finding
    reading = await look_up_words(session, with_search(reading, mended))
    pager = _Pager(session, reading, shown, languages, sort, order_of(reading, sort), limit)
    found = await pager.page(None, skip, " ".join(mended.words), counting=True)
    return found if found.rows or found.total else finding


async def plan_anew(session: AsyncSession) -> None:
    """Have each statement of the transaction planned for its own values, not once for all values.

    A frequent word is met soon by walking through the list, a rare one is looked up in the index. Pages are small and
    what they need is in memory: no worker is worth waking, and no jump is dear.
    """
    if session.get_bind().dialect.name == "postgresql":
        await hold_transaction(session)
        await session.execute(_PLANNING)


class _Both:
    """What is shown of a product, and where it stands in the list."""

    __slots__ = ("_place", "_shown")

    def __init__(self, shown: sa.Row[Any], place: sa.Row[Any]) -> None:
        self._shown, self._place = shown, place

    @property
    def _mapping(self) -> sa.RowMapping:
        return self._shown._mapping  # noqa: SLF001 (the public way to a row's mapping)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._shown)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._place, name)


@dataclass(frozen=True, slots=True)
class _Pager:
    session: AsyncSession
    reading: Reading
    shown: Shown
    languages: tuple[str, ...]
    sort: str | None
    order: Order
    limit: int

    @property
    def _most(self) -> int | None:
        """How many are counted; None: as many as of a whole list."""
        return COUNTED_NARROW if self.reading.is_narrow else None

    async def page(self, position: Sequence[Any] | None, skip: int, searched: str | None, *, counting: bool) -> Finding:
        order, back = self.order, self.order.is_backwards
        rows: list[Any] = []
        total: int | None = None
        estimate: int | None = None
        with_rows = counting and position is None
        left = skip
        for number, stage in enumerate(order.stages):
            if position is not None and (stage[0].number > position[0] if back else stage[-1].number < position[0]):
                continue
            is_within = position is not None and stage[0].number <= position[0] <= stage[-1].number
            within = position if is_within else None
            found = await self._stage(number, within, left, self.limit + 1 - len(rows), with_rows and not rows)
            if found and with_rows and not rows:
                total, estimate = counted(found[0].counted, self._most)
            rows += found
            if len(rows) > self.limit or (total is not None and skip + len(rows) >= total):
                break
            if left:
                left = 0 if found else left - await self._length(number, left)
        if counting and (position is not None or not rows):
            may_be_some = position is not None or skip
            text = await self.session.scalar(count_of(self.reading, self._most)) if may_be_some else None
            total, estimate = counted(text, self._most)
        more = len(rows) > self.limit
        rows = rows[: self.limit]
        if back:
            rows.reverse()
        first, last = [(searched, *_position(row, order)) for row in (*rows[:1], *rows[-1:])] or (None, None)
        return Finding(
            rows,
            after=last if more or back else None,
            before=first if (more if back else position is not None or skip) else None,
            total=total,
            estimate=estimate,
            searched=searched,
        )

    async def _stage(
        self, number: int, after: Sequence[Any] | None, skip: int, wanted: int, counting: bool
    ) -> list[Any]:
        """The rows of a stage; of what words find, first those that the small index of the first products knows."""
        search, order = self.reading.search, self.order
        fills = search is not None and not skip and not order.is_backwards and search.fills(FIRST_IDS, wanted)
        if fills and self.reading.dialect == "postgresql":
            early = order_of(self.reading, self.sort, first=True)
            if early.is_early and (after is None or after[-1] < FIRST_IDS):
                rows = await self._rows(early, number, after, 0, wanted, counting)
                all_there = len(rows) >= wanted and (rows[-1].phase > 0 or rows[-1].tie < FIRST_IDS or early.key_types)
                if not counting:
                    is_told = True
                elif rows:
                    total, _ = counted(rows[0].counted, self._most)
                    is_told = total is not None or int(rows[0].counted.partition(":")[0]) >= wanted
                    all_there = all_there or total == len(rows)
                if all_there and is_told:
                    return rows
        return await self._rows(order, number, after, skip, wanted, counting)

    async def _rows(
        self, order: Order, number: int, after: Sequence[Any] | None, skip: int, wanted: int, counting: bool
    ) -> list[Any]:
        """The rows of a stage: a filtered list is found first, and then shown by a statement that all share."""
        reading = self.reading
        if not reading.is_narrow and not skip:
            phase = None if after is None else after[0]
            statement = _whole_list(
                reading.store_id,
                reading.dialect,
                self.shown,
                self.languages,
                self.sort,
                order.is_backwards,
                number,
                phase,
                wanted,
                counting,
            )
            return list(await _rows_of(self.session, statement, _position_values(after)))
        found = _found(reading, order, order.stages[number], after, skip, wanted).cte("found")
        keys = [found.c[name] for name in _names(order)]
        query = sa.select(found.c.row_id, *keys).order_by(*_directed(keys, order))
        if counting:
            hits = reading.search.hits if reading.search is not None else None
            first = order.is_early and (hits or 0) >= 2 * COUNTED_NARROW
            length = count_of(reading, self._most, first=first)
            query = query.add_columns(length.scalar_subquery().label("counted"))
        rows = list(await _rows_of(self.session, query))
        if not rows:
            return []
        ids: Any = [row.row_id for row in rows]
        if reading.dialect == "sqlite":
            ids = orjson.dumps(ids).decode()
        statement = _by_ids(reading.dialect, self.shown, self.languages)
        content = {row.row_id: row for row in await _rows_of(self.session, statement, {"ids": ids})}
        return [_Both(content[row.row_id], row) for row in rows if row.row_id in content]

    async def _length(self, number: int, most: int) -> int:
        """How long a stage is, up to `most`."""
        found = _found(self.reading, self.order, self.order.stages[number], None, 0, most).subquery()
        return await self.session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


async def _rows_of(
    session: AsyncSession, statement: sa.Select[Any], values: dict[str, Any] | None = None
) -> Sequence[sa.Row[Any]]:
    """Rows of plain columns: from the connection, since the session would look for objects to make of them."""

    def read(session: Session) -> Sequence[sa.Row[Any]]:
        return session.connection().execute(statement, values).all()

    return await session.run_sync(read)


@lru_cache(maxsize=1000)
def _whole_list(
    store_id: int | None,
    dialect: str,
    shown: Shown,
    languages: tuple[str, ...],
    sort: str | None,
    backwards: bool,
    number: int,
    phase: int | None,
    wanted: int,
    counting: bool,
) -> sa.Select[Any]:
    """The statement of a list without filters, which is asked for most: making one takes longer than running it."""
    reading = whole(store_id, dialect)
    order = order_of(reading, sort)
    order = order.backwards() if backwards else order
    after = None if phase is None else (phase, *(None for _ in order.key_types), 0)
    found = _found(reading, order, order.stages[number], after, 0, wanted).cte("found")
    keys = [found.c[name] for name in _names(order)]
    query = shown(languages, found).add_columns(*keys).order_by(*_directed(keys, order))
    return query.add_columns(count_of(reading).scalar_subquery().label("counted")) if counting else query


@lru_cache(maxsize=100)
def _by_ids(dialect: str, shown: Shown, languages: tuple[str, ...]) -> sa.Select[Any]:
    """What is shown of the products with the ids `ids`."""
    if dialect == "sqlite":
        listed: Any = sa.func.json_each(sa.bindparam("ids", type_=sa.Text)).table_valued("value")
    else:
        ids = sa.bindparam("ids", type_=postgresql.ARRAY(sa.BigInteger))
        listed = sa.func.unnest(ids).table_valued("value").render_derived()
    found = sa.select(listed.c.value.label("row_id")).subquery()
    return shown(languages, found).add_columns(found.c.row_id)


def _found(
    reading: Reading, order: Order, stage: Sequence[Phase], after: Sequence[Any] | None, skip: int, wanted: int
) -> sa.Select[Any]:
    """The ids of a page with their keys; from each part of the stage as many as may be needed."""
    parts: list[sa.Select[Any]] = []
    for phase in stage:
        if after is not None and (phase.number > after[0] if order.is_backwards else phase.number < after[0]):
            continue
        position = after if after is not None and phase.number == after[0] else None
        branches = reading.branches(order.own, phase.found)
        parts += [_part(reading, order, phase, each, position).limit(literal(skip + wanted)) for each in branches]
    if len(parts) == 1:
        return parts[0].limit(literal(wanted)).offset(literal(skip)) if skip else parts[0]
    union = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
    merged = sa.select(union).order_by(*_directed([union.c[name] for name in _names(order)], order))
    return merged.limit(literal(wanted)).offset(literal(skip) if skip else None)


def _part(reading: Reading, order: Order, phase: Phase, branch: Branch, after: Sequence[Any] | None) -> sa.Select[Any]:
    keys = [*phase.keys(branch.values)]
    padded = [*keys, *(sa.null() for _ in order.key_types[len(keys) :])]
    columns = [
        sa.literal_column(str(phase.number), sa.Integer).label("phase"),
        *(
            sa.cast(key, type_).label(f"k{n}")
            for n, (key, type_) in enumerate(zip(padded, order.key_types, strict=True))
        ),
        order.tie.label("tie"),
        (MarketplaceProduct.id if reading.store_id is None else Product.id).label("row_id"),
    ]
    query = reading.listed(sa.select(*columns), order.needs_listed)
    if phase.titled:
        query = query.outerjoin(DOCUMENTS, DOCUMENTS.c.marketplace_product_id == reading.id)
    query = query.where(*branch.conditions, *phase.where(branch.values))
    sorting = [*keys, order.tie]
    if after is not None:
        names = [*(f"after{n}" for n in range(1, len(keys) + 1)), f"after{len(after) - 1}"]
        values = _position_values(after)
        there = [sa.bindparam(name, values[name], key.type) for name, key in zip(names, sorting, strict=True)]
        query = query.where(_behind(sorting, there, descending=order.descending))
    return query.order_by(*(key.desc() if order.descending else key for key in sorting))


def _position_values(after: Sequence[Any] | None) -> dict[str, Any]:
    return {f"after{n}": value for n, value in enumerate(after or ())}


def _names(order: Order) -> list[str]:
    return ["phase", *(f"k{number}" for number in range(len(order.key_types))), "tie"]


def _directed(keys: Sequence[Any], order: Order) -> list[Any]:
    """The keys as they sort: phases forward, but for a list that is read backwards."""
    first, *rest = keys
    return [first.desc() if order.is_backwards else first, *(key.desc() if order.descending else key for key in rest)]


def _behind(keys: Sequence[Any], there: Sequence[Any], *, descending: bool) -> sa.ColumnElement[bool]:
    here: Any = sa.tuple_(*keys) if len(keys) > 1 else keys[0]
    position: Any = sa.tuple_(*there) if len(there) > 1 else there[0]
    behind: sa.ColumnElement[bool] = here < position if descending else here > position
    return behind


def _position(row: Any, order: Order) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _names(order))
