"""What a stock import changed, or a dry run of one would change: row by row, with the quantities before and after."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import inventory
from orion.feeds.changes import ChangeView, Differences, FieldChange, RowProblem, check_kind
from orion.feeds.failed_rows import require_kept
from orion.feeds.stock.models import StockImport, StockImportChange, StockImportError
from orion.feeds.stock.queries import get_stock_import
from orion.feeds.stock.trying import item_key
from orion.kernel import Page, page_offset
from orion.merchants import StoreAccess


async def list_stock_changes(
    session: AsyncSession,
    access: StoreAccess,
    import_id: int,
    *,
    kind: str | None = None,
    page: int = 1,
    limit: int = 50,
) -> Differences:
    """What a stock import changed, in the order of the file's rows; `kind`: only those, see DIFF_KINDS.

    Without `kind`: all that changed. "created" are items that were counted at a location for the first time; nothing
    is ever "gone". Rows that change nothing are counted; only a dry run lists them, and only the first thousand.
    Raises NotFound (`stock_import_not_found`), Conflict (`import_changes_expired`) and Invalid (`unknown_kind`,
    `invalid_page`).
    """
    check_kind(kind)
    job = (await get_stock_import(session, access, import_id)).job
    if kind != "error":
        require_kept(job)
    offset = page_offset(page, limit)
    counts = {
        "created": job.created,
        "updated": job.changed - job.created,
        "unchanged": job.unchanged,
        "gone": 0,
        "error": job.failed,
    }
    if kind == "error":
        items = await _errors(session, job, offset, limit)
    else:
        items = await _changes(session, access, job, [kind] if kind else ["created", "updated"], offset, limit)
    return Differences(job.dry_run, counts, Page(items, counts[kind] if kind else job.changed, page, limit))


async def _changes(
    session: AsyncSession, access: StoreAccess, job: StockImport, kinds: Sequence[str], offset: int, limit: int
) -> list[ChangeView]:
    table = StockImportChange
    query = sa.select(table).where(table.import_id == job.id, table.kind.in_(kinds))
    rows = (await session.scalars(query.order_by(table.row_number).limit(limit).offset(offset))).all()
    things = {item_key(row.gtin, row.product_id): (row.gtin, row.product_id) for row in rows}
    numbers = {key: number for number, key in enumerate(things)}
    named = [(numbers[key], *thing) for key, thing in things.items()]
    titles = await inventory.titles_of(session, inventory.stockroom(access), named)
    views: list[ChangeView] = []
    for row in rows:
        known = titles.get(numbers[item_key(row.gtin, row.product_id)])
        views.append(
            ChangeView(
                kind=row.kind,
                row_number=row.row_number,
                identifier=row.gtin or (known.sku if known else None),
                product_id=known.marketplace_product_id if known else None,
                title=known.title if known else None,
                changes=[FieldChange("quantity", "store", None if row.kind == "created" else row.before, row.after)],
                location=row.location,
            )
        )
    return views


async def _errors(session: AsyncSession, job: StockImport, offset: int, limit: int) -> list[ChangeView]:
    table = StockImportError
    query = sa.select(table).where(table.import_id == job.id).order_by(table.row_number).limit(limit).offset(offset)
    return [
        ChangeView(
            kind="error",
            row_number=error.row_number,
            identifier=None,
            product_id=None,
            title=None,
            problems=[RowProblem(error.code, error.message, error.column, error.value)],
        )
        for error in await session.scalars(query)
    ]
