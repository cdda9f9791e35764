"""The tree of categories: Google's product taxonomy, as it is published with ids.

Source of the format: https://support.google.com/merchants/answer/6324436 (one "3237 - Animals & Pet Supplies > Live
Animals" to a line, a `#` line in front). The lists themselves are Google's and not part of Orion.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from orion.catalog.models import Category, CategoryText, MarketplaceProduct, Product
from orion.kernel import FieldError, Invalid, NotFound, fallback_order, parse_language
from orion.plumbing.db import Database

_LINE = re.compile(r"\s*([0-9]{1,9})\s*-\s*(\S.*?)\s*")
_BETWEEN = re.compile(r"\s*>\s*")
_ID = re.compile(r"[0-9]{1,9}")
MAX_KEY = 500
MAP_STEP = 2000
"""Products that are mapped to categories in one transaction."""


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A category as a reader sees it; `has_products` says whether it, or one below it, has a product."""

    id: int
    google_id: int | None
    parent_id: int | None
    name: str
    path: str
    language: str
    has_children: bool
    has_products: bool


@dataclass(frozen=True, slots=True)
class CategoryName:
    """What a product says of its category."""

    id: int
    google_id: int | None
    path: str


async def list_categories(
    session: AsyncSession, parent_id: int | None = None, language: str | None = None
) -> list[CategoryView]:
    """The categories right below one (None: at the top), by name in `language` if possible. One statement.

    Raises NotFound (`category_not_found`) and Invalid (`unknown_language`).
    """
    where = Category.parent_id.is_(None) if parent_id is None else Category.parent_id == parent_id
    found = await _views(session, where, language)
    if not found and parent_id is not None:
        await get_category(session, parent_id)
    return sorted(found, key=lambda category: (category.name.casefold(), category.id))


async def get_category(session: AsyncSession, category_id: int, language: str | None = None) -> CategoryView:
    """One category. Raises NotFound (`category_not_found`) and Invalid (`unknown_language`)."""
    found = await _views(session, Category.id == category_id, language)
    if not found:
        raise NotFound("category_not_found", f"There is no category {category_id}.")
    return found[0]


async def category_names(
    session: AsyncSession, ids: Iterable[int | None], language: str | None, default: str | None = None
) -> dict[int, CategoryName]:
    """The categories with these ids, in the best language there is. One statement."""
    wanted = {id_ for id_ in ids if id_ is not None}
    if not wanted:
        return {}
    found: dict[int, tuple[int, CategoryName]] = {}
    order = fallback_order(parse_language(language) if language else None, default)
    rows = await session.execute(
        sa.select(Category.id, Category.google_id, CategoryText.path, CategoryText.language)
        .join(CategoryText)
        .where(Category.id.in_(wanted))
    )
    for id_, google_id, path, code in rows:
        rank = order.index(code)
        if id_ not in found or rank < found[id_][0]:
            found[id_] = rank, CategoryName(id_, google_id, path)
    return {id_: name for id_, (_, name) in found.items()}


async def category_ids(connection: AsyncConnection | AsyncSession, texts: Iterable[str | None]) -> dict[str, int]:
    """The category of each text that names one: Google's id, or the full path in any language and any case.

    At most two statements, of the distinct texts; texts that name no category are not in the answer.
    """
    distinct = {text for text in texts if text}
    numbers = {text: int(text) for text in distinct if _ID.fullmatch(text)}
    paths = {text: path_key(text) for text in distinct - set(numbers)}
    found: dict[str, int] = {}
    if numbers:
        rows = await connection.execute(
            sa.select(Category.google_id, Category.id).where(Category.google_id.in_(sorted(set(numbers.values()))))
        )
        by_number = {row[0]: row[1] for row in rows}
        found |= {text: by_number[number] for text, number in numbers.items() if number in by_number}
    if paths:
        found_paths = await connection.execute(
            sa.select(CategoryText.path_key, sa.func.min(CategoryText.category_id))
            .where(CategoryText.path_key.in_(sorted(set(paths.values()))))
            .group_by(CategoryText.path_key)
        )
        by_path = {row[0]: row[1] for row in found_paths}
        found |= {text: by_path[key] for text, key in paths.items() if key in by_path}
    return found


async def load_categories(session: AsyncSession, lines: Iterable[str], language: str) -> int:
    """Take in a taxonomy file in one language, and say how many categories it has.

    Categories are known by Google's id: names and places are renewed, and what the file does not have stays as it is.
    Raises Invalid (`taxonomy_invalid`, naming the line), and writes nothing then.
    """
    language = parse_language(language)
    paths = read_taxonomy(lines)
    await _add_missing(session, paths)
    rows = await session.execute(sa.select(Category.google_id, Category.id).where(Category.google_id.is_not(None)))
    ids = {row[0]: row[1] for row in rows}
    await session.execute(sa.delete(CategoryText).where(CategoryText.language == language))
    texts = [
        {
            "category_id": ids[google_id],
            "language": language,
            "name": path[-1],
            "path": " > ".join(path),
            "path_key": path_key(" > ".join(path)),
        }
        for google_id, path in paths.items()
    ]
    await session.execute(sa.insert(CategoryText), texts)
    by_path = {path: ids[google_id] for google_id, path in paths.items()}
    parents = {ids[google_id]: by_path.get(path[:-1]) for google_id, path in paths.items()}
    await _place(session, parents)
    return len(paths)


