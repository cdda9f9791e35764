"""What came of an undo as a table: each value that is as before, each that stays and why, each product that is gone."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import catalog
from orion.feeds.changes import shown_fields
from orion.feeds.failed_rows import require_kept
from orion.feeds.models import ImportChange, ImportUndo, ImportUndoConflict
from orion.feeds.queries import get_import
from orion.feeds.undo import get_undo
from orion.merchants import StoreAccess
from orion.plumbing.csv_lines import for_spreadsheet
from orion.plumbing.db import Database

UNDO_COLUMNS = (
    "row_number", "identifier", "product_id", "field", "outcome", "reason", "before_import", "import_wrote", "now",
)  # fmt: skip
_STEP = 500
_STILL_REMOVED = ("listed_by_others",)
"""Why something stays of a product that the store does not list any more."""


async def undo_report(
    session: AsyncSession, database: Database, access: StoreAccess, import_id: int
) -> AsyncIterator[list[list[Any]]]:
    """The rows of UNDO_COLUMNS for what is undone until now, in the order of the feed's rows, step by step.

    `field` is empty where the whole product is meant, and begins with "own_" where it is the store's own value.
    `outcome` is "restored", "removed" or "left"; what was left has a `reason`. Each step has a transaction of its own.
    Raises NotFound (`import_not_found`, `not_undone`) and Conflict (`import_changes_expired`).
    """
    undo = await get_undo(session, access, import_id)
    require_kept(await get_import(session, access, import_id))
    return _steps(database, undo)


async def _steps(database: Database, undo: ImportUndo) -> AsyncIterator[list[list[Any]]]:
    table, left = ImportChange, ImportUndoConflict
    if undo.next_row is None:
        return
    since = table.row_number >= undo.next_row
    while True:
        async with database.reading() as session:
            query = sa.select(table).where(table.import_job_id == undo.import_job_id, since)
            changes = (await session.scalars(query.order_by(table.row_number).limit(_STEP))).all()
            if not changes:
                return
            stretch = left.row_number.between(changes[0].row_number, changes[-1].row_number)
            found = await session.scalars(sa.select(left).where(left.import_job_id == undo.import_job_id, stretch))
            kept: dict[int, dict[str, ImportUndoConflict]] = {}
            for conflict in found:
                kept.setdefault(conflict.row_number, {})[conflict.field] = conflict
        yield [row for change in changes for row in _rows(change, kept.get(change.row_number, {}))]
        since = table.row_number > changes[-1].row_number


def _rows(change: ImportChange, kept: Mapping[str, ImportUndoConflict]) -> Iterator[list[Any]]:
    whole = kept.get("")
    if change.kind in ("created", "listed") or whole is not None:
        removed = whole is None or whole.reason in _STILL_REMOVED
        yield _row(change, "", "removed" if removed else "left", whole)
    if change.kind == "created" or (whole is not None and whole.reason == "deleted_since"):
        return
    for shown in shown_fields(change.changes or {}):
        field = (catalog.OWN if shown.layer == "store" else "") + shown.field
        if change.kind == "listed" and shown.layer == "store":
            continue  # it went with the listing, or stays with it
        conflict = kept.get(field)
        yield _row(change, field, "left" if conflict else "restored", conflict, shown.before, shown.after)


def _row(
    change: ImportChange,
    field: str,
    outcome: str,
    conflict: ImportUndoConflict | None,
    before: Any = None,
    after: Any = None,
) -> list[Any]:
    found = conflict.details.get("found") if conflict else before
    cells = (
        change.row_number, change.identifier, change.product_id, field, outcome, conflict.reason if conflict else "",
        before, after, found,
    )  # fmt: skip
    return [for_spreadsheet(_text(cell)) for cell in cells]


def _text(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
