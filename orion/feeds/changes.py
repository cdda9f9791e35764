"""What an import changed, or a dry run would change: row by row, with the values before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import catalog
from orion.feeds.errors import invalid
from orion.feeds.failed_rows import require_kept
from orion.feeds.models import ImportChange, ImportIssue, ImportJob
from orion.feeds.queries import get_import
from orion.kernel import Page, page_offset
from orion.merchants import StoreAccess

DIFF_KINDS = ("created", "updated", "unchanged", "gone", "error")
"""What can be asked for. `updated` has products that are new in the store's list only too; `gone` those that the feed
has no longer, or has again, and that its policy took from sale, or gave back."""

_NOTED = {
    "created": ("created",),
    "updated": ("updated", "listed"),
    "unchanged": ("unchanged",),
    "gone": ("withdrawn", "returned"),
}
_CHANGED = ("created", "updated", "listed", "withdrawn", "returned")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after; amounts with their currency. `layer`: of the "product", or the "store"'s own."""

    field: str
    layer: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row is not imported."""

    code: str
    message: str
    column: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One row's effect. `kind`: one of CHANGE_KINDS, "unchanged" or "error"; `row_number` None: no row is meant.

    `product_id` is the marketplace product's, None where there is none (yet). A product that was created has its main
    values as changes from nothing: as the dry run read them, else as they are now. `location`: of stock.
    """

    kind: str
    row_number: int | None
    identifier: str | None
    product_id: int | None
    title: str | None
    changes: Sequence[FieldChange] = ()
    problems: Sequence[RowProblem] = ()
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Differences:
    """A page of what an import changed, or a dry run would change, and how many rows there are of each kind."""

    dry_run: bool
    counts: Mapping[str, int]
    page: Page[ChangeView]


async def list_changes(
    session: AsyncSession,
    access: StoreAccess,
    job_id: int,
    *,
    kind: str | None = None,
    page: int = 1,
    limit: int = 50,
) -> Differences:
    """What an import of the store changed, in the order of the feed's rows; `kind`: only those, see DIFF_KINDS.

    Without `kind`: all that changed. Rows that change nothing are counted; only a dry run lists them, and only the
    first thousand. Raises NotFound (`import_not_found`), Conflict (`import_changes_expired`) and Invalid
    (`unknown_kind`, `invalid_page`).
    """
    check_kind(kind)
    job = await get_import(session, access, job_id)
    require_kept(job)
    offset = page_offset(page, limit)
    counts = await _counts(session, job)
    if kind == "error":
        items = await _errors(session, job, offset, limit)
    else:
        items = await _changes(session, job, _NOTED.get(kind or "", _CHANGED), offset, limit)
    total = counts[kind] if kind else counts["created"] + counts["updated"] + counts["gone"]
    return Differences(job.dry_run, counts, Page(items, total, page, limit))


def check_kind(kind: str | None) -> None:
    """Raises Invalid (`unknown_kind`) for what is not one of DIFF_KINDS."""
    if kind is not None and kind not in DIFF_KINDS:
        raise invalid("kind", "unknown_kind", f"{kind!r} is not one of {', '.join(DIFF_KINDS)}")


async def _counts(session: AsyncSession, job: ImportJob) -> dict[str, int]:
    gone = sa.select(sa.func.count()).where(
        ImportChange.import_job_id == job.id,
        ImportChange.row_number >= job.next_row,
        ImportChange.kind.in_(_NOTED["gone"]),
    )
    return {
        "created": job.imported_count,
        "updated": job.updated_count,
        "unchanged": job.unchanged_count,
        "gone": await session.scalar(gone) or 0,
        "error": job.error_count,
    }


async def _changes(
    session: AsyncSession, job: ImportJob, kinds: Sequence[str], offset: int, limit: int
) -> list[ChangeView]:
    table = ImportChange
    # those of a source that was another one before an interruption are numbered below zero
    query = sa.select(table).where(table.import_job_id == job.id, table.row_number > 0, table.kind.in_(kinds))
    rows = (await session.scalars(query.order_by(table.row_number).limit(limit).offset(offset))).all()
    now = await catalog.main_values(session, job.marketplace, [row.identifier for row in rows], job.language)
    return [_view(row, now.get(row.identifier, {})) for row in rows]


def _view(row: ImportChange, now: Mapping[str, Any]) -> ChangeView:
    changes: Mapping[str, Sequence[Any]] = row.changes or {}
    if row.kind == "created" and not changes:
        changes = {name: [None, value] for name, value in now.items() if value is not None and name != "id"}
    title = changes.get("title", [None, None])[1] or now.get("title")
    number = None if row.kind in _NOTED["gone"] else row.row_number
    return ChangeView(row.kind, number, row.identifier, now.get("id"), title, shown_fields(changes))


async def _errors(session: AsyncSession, job: ImportJob, offset: int, limit: int) -> list[ChangeView]:
    table = ImportIssue
    query = sa.select(table).where(table.import_job_id == job.id, table.severity == "error")
    found = await session.scalars(query.order_by(table.row_number, table.id).limit(limit).offset(offset))
    return [
        ChangeView(
            "error",
            issue.row_number,
            issue.identifier,
            None,
            (issue.row_data or {}).get("title"),
            problems=[RowProblem(issue.code, issue.error_message, issue.column_name, issue.value)],
        )
        for issue in found
    ]


def shown_fields(changes: Mapping[str, Sequence[Any]]) -> list[FieldChange]:
    """The fields that differ, as people call them."""
    shown = []
    for name, (before, after) in changes.items():
        own = name.startswith(catalog.OWN)
        bare = name.removeprefix(catalog.OWN)
        if bare in ("price_minor", "sale_price_minor"):
            currencies = changes.get((catalog.OWN if own else "") + "currency", [None, None])
            pair = [catalog.shown_amount(minor, code) for minor, code in zip((before, after), currencies, strict=True)]
            shown.append(FieldChange(bare.removesuffix("_minor"), "store" if own else "product", *pair))
        else:
            shown.append(FieldChange(bare, "store" if own else "product", before, after))
    told = {change.layer for change in shown if change.field in ("price", "sale_price")}
    return [
        change
        for change in shown
        if change.before != change.after and not (change.field == "currency" and change.layer in told)
    ]
