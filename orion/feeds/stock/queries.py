"""Reads of stock imports, all within one store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds.stock.models import StockImport, StockImportError
from orion.identity import User
from orion.kernel import MAX_LIMIT, NotFound, Stretch
from orion.merchants import StoreAccess
from orion.plumbing.csv_lines import for_spreadsheet
from orion.plumbing.db import Database

_AT_ONCE = 1000
_ADDED = ("error_column", "error")


@dataclass(frozen=True, slots=True)
class StockImportView:
    """An import, and the name of who started it (None: that user is gone)."""

    job: StockImport
    actor: str | None


async def list_stock_imports(
    session: AsyncSession, access: StoreAccess, *, before: int | None = None, limit: int = 50
) -> Stretch[StockImportView]:
    """The store's imports, the newest first, those older than number `before`; `limit` up to 200."""
    query = _views(access)
    if before is not None:
        query = query.where(StockImport.id < before)
    limit = min(limit, MAX_LIMIT)
    rows = (await session.execute(query.order_by(StockImport.id.desc()).limit(limit + 1))).all()
    views = [StockImportView(*row) for row in rows[:limit]]
    return Stretch(views, (views[-1].job.id,) if len(rows) > limit else None)


async def get_stock_import(session: AsyncSession, access: StoreAccess, import_id: int) -> StockImportView:
    """One import. Raises NotFound (`stock_import_not_found`), also when it is another store's."""
    row = (await session.execute(_views(access).where(StockImport.id == import_id))).one_or_none()
    if row is None:
        raise stock_import_not_found(access, import_id)
    return StockImportView(*row)


def stock_import_not_found(access: StoreAccess, import_id: int) -> NotFound:
    """What to say of an import that the store does not have."""
    return NotFound("stock_import_not_found", f"{access.store.code} has no stock import {import_id}")


async def list_stock_errors(
    session: AsyncSession, access: StoreAccess, import_id: int, *, after: int = 0, limit: int = 50
) -> Stretch[StockImportError]:
    """The rows that were not taken, in the order of the file, those behind row `after`; `limit` up to 1,000.

    Raises NotFound (`stock_import_not_found`).
    """
    view = await get_stock_import(session, access, import_id)
    return await _errors_after(session, view.job, after, min(limit, _AT_ONCE))


def failed_stock_header(job: StockImport) -> list[str]:
    """The columns of the file of failed rows: those of the import's file, and what is wrong with the row."""
    return [for_spreadsheet(name) for name in job.header or [] if name not in _ADDED] + list(_ADDED)


async def failed_stock_rows(database: Database, job: StockImport) -> AsyncIterator[list[list[str]]]:
    """The rows that were not taken, as they came, step by step, each step in a transaction of its own.

    What is wrong stands in two columns at their end, which are passed over when the file comes back.
    """
    after: int | None = 0
    while after is not None:
        async with database.reading() as session:
            rows, after = await _failed_after(session, job, after)
        yield [[for_spreadsheet(cell) for cell in row] for row in rows]


async def _failed_after(session: AsyncSession, job: StockImport, after: int) -> tuple[list[list[str]], int | None]:
    own = [number for number, name in enumerate(job.header or []) if name not in _ADDED]
    found = await _errors_after(session, job, after, _AT_ONCE)
    rows = [
        [
            *(error.cells[number] if number < len(error.cells) else "" for number in own),
            error.column or "",
            error.message,
        ]
        for error in found.items
    ]
    return rows, found.after[0] if found.after else None


async def _errors_after(session: AsyncSession, job: StockImport, after: int, limit: int) -> Stretch[StockImportError]:
    found = list(
        await session.scalars(
            sa.select(StockImportError)
            .where(StockImportError.import_id == job.id, StockImportError.row_number > after)
            .order_by(StockImportError.row_number)
            .limit(limit + 1)
        )
    )
    items = found[:limit]
    return Stretch(items, (items[-1].row_number,) if len(found) > limit else None)


def _views(access: StoreAccess) -> sa.Select[StockImport, str | None]:
    return (
        sa.select(StockImport, User.username)
        .outerjoin(User, User.id == StockImport.user_id)
        .where(StockImport.store_id == access.store.id)
    )