async def map_categories(database: Database) -> int:
    """Give every product the category that its `google_product_category` names; says how many changed.

    In steps of one transaction each, so that nobody waits; safe to stop and to repeat.
    """
    changed = 0
    for table in (MarketplaceProduct, Product):
        last: int | None = 0
        while last is not None:
            async with database.transaction() as session:
                last, count = await _map_step(session, table, last)
            changed += count
    return changed


def read_taxonomy(lines: Iterable[str]) -> dict[int, tuple[str, ...]]:
    """Google's id -> path, from a published "taxonomy with ids". Raises Invalid (`taxonomy_invalid`)."""
    found: dict[int, tuple[str, ...]] = {}
    seen: set[tuple[str, ...]] = set()
    for number, line in enumerate(lines, start=1):
        text = line.lstrip("\ufeff").strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        path = tuple(_BETWEEN.split(match[2])) if match else ()
        problem = None
        if not match or not all(path):
            problem = "is not like '3237 - Animals & Pet Supplies > Live Animals'"
        elif int(match[1]) in found or path in seen:
            problem = "names a category that stands above already"
        elif len(path) > 1 and path[:-1] not in seen:
            problem = "comes before the category it is in"
        elif len(" > ".join(path)) > MAX_KEY:
            problem = f"is longer than {MAX_KEY} characters"
        if problem or not match:
            message = f"Line {number} {problem}: is this the taxonomy with ids, unchanged?"
            raise Invalid("taxonomy_invalid", message, errors=[FieldError("file", message)])
        found[int(match[1])] = path
        seen.add(path)
    if not found:
        raise Invalid("taxonomy_invalid", "The file has no categories: is this the taxonomy with ids?")
    return found


def path_key(path: str) -> str:
    """What a path is found by: without regard to case and to blanks around ">"."""
    return _BETWEEN.sub(" > ", path.strip()).casefold()[:MAX_KEY]


async def _views(session: AsyncSession, where: sa.ColumnElement[bool], language: str | None) -> list[CategoryView]:
    order = fallback_order(parse_language(language) if language else None, None)
    below, child = sa.orm.aliased(Category), sa.orm.aliased(Category)
    at_or_below = sa.and_(below.number >= Category.number, below.number <= Category.last_number)
    present = [
        sa.exists().where(table.category_id == below.id, at_or_below).correlate(Category)
        for table in (MarketplaceProduct, Product)
    ]
    rows = await session.execute(
        sa.select(
            Category.id,
            Category.google_id,
            Category.parent_id,
            sa.exists().where(child.parent_id == Category.id).label("has_children"),
            sa.or_(*present).label("has_products"),
            CategoryText.name,
            CategoryText.path,
            CategoryText.language,
        )
        .join(CategoryText)
        .where(where)
    )
    found: dict[int, CategoryView] = {}
    for row in rows:
        view = CategoryView(
            row.id, row.google_id, row.parent_id, row.name, row.path, row.language, row.has_children, row.has_products
        )
        known = found.get(view.id)
        if known is None or order.index(view.language) < order.index(known.language):
            found[view.id] = replace(view, has_children=bool(view.has_children), has_products=bool(view.has_products))
    return list(found.values())


async def _add_missing(session: AsyncSession, paths: Mapping[int, tuple[str, ...]]) -> None:
    known = set(await session.scalars(sa.select(Category.google_id)))
    new = [{"google_id": id_, "number": 0, "last_number": 0} for id_ in paths if id_ not in known]
    if new:
        await session.execute(sa.insert(Category), new)


async def _place(session: AsyncSession, parents: Mapping[int, int | None]) -> None:
    """Set parents, and number the whole tree from the top down: a category's numbers enclose those below it."""
    rows = (await session.execute(sa.select(Category.id, Category.parent_id).order_by(Category.id))).all()
    tree: dict[int | None, list[int]] = {}
    for id_, parent_id in rows:
        tree.setdefault(parents.get(id_, parent_id), []).append(id_)
    numbers: dict[int, list[int]] = {}
    stack = [(id_, True) for id_ in reversed(tree.get(None, []))]
    while stack:
        id_, entering = stack.pop()
        if entering:
            numbers[id_] = [len(numbers) + 1]
            stack.append((id_, False))
            stack.extend((child, True) for child in reversed(tree.get(id_, [])))
        else:
            numbers[id_].append(len(numbers))
    await session.execute(
        sa.update(Category),
        [
            {
                "id": id_,
                "number": numbers[id_][0],
                "last_number": numbers[id_][1],
                "parent_id": parents.get(id_, parent_id),
            }
            for id_, parent_id in rows
        ],
    )


async def _map_step(session: AsyncSession, table: Any, after: int) -> tuple[int | None, int]:
    rows: Sequence[Any] = (
        await session.execute(
            sa.select(table.id, table.google_product_category, table.category_id)
            .where(table.id > after, table.google_product_category.is_not(None))
            .order_by(table.id)
            .limit(MAP_STEP)
            .with_for_update()
        )
    ).all()
    if not rows:
        return None, 0
    ids = await category_ids(session, (text for _, text, _ in rows))
    moved: dict[int | None, list[int]] = {}
    for id_, text, category_id in rows:
        if ids.get(text) != category_id:
            moved.setdefault(ids.get(text), []).append(id_)
    for category_id, products in moved.items():
        await session.execute(
            sa.update(table).where(table.id.in_(products)).values(category_id=category_id, updated_at=table.updated_at)
        )
    return rows[-1][0], sum(map(len, moved.values()))
